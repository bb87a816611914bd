"""Language models: counting, keeping, asking."""
