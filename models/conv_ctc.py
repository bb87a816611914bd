"""The project's reader of lines: wide convolutions over patches, then context over frames."""

from base.registry import MODELS
from models.families.reader import HEAD, ReaderModel
from models.layers.columns import COLUMN_PX, frames_of_columns, read_columns


@MODELS.register("conv_ctc")
class ConvCtc(ReaderModel):
    """Reads columns of 8 px (`models.layers.columns.read_columns`), and answers for several frames of each.

    A second head before the context, in training only (Retsinas et al. 2022, section 3.3), cost a tenth of the speed and
    brought nothing in 9 minutes on two cores.
    """

    def build_features(self, darkness_BHW1, ends):
        """(batch, height, W, 1) to (batch, W / 8, features)."""
        return read_columns(self.cfg, darkness_BHW1, ends)

    def build_head(self, features, classes: int):
        """(batch, W / 8, features) to logits (batch, W / frame_px, classes)."""
        return frames_of_columns(features, self.cfg.frame_px, classes, HEAD)

    @property
    def stride(self) -> int:
        return COLUMN_PX
