"""The large reader of lines, for a GPU: the encoder of conv_ctc with more of everything, then self-attention."""

from base.registry import MODELS
from models.families.reader import HEAD, ReaderModel
from models.layers.attention import attend
from models.layers.columns import COLUMN_PX, frames_of_columns, read_columns


@MODELS.register("conv_ctc_large")
class ConvCtcLarge(ReaderModel):
    """Reads columns of 8 px (`models.layers.columns.read_columns`), and lets each look at all others of its line.

    Attention, not recurrence, gives the context: a GPU does all columns of a layer at once.
    """

    def build_features(self, darkness_BHW1, ends):
        """(batch, height, W, 1) to (batch, W / 8, columns)."""
        cfg = self.cfg
        sequence = read_columns(cfg, darkness_BHW1, ends)
        for _ in range(cfg.attention_blocks):
            sequence = attend(sequence, ends, COLUMN_PX, heads=cfg.heads, hidden=cfg.hidden, dropout=cfg.dropout)
        return sequence

    def build_head(self, features, classes: int):
        """(batch, W / 8, columns) to logits (batch, W / frame_px, classes)."""
        return frames_of_columns(features, self.cfg.frame_px, classes, HEAD)

    @property
    def stride(self) -> int:
        return COLUMN_PX
