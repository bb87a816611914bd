"""Formats that samples are written in: one module a format."""
