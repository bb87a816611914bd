"""The reference's reader of words: what an encoder remembers of the whole image is all that its decoder knows."""

from keras import layers, ops

from base.registry import MODELS
from models.families.sequence_reader import SequenceReaderModel
from models.layers.convolution import convolve
from models.layers.text_decoders import StateDecoder


@MODELS.register("seq2seq")
class Seq2Seq(SequenceReaderModel):
    """Convolutions that halve the image each time, an LSTM over what is left, an LSTM that starts from its last state.

    After Seq-2-Seq-OCR, mended: start and end are tokens outside of the charset, texts end where the end is written,
    and the encoder stops at a word's true end.
    """

    def build_memory(self, darkness_BHW1, ends):
        """(batch, height, W, 1) to (batch, 1, 2 * units): the LSTM's output and cell state."""
        maps, stride = darkness_BHW1, 1
        for filters, kernel in zip(self.cfg.filters, self.cfg.kernels, strict=True):
            maps = ends.blank(convolve(maps, filters, kernel, normalise="batch"), stride)
            maps = layers.MaxPooling2D(2)(maps)
            stride *= 2
        rows = maps.shape[1]
        sequence = layers.Reshape((-1, maps.shape[-1]))(layers.Permute((2, 1, 3))(maps))
        inside = ops.cast(layers.Reshape((-1,))(ends.inside(maps, stride)), "bool")
        mask = ops.repeat(inside, rows, axis=1)
        _, output, cell = layers.LSTM(self.cfg.units, return_state=True)(sequence, mask=mask)
        state = layers.Concatenate()([layers.Dropout(self.cfg.dropout)(output), cell])
        return layers.Reshape((1, 2 * self.cfg.units))(state)

    def build_decoder(self, classes: int):
        return StateDecoder(classes, self.cfg.units, self.cfg.dropout)

    @property
    def memory_px(self) -> None:
        return None

    @property
    def stride(self) -> int:
        return int(2 ** len(self.cfg.filters))
