"""``make bench``: measure, print, and write ``results/engines.md`` and ``results/engines.json``."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.engines import measured
from benchmarks.machine import machine, versions
from benchmarks.page import page

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Everything in one run; about a minute."""
    found = measured()
    record = {"machine": machine(), "versions": versions(), **found}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "engines.json").write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (RESULTS / "engines.md").write_text(page(record), encoding="utf-8")
    print(page(record))


if __name__ == "__main__":
    main()
