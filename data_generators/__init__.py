"""From sources to batches: one generator a task."""
