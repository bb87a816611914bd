"""The reference's reader of lines (LineHTR)."""

from base.registry import MODELS
from models.families.recurrent import RecurrentReader


@MODELS.register("crnn_line")
class CrnnLine(RecurrentReader):
    """Seven convolutions and two BiLSTM-512, with the reference's defects mended.

    Its two directions shared one cell, and its batch norm took the statistics of the batch at inference: here they have
    a cell each, and inference uses the moving averages.
    """
