"""What trained players are for."""
