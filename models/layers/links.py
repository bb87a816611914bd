"""From a map of features to one vector."""

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable("palimpsest")
class WeightedPooling(layers.Layer):
    """GWAP: the sum over all places of the features times weights of their own place and channel; (B, H, W, C) to (B, C)."""

    def build(self, input_shape) -> None:
        _, height, width, channels = input_shape
        even = keras.initializers.Constant(1.0 / (height * width))
        self.weight = self.add_weight(name="weight", shape=(height, width, channels), initializer=even)

    def call(self, maps_BHWC):
        return ops.sum(maps_BHWC * ops.cast(self.weight, maps_BHWC.dtype), axis=(1, 2))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[3])


@keras.saving.register_keras_serializable("palimpsest")
class WeightedAverage(layers.Layer):
    """GWOAP: the mean over all places, times a weight a channel; (B, H, W, C) to (B, C)."""

    def build(self, input_shape) -> None:
        self.weight = self.add_weight(name="weight", shape=(input_shape[-1],), initializer="ones")

    def call(self, maps_BHWC):
        return ops.mean(maps_BHWC, axis=(1, 2)) * ops.cast(self.weight, maps_BHWC.dtype)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[3])


LINKS = {
    "flatten": layers.Flatten,
    "gap": layers.GlobalAveragePooling2D,
    "gwap": WeightedPooling,
    "gwoap": WeightedAverage,
}
