"""What trainings are made of: how much, of what batches, in which run."""
