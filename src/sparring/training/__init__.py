"""The loop, what it measures, and what is checked before."""
