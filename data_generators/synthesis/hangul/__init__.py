"""Syllables as hands write them, and pictures of none."""
