"""The training loop, its measurements, and the checks before it."""
