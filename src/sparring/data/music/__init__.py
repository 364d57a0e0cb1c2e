"""Music as notes: MIDI files and scores read, brought to a grid, and cut into windows of equal length."""
