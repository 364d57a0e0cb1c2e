"""The options that a user can choose."""
