"""What happens beside a training: one module a callback."""
