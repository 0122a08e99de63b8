"""How much memory this process has needed, as Lambda reports it for a function."""

from __future__ import annotations

import resource
from pathlib import Path


def peak_mb() -> float:
    """Return the most memory that this process had; `ru_maxrss` knows its parent's, too."""
    status = Path("/proc/self/status")
    if status.is_file():
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2  # macOS counts bytes
