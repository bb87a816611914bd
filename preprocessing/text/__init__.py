"""Texts: charsets, jamo, spelling rules, transcriptions."""
