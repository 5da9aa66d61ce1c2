"""The figures as a page."""

from __future__ import annotations

from statistics import median
from typing import Any


def page(record: dict[str, Any]) -> str:
    """``results/engines.md``."""
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
    lines += measured_on(record)
    return "\n".join(lines)


CASES = {
    "a": "M/M/5 at a load of 0.9",
    "b": "six stations in a row at 0.8",
    "c": "b, one visit in ten repeated",
    "e": "a hall with profiles, two priorities, two shifts with lunch, patience, 10 % returns, fork and join",
}


def field_page(record: dict[str, Any]) -> str:
    """``results/field.md``."""
    others = ("SimPy", "Ciw", "heapq")
    heads = "| simgov | SimPy | Ciw | plain Python, heapq |"
    lines = [
        "# simgov beside other tools",
        "",
        "Written by `make bench`. Visits of a customer to a station per CPU second of one core, one thread each, warm,",
        "from the seed to the results: simgov draws, runs, keeps the event table and computes every KPI, the others",
        "keep what their model needs (`benchmarks/peers/`; in e SimPy keeps its table too). All take turns; medians of",
        f"{record['rounds']} rounds, and their range. The mean time of a customer is the same in all tools, within",
        "chance, or the run fails.",
        "",
        "| case " + heads + " faster than SimPy | than Ciw | than heapq |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for case, found in record["cases"].items():
        rates = [spread(found["rates"][name]) if name in found["rates"] else "–" for name in ("simgov", *others)]
        ratios = [f"**{found['ratio'][name]:.3g} times**" if name in found["ratio"] else "–" for name in others]
        lines.append(f"| {case}: {CASES[case]} | " + " | ".join(rates + ratios) + " |")
    short_runs = record["short"]
    lines += [
        "",
        f"d: {short_runs['days']:,} days of {short_runs['customers']:,} customers of a, each a replication of its own;",
        "CPU seconds (those of the slow tools are taken from fewer days):",
        "",
        heads,
        "|---|---|---|---|",
        "| " + " | ".join(f"{short_runs['median'][name]:.3g}" for name in ("simgov", *others)) + " |",
        "",
        "Two threads over one, by the wall clock (c): "
        f"{median(record['threads']['engine']):.2f} times for the engine alone, "
        f"{median(record['threads']['whole']):.2f} times for a whole run"
        f", while {record['threads']['others']:.1f} other processes wanted a core: with any, the threads share.",
        "",
        "Mean time of a customer, in minutes:",
        "",
        "| case " + heads,
        "|---|---|---|---|---|",
    ]
    for case, found in record["cases"].items():
        times = found["mean_time"]
        means = [f"{times[name]:.4g}" if name in times else "–" for name in ("simgov", *others)]
        lines.append(f"| {case} | " + " | ".join(means) + " |")
    return "\n".join(lines + measured_on(record))


def measured_on(record: dict[str, Any]) -> list[str]:
    """What the figures were measured with."""
    machine, versions = record["machine"], record["versions"]
    return [
        "",
        "## Measured on",
        "",
        f"{machine['processor']}, {machine['cores']} cores, {machine['system']}.",
        ", ".join(f"{name} {number}" for name, number in versions.items()) + ".",
        "What else runs on the machine slows both sides; compare ratios between machines, not rates.",
        "",
    ]


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
