"""What a prediction says of a published figure.

``explained``: the published value is inside the prediction interval (of "at most" and "or more": some of the interval
is). ``partly``: it is outside, and the median explains a share of the published change. ``more``: the median goes
beyond what was published. ``none``: less than ``LEAST_SHARE`` of the change, or the other way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from benchmarks.casebook.case import Claim, Figure, Kind
from benchmarks.casebook.predict import Predicted

LEAST_SHARE = 0.1
Word = Literal["explained", "partly", "more", "none", "goal", "input"]
Reached = Literal["reached", "possible", "missed", ""]


@dataclass(frozen=True)
class Verdict:
    """The word, the share of the published change that the median explains (nan where there is no change), and of a
    goal whether it is reached: in all of the interval, in some of it, or nowhere."""

    word: Word
    share: float = math.nan
    reached: Reached = ""


def judged(kind: Kind, figure: Figure, claim: Claim | None, predicted: Predicted) -> Verdict:
    """The verdict on one reading of a published figure; ``claim`` is None where nothing was published after."""
    if claim is None or kind == "input":
        return Verdict("input")
    start = 1.0 if figure.relative else predicted.before
    change = start - claim.value
    known = figure.before is not None or figure.relative
    share = (start - predicted.median) / change if known and change != 0.0 else math.nan
    if kind == "goal" or not known:
        return Verdict("goal", share, _reached(claim, start, predicted))
    if _inside(claim, predicted):
        return Verdict("explained", share)
    if math.isnan(share):
        return Verdict("none", share)
    return Verdict("more" if share > 1.0 else "partly" if share >= LEAST_SHARE else "none", share)


def _inside(claim: Claim, predicted: Predicted) -> bool:
    slack = 1e-9 * max(abs(claim.value), 1e-9)
    above = claim.value >= predicted.low - slack
    below = claim.value <= predicted.high + slack
    return {"is": above and below, "at_most": above, "at_least": below}[claim.sense]


def _reached(claim: Claim, start: float, predicted: Predicted) -> Reached:
    """A goal without a sense is one in the direction of the change."""
    lower = claim.sense == "at_most" or (claim.sense == "is" and claim.value <= start)
    best, worst = (predicted.low, predicted.high) if lower else (-predicted.high, -predicted.low)
    limit = (claim.value if lower else -claim.value) + 1e-9 * abs(claim.value)
    return "reached" if worst <= limit else "possible" if best <= limit else "missed"


def asks_what_it_takes(verdict: Verdict) -> bool:
    """Whether the optimiser is asked for more."""
    return verdict.word in ("partly", "none") or verdict.reached in ("missed", "possible")
