"""The control loop (PDCA): a standard, a series held against it, and a correction after each quarter with a signal.

``charts`` has the chart. ``corrected`` goes through a charted series quarter by quarter: after a quarter with a signal
for the worse it estimates the demand anew and asks the optimiser for the cheapest plan. ``closed_loop`` plays the whole
loop on a simulated office that carries the plans out.
"""

from __future__ import annotations

import contextlib
import datetime
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from simgov.arrays import Integers
from simgov.errors import ReformError
from simgov.judging.changes import with_demand
from simgov.judging.charts import NoStandard, Watched, watched
from simgov.judging.demand import Demand, demand_by_cases, demand_by_kpi
from simgov.judging.schema import Control
from simgov.judging.series import Series
from simgov.judging.simulated import Every, boundaries, interval_values, measured_from, simulated_values
from simgov.optimize.recommend import optimize
from simgov.reforms.measures.remove_step import RemoveStep
from simgov.reforms.measures.staff import Staff
from simgov.scenario.value import Scenario, Text

if TYPE_CHECKING:
    from simgov.optimize import Plan
    from simgov.study import Study


@dataclass(frozen=True)
class Quarter:
    """One quarter of the series: its values' places ``first`` to ``last``, and what was decided after it.

    ``signal`` is the place of its first signal for the worse, ``since`` that of the value with which the drift began.
    ``demand`` and ``plan`` are there where a correction could be made; ``says`` is that in words.
    """

    name: str
    first: int
    last: int
    mean: float
    signal: int | None
    since: int | None
    demand: Demand | None
    plan: Plan | None
    says: Text


@dataclass(frozen=True)
class Controlled:
    """The whole loop: the series on its chart, and the quarters in order."""

    watched: Watched
    quarters: tuple[Quarter, ...]


@dataclass(frozen=True)
class Correcting:
    """How corrections are sought. ``simulations`` and ``seconds`` limit the optimiser, ``plans`` switches it off;
    ``doing`` is told what is going on.
    """

    seed: int
    replications: int
    simulations: int | None = None
    seconds: float | None = None
    workers: int | None = None
    stop: Integers | None = None
    plans: bool = True
    doing: Callable[[str], None] = lambda line: None


def quarter_of(day: datetime.date) -> str:
    """``2026Q1``."""
    return f"{day.year}Q{(day.month - 1) // 3 + 1}"


def corrected(study: Study, found: Watched, how: Correcting) -> Controlled:
    """The quarters of a measured series. Plans are proposals: the model stays the office of the file."""
    quarters = []
    places = range(len(found.points))
    for name, own in itertools.groupby(places, key=lambda place: quarter_of(found.series.dates[place])):
        inside = list(own)
        quarters.append(_quarter(study, study.baseline, found, name, inside[0], inside[-1], how))
    return Controlled(found, tuple(quarters))


def closed_loop(study: Study, control: Control, every: Every, count: int, how: Correcting) -> Controlled:
    """``count`` quarters of a simulated office, as ``played`` finds them one after the other."""
    *_, found = played(study, control, every, count, how)
    return found


def played(study: Study, control: Control, every: Every, count: int, how: Correcting) -> Iterator[Controlled]:
    """The control so far, after each of ``count`` quarters of a simulated office.

    Plans hold from the first day of the next quarter on; the first quarter begins after the warm-up.
    The office is a replication of its own that no plan is made from. Where the file gives no standard, it is what the
    model says of one interval: mean and standard deviation over replications.
    """
    kpi, first = control.kpi, measured_from(study.baseline)
    quarters_begin = quarter_starts(first, every, count)
    starts = interval_starts(quarters_begin, every)
    given = _model_standard(study, control, starts[0], starts[1], how)
    office, model, taken = study.baseline, study.baseline, frozenset[str]()
    dates: list[datetime.date] = []
    values: list[float] = []
    quarters: list[Quarter] = []
    for begins, ends in itertools.pairwise(quarters_begin):
        days = [day for day in starts if begins <= day < ends]
        how.doing(f"{quarter_of(begins)} {kpi}")
        own = simulated_values(office, kpi, [*days, ends], how.seed, workers=how.workers, stop=how.stop)
        known = [(day, value) for day, value in zip(days, own, strict=True) if not math.isnan(value)]
        place = len(values)
        dates += [day for day, _ in known]
        values += [value for _, value in known]
        series = Series(kpi, control.unit, tuple(dates), tuple(values), source="")
        found = watched(series, given)
        quarter = _quarter(study, model, found, quarter_of(begins), place, len(values) - 1, how)
        quarters.append(quarter)
        yield Controlled(found, tuple(quarters))
        if quarter.plan is not None and quarter.plan.feasible:
            office = carried_out(study, quarter.plan, office, ends, taken)
            model = carried_out(study, quarter.plan, model, None, taken)
            taken |= frozenset(quarter.plan.reforms)


