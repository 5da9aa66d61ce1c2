"""Predicting what comes after: assumptions are drawn, the baseline is calibrated for each draw, the reform simulated.

Nothing here is given what was published after.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import rankdata
from scipy.stats import t as student

from benchmarks.casebook.calibrate import Guess, OutOfReach, Root, calibrated
from benchmarks.casebook.case import Figure, Question
from benchmarks.casebook.office import Draws, Knob, bounded, measured
from simgov.arrays import Floats
from simgov.streams import uniforms

DRAWS = 200
PILOT = 24
BATCHES = 8
LEVEL = 0.95
ERROR_SHARE = 0.1
MOST_REPLICATIONS = 256
"""Draws of the assumptions; how many of them say beforehand how wide the interval will be; batches of replications that
measure the simulation's own error; what the interval covers; how small a share of its width that error may be."""

SAFETY = 0.85
"""The few draws made beforehand may show an interval that is wider than the final one, by so much."""

FIFTH = 0.2


@dataclass(frozen=True)
class Answer:
    """One draw: the calibrated numbers and the slopes there (nan where there is none), each figure before and after, in
    the unit of the KPI."""

    numbers: tuple[float, ...]
    before: tuple[float, ...]
    after: tuple[float, ...]
    slopes: tuple[float, ...]


Known = dict[object, Answer]
"""Calibrated baselines by what they follow from, as answers without a reform."""


@dataclass(frozen=True)
class Moves:
    """How an assumption moves the prediction: its mean while the assumption is in the lowest fifth of its range, and in
    the highest, in the unit shown; and the rank correlation of the two (Spearman)."""

    assumption: int
    in_lowest: float
    in_highest: float
    correlation: float


@dataclass(frozen=True)
class Predicted:
    """What is predicted of one figure, in the unit shown. ``number`` is what calibration found at the defaults, nan
    without one; ``error`` is the half-width of what the simulation's own chance may add. ``open_cases``: at the
    defaults, cases were still open when the run ended, so that the figure before or after could still change."""

    before: float
    number: float
    at_defaults: float
    low: float
    median: float
    high: float
    error: float
    moves: tuple[Moves, ...]
    open_cases: bool = False

    @property
    def width(self) -> float:
        """Of the interval."""
        return self.high - self.low


class Undefined(Exception):
    """A figure has no value in some draw, as a wait has none where nobody waits."""


@dataclass(frozen=True)
class Prediction:
    """Of all figures. ``draws`` could be calibrated, ``unreachable`` could not."""

    figures: tuple[Predicted, ...]
    draws: int
    unreachable: int
    replications: int


