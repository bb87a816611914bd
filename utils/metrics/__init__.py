"""Error rates and their kin."""
