"""What takes long, beside the requests: reading and learning."""
