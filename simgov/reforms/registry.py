"""Every measure by its key in the scenario file: whatever module of ``measures/`` has a ``KIND``."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping

from simgov.reforms import measures
from simgov.reforms.kind import Kind


def _found() -> dict[str, Kind]:
    modules = (
        importlib.import_module(f"{measures.__name__}.{m.name}") for m in pkgutil.iter_modules(measures.__path__)
    )
    kinds: list[Kind] = sorted((module.KIND for module in modules), key=lambda kind: (kind.place, kind.key))
    return {kind.key: kind for kind in kinds}


MEASURES: Mapping[str, Kind] = _found()
"""By key, in the order of ``Kind.place``."""
