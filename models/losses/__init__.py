"""Losses that several networks share."""
