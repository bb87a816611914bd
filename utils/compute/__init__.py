"""Arithmetic, and what it runs on."""
