"""What a user may choose."""
