"""Trainings that are carried to a machine without a network, and home."""
