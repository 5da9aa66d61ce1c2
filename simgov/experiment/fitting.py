"""``fit_satisfaction``: the one offset with which the office as it is scores what was observed.

Weights say how much satisfaction moves, the offset where it stands. It is found on the baseline alone, on the
replications and the seed of its run, so that the same file always gives the same offset and ``run`` scores the observed
value to four digits behind the point; nothing is ever fitted to a reform.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from simgov.arrays import Integers
from simgov.chance import drawn_network
from simgov.engines import Stopped, is_long, simulate, slices
from simgov.experiment.progress import Progress
from simgov.kpi.applicants import ScorePart, mean_score, score_parts
from simgov.kpi.tally import Tally
from simgov.network import compile_network
from simgov.scenario.applicants import MOST_POINTS, Satisfaction
from simgov.scenario.value import Scenario

BASELINE = "baseline"
DECIMALS = 4


class CannotFit(ValueError):
    """There is no such offset; ``hint`` says what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message}; {hint}" if hint else message)
        self.message, self.hint = message, hint


@dataclass(frozen=True)
class SatisfactionFit:
    """``offset``, rounded as it is to be written; ``satisfaction`` is what the office then scores over all services,
    ``scores`` what each service scores (nan where it has no case)."""

    offset: float
    observed: float
    satisfaction: float
    scores: dict[str, float]


def fitted_offset(scenario: Scenario, observed: float | None = None) -> float:
    """The offset alone; see ``fit_satisfaction``."""
    return fit_satisfaction(scenario, observed).offset


def fit_satisfaction(
    scenario: Scenario,
    observed: float | None = None,
    *,
    replications: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    stop: Integers | None = None,
) -> SatisfactionFit:
    """Find the offset of ``scenario``, which must be a baseline, by root finding (Brent's method) on one sample.

    ``observed`` (0 to 100 points), ``replications`` and ``seed`` are the scenario's unless given. ``CannotFit`` where
    nothing was observed or no offset scores it. Raises ``engines.Stopped`` when ``stop`` (int64[1]) becomes non-zero.
    """
    weights = scenario.satisfaction or Satisfaction()
    wanted = weights.observed if observed is None else observed
    if scenario.label != BASELINE:
        message = f"the offset is fitted to the office as it is, never to the reform {scenario.label}"
        raise CannotFit(message, "fit it to the baseline")
    if wanted is None:
        raise CannotFit("nothing was observed", "write satisfaction: {observed: 78.6}")
    if not 0.0 <= wanted <= MOST_POINTS:
        raise CannotFit(f"{wanted:g} is not a score", "write points from 0 to 100")
    count = scenario.run.replications if replications is None else replications
    chosen = scenario.run.seed if seed is None else seed
    sample = _sample(scenario, weights, count, chosen, workers, progress, stop)
    offset = round(_root(sample, wanted), DECIMALS)
    names = [service.id for service in scenario.services]
    scores = {name: _mean([[parts[s]] for parts in sample], offset) for s, name in enumerate(names)}
    return SatisfactionFit(offset, wanted, _mean(sample, offset), scores)


def _sample(
    scenario: Scenario,
    weights: Satisfaction,
    count: int,
    seed: int,
    workers: int | None,
    progress: Progress | None,
    stop: Integers | None,
) -> list[list[ScorePart]]:
    """What the score of each service is made of, replication by replication."""
    planned = compile_network(scenario)

    def one(replication: int) -> list[ScorePart]:
        network = drawn_network(planned, seed, replication)
        tally = Tally(network, frozenset(("ends", "applicants")))
        if is_long(network):
            for events in slices(network, seed, replication, stop=stop):
                tally.add(events)
        else:
            tally.add(simulate(network, seed, replication, stop=stop))
        return score_parts(tally, weights)

    sample: list[list[ScorePart]] = []
    with ThreadPoolExecutor(workers) as threads:
        for parts in threads.map(one, range(count)):
            sample.append(parts)
            if progress is not None:
                progress(len(sample), count)
    if stop is not None and stop[0]:
        raise Stopped
    return sample


def _mean(sample: Sequence[Sequence[ScorePart]], offset: float) -> float:
    """The satisfaction over all parts, as ``run`` gives it: the mean over the replications in which it is defined."""
    found = [points for points in (mean_score(parts, offset) for parts in sample) if not math.isnan(points)]
    return math.fsum(found) / len(found) if found else math.nan


def _root(sample: Sequence[Sequence[ScorePart]], wanted: float) -> float:
    """The offset at which the sample scores ``wanted``: the score grows with the offset, from 0 to its most."""
    from scipy.optimize import brentq

    lost = [part.lost for parts in sample for part in parts if part.closed]
    if not lost:
        raise CannotFit("no case of the run is closed", "let it run longer")
    low, high = min(lost), MOST_POINTS + max(lost)
    most = _mean(sample, high)
    if most < wanted:
        message = f"no offset scores {wanted:g}: cases still open have no points, which leaves {most:.1f} at most"
        raise CannotFit(message, "give the run a longer cap, or the office enough staff")
    return float(brentq(lambda offset: _mean(sample, offset) - wanted, low, high, xtol=1e-10, rtol=1e-14))
