"""Find out from a training's history why it fails, and what cures it."""
