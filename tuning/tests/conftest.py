"""The program's modules lie beside each other, as it runs them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
