"""What any room may use, in folders named for what they do."""
