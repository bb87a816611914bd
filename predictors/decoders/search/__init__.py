"""Beam search over the frames of CTC, and what it asks."""
