"""Lines of several widths in one batch: nothing after a line's end may count."""

import keras
from keras import layers, ops


class LineEnds:
    """Where each line of a batch ends, for the layers that must not look further.

    Args:
        width: Keras tensor int32 (batch,), pixels of the image.
    """

    def __init__(self, width) -> None:
        self.width = width

    def blank(self, maps, stride: int):
        """Maps (batch, H, W, C) or sequences (batch, W, C) at a stride, with zeros beyond each line's end."""
        return layers.Multiply()([maps, self.inside(maps, stride)])

    def inside(self, maps, stride: int):
        """1 up to each line's end and 0 beyond, for maps (batch, 1, W, 1), for sequences (batch, W, 1)."""
        return InsideLine(stride)([maps, self.width])

    def bidirectional(self, sequence, units: int, stride: int):
        """An LSTM from each line's start and another from its true end; (batch, W, any) to (batch, W, 2 * units)."""
        flags = ops.cast(layers.Reshape((-1,))(self.inside(sequence, stride)), "bool")
        return self.blank(layers.Bidirectional(layers.LSTM(units, return_sequences=True))(sequence, mask=flags), stride)


def count_frames(width, stride: int):
    """How many columns a line has at a stride; the sum comes first because ONNX rounds division towards zero."""
    return (width + (stride - 1)) // stride


@keras.saving.register_keras_serializable("palimpsest")
class InsideLine(keras.layers.Layer):
    """1 up to each line's end and 0 beyond.

    Called with ``[maps, width]``: maps (batch, H, W, C) or sequences (batch, W, C) at a stride; returns (batch, 1, W, 1)
    or (batch, W, 1).
    """

    def __init__(self, stride: int, **options) -> None:
        super().__init__(**options)
        self.stride = stride
        self.supports_masking = True

    def call(self, inputs):
        maps, width = inputs
        places = ops.arange(ops.shape(maps)[-2], dtype="int32")
        inside = ops.cast(places[None, :] < count_frames(width, self.stride)[:, None], self.compute_dtype)
        return inside[:, None, :, None] if len(maps.shape) == 4 else inside[:, :, None]

    def compute_mask(self, inputs, previous_mask=None) -> None:
        """None: the result is the mask."""

    def compute_output_shape(self, input_shape):
        maps, _ = input_shape
        return (maps[0], 1, maps[2], 1) if len(maps) == 4 else (maps[0], maps[1], 1)

    def get_config(self):
        return {**super().get_config(), "stride": self.stride}


def inside_memory(memory, width, memory_px: int | None):
    """1 for the places of a memory that belong to its line, 0 beyond; float32 (batch, T)."""
    places = ops.arange(ops.shape(memory)[1], dtype="int32")[None, :]
    ends = ops.ones_like(width) if memory_px is None else count_frames(width, memory_px)
    return ops.cast(places < ends[:, None], "float32")
