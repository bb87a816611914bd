"""Runs: their folders, their tracking, their progress."""
