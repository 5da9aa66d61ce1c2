"""One row of the table: all that is known of a case after it was run, kept as JSON beside the table."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from benchmarks.casebook.calibrate import TOLERANCE, OutOfReach
from benchmarks.casebook.case import Assumption, Case, Claim, Figure, Published, load
from benchmarks.casebook.office import Knob, Unit
from benchmarks.casebook.predict import DRAWS, ERROR_SHARE, Predicted, Prediction, Undefined, predict
from benchmarks.casebook.takes import Taken, what_it_takes
from benchmarks.casebook.verdict import Reached, Word, asks_what_it_takes, judged
from simgov.scenario.value import Text

MISSED = 2 * TOLERANCE
"""How far off the simulated figure before may be until the row says so, as a share of it."""


class Kept(BaseModel):
    """A part of a row: plain data, never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(Kept):
    """A text in both languages."""

    en: str
    zh: str

    @classmethod
    def of(cls, text: Text) -> Words:
        """From the house's own pair."""
        return cls(en=text.en, zh=text.zh)

    def said(self, lang: str) -> str:
        """In a language."""
        return self.zh if lang == "zh" else self.en


class ReadingRow(Kept):
    """One reading of what was published after, and the verdict on it. ``value`` is in the unit shown."""

    text: Words
    sense: str
    value: float
    word: Word
    share: float | None
    reached: Reached
    takes: TakesRow | None


class TakesRow(Kept):
    """What it would take, by the optimiser."""

    possible: bool
    reforms: tuple[Words, ...]
    value: float | None
    limit: float
    proof: str
    designs: int


class MovesRow(Kept):
    """How far an assumption moves the prediction, in the unit shown."""

    name: Words
    in_lowest: float
    in_highest: float
    correlation: float


class AssumptionRow(Kept):
    """A number with its range, and where that comes from."""

    name: Words
    place: str
    low: str
    default: str
    high: str
    why: Words
    assumed: bool


class ParameterRow(Kept):
    """The calibrated number: what was found, and within which bounds."""

    name: Words
    place: str
    found: str
    low: str
    high: str


class FigureRow(Kept):
    """One figure of a case. ``unit`` is the one shown; ``wanted`` and ``simulated`` before are in ``kpi_unit``."""

    name: Words
    kpi: str
    unit: str
    kpi_unit: str
    before: Words | None
    after: Words | None
    wanted: float | None = None
    simulated: float
    calibrated: ParameterRow | None
    at_defaults: float
    low: float
    median: float
    high: float
    error: float | None
    extrapolated: float
    moves: tuple[MovesRow, ...]
    readings: tuple[ReadingRow, ...]
    input: bool
    open_cases: bool = False

    @property
    def hit(self) -> bool:
        """Whether the simulated figure is the published one before, as near as calibration comes."""
        return self.wanted is None or abs(self.simulated - self.wanted) <= MISSED * abs(self.wanted)

    @property
    def precise(self) -> bool:
        """Whether the simulation's own error is below a tenth of the width of the interval (or nothing at all)."""
        if self.error is None:
            return False
        return self.error <= ERROR_SHARE * (self.high - self.low) or self.error <= 1e-9 * abs(self.median)


class Row(Kept):
    """A case that was run; ``failure`` says why it could not be."""

    id: str
    kind: str
    name: Words
    source: Words
    reading: Words
    measure: Words
    doubt: Words | None
    figures: tuple[FigureRow, ...]
    assumptions: tuple[AssumptionRow, ...]
    draws: int
    unreachable: int
    replications: int
    seed: int
    failure: str
    fingerprint: str


