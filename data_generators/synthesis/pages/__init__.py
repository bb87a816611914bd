"""Whole pages that never existed."""
