"""The workbench: collections of pages that are read, corrected, learned from and read again."""
