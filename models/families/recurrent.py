"""The convolutional-recurrent readers of the references: a column of convolutions, then bidirectional LSTMs."""

from keras import layers

from models.families.reader import ReaderModel
from models.layers.convolution import convolve


class RecurrentReader(ReaderModel):
    """Convolutions with pooling until one row is left, then BiLSTMs over the columns (Shi et al. 2015, CRNN).

    ``cfg.convolutions`` holds ``[kernel, channels, pool across, pool down]`` for each convolution; the pools down must
    leave one row of ``cfg.height_px``, those across make ``cfg.frame_px``.
    """

    def build_features(self, darkness_BHW1, ends):
        """Ink darkness (batch, height, W, 1) to a sequence (batch, W / frame_px, 2 * units of the last LSTM)."""
        maps, stride = darkness_BHW1, 1
        for kernel, channels, across, down in self.cfg.convolutions:
            maps = ends.blank(convolve(maps, channels, kernel, normalise="batch"), stride)
            if across > 1 or down > 1:
                maps = layers.MaxPooling2D((down, across))(maps)
                stride *= across
        sequence = layers.Reshape((-1, maps.shape[-1]))(maps)
        for units in self.cfg.lstm:
            sequence = layers.Dropout(self.cfg.dropout)(sequence)
            sequence = ends.bidirectional(sequence, units, stride)
        return sequence

    @property
    def stride(self) -> int:
        return int(self.cfg.frame_px)
