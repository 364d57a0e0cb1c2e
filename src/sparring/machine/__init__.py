"""Where and how fast a training runs."""
