"""Where the workers of a batch are."""
