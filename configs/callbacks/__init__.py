"""What happens beside a training."""
