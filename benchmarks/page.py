"""The figures as a page."""

from __future__ import annotations

from typing import Any


def page(record: dict[str, Any]) -> str:
    """``results/engines.md``."""
    machine, versions = record["machine"], record["versions"]
    lines = [
        "# Speed of the engines",
        "",
        "Written by `make bench`. Per CPU second of one core, one thread each, warm, from the seed to every KPI:",
        "drawing the workload, running it and measuring are all inside. Both sides take turns (A B A B); figures",
        f"are medians of {record['rounds']} rounds, with their range. A task is one visit of a case to a step.",
        "",
        "## Compiled against reference",
        "",
        "| scenario | compiled, tasks/s | reference, tasks/s | compiled is faster |",
        "|---|---|---|---|",
    ]
    for name, found in record["engines"].items():
        ours, theirs = spread(found["compiled"]), spread(found["reference"])
        lines.append(f"| `{name}` | {ours} | {theirs} | **{found['ratio']:.0f} times** |")
    lines += [
        "",
        "Where the time of one replication goes, in CPU milliseconds of the compiled engine:",
        "",
        "| scenario | drawing | running | measuring |",
        "|---|---|---|---|",
    ]
    for name, spent in record["stages"].items():
        lines.append(f"| `{name}` | {spent['drawing']:.2f} | {spent['running']:.2f} | {spent['measuring']:.2f} |")
    plain = record["plain_simpy"]
    waits = plain["mean_waits"]
    lines += [
        "",
        "## Compiled against plain SimPy",
        "",
        "M/M/5 at a load of 0.9, 200,000 customers. simgov draws, runs and computes every KPI from an event table; the",
        "SimPy model (`benchmarks/plain_simpy.py`) keeps the waits alone. Mean wait, in mean service times:",
        f"{waits['compiled']:.3f} and {waits['simpy']:.3f} (Erlang C: 1.525).",
        "",
        "| simgov, customers/s | SimPy, customers/s | simgov is faster |",
        "|---|---|---|",
        f"| {spread(plain['compiled'])} | {spread(plain['simpy'])} | **{plain['ratio']:.0f} times** |",
        "",
        "## Measured on",
        "",
        f"{machine['processor']}, {machine['cores']} cores, {machine['system']}.",
        ", ".join(f"{name} {number}" for name, number in versions.items()) + ".",
        "What else runs on the machine slows both sides; compare ratios between machines, not rates.",
        "",
    ]
    return "\n".join(lines)


def spread(rates: list[float]) -> str:
    """The median of some rates, and their range."""
    ordered = sorted(rates)
    return f"{short(ordered[len(ordered) // 2])} ({short(ordered[0])} to {short(ordered[-1])})"


def short(rate: float) -> str:
    """Three digits and a unit."""
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if rate >= size:
            return f"{rate / size:.3g}{unit}"
    return f"{rate:.3g}"
