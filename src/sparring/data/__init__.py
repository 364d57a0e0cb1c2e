"""Sources of samples: a table of built-in sets, files, arrays."""
