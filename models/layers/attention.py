"""Self-attention over the columns of a line."""

from keras import layers, ops

from models.layers.widths import LineEnds


def attend(sequence, ends: LineEnds, stride: int, *, heads: int, hidden: int, dropout: float):
    """One block of a transformer encoder (Vaswani et al. 2017), normalised before each part (Xiong et al. 2020).

    Columns beyond a line's end are never looked at, for which cuDNN's fused attention has no way. There is no code for
    places: the convolutions before it know them.

    Args:
        sequence: (batch, W, C) at a stride.
        ends: where the lines end.
        stride: pixels of a column.
        heads: of the attention; they divide C.
        hidden: units between the two layers of the feed-forward part.
        dropout: 0..1, of what each part adds.
    """
    channels = sequence.shape[-1]
    inside = ends.inside(sequence, stride)
    mask = ops.cast(layers.Reshape((1, -1))(inside), "bool")
    normal = layers.LayerNormalization(epsilon=1e-5)(sequence)
    seen = layers.MultiHeadAttention(heads, channels // heads, flash_attention=False)(normal, normal, attention_mask=mask)
    sequence = layers.Add()([sequence, layers.Dropout(dropout)(seen)])
    normal = layers.LayerNormalization(epsilon=1e-5)(sequence)
    change = layers.Dense(channels)(layers.Dense(hidden, activation="silu")(normal))
    return layers.Multiply()([layers.Add()([sequence, layers.Dropout(dropout)(change)]), inside])