def quarter_starts(first: datetime.date, every: Every, count: int) -> tuple[datetime.date, ...]:
    """The first days of ``count`` quarters and the day after the last. The first one begins on ``first``, in the midst
    of a quarter too where a whole interval still fits in.
    """
    calendar = boundaries(first, "quarter", count)
    fits = boundaries(first, every, 1)[1] <= calendar[0]
    return (first, *calendar[:-1]) if first < calendar[0] and fits else calendar


def interval_starts(quarters: Sequence[datetime.date], every: Every) -> list[datetime.date]:
    """The first days of all whole intervals in these quarters, and the day after the last.

    What is left of a quarter behind its last whole week is added to that week.
    """
    starts: list[datetime.date] = []
    for begins, ends in itertools.pairwise(quarters):
        whole = boundaries(begins, every, (ends - begins).days)
        starts += [day for day, after in itertools.pairwise(whole) if after <= ends]
    return [*starts, quarters[-1]]


def _model_standard(
    study: Study, control: Control, first: datetime.date, end: datetime.date, how: Correcting
) -> Control:
    """The control with its standard: given, or of the first interval over replications. Raises ``NoStandard``."""
    if control.standard is not None and control.spread:
        return control
    values = interval_values(study.baseline, control.kpi, first, end, how.seed, max(how.replications, 20), how.stop)
    if len(values) < 2 or not np.ptp(values) > 0:
        raise NoStandard(f"the simulated {control.kpi} of one interval does not vary; give a standard and a spread")
    standard = float(values.mean()) if control.standard is None else control.standard
    return replace(control, standard=standard, spread=control.spread or float(values.std(ddof=1)))


def carried_out(
    study: Study, plan: Plan, scenario: Scenario, day: datetime.date | None, taken: frozenset[str] = frozenset()
) -> Scenario:
    """The scenario with a plan, from a day on (None: from the first). Options already ``taken`` go on, and what
    may not be applied beside them is left out.
    """
    for option in plan.reforms:
        named = study.reforms.get(option)
        measures = (RemoveStep(step=option),) if named is None else named.measures
        for measure in measures if option not in taken else ():
            with contextlib.suppress(ReformError):
                scenario = replace(measure, since=day).apply(scenario)
    return Staff(counts=tuple(plan.staff.items()), since=day).apply(scenario)


def _quarter(
    study: Study, model: Scenario, found: Watched, name: str, first: int, last: int, how: Correcting
) -> Quarter:
    own = found.points[first : last + 1]
    mean = float(np.mean([point.value for point in own])) if own else math.nan
    signal = next((first + i for i, point in enumerate(own) if found.for_the_worse(point)), None)
    if signal is None:
        return Quarter(name, first, last, mean, None, None, None, None, Text("in control", "受控"))
    began = found.points[signal].since
    since = max(first, signal if began is None else began)
    how.doing(f"{name} {found.series.kpi}")
    demand = _demand(model, found.series, since, last, how)
    if demand is None:
        text = Text(
            "no demand from 25 % to 400 % of the file's explains these values: look for the cause in the office",
            "办件量在现有的25%至400%之间变动都不能解释这些数值，原因应在单位内部查找",
        )
        return Quarter(name, first, last, mean, signal, since, None, None, text)
    plan, text = _plan(study, demand, how)
    return Quarter(name, first, last, mean, signal, since, demand, plan, text)


def _demand(model: Scenario, series: Series, since: int, last: int, how: Correcting) -> Demand | None:
    """The demand of the values ``since`` to ``last``: from counted cases where the file has them."""
    if series.cases and last > 0:
        owner = series.kpi.partition(".")[0]
        service = owner if any(one.id == owner for one in model.services) else None
        cases = math.fsum(series.cases[since : last + 1])
        lasts = series.dates[last] - series.dates[last - 1]
        end = series.dates[last + 1] if last + 1 < len(series.dates) else series.dates[last] + lasts
        return demand_by_cases(model, cases, series.dates[since], end, service, how.seed)
    observed = float(np.mean(series.values[since : last + 1]))
    return demand_by_kpi(model, series.kpi, observed, how.replications, how.seed, how.stop)


def _plan(study: Study, demand: Demand, how: Correcting) -> tuple[Plan | None, Text]:
    if not how.plans:
        return None, Text("drift for the worse", "指标变差")
    if study.decisions is None or not study.targets:
        text = Text(
            "drift for the worse; a plan needs targets: and optimize: in the file",
            "指标变差；求解方案需要文件中有 targets: 和 optimize:",
        )
        return None, text
    plan = optimize(
        replace(study, baseline=with_demand(study.baseline, demand.factor, demand.service)),
        seed=how.seed,
        replications=how.replications,
        simulations=how.simulations,
        time=how.seconds,
        workers=how.workers,
        stop=how.stop,
    )
    if plan.feasible:
        return plan, Text("drift for the worse; the plan meets the targets again", "指标变差；按方案调整后可重新达标")
    text = Text(
        "drift for the worse; no plan within the bounds meets the targets", "指标变差；限定范围内没有方案能够达标"
    )
    return plan, text
