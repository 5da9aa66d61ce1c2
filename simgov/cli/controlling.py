"""``simgov control``: a KPI watched against its standard, and what to do after a quarter in which it drifts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from simgov.cli.ending import INTERRUPTED, Ending
from simgov.cli.interrupts import stoppable
from simgov.cli.measure_tables import spoken_kpi
from simgov.cli.planning import amount
from simgov.cli.quantities import against_limit, percent
from simgov.cli.showing import name
from simgov.cli.terminal import Terminal
from simgov.errors import InputError, Problem
from simgov.kpi import Estimate
from simgov.report.numbers import figure

if TYPE_CHECKING:
    from simgov.arrays import Integers
    from simgov.judging.control import Controlled, Quarter
    from simgov.judging.schema import Control
    from simgov.optimize import Plan
    from simgov.study import Study
    from simgov.units import Duration

DEFAULT_QUARTERS = 4


def control_scenario(
    terminal: Terminal,
    study: Study,
    out: Path | None,
    *,
    kpi: str | None,
    series: Path | None,
    simulate: Literal["week", "month"] | None,
    quarters: int | None,
    standard: str | None,
    spread: str | None,
    first: int | None,
    chart: Literal["ewma", "cusum"] | None,
    run_length: float | None,
    no_plans: bool,
    picture: Path | None,
    simulations: int | None,
    time: Duration | None,
    replications: int | None,
    seed: int | None,
    workers: int | None,
) -> None:
    """Chart the series, correct quarter by quarter, print, and draw."""
    from simgov.judging.charts import watched
    from simgov.judging.control import Correcting, corrected, played
    from simgov.judging.series import read_series
    from simgov.kpi import find
    from simgov.scenario.profiles import TableError

    control = control_of(study, named(study, kpi), standard, spread, first, chart, run_length)
    measured = None if simulate is not None else control.series
    if series is not None:
        if simulate is not None:
            raise InputError((Problem((), "--series is what was measured, --simulate plays an office", "ask for one"),))
        try:
            measured = read_series(series.parent, series.name, find(study.baseline, control.kpi), ())
        except TableError as error:
            raise InputError(error.problems) from None
    if measured is None and simulate is None:
        raise InputError((Problem((), "there are no values to watch", "give --series FILE, or --simulate week"),))
    if quarters is not None and simulate is None:
        raise InputError((Problem((), "--quarters is for --simulate", "a series has the quarters that it has"),))
    run = study.baseline.run
    last_words = terminal.words("Interrupted; nothing was kept.")
    with stoppable(lambda: last_words) as stop, terminal.doing() as doing:
        how = Correcting(
            run.seed if seed is None else seed,
            run.replications if replications is None else replications,
            simulations,
            None if time is None else time.amount * 60.0,
            workers,
            stop,
            not no_plans,
            doing,
        )
        if measured is not None:
            found, interrupted = corrected(study, watched(measured, control), how), False
        else:
            loop = played(study, control, simulate or "week", quarters or DEFAULT_QUARTERS, how)
            found, interrupted = as_far_as(loop, stop)
    if interrupted:
        count = len(found.quarters)
        terminal.message(terminal.words("Interrupted; the {count} finished quarters follow.", count=count))
    terminal.result({"scenario": study.path.as_posix(), **control_data(found)})
    if not terminal.json:
        print_control(terminal, study, found)
    if picture is None and out is not None:
        picture = out / "control.svg"
    if picture is not None:
        draw(terminal, study, found, picture)
    if interrupted:
        raise Ending(INTERRUPTED)


def as_far_as(loop: Iterator[Controlled], stop: Integers) -> tuple[Controlled, bool]:
    """The last that the loop came to, and whether Ctrl-C ended it. Raises ``KeyboardInterrupt`` before the first."""
    from simgov.engines import Stopped

    found: Controlled | None = None
    interrupted = False
    try:
        for so_far in loop:
            found = so_far
            if stop[0]:
                break
    except (KeyboardInterrupt, Stopped):
        interrupted = True
    if found is None:
        raise KeyboardInterrupt
    return found, interrupted or bool(stop[0])


def named(study: Study, kpi: str | None) -> str:
    """The KPI asked for, or the only one that the file watches. Raises ``InputError``."""
    if kpi is not None:
        return kpi
    written = [one.kpi for one in study.judging.control]
    if len(written) == 1:
        return written[0]
    hint = "name one of " + ", ".join(written) if written else "as in --kpi hall.wait.mean"
    raise InputError((Problem((), "which measure is to be watched? --kpi is not given", hint),))


def control_of(
    study: Study,
    kpi: str,
    standard: str | None,
    spread: str | None,
    first: int | None,
    chart: Literal["ewma", "cusum"] | None,
    run_length: float | None,
) -> Control:
    """How the KPI is watched: as ``judging: control`` says, with what was asked for in its place."""
    from simgov.judging.schema import Chart, Control, designed, limit_of, watchable

    found = watchable(study.baseline, kpi)
    written = next((one for one in study.judging.control if one.kpi == found.name), Control(found.name, found.unit))
    if standard is not None:
        written = replace(written, standard=limit_of(found, standard, "--standard"))
    if spread is not None:
        written = replace(written, spread=limit_of(found, spread, "--spread"))
        if written.spread == 0.0:
            raise InputError((Problem((), "--spread: a spread of 0 makes any value a signal", "write more than 0"),))
    if first is not None:
        written = replace(written, first=first)
    if chart is not None and chart != written.chart.kind:
        written = replace(written, chart=Chart() if chart == "ewma" else Chart("cusum", 0.5, 5.0))
    try:
        return replace(written, chart=designed(written.chart, run_length))
    except ValueError as error:
        raise InputError((Problem((), f"--run-length: {error}"),)) from None


def draw(terminal: Terminal, study: Study, found: Controlled, picture: Path) -> None:
    """The chart as SVG or PNG, as the file is called."""
    from simgov.report.control_picture import control_picture

    label = spoken_kpi(found.watched.series.kpi, study.baseline, terminal)
    kind = "png" if picture.suffix.lower() == ".png" else "svg"
    picture.parent.mkdir(parents=True, exist_ok=True)
    picture.write_bytes(control_picture(found, label, terminal.words.lang, kind))
    terminal.say("Chart: {file}", file=picture)


def print_control(terminal: Terminal, study: Study, found: Controlled) -> None:
    """The standard and the chart's run lengths, the signals, the quarters and their plans."""
    from simgov.judging.table import WAYS

    watched = found.watched
    unit, standard = watched.series.unit, watched.standard
    terminal.show(
        f"{name(WAYS['control'], terminal.words)}: {spoken_kpi(watched.series.kpi, study.baseline, terminal)}"
    )
    value = name(figure(unit, standard.value, standard.spread).full, terminal.words)
    if standard.estimated_from:
        terminal.headline(
            "Standard and spread: {value}, from the first {count} values.", value=value, count=standard.estimated_from
        )
    else:
        terminal.headline("Standard and spread: {value}.", value=value)
    own = watched.chart
    symbols = ("lambda", "L") if own.kind == "ewma" else ("k", "h")
    design = f"{own.kind.upper()}, {symbols[0]} {own.weight:g}, {symbols[1]} {own.limit:.4g}"
    terminal.headline(
        "{design}: a false signal every {arl0} values; a move of 1 spread is seen after {arl1}.",
        design=design,
        arl0=f"{watched.arl0:.0f}",
        arl1=f"{watched.arl1[1.0]:.1f}",
    )
    bound = 2.0 / math.sqrt(max(1, watched.steady))
    if abs(watched.correlation) > bound:
        terminal.headline(
            "Neighbouring values are correlated ({correlation}): signals come at other times than stated.",
            correlation=f"{watched.correlation:.2f}",
        )
    terminal.show()
    print_signals(terminal, found)
    print_quarters(terminal, study, found)


