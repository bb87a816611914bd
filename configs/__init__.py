"""The values of every run, and beside each file its schema."""
