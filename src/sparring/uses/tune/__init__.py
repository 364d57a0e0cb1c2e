"""Search the options of a training: many short trainings, of which a held-out number keeps the best."""