def print_signals(terminal: Terminal, found: Controlled) -> None:
    """A row per signal."""
    watched = found.watched
    dates = watched.series.dates
    rows = []
    for day, point in zip(dates, watched.points, strict=True):
        if point.signal is not None:
            since = "" if point.since is None else dates[point.since].isoformat()
            (value,) = against_limit(
                watched.series.unit, watched.standard.value, [Estimate(point.value)], terminal.words
            )[1:]
            kind = terminal.words("worse" if watched.for_the_worse(point) else "better")
            rows.append([day.isoformat(), value, kind, since])
    if rows:
        terminal.table(["date", "value", "signal", "drifts since"], rows, numbers=(1,))
    else:
        terminal.headline("No signal: in control.")
    terminal.show()


def print_quarters(terminal: Terminal, study: Study, found: Controlled) -> None:
    """A row per quarter, and under it the plan."""
    watched = found.watched
    rows = []
    for quarter in found.quarters:
        (mean,) = against_limit(watched.series.unit, watched.standard.value, [Estimate(quarter.mean)], terminal.words)[
            1:
        ]
        demand = "–" if quarter.demand is None else percent(quarter.demand.factor)
        rows.append(
            [quarter.name, mean, demand, plan_text(terminal, study, quarter.plan), name(quarter.says, terminal.words)]
        )
    terminal.table(["quarter", "mean", "demand", "plan for the next", ""], rows, numbers=(1, 2))


