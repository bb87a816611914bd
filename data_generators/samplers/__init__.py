"""Where the words of synthetic lines come from: one module a sampler."""
