"""Keys that several sources have in common."""
