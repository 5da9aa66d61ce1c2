"""What the figures were measured on and with; nothing that names the machine."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = ("numpy", "numba", "scipy", "simpy", "ciw")


def machine() -> dict[str, str | int]:
    """Processor, cores and system."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "system": f"{platform.system()} {platform.machine()}",
    }


def versions(libraries: Sequence[str] = LIBRARIES) -> dict[str, str]:
    """Of Python, simgov and those libraries that are installed."""
    import simgov

    found = {"python": platform.python_version(), "simgov": simgov.__version__}
    for name in libraries:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    if described.exists():
        for line in described.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
