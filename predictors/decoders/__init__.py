"""From a network's frames to texts: one module a decoder."""
