"""What a training leaves in writing; no torch here."""
