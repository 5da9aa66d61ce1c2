"""``returns``: what applicants save for each unit of money that a reform costs the office more.

Both come from the KPIs ``burden`` (what all applicants spend over the horizon) and ``cost`` (what the office does),
paired by replication.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simgov.arrays import Floats
from simgov.experiment.comparison import difference
from simgov.experiment.runs import Runs, ScenarioRuns
from simgov.kpi.statistics import Estimate, t_quantile

BURDEN, COST = "burden", "cost"


@dataclass(frozen=True)
class Return:
    """A scenario against ``baseline``, over the horizon (a year unless said), in ``unit``: what its applicants save and
    what its office costs more; below 0 they spend more, and it costs less.

    ``ratio`` is saving over extra cost, the same per year; undefined (nan) where the office does not spend more.
    """

    scenario: str
    baseline: str
    unit: str
    saving: Estimate
    extra_cost: Estimate
    ratio: Estimate


def returns(runs: Runs, baseline: str | None = None) -> tuple[Return, ...]:
    """The return of every other scenario of ``runs`` that has both KPIs; none where ``baseline`` lacks one."""
    label = baseline or runs.scenarios[0]
    before = runs.result(label)
    both = [one for one in runs.results if {BURDEN, COST} <= one.place.keys()]
    if before not in both:
        return ()
    return tuple(_return(before, after, runs.confidence) for after in both if after is not before)


def _return(before: ScenarioRuns, after: ScenarioRuns, confidence: float) -> Return:
    more = difference(before, after, BURDEN, confidence)
    extra = difference(before, after, COST, confidence)
    spent, paid = _paired(before, after, BURDEN), _paired(before, after, COST)
    return Return(
        after.label,
        before.label,
        after.columns[after.place[COST]].unit,
        Estimate(0.0 - more.value, more.half_width, more.lower_bound),
        extra,
        _ratio(-spent, paid, confidence, more.lower_bound or extra.lower_bound),
    )


def _paired(before: ScenarioRuns, after: ScenarioRuns, kpi: str) -> Floats:
    """Differences replication by replication."""
    _, rows, base_rows = np.intersect1d(after.replications, before.replications, return_indices=True)
    return np.asarray(after.values[rows, after.place[kpi]] - before.values[base_rows, before.place[kpi]])


def _ratio(saved: Floats, paid: Floats, confidence: float, lower_bound: bool) -> Estimate:
    """The ratio of the means, with the t interval that its linearisation gives (Cochran, *Sampling Techniques*, 1977,
    chapter 6)."""
    known = ~(np.isnan(saved) | np.isnan(paid))
    saved, paid, count = saved[known], paid[known], int(known.sum())
    if not count or not paid.mean() > 0.0:
        return Estimate(math.nan)
    ratio = float(saved.mean() / paid.mean())
    if count == 1:
        return Estimate(ratio, math.nan, lower_bound)
    error = float((saved - ratio * paid).std(ddof=1)) / (math.sqrt(count) * float(paid.mean()))
    return Estimate(ratio, t_quantile(confidence, count - 1) * error, lower_bound)
