"""What evaluations measure, print and draw, a task each; cards, and where all of it goes."""
