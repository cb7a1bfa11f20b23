"""``python -m advisor``."""

import sys

from advisor.cli.main import run

sys.exit(run())
