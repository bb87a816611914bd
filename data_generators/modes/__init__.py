"""What `mode=` runs of this room: check_data, convert, generate, learn_text, fonts."""
