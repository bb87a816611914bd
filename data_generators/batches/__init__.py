"""From samples to batches: what several tasks' generators share."""
