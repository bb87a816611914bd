"""The convolution blocks that the image networks share."""

from keras import layers

Size = int | tuple[int, int]  # of a side, or height and width


def normalisation(kind: str):
    """A new normalisation layer: ``batch`` (folds into the convolution at inference), ``group`` or ``none``."""
    if kind == "batch":
        return layers.BatchNormalization(momentum=0.98)
    if kind == "group":
        return layers.GroupNormalization(groups=8)
    return layers.Identity()


def convolve(maps, channels: int, kernel: Size, *, normalise: str, stride: Size = 1, activate: bool = True):
    """Convolution, normalisation and, where asked for, ReLU; (batch, H, W, any) to (batch, H/stride, W/stride, channels)."""
    maps = layers.Conv2D(channels, kernel, strides=stride, padding="same", use_bias=normalise == "none")(maps)
    maps = normalisation(normalise)(maps)
    return layers.Activation("relu")(maps) if activate else maps


def residual_block(maps, channels: int, *, normalise: str):
    """Two 3x3 convolutions beside a shortcut (He et al. 2016); keeps the shape."""
    change = convolve(maps, channels, 3, normalise=normalise)
    change = convolve(change, channels, 3, normalise=normalise, activate=False)
    return layers.Activation("relu")(layers.Add()([maps, change]))