def predict(question: Question, draws: int = DRAWS) -> Prediction:
    """The prediction. Raises ``OutOfReach`` where the defaults, or half of the draws, cannot be calibrated, and
    ``Undefined``.
    """
    shares = latin_hypercube(question, draws)
    replications, error, middle = _enough_replications(question, shares[:: max(1, draws // PILOT)])
    sample = Draws(question.seed, replications)
    answers, unreachable = _answers(question, shares, sample, middle)
    open_cases = _open_cases(question, middle, sample)
    figures = tuple(
        replace(_predicted(figure, place, middle, answers, shares, error[place]), open_cases=open_cases[place])
        for place, figure in enumerate(question.figures)
    )
    return Prediction(figures, draws - unreachable, unreachable, replications)


def latin_hypercube(question: Question, draws: int) -> Floats:
    """Shares of the ranges, float64[draws, assumptions]: of each, one in every ``1 / draws`` of its range.

    The order and the place within come from streams named after the case and the assumption.
    """
    numbers = np.arange(draws)
    columns = []
    for assumption in question.assumptions:
        stream = f"casebook/{question.id}/{assumption.knob.key}"
        order = np.argsort(uniforms(question.seed, 0, f"{stream}/order", numbers), kind="stable")
        columns.append((order + uniforms(question.seed, 0, f"{stream}/within", numbers)) / draws)
    return np.column_stack(columns) if columns else np.zeros((draws, 0))


# One draw -----------------------------------------------------------------------------------------------------------


def answer(
    question: Question,
    values: Sequence[float],
    sample: Draws,
    guesses: Mapping[int, Guess] | None = None,
    known: Known | None = None,
) -> Answer:
    """What the case says with these assumptions: calibrated figure by figure, then reformed. Raises ``OutOfReach``.

    ``known`` keeps calibrated baselines, so that assumptions about the reform alone cost no calibration.
    """
    settings = _settings(question, values)
    levels = tuple(values[figure.level] for figure in question.figures if figure.level is not None)
    key = (tuple(one for one in settings if not question.office.only_after(one[0])), levels, sample)
    baseline = known.get(key) if known is not None else None
    if baseline is None:
        baseline = _baseline(question, values, settings, sample, guesses or {})
        if known is not None:
            known[key] = baseline
    if question.reform is None:
        return baseline
    settings += _found(question, baseline.numbers)
    quantities = [figure.quantity_after for figure in question.figures]
    return replace(baseline, after=measured(question.office.scenario(settings, question.reform), quantities, sample))


def _settings(question: Question, values: Sequence[float]) -> list[tuple[Knob, float]]:
    """The assumptions that stand in the file, as they are set."""
    return [(one.knob, value) for one, value in zip(question.assumptions, values, strict=True) if one.knob.places]


def _found(question: Question, numbers: Sequence[float]) -> list[tuple[Knob, float]]:
    """The calibrated numbers, as they are set."""
    pairs = zip(question.figures, numbers, strict=True)
    return [(figure.calibration.knob, number) for figure, number in pairs if figure.calibration is not None]


def _open_cases(question: Question, middle: Answer, sample: Draws) -> tuple[bool, ...]:
    """Of each figure, whether cases that are still open leave it uncertain, before or after."""
    settings = _settings(question, defaults(question)) + _found(question, middle.numbers)
    before = bounded(question.office.scenario(settings), [figure.quantity for figure in question.figures], sample)
    after = before
    if question.reform is not None:
        reformed = question.office.scenario(settings, question.reform)
        after = bounded(reformed, [figure.quantity_after for figure in question.figures], sample)
    return tuple(early or late for early, late in zip(before, after, strict=True))


def _baseline(
    question: Question,
    values: Sequence[float],
    settings: Sequence[tuple[Knob, float]],
    sample: Draws,
    guesses: Mapping[int, Guess],
) -> Answer:
    """The calibrated numbers, and the figures before, which are those after where nothing is done."""
    quantities = [figure.quantity for figure in question.figures]
    held, roots = list(settings), [Root(math.nan, math.nan, math.nan)] * len(question.figures)
    before: tuple[float, ...] = ()
    for place, figure in enumerate(question.figures):
        if figure.calibration is None:
            continue
        knob, seen = figure.calibration.knob, dict[float, tuple[float, ...]]()
        wanted = figure.before if figure.level is None else values[figure.level]
        assert wanted is not None

        def figure_at(
            number: float, knob: Knob = knob, seen: dict[float, tuple[float, ...]] = seen, place: int = place
        ) -> float:
            seen[number] = measured(question.office.scenario((*held, (knob, number))), quantities, sample)
            return seen[number][place]

        roots[place] = calibrated(figure_at, wanted, knob.low, knob.high, guesses.get(place))
        held.append((knob, roots[place].number))
        before = seen[roots[place].number]
    before = before or measured(question.office.scenario(held), quantities, sample)
    return Answer(tuple(root.number for root in roots), before, before, tuple(root.slope for root in roots))


def defaults(question: Question) -> tuple[float, ...]:
    """What the assumptions are taken to be where one number is needed."""
    return tuple(one.default for one in question.assumptions)


def _at_defaults(question: Question, sample: Draws) -> Answer:
    return answer(question, defaults(question), sample)


def values_at(question: Question, shares: Sequence[float]) -> tuple[float, ...]:
    """The assumptions at these shares of their ranges."""
    return tuple(one.knob.at(float(share)) for one, share in zip(question.assumptions, shares, strict=True))


def _answers(question: Question, shares: Floats, sample: Draws, centre: Answer) -> tuple[list[tuple[int, Answer]], int]:
    """The draws that can be calibrated, with their numbers, and how many cannot; ``centre`` is at the defaults."""
    found: list[tuple[int, Answer]] = []
    known: Known = {}
    for draw, row in enumerate(shares):
        try:
            guesses = _guesses(question, shares, found, row, centre)
            found.append((draw, answer(question, values_at(question, row), sample, guesses, known)))
        except OutOfReach as reason:
            if draw + 1 - len(found) > len(shares) // 2:
                raise OutOfReach(reason.wanted, reason.at_low, reason.at_high) from None
    return found, len(shares) - len(found)


def _guesses(
    question: Question, shares: Floats, found: Sequence[tuple[int, Answer]], row: Floats, centre: Answer
) -> dict[int, Guess]:
    """Where calibration should look first: on the plane through what the earlier draws came to."""
    guesses = {}
    known = np.array([number for number, _ in found], dtype=int)
    enough = len(known) >= shares.shape[1] + 4
    for place, figure in enumerate(question.figures):
        if figure.calibration is None:
            continue
        span = figure.calibration.knob.high - figure.calibration.knob.low
        if not enough:
            guesses[place] = Guess(centre.numbers[place], 0.02 * span, centre.slopes[place])
            continue
        numbers = np.array([one.numbers[place] for _, one in found])
        sides = np.column_stack([np.ones(len(known)), shares[known]])
        plane, *_ = np.linalg.lstsq(sides, numbers, rcond=None)
        spread = float(np.std(numbers - sides @ plane))
        slope = float(np.nanmedian([one.slopes[place] for one in (centre, *(one for _, one in found[-9:]))]))
        guesses[place] = Guess(float(plane[0] + row @ plane[1:]), max(spread, 1e-4 * span), slope)
    return guesses


# The simulation's own error -----------------------------------------------------------------------------------------


def _enough_replications(question: Question, pilot: Floats) -> tuple[int, tuple[float, ...], Answer]:
    """So many replications that the simulation's own error is below ``ERROR_SHARE`` of the interval's width; that error
    of each figure, and the answer at the defaults."""
    replications = question.replications
    while True:
        sample = Draws(question.seed, replications)
        middle = _at_defaults(question, sample)
        answers, _ = _answers(question, pilot, sample, middle)
        error = _own_error(question, replications)
        widths = [
            float(np.ptp(_shown(figure, place, [one for _, one in answers])))
            for place, figure in enumerate(question.figures)
        ]
        excess = max(
            (e / (ERROR_SHARE * w) if w > 0.0 else 0.0 for e, w in zip(error, widths, strict=True)), default=0.0
        )
        if excess <= SAFETY or replications >= MOST_REPLICATIONS:
            return replications, error, middle
        wanted = replications * min(max(1.3 * excess**2, 1.5), 8.0)
        replications = min(math.ceil(wanted), MOST_REPLICATIONS)


def _own_error(question: Question, replications: int) -> tuple[float, ...]:
    """By how much a prediction from so many replications may be off by chance (half-width, ``LEVEL``), of each figure.

    Batches of other replications each calibrate and predict anew at the defaults; their spread is the error.
    """
    answers = []
    for batch in range(1, BATCHES + 1):
        try:
            answers.append(_at_defaults(question, Draws(question.seed, replications, batch * replications)))
        except OutOfReach:
            continue
    if len(answers) < 2:
        return tuple(math.inf for _ in question.figures)
    quantile = float(student.ppf(0.5 + LEVEL / 2, len(answers) - 1))
    return tuple(
        quantile * float(np.std(_shown(figure, place, answers), ddof=1))
        for place, figure in enumerate(question.figures)
    )


# What is shown ------------------------------------------------------------------------------------------------------


def _shown(figure: Figure, place: int, answers: Sequence[Answer]) -> Floats:
    """The predicted figure of each answer in the unit shown."""
    after: Floats = np.array([one.after[place] for one in answers])
    whole: Floats = np.array([one.before[place] if figure.relative else figure.share for one in answers])
    return after / whole


def _predicted(
    figure: Figure, place: int, middle: Answer, found: Sequence[tuple[int, Answer]], shares: Floats, error: float
) -> Predicted:
    answers = [one for _, one in found]
    values = _shown(figure, place, answers)
    if not np.isfinite(values).all():
        raise Undefined(f"{figure.quantity_after.name} has no value in {np.count_nonzero(~np.isfinite(values))} draws")
    ordered = np.sort(values)
    drawn = shares[[draw for draw, _ in found]]
    moves = tuple(_moves(number, drawn[:, number], values) for number in range(drawn.shape[1]))
    return Predicted(
        before=middle.before[place] / figure.share,
        number=middle.numbers[place],
        at_defaults=float(_shown(figure, place, [middle])[0]),
        low=float(ordered[_rank((1.0 - LEVEL) / 2, len(ordered))]),
        median=float(ordered[_rank(0.5, len(ordered))]),
        high=float(ordered[len(ordered) - 1 - _rank((1.0 - LEVEL) / 2, len(ordered))]),
        error=error,
        moves=tuple(sorted(moves, key=lambda one: (-abs(one.in_highest - one.in_lowest), one.assumption))),
    )


def _rank(share: float, count: int) -> int:
    """The place of a quantile among sorted values: the outer one where it falls between two."""
    return max(0, math.ceil(share * count) - 1)


def _moves(number: int, shares: Floats, values: Floats) -> Moves:
    order = np.argsort(shares, kind="stable")
    count = max(1, round(FIFTH * len(order)))
    constant = np.ptp(values) == 0.0 or np.ptp(shares) == 0.0
    correlation = 0.0 if constant else float(np.corrcoef(rankdata(shares), rankdata(values))[0, 1])
    return Moves(number, float(values[order[:count]].mean()), float(values[order[-count:]].mean()), correlation)
