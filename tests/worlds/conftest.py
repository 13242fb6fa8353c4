"""Puts `tests/` on the path, so that `overlays` can be imported whatever directory pytest starts in."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
