"""How good samples are, measured against real ones."""
