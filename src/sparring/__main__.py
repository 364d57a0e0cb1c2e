"""``python -m sparring`` is ``sparring``."""

import sys

from sparring.cli.main import main

sys.exit(main())
