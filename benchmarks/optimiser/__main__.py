"""``python -m benchmarks.optimiser [NAME...]``: measure some sections or all, and write ``results/optimise.md``."""

from __future__ import annotations

import importlib
import os
import sys
import time
import traceback
from pathlib import Path

from benchmarks.machine import machine, versions
from benchmarks.optimiser import SECTIONS
from benchmarks.optimiser.section import Measured, Section, page, read, write

RESULTS = Path(__file__).parents[1] / "results"
LIBRARIES = ("numpy", "numba", "ortools", "nevergrad", "pymoo", "optuna")


def main(names: list[str]) -> int:
    """Measure the sections named, all where none is; 1 where one could not be measured, 2 for a name there is not."""
    unknown = [name for name in names if name not in SECTIONS]
    if unknown:
        print(f"no section {', '.join(unknown)}; there are {', '.join(SECTIONS)}", file=sys.stderr)
        return 2
    failed = [name for name in names or SECTIONS if not _measured(name)]
    kept = [path for name in SECTIONS if (path := RESULTS / "optimise" / f"{name}.json").exists()]
    text = page([read(path) for path in kept])
    (RESULTS / "optimise.md").write_text(text, encoding="utf-8")
    print(text)
    if failed:
        print(f"could not be measured: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _measured(name: str) -> bool:
    """Measure one section and keep it; whether that went well."""
    start, busy = time.perf_counter(), time.process_time()

    def say(text: str) -> None:
        print(f"{name} {time.perf_counter() - start:6.0f} s  {text}", file=sys.stderr, flush=True)

    try:
        found = importlib.import_module(f"benchmarks.optimiser.{name}").measure(say)
        for section in (found,) if isinstance(found, Section) else found:
            seconds = time.perf_counter() - start
            others = max(0.0, os.getloadavg()[1] - (time.process_time() - busy) / seconds)
            circumstances = {**machine(), "others": round(others, 1)}
            measured = Measured(section, seconds, circumstances, versions(LIBRARIES))
            write(measured, RESULTS / "optimise" / f"{name}.json")
    except Exception:  # the others are measured all the same
        traceback.print_exc()
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
