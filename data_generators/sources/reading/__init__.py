"""What the sources share: splits, opening, the lines of described pages."""
