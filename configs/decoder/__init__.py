"""From frames to texts."""
