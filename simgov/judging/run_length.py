"""Average run lengths of control charts, from their integral equations, for independent normal values.

The equation for the run length from each state of the chart is solved on the nodes of Gauss and Legendre: Crowder,
*Technometrics* 29 (1987) 401 for EWMA; Goel and Wu, *Technometrics* 13 (1971) 221 for CUSUM. All lengths are in spreads
(standard deviations of one value). Published values are in ``tests/judging/test_judging_run_length.py``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from simgov.arrays import Floats

FEWEST_NODES, MOST_NODES = 60, 600
LONGEST = 1e9
"""A run length that nobody lives to see; beyond it the equations are no longer well conditioned."""


def ewma_arl(weight: float, limit: float, shift: float = 0.0) -> float:
    """Values to a signal of a two-sided EWMA chart on average, begun at the standard, where the mean has moved.

    ``weight`` is lambda, ``limit`` is L: a signal beyond L sqrt(lambda / (2 - lambda)); ``shift`` in spreads.
    """
    edge = limit * math.sqrt(weight / (2.0 - weight))
    nodes, widths = _nodes(2.0 * edge / weight)
    states, widths = edge * nodes, edge * widths
    kernel = _normal_density((states[None, :] - (1.0 - weight) * states[:, None]) / weight - shift) / weight
    lengths = np.linalg.solve(np.eye(len(nodes)) - kernel * widths[None, :], np.ones(len(nodes)))
    from_standard = _normal_density(states / weight - shift) / weight
    return _bounded(1.0 + float((from_standard * widths) @ lengths))


def cusum_arl(slack: float, limit: float, shift: float = 0.0) -> float:
    """Values to a signal of a two-sided CUSUM chart on average, both sums begun at 0, where the mean has moved.

    ``slack`` is k, ``limit`` is h, ``shift`` in spreads. 1 / ARL is the sum of those of the two sides, which holds as
    the sums are not both high at once: Kemp, *J. R. Stat. Soc. B* 23 (1961) 149.
    """
    up, down = one_sided_cusum_arl(slack, limit, shift), one_sided_cusum_arl(slack, limit, -shift)
    return _bounded(1.0 / (1.0 / up + 1.0 / down))


def one_sided_cusum_arl(slack: float, limit: float, shift: float = 0.0) -> float:
    """The same of the sum of what is above the standard alone."""
    from scipy.special import ndtr

    nodes, widths = _nodes(limit)
    # The first state is 0, in which the sum is again after every value that pulls it below.
    states = np.concatenate(([0.0], 0.5 * limit * (nodes + 1.0)))
    widths = np.concatenate(([0.0], 0.5 * limit * widths))
    kernel = _normal_density(states[None, :] + slack - states[:, None] - shift) * widths[None, :]
    kernel[:, 0] += ndtr(slack - states - shift)
    lengths = np.linalg.solve(np.eye(len(states)) - kernel, np.ones(len(states)))
    return _bounded(float(lengths[0]))


def arl(kind: str, weight: float, limit: float, shift: float = 0.0) -> float:
    """The average run length of an EWMA chart (lambda, L) or a CUSUM chart (k, h)."""
    return ewma_arl(weight, limit, shift) if kind == "ewma" else cusum_arl(weight, limit, shift)


@lru_cache(maxsize=256)
def limit_for(kind: str, weight: float, wanted: float) -> float:
    """The limit (L or h) with which a chart that watches an unmoved mean gives a false signal each ``wanted`` values.

    ValueError for a run length below 10 or above a million, or where signals are rarer whatever the limit.
    """
    from scipy.optimize import brentq

    if not 10 <= wanted <= 1e6:
        raise ValueError(f"no chart is designed for a run length of {wanted:g}; write 10 to 1,000,000")
    least, most = (0.1, 8.0) if kind == "ewma" else (0.01, 60.0 if weight < 0.1 else 30.0)
    length: Callable[[float], float] = lambda limit: math.log(arl(kind, weight, limit) / wanted)  # noqa: E731
    if length(least) > 0:
        raise ValueError(
            f"with a slack of {weight:g} signals are rarer than one in {wanted:g} values whatever the limit"
        )
    while length(most) > 0 and length((least + most) / 2) > 0:
        most = (least + most) / 2
    return float(brentq(length, least, most, xtol=1e-6))


def _nodes(reach: float) -> tuple[Floats, Floats]:
    """Nodes and weights on (-1, 1) for a kernel that spreads 1 over states that reach so far: three to each of it.

    With twice as many the run lengths are the same to seven digits or more.
    """
    count = min(MOST_NODES, max(FEWEST_NODES, math.ceil(3.0 * reach)))
    nodes, widths = np.polynomial.legendre.leggauss(count)
    return np.asarray(nodes), np.asarray(widths)


def _normal_density(x: Floats) -> Floats:
    return np.asarray(np.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi))


def _bounded(length: float) -> float:
    """The length where the equations could be solved; ``LONGEST`` where it is too long for that."""
    return length if 1.0 - 1e-9 <= length < LONGEST else LONGEST
