"""``make bench-growth``: what a run costs as it grows, from 10^4 to 10^8 visits, and a year of a whole province.

Every size is run in a process of its own, warm, from the seed to every KPI: CPU seconds, and the most memory that the
process ever held. Case c of ``models``: six stations in a row, one visit in ten repeated.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.machine import machine, versions
from benchmarks.models import REWORK, line
from benchmarks.page import measured_on
from benchmarks.province import CASES_A_YEAR, CITIES, DEPARTMENTS, SERVICES, WORKDAYS_A_YEAR, province
from simgov.engines import is_long, simulate, slices
from simgov.engines.events import EventTable
from simgov.kpi import measure_slices
from simgov.network import Network, compile_network

RESULTS = Path(__file__).parent / "results"
SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000, 30_000_000, 100_000_000)
SHORT_RUNS = 1_000_000
"""Runs with fewer visits are repeated until they make so many."""

NATIONAL = 870_000_000
"""Visits of the year that is asked about."""


def main() -> None:
    """Measure every size and the province, and write ``results/growth``."""
    sizes = [in_a_process("line", size) for size in SIZES]
    provinces = [in_a_process("province", share) for share in (1, 10, 100)]
    record = {"machine": machine(), "versions": versions(), "sizes": sizes, "provinces": provinces}
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
    (RESULTS / "growth.json").write_text(text, encoding="utf-8")
    (RESULTS / "growth.md").write_text(page(record), encoding="utf-8")
    chart(sizes).save(str(RESULTS / "growth.svg"))
    print(page(record))


def in_a_process(what: str, size: int) -> dict[str, Any]:
    """``measured_here`` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.growth", what, str(size)]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def measured_here(what: str, size: int) -> dict[str, float]:
    """Visits, CPU seconds and megabytes of one run; of a province, ``size`` percent of a year's workdays."""
    if what == "line":
        network = line(REWORK, round(size * (1.0 - REWORK.rework) / len(REWORK.servers)))
    else:
        network = compile_network(province(CASES_A_YEAR, WORKDAYS_A_YEAR * size / 100))
    warm_up(what)
    times = max(1, SHORT_RUNS // size) if what == "line" else 1
    began = time.process_time()
    for seed in range(1, times + 1):
        visits, cases = whole(network, seed)
    seconds = (time.process_time() - began) / times
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"size": size, "visits": visits, "cases": cases, "seconds": seconds, "megabytes": megabytes}


def warm_up(what: str) -> None:
    """Compile, or load, all that a run needs, whole and in slices."""
    small = line(REWORK, 1000) if what == "line" else compile_network(province(CASES_A_YEAR / 1000, 2))
    whole(small, 0)
    measure_slices(small, slices(small, 0, 0))


def whole(network: Network, seed: int) -> tuple[int, int]:
    """Draw, run and measure everything, as ``simgov run`` does; how many visits and cases there were."""
    visits = cases = 0

    def counted(tables: Iterable[EventTable]) -> Iterator[EventTable]:
        nonlocal visits, cases
        for table in tables:
            visits, cases = visits + len(table.case), cases + len(table.applied)
            yield table

    measure_slices(network, counted(slices(network, seed, 0) if is_long(network) else (simulate(network, seed, 0),)))
    return visits, cases


def page(record: dict[str, Any]) -> str:
    """``results/growth.md``."""
    lines = [
        "# What a run costs as it grows",
        "",
        "Written by `make bench-growth`. Every size is run in a process of its own, warm, on one core: drawing,",
        "running and measuring everything; the most memory that the process ever held, of which some 200 MB are Python",
        "and its libraries. From half a million visits on a run is taken in slices.",
        "",
        "![Nanoseconds a visit, and memory, from 10^4 to 10^8 visits](growth.svg)",
        "",
        "Six stations in a row, one visit in ten repeated (case c):",
        "",
        "| visits | CPU seconds | nanoseconds a visit | memory |",
        "|---|---|---|---|",
    ]
    for one in record["sizes"]:
        lines.append(f"| {one['visits']:,} | {_row(one)} |")
    lines += [
        "",
        f"A province: {DEPARTMENTS} departments, the halls of {CITIES} cities, {SERVICES} services, {CASES_A_YEAR:,}",
        "cases a year of four to eight steps, with a calendar, returns, consultations side by side and special steps",
        "(`benchmarks/province.py`); the run goes on until the last case of its window is decided:",
        "",
        "| measured workdays | cases | visits | CPU seconds | nanoseconds a visit | memory |",
        "|---|---|---|---|---|---|",
    ]
    for one in record["provinces"]:
        days = f"{WORKDAYS_A_YEAR * one['size'] / 100:.3g}"
        lines.append(f"| {days} | {one['cases']:,} | {one['visits']:,} | {_row(one)} |")
    year = record["provinces"][-1]
    minutes = year["seconds"] / year["visits"] * NATIONAL / 60
    lines += [
        "",
        f"At that rate a year of {NATIONAL:,} visits takes {minutes:.0f} minutes of one core; memory grows with the",
        "cases that are open at a time, not with the year.",
    ]
    return "\n".join(lines + measured_on(record))


def _row(one: dict[str, Any]) -> str:
    seconds = one["seconds"]
    return f"{seconds:.3g} | {1e9 * seconds / one['visits']:.0f} | {one['megabytes']:.0f} MB"


def chart(sizes: list[dict[str, Any]]) -> Any:
    """Nanoseconds a visit and memory against visits, one above the other."""
    import altair as alt

    values = [
        {"visits": one["visits"], "ns": 1e9 * one["seconds"] / one["visits"], "megabytes": one["megabytes"]}
        for one in sizes
    ]

    def panel(field: str, title: str, most: float) -> Any:
        return (
            alt.Chart(alt.Data(values=values))
            .mark_line(point=True)
            .encode(
                x=alt.X("visits:Q", title="visits", scale=alt.Scale(type="log"), axis=alt.Axis(format="~s")),
                y=alt.Y(f"{field}:Q", title=title, scale=alt.Scale(domain=[0, most])),
            )
            .properties(width=460, height=170)
        )

    slowest = max(value["ns"] for value in values)
    largest = max(value["megabytes"] for value in values)
    return alt.vconcat(
        panel("ns", "CPU nanoseconds a visit", 1.15 * slowest), panel("megabytes", "memory, MB", 1.15 * largest)
    )


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(json.dumps(measured_here(sys.argv[1], int(sys.argv[2]))))
    else:
        main()
