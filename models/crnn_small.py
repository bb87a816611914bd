"""The small reader that the references descend from (SimpleHTR)."""

from base.registry import MODELS
from models.families.recurrent import RecurrentReader


@MODELS.register("crnn_small")
class CrnnSmall(RecurrentReader):
    """Five convolutions and two BiLSTM, as many parameters as SimpleHTR, whose two directions share BiLSTM-256 cells."""
