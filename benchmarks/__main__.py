"""``make bench``: measure, print, and write ``results/``: other tools in ``field``, our two engines in ``engines``."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks import engines, field
from benchmarks.machine import machine, versions
from benchmarks.page import field_page, page

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Everything in one run; about six minutes."""
    RESULTS.mkdir(exist_ok=True)
    for name, measured, written in (("field", field.measured, field_page), ("engines", engines.measured, page)):
        record = {"machine": machine(), "versions": versions(), **measured()}
        text = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
        (RESULTS / f"{name}.json").write_text(text, encoding="utf-8")
        (RESULTS / f"{name}.md").write_text(written(record), encoding="utf-8")
        print(written(record))


if __name__ == "__main__":
    main()
