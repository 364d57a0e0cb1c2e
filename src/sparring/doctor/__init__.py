"""Why a training fails, in plain words, and the cure: from its history alone."""
