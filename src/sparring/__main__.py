"""``python -m sparring`` is ``sparring``."""

import sys

from sparring.cli import main

sys.exit(main())
