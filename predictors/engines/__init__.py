"""From `weights=` to a network that runs."""