def fingerprint(folder: Path) -> str:
    """Changes with any byte of a case's files."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def run_case(folder: Path, draws: int = DRAWS) -> Row:
    """Calibrate, predict, and only then look at what was published. Raises ``InputError``."""
    case = load(folder)
    try:
        prediction = predict(case.question, draws)
    except OutOfReach as reason:
        return _row(case, folder, None, f"before cannot be reached: {reason}")
    except Undefined as reason:
        return _row(case, folder, None, str(reason))
    return _row(case, folder, prediction, "")


def _row(case: Case, folder: Path, prediction: Prediction | None, failure: str) -> Row:
    question = case.question
    places = range(len(question.figures)) if prediction is not None else ()
    return Row(
        id=question.id,
        kind=case.kind,
        name=Words.of(case.name),
        source=Words.of(case.source),
        reading=Words.of(case.reading),
        measure=Words.of(case.measure),
        doubt=None if case.doubt is None else Words.of(case.doubt),
        figures=tuple(_figure(case, place, prediction) for place in places if prediction is not None),
        assumptions=tuple(_assumption(one) for one in question.assumptions),
        draws=0 if prediction is None else prediction.draws,
        unreachable=0 if prediction is None else prediction.unreachable,
        replications=question.replications if prediction is None else prediction.replications,
        seed=question.seed,
        failure=failure,
        fingerprint=fingerprint(folder),
    )


def _figure(case: Case, place: int, prediction: Prediction) -> FigureRow:
    figure, published = case.question.figures[place], case.published[place]
    predicted = prediction.figures[place]
    return FigureRow(
        name=Words.of(figure.name),
        kpi=figure.quantity.name,
        unit=figure.shown_in,
        kpi_unit=figure.unit,
        before=None if published.before is None else Words.of(published.before),
        after=None if published.after is None else Words.of(published.after),
        wanted=figure.before if figure.level is None else case.question.assumptions[figure.level].default,
        simulated=predicted.before,
        calibrated=_parameter(figure, predicted),
        at_defaults=predicted.at_defaults,
        low=predicted.low,
        median=predicted.median,
        high=predicted.high,
        error=predicted.error if math.isfinite(predicted.error) else None,
        extrapolated=figure.share,
        moves=tuple(
            MovesRow(
                name=Words.of(case.question.assumptions[one.assumption].name),
                in_lowest=one.in_lowest,
                in_highest=one.in_highest,
                correlation=one.correlation,
            )
            for one in predicted.moves
        ),
        readings=tuple(_reading(case, place, claim, prediction) for claim in published.claims),
        input=not published.claims or case.kind == "input",
        open_cases=predicted.open_cases,
    )


def _reading(case: Case, place: int, claim: Claim, prediction: Prediction) -> ReadingRow:
    verdict = judged(case.kind, case.question.figures[place], claim, prediction.figures[place])
    taken = what_it_takes(case, place, claim, prediction) if asks_what_it_takes(verdict) else None
    return ReadingRow(
        text=Words.of(claim.text),
        sense=claim.sense,
        value=claim.value,
        word=verdict.word,
        share=None if math.isnan(verdict.share) else verdict.share,
        reached=verdict.reached,
        takes=None if taken is None else _takes(taken, dict(case.takes)),
    )


def _takes(taken: Taken, names: Mapping[str, Text]) -> TakesRow:
    value = None if math.isnan(taken.value) else taken.value
    return TakesRow(
        possible=taken.possible,
        reforms=tuple(Words.of(names[name]) for name in taken.reforms),
        value=value,
        limit=taken.limit,
        proof=taken.proof,
        designs=taken.designs,
    )


def _assumption(one: Assumption) -> AssumptionRow:
    low, default, high = (_written(one.knob.unit, number) for number in (one.knob.low, one.default, one.knob.high))
    return AssumptionRow(
        name=Words.of(one.name),
        place=_place(one.knob),
        low=low,
        default=default,
        high=high,
        why=Words.of(one.why),
        assumed=one.assumed,
    )


def _parameter(figure: Figure, predicted: Predicted) -> ParameterRow | None:
    if figure.calibration is None:
        return None
    knob = figure.calibration.knob
    low, found, high = (_written(knob.unit, number) for number in (knob.low, predicted.number, knob.high))
    return ParameterRow(name=Words.of(figure.calibration.name), place=_place(knob), found=found, low=low, high=high)


def _place(knob: Knob) -> str:
    """The place in the file; of several, the first and how many more."""
    first, *more = knob.key.split("; ")
    return f"{first} (+{len(more)})" if more else first


def _written(unit: Unit, number: float) -> str:
    return f"{number:.4g} {unit.text}".strip()


__all__ = ["FigureRow", "Published", "ReadingRow", "Row", "Words", "fingerprint", "run_case"]
