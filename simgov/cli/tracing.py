"""``simgov frontier``: what each limit of a target costs, and where a tighter promise costs nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simgov.cli.ending import INTERRUPTED, Ending
from simgov.cli.measure_tables import spoken_kpi
from simgov.cli.planning import WHY_STOPPED, amount, standing
from simgov.cli.quantities import against_limit, percent
from simgov.cli.searching import searching
from simgov.cli.showing import name
from simgov.cli.terminal import Terminal
from simgov.errors import InputError, Problem
from simgov.kpi import Estimate, find
from simgov.kpi.table import Kpi, UnknownKpi
from simgov.kpi.targets import parse_limit
from simgov.units import UnitError

if TYPE_CHECKING:
    from simgov.optimize.curve import Curve, CurvePoint
    from simgov.study import Study
    from simgov.units import Duration, Money

PICTURE = "frontier.svg"
COST_HEADS = ["limit", "cost", "", "fresh replications", "posts", "reforms"]


def trace_frontier(
    terminal: Terminal,
    study: Study,
    folder: Path,
    *,
    kpi: str,
    limits: str | None,
    first: str | None,
    last: str | None,
    points: int,
    second: str | None,
    second_limits: str | None,
    max_cost: Money | None,
    simulations: int | None,
    time: Duration | None,
    seed: int | None,
    workers: int | None,
) -> bool:
    """Find the frontier, keep it in ``folder`` with its picture, and print it; whether some limit can be kept."""
    from simgov.optimize.curve import frontier

    asked = {kpi: _limits(study, kpi, limits, first, last, points)}
    if (second is None) != (second_limits is None):
        raise _bad("a second KPI goes with its limits", "give both --second KPI and --second-limits")
    if second is not None and second_limits is not None:
        asked[second] = _limits(study, second, second_limits, None, None, 0)
    last_words = terminal.words("Interrupted before a plan could be kept.")
    with searching(terminal, last_words) as (stop, doing):
        curve = frontier(
            study,
            asked,
            max_cost=None if max_cost is None else max_cost.minor,
            simulations=simulations,
            time=time,
            seed=seed,
            workers=workers,
            progress=lambda progress: doing(standing(terminal, progress, study.baseline.currency)),
            stop=stop,
        )
        curve.save(folder)
        _draw(curve, study, folder, terminal)
    print_curve(terminal, study, curve)
    terminal.result(curve.to_json())
    terminal.say("The frontier and its picture are kept in {folder}", folder=folder)
    if curve.stopped == "interrupted":
        raise Ending(INTERRUPTED)
    return any(point.cost is not None for point in curve.points)


def _draw(curve: Curve, study: Study, folder: Path, terminal: Terminal) -> None:
    from simgov.report.frontier_picture import frontier_picture

    drawing = frontier_picture(curve, study.baseline, terminal.words.lang)
    (folder / PICTURE).write_text(drawing, encoding="utf-8")


def _limits(
    study: Study, name: str, texts: str | None, first: str | None, last: str | None, points: int
) -> list[float]:
    """The limits asked for, in the KPI's unit: a list, or so many between two."""
    try:
        kpi = find(study.baseline, name)
    except UnknownKpi as error:
        raise _bad(error.message, error.hint) from None
    if texts is not None and first is None and last is None:
        return [_limit(kpi, text) for text in with_units(texts)]
    if texts is None and first is not None and last is not None:
        return [float(limit) for limit in np.linspace(_limit(kpi, first), _limit(kpi, last), points)]
    raise _bad("which limits?", "give --limits '3, 4, 5 workdays', or --from and --to")


def with_units(texts: str) -> list[str]:
    """``3, 4, 5 workdays`` as three limits: a number without a unit has that of the next one that has one."""
    limits: list[str] = []
    unit = ""
    for text in reversed([one.strip() for one in texts.split(",") if one.strip()]):
        number, own = re.fullmatch(r"([-+0-9.]*)\s*(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
        unit = own or unit
        limits.append(f"{number} {unit}".strip())
    return limits[::-1]


def _limit(kpi: Kpi, text: str) -> float:
    try:
        return parse_limit(kpi, text)
    except UnitError as error:
        raise _bad(error.message, error.hint) from None


def _bad(message: str, hint: str) -> InputError:
    return InputError((Problem((), message, hint),))


def print_curve(terminal: Terminal, study: Study, curve: Curve) -> None:
    """A row for each limit, then what is flat, and how far it is proved."""
    if terminal.json:
        return
    kpis = ("、" if terminal.words.lang == "zh" else ", ").join(
        spoken_kpi(kpi, study.baseline, terminal) for kpi in curve.kpis
    )
    terminal.headline("What each limit costs: {kpis}", kpis=kpis)
    rows = [_row(terminal, curve, point) for point in curve.points]
    terminal.table(COST_HEADS, rows, numbers=(0, 1, 3))
    terminal.show()
    for sentence in curve.plateaus:
        terminal.show(name(sentence, terminal.words))
    if curve.stopped:
        terminal.headline("Not complete: {reason}.", reason=terminal.words(WHY_STOPPED[curve.stopped]))
    terminal.headline(
        "{simulations} simulations for all limits together; guard band {band}; {count} plans were simulated again on"
        " fresh replications, with intervals that hold together.",
        simulations=curve.simulations,
        band=percent(curve.guard_band),
        count=curve.validations,
    )


def _row(terminal: Terminal, curve: Curve, point: CurvePoint) -> list[Any]:
    limits, values = [], []
    apart = "；" if terminal.words.lang == "zh" else "; "
    reached = point.values or (math.nan,) * len(point.limits)
    widths = point.half_widths or (math.nan,) * len(point.limits)
    parts: Sequence[tuple[str, str, float, float, float]] = list(
        zip(curve.units, curve.senses, point.limits, reached, widths, strict=True)
    )
    for unit, sense, limit, value, width in parts:
        text, found = against_limit(unit, limit, [Estimate(value, width)], terminal.words)
        limits.append(("≤ " if sense == "at_most" else "≥ ") + text)
        values.append(found)
    if point.cost is None:
        cost = terminal.words("no plan" if point.proved else "not found")
        return [apart.join(limits), cost, "", "", "", ""]
    verdict = terminal.words("proved" if point.proved else "not proved")
    if point.kept is False:
        verdict += terminal.words(", missed on fresh replications")
    staff = " ".join(f"{pool}={count}" for pool, count in point.chosen.counts.items())
    cost = amount(point.cost, curve.unit, terminal)
    return [apart.join(limits), cost, verdict, apart.join(values), staff, " ".join(point.chosen.reforms)]
