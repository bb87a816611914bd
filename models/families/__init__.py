"""What networks of one kind have in common."""
