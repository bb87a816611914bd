"""Readers that learn from the same batches."""

import keras
from keras import layers


@keras.saving.register_keras_serializable("palimpsest")
class SideBySide(keras.Model):
    """Readers of one charset, height and frame, each with its own weights; the loss is the sum of theirs.

    Where making batches takes longer than learning from them, a second reader costs little.

    Args:
        networks: of `models.families.reader.ReaderModel`.
    """

    def __init__(self, networks: list[keras.Model]) -> None:
        inputs = {
            name: layers.Input(tensor.shape[1:], dtype=tensor.dtype, name=name) for name, tensor in networks[0].input.items()
        }
        super().__init__(inputs, [network(inputs) for network in networks], name="side_by_side")
        self.networks = networks

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """See `models.families.reader.CtcNetwork.compute_loss`."""
        losses = [
            network.compute_loss(x, y, logits, sample_weight, training)
            for network, logits in zip(self.networks, y_pred, strict=True)
        ]
        return sum(losses[1:], losses[0])
