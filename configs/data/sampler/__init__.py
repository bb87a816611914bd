"""Keys of the samplers of texts."""
