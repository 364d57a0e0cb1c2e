"""Find what does not belong: learn from normal pictures alone, and say of others how odd they are and where."""
