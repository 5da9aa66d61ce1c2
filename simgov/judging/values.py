"""KPIs of a run as what judgements are made of: a value, and the same with each group of replications left out.

A judgement is a function of KPIs (a score, a ratio, a share of a gap). Applied to the values with a group left out it
gives the delete-a-group jackknife of the judgement itself, with the same groups for every KPI and every scenario, so
that what two scenarios share by their common draws cancels here too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simgov.arrays import Booleans, Floats
from simgov.experiment.runs import ScenarioRuns
from simgov.kpi.statistics import Estimate, group_count, groups, jackknife_half_width


@dataclass(frozen=True, eq=False)
class Value:
    """``value``, and ``without`` float64[G]: the same with each of G groups of replications left out.

    ``lower_bound`` says that the true value may be larger.
    """

    value: float
    without: Floats
    lower_bound: bool = False

    def estimate(self, confidence: float) -> Estimate:
        """With its jackknife interval; nan half-width where there are fewer than two groups."""
        return Estimate(self.value, jackknife_half_width(self.without, confidence), self.lower_bound)

    @property
    def error(self) -> float:
        """The jackknife's standard error; nan where there are fewer than two groups."""
        known = self.without[~np.isnan(self.without)]
        if len(known) < 2:
            return math.nan
        return math.sqrt((len(known) - 1) / len(known) * float(((known - known.mean()) ** 2).sum()))

    @property
    def freedom(self) -> int:
        """Degrees of freedom of its interval."""
        return max(0, int(np.count_nonzero(~np.isnan(self.without))) - 1)


def known_value(result: ScenarioRuns, kpi: str) -> Value | None:
    """The KPI of a scenario over all its replications; None where the run has none of that name or it is undefined."""
    if kpi not in result.place:
        return None
    k = result.place[kpi]
    if result.columns[k].quantile:
        pooled = result.pooled.get(kpi)
        found = None if pooled is None else Value(pooled.value, pooled.without, pooled.lower_bound)
    else:
        found = mean_value(result.values[:, k], bool(result.lower_bound[:, k].any()))
    return None if found is None or math.isnan(found.value) else found


def mean_value(values: Floats, lower_bound: bool = False) -> Value:
    """The mean over replications (float64[R], nan left out), and that without each group of replications."""
    known = ~np.isnan(values)
    if not known.any():
        return Value(math.nan, np.full(group_count(len(values)), np.nan), lower_bound)
    group_of, parts = groups(len(values)), group_count(len(values))
    filled = np.where(known, values, 0.0)
    kept = [known & (group_of != group) for group in range(parts)]
    without = np.array([filled[rows].sum() / rows.sum() if rows.any() else np.nan for rows in kept])
    return Value(float(values[known].mean()), without, lower_bound)


def combined(function: Callable[..., float], *values: Value, lower_bound: bool = False) -> Value:
    """``function`` of several values of the same replications, and of the same with each group left out.

    Where the values come from different numbers of groups nothing pairs them, and the result has no interval.
    """
    sizes = {len(value.without) for value in values}
    whole = function(*(value.value for value in values))
    if len(sizes) != 1:
        return Value(whole, np.empty(0), lower_bound)
    rows = zip(*(value.without.tolist() for value in values), strict=True)
    return Value(whole, np.array([function(*row) for row in rows], np.float64), lower_bound)


def t_value(confidence: float, freedom: float) -> float:
    """The two-sided quantile of Student's t; ``freedom`` need not be whole."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.5 + confidence / 2.0))


def one_sided_p(value: float, error: float, freedom: float) -> float:
    """The p-value of a mean of 0 or less, against one above 0; nan where there is no error to go by."""
    from scipy.special import ndtr, stdtr

    if math.isnan(error) or freedom < 1:
        return math.nan
    if error == 0.0:
        return 0.0 if value > 0 else 1.0
    return float(ndtr(-value / error) if math.isinf(freedom) else stdtr(freedom, -value / error))


def holm(p_values: Floats, level: float) -> Booleans:
    """bool[n]: which hypotheses Holm's step-down method rejects, all errors together at ``level``; nan is never.

    Holm, *Scandinavian Journal of Statistics* 6 (1979) 65-70.
    """
    rejected = np.zeros(len(p_values), np.bool_)
    order = np.argsort(p_values, kind="stable")  # nan last
    for step, place in enumerate(order):
        if not p_values[place] <= level / (len(p_values) - step):
            break
        rejected[place] = True
    return rejected
