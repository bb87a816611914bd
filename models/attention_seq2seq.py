"""The project's reader of words: convolutions over patches, context over columns, a decoder that looks where it reads."""

from base.registry import MODELS
from models.families.reader import HEAD
from models.families.sequence_reader import SequenceReaderModel
from models.layers.columns import COLUMN_PX, frames_of_columns, read_columns
from models.layers.text_decoders import AttentionDecoder


@MODELS.register("attention_seq2seq")
class AttentionSeq2Seq(SequenceReaderModel):
    """The encoder of `conv_ctc`, whose weights it can start from, and a transformer decoder.

    The encoder's CTC head (Watanabe et al. 2017, "hybrid CTC/attention") learns where characters stand, which attention
    alone takes long to find; at the end it has a say in which of the beam's texts is the best.
    """

    def build_memory(self, darkness_BHW1, ends):
        """(batch, height, W, 1) to (batch, W / 8, features)."""
        return read_columns(self.cfg, darkness_BHW1, ends)

    def build_frames(self, memory, classes: int):
        """(batch, W / 8, features) to logits (batch, W / frame_px, classes)."""
        return frames_of_columns(memory, self.cfg.frame_px, classes, HEAD)

    def build_decoder(self, classes: int):
        cfg = self.cfg
        return AttentionDecoder(classes, cfg.decoder_width, cfg.heads, cfg.decoder_blocks, cfg.dropout)

    @property
    def memory_px(self) -> int:
        return COLUMN_PX

    @property
    def stride(self) -> int:
        return COLUMN_PX
