"""The rounds of self-training."""
