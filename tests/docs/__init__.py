"""The commands and examples of README.md and docs/, found and run on small data."""
