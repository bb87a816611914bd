"""What comes into a store and goes out of it."""
