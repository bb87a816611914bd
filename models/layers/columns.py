"""The encoder of the project's own readers: from grey pixels to a vector for each 8 px of a line."""

from typing import Any

from keras import layers

from models.layers.convolution import convolve, normalisation
from models.layers.widths import LineEnds

PATCH_PX = 4
COLUMN_PX = 8


def read_columns(cfg: Any, darkness_BHW1, ends: LineEnds):
    """Three steps, each where a processor is fast; (batch, height, W, 1) to (batch, W / 8, 2 * last LSTM's units).

    An 8x8 convolution of stride 4 lifts grey pixels into patches, residual blocks (He et al. 2016) at a quarter and an
    eighth of the resolution see strokes and letters, and a convolution as high as what is left makes one vector of each
    8 px column. Dilated residual blocks and BiLSTMs give these vectors context.

    Args:
        cfg: ``widths``, ``blocks``, ``columns``, ``dilations``, ``lstm`` and ``dropout`` of the model's config.
        darkness_BHW1: ink darkness, 0..1.
        ends: where the lines end.
    """
    maps = ends.blank(convolve(darkness_BHW1, cfg.widths[0], 2 * PATCH_PX, stride=PATCH_PX, normalise="batch"), PATCH_PX)
    stride = PATCH_PX
    for level, (width, blocks) in enumerate(zip(cfg.widths, cfg.blocks, strict=True)):
        if level > 0:
            step = (2, COLUMN_PX // stride)
            stride = COLUMN_PX
            maps = ends.blank(convolve(maps, width, step, stride=step, normalise="batch"), stride)
        for _ in range(blocks):
            maps = residual(maps, ends, stride, [((3, 3), 1), ((3, 3), 1)])
    maps = layers.Conv2D(cfg.columns, (maps.shape[1], 1), use_bias=False)(maps)
    maps = ends.blank(layers.Activation("relu")(normalisation("batch")(maps)), stride)
    for dilation in cfg.dilations:
        maps = residual(maps, ends, stride, [((1, 5), dilation), ((1, 1), 1)])
    sequence = layers.Reshape((-1, maps.shape[-1]))(maps)
    for units in cfg.lstm:
        sequence = ends.bidirectional(layers.Dropout(cfg.dropout)(sequence), units, stride)
    return layers.Dropout(cfg.dropout)(sequence)


def residual(maps, ends: LineEnds, stride: int, convolutions: list[tuple[tuple[int, int], int]]):
    """Convolutions of a kernel and a dilation across beside a shortcut, with nothing beyond the lines' ends."""
    change = maps
    for place, (kernel, dilation) in enumerate(convolutions):
        change = ends.blank(change, stride) if place else change
        change = layers.Conv2D(maps.shape[-1], kernel, padding="same", dilation_rate=(1, dilation), use_bias=False)(change)
        change = normalisation("batch")(change)
        change = layers.Activation("relu")(change) if place < len(convolutions) - 1 else change
    return ends.blank(layers.Activation("relu")(layers.Add()([maps, change])), stride)


def frames_of_columns(columns, frame_px: int, classes: int, name: str):
    """Columns of 8 px to logits of frames of ``frame_px``: a column may hold more than one narrow letter."""
    logits = layers.Dense(COLUMN_PX // frame_px * classes, name=name)(columns)
    return layers.Reshape((-1, classes))(logits)