def plan_text(terminal: Terminal, study: Study, plan: Plan | None) -> str:
    """The posts that change, the options taken and the cost: ``window 2 → 3, lean; 863 CNY``."""
    if plan is None or not plan.feasible or plan.cost is None:
        return "–"
    moved = [
        f"{pool} {study.baseline.pool(pool).count} → {posts}"
        for pool, posts in plan.staff.items()
        if posts != study.baseline.pool(pool).count
    ]
    what = ", ".join([*moved, *plan.reforms]) or terminal.words("as it is")
    return f"{what}; {amount(plan.cost, plan.unit, terminal)}"


def control_data(found: Controlled) -> dict[str, Any]:
    """The loop for machines."""
    from simgov.judging.charts import limits

    watched = found.watched
    low, high = limits(watched.standard, watched.chart)
    dates = watched.series.dates
    return {
        "kpi": watched.series.kpi,
        "unit": watched.series.unit,
        "standard": watched.standard.value,
        "spread": watched.standard.spread,
        "estimated_from": watched.standard.estimated_from,
        "chart": {
            "kind": watched.chart.kind,
            "weight": watched.chart.weight,
            "limit": watched.chart.limit,
            "low": low,
            "high": high,
            "arl0": watched.arl0,
            "arl1": [{"shift": shift, "arl": length} for shift, length in watched.arl1.items()],
        },
        "correlation": watched.correlation if math.isfinite(watched.correlation) else None,
        "points": [
            {
                "date": day.isoformat(),
                "value": point.value,
                "above": point.high,
                "below": point.low,
                "signal": None if point.signal is None else "worse" if watched.for_the_worse(point) else "better",
                "since": None if point.since is None else dates[point.since].isoformat(),
            }
            for day, point in zip(dates, watched.points, strict=True)
        ],
        "quarters": [quarter_data(quarter, dates) for quarter in found.quarters],
    }


def quarter_data(quarter: Quarter, dates: Sequence[Any]) -> dict[str, Any]:
    """One quarter for machines; its plan as ``simgov optimize --json`` prints one, without the certificate."""
    plan = None if quarter.plan is None else {**quarter.plan.to_json()}
    return {
        "quarter": quarter.name,
        "mean": quarter.mean if math.isfinite(quarter.mean) else None,
        "signal": None if quarter.signal is None else dates[quarter.signal].isoformat(),
        "since": None if quarter.since is None else dates[quarter.since].isoformat(),
        "demand": None if quarter.demand is None else quarter.demand.factor,
        "how": None if quarter.demand is None else quarter.demand.how,
        "says": {"en": quarter.says.en, "zh": quarter.says.zh},
        "plan": plan,
    }
