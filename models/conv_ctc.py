"""The project's reader of lines: wide convolutions over patches, then context over frames."""

from keras import layers

from base.registry import MODELS
from models.layers.convolution import convolve, normalisation
from models.reader import HEAD, ReaderModel

PATCH_PX = 4
STRIDE_PX = 8


@MODELS.register("conv_ctc")
class ConvCtc(ReaderModel):
    """Reads in three steps, each where a processor is fast.

    An 8x8 convolution of stride 4 lifts grey pixels into patches, residual blocks (He et al. 2016) at a quarter and an
    eighth of the resolution see strokes and letters, and a convolution as high as what is left makes one vector of each
    8 px column. Dilated residual blocks and BiLSTMs give these vectors context. Such a column may hold more than one
    narrow letter, so the head answers for several frames of ``frame_px`` at once.

    A second head before the context, in training only (Retsinas et al. 2022, section 3.3), cost a tenth of the speed and
    brought nothing in 9 minutes on two cores.
    """

    def build_features(self, darkness_BHW1, ends):
        cfg = self.cfg
        maps = ends.blank(convolve(darkness_BHW1, cfg.widths[0], 2 * PATCH_PX, stride=PATCH_PX, normalise="batch"), PATCH_PX)
        stride = PATCH_PX
        for level, (width, blocks) in enumerate(zip(cfg.widths, cfg.blocks, strict=True)):
            if level > 0:
                step = (2, STRIDE_PX // stride)
                stride = STRIDE_PX
                maps = ends.blank(convolve(maps, width, step, stride=step, normalise="batch"), stride)
            for _ in range(blocks):
                maps = residual(maps, ends, stride, [((3, 3), 1), ((3, 3), 1)])
        maps = layers.Conv2D(cfg.columns, (maps.shape[1], 1), use_bias=False)(maps)
        maps = ends.blank(layers.Activation("relu")(normalisation("batch")(maps)), stride)
        for dilation in cfg.dilations:
            maps = residual(maps, ends, stride, [((1, 5), dilation), ((1, 1), 1)])
        sequence = as_sequence(maps)
        for units in cfg.lstm:
            sequence = ends.bidirectional(layers.Dropout(cfg.dropout)(sequence), units, stride)
        return layers.Dropout(cfg.dropout)(sequence)

    def build_head(self, features, classes: int):
        """Columns of 8 px to logits of frames of ``frame_px``."""
        logits = layers.Dense(STRIDE_PX // self.cfg.frame_px * classes, name=HEAD)(features)
        return layers.Reshape((-1, classes))(logits)

    @property
    def stride(self) -> int:
        return STRIDE_PX


def residual(maps, ends, stride: int, convolutions: list[tuple[tuple[int, int], int]]):
    """Convolutions of a kernel and a dilation across beside a shortcut, with nothing beyond the lines' ends."""
    change = maps
    for place, (kernel, dilation) in enumerate(convolutions):
        change = ends.blank(change, stride) if place else change
        change = layers.Conv2D(maps.shape[-1], kernel, padding="same", dilation_rate=(1, dilation), use_bias=False)(change)
        change = normalisation("batch")(change)
        change = layers.Activation("relu")(change) if place < len(convolutions) - 1 else change
    return ends.blank(layers.Activation("relu")(layers.Add()([maps, change])), stride)


def as_sequence(maps):
    """(batch, 1, W, C) to (batch, W, C)."""
    return layers.Reshape((-1, maps.shape[-1]))(maps)
