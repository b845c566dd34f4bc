"""Tests without a host: `python3 -m unittest`. The folders of the strategy and of the SDK are put on the path here."""

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "sdk/plugin-sdk/python")]
