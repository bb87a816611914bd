"""Handwriting that never existed."""
