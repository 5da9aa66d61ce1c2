"""KPIs of the applicant's side: ways and money, satisfaction, complaints, and how alike applicants are treated.

Each is a function of a ``Tally`` that gives the value and whether the true one may be larger; ``measures`` lists them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from simgov.kpi.applicant_cases import (
    AGAIN,
    CLOSED,
    CLOSED_DOCUMENTS,
    CLOSED_LATE,
    CLOSED_REPEATS,
    CLOSED_UNSERVED,
    CLOSED_WAITED,
    FEES,
    FIRM_COST,
    LATE,
    RATED,
    REPEATS,
    SENT_BACK,
    TIME_COST,
    TIME_MINUTES,
    TIMES,
    TRAVELLED,
    UNSERVED,
    WAIT_MINUTES,
    WAITS,
)
from simgov.kpi.statistics import gini, mean
from simgov.kpi.tally import Tally
from simgov.scenario.applicants import MOST_POINTS, Satisfaction

Number = tuple[float, bool]
"""A value and whether it is only a lower bound."""

# Ways and money -------------------------------------------------------------------------------------------------------


def travel(tally: Tally, service: int) -> Number:
    """Minutes on the way per case."""
    return tally.per_case(service, float(tally.applicants[service, TRAVELLED]))


def applicant_cost(tally: Tally, service: int) -> Number:
    """Whole units of the currency per case: time on the way and on the spot, fees, and what days cost firms."""
    return tally.per_case(service, spent(tally, service) / 100.0)


def all_applicant_cost(tally: Tally, _: int) -> Number:
    """The same over the cases of all services."""
    return _over_all(tally, [spent(tally, s) / 100.0 for s in range(tally.services)])


def spent(tally: Tally, service: int) -> float:
    """Minor units that the measured cases of a service cost their applicants."""
    row = tally.applicants[service]
    return float(row[TIME_COST] + row[FEES] + row[FIRM_COST])


# Satisfaction and complaints ------------------------------------------------------------------------------------------


def points_lost(tally: Tally, service: int, weights: Satisfaction) -> float:
    """Points that the closed cases of a service lose on average; nan where there are none."""
    row = tally.applicants[service]
    closed = float(row[CLOSED])
    if not closed:
        return math.nan
    lost = (
        weights.wait * row[CLOSED_WAITED] / 60.0
        + weights.visits * row[CLOSED_REPEATS]
        + weights.documents * row[CLOSED_DOCUMENTS]
        + weights.late * row[CLOSED_LATE]
        + weights.unserved * row[CLOSED_UNSERVED]
    )
    return float(lost) / closed


def score(offset: float, lost: float) -> float:
    """Points out of 100."""
    return min(max(offset - lost, 0.0), MOST_POINTS)


@dataclass(frozen=True)
class ScorePart:
    """What the score of a service in one replication is made of: how many cases have an opinion, how many of them are
    ``closed``, and the points that these lose on average (nan where there are none)."""

    rated: float
    closed: float
    lost: float

    def points(self, offset: float) -> float:
        """The points of all cases together."""
        return self.closed * score(offset, self.lost) if self.closed else 0.0


def score_parts(tally: Tally, weights: Satisfaction) -> list[ScorePart]:
    """The parts of every service, in their order."""
    rows = tally.applicants
    return [
        ScorePart(float(rows[s, RATED]), float(rows[s, CLOSED]), points_lost(tally, s, weights))
        for s in range(tally.services)
    ]


def mean_score(parts: Sequence[ScorePart], offset: float) -> float:
    """The satisfaction over all cases of these services; nan where none has an opinion."""
    rated = math.fsum(part.rated for part in parts)
    return math.fsum(part.points(offset) for part in parts) / rated if rated else math.nan


def satisfaction(tally: Tally, service: int) -> Number:
    """The score of closed cases; an open case has no points yet, which makes it a lower bound."""
    weights, parts = _scores(tally)
    return mean_score([parts[service]], weights.offset), tally.still_open(service)


def all_satisfaction(tally: Tally, _: int) -> Number:
    """The same over the cases of all services."""
    weights, parts = _scores(tally)
    return mean_score(parts, weights.offset), any(tally.still_open(s) for s in range(tally.services))


def satisfaction_gap(tally: Tally, _: int) -> Number:
    """The highest satisfaction of any service less the lowest."""
    return _gap([satisfaction(tally, s) for s in range(tally.services)])


def _scores(tally: Tally) -> tuple[Satisfaction, list[ScorePart]]:
    weights = tally.network.scenario.satisfaction
    assert weights is not None
    return weights, tally.once("scores", lambda: score_parts(tally, weights))


def complaints(tally: Tally, service: int) -> Number:
    """Expected complaints per 100 cases."""
    return tally.per_case(service, 100.0 * _complaints(tally, service))


def all_complaints(tally: Tally, _: int) -> Number:
    """The same over the cases of all services."""
    return _over_all(tally, [100.0 * _complaints(tally, s) for s in range(tally.services)])


def _complaints(tally: Tally, service: int) -> float:
    weights, row = tally.network.scenario.complaints, tally.applicants[service]
    assert weights is not None
    expected = (
        weights.late * row[LATE]
        + weights.repeat_visit * row[REPEATS]
        + weights.document_again * row[AGAIN]
        + weights.sent_back * row[SENT_BACK]
        + weights.unserved * row[UNSERVED]
        + weights.other * tally.cases(service)
    )
    return float(expected)


# Fairness -------------------------------------------------------------------------------------------------------------


def time_gini(tally: Tally, service: int) -> Number:
    """Of the times to decision of a service."""
    return gini(tally.sample("time", service))


def wait_gini(tally: Tally, service: int) -> Number:
    """Of the waits in person of a service."""
    return gini(tally.sample("wait", service))


def hall_wait_gini(tally: Tally, _: int) -> Number:
    """Of all waits in person."""
    return gini(tally.hall_waits())


def time_gap(tally: Tally, service: int) -> Number:
    """The largest mean time to decision of any group less the smallest."""
    return _group_gap(tally, service, TIMES, TIME_MINUTES)


def wait_gap(tally: Tally, service: int) -> Number:
    """The largest mean wait in person of any group less the smallest."""
    return _group_gap(tally, service, WAITS, WAIT_MINUTES)


def hall_wait_gap(tally: Tally, _: int) -> Number:
    """The largest mean wait in person of any service less the smallest."""
    return _gap([mean(tally.sample("wait", s)) for s in range(tally.services)])


def _group_gap(tally: Tally, service: int, count: int, minutes: int) -> Number:
    rows = tally.groups[service]
    still = tally.still_open(service)
    return _gap([(float(row[minutes] / row[count]), still) for row in rows if row[count] > 0])


def _gap(values: list[Number]) -> Number:
    """Largest less smallest of the values that are defined; nan of fewer than two, a bound where any is one."""
    known = [value for value, _ in values if not math.isnan(value)]
    if len(known) < 2:
        return math.nan, False
    return max(known) - min(known), any(bound for _, bound in values)


def _over_all(tally: Tally, totals: list[float]) -> Number:
    """Totals of the services, per case of all of them."""
    cases = sum(tally.cases(s) for s in range(tally.services))
    still = any(tally.still_open(s) for s in range(tally.services))
    return (math.fsum(totals) / cases, still) if cases else (math.nan, False)
