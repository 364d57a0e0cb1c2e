"""Run folders: write them, resume them, and draw from them."""
