"""Settings that must be there before any test is imported."""

import os
from pathlib import Path

# ministack makes its folder when it is imported: without this, in the system's temporary folder.
os.environ["STATE_DIR"] = str(Path(__file__).parents[1] / ".local" / "tmp" / "ministack-state")
