"""What pictures, points … are to the players, to the disk and to the eye."""
