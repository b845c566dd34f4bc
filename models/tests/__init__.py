"""Tests without PyTorch and without a host: `python3 -m unittest` in `models/`. The package is put on the path here."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "src"))
