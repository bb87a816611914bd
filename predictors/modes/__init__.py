"""What `mode=` runs of this room: predict, serve, export, compact."""
