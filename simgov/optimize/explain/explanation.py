"""What explains a plan, as values that are kept as JSON beside it.

Money is whole minor units inside; in JSON it is in ``unit``. Every cost is over the horizon
of the plan, on the search's sample.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from simgov.errors import StoreError
from simgov.optimize.chosen import Chosen
from simgov.optimize.explain.improvement import AtBudget, Change
from simgov.optimize.plain_data import minor, money, text, words
from simgov.optimize.plan import TargetResult
from simgov.scenario.value import Text

EXPLANATION = "explanation.json"
FORMAT = 2

Kind = Literal["post", "option", "step"]


@dataclass(frozen=True)
class Fresh:
    """What a design does on ``replications`` that its search has not seen; ``kept``: it keeps the targets there.

    The intervals of ``targets`` have the ``confidence`` each by itself.
    """

    kept: bool
    replications: int
    confidence: float
    targets: tuple[TargetResult, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "kept": self.kept,
            "replications": self.replications,
            "confidence": self.confidence,
            "targets": [target.to_json() for target in self.targets],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Fresh:
        """What ``to_json`` wrote."""
        targets = tuple(TargetResult.from_json(target) for target in data["targets"])
        return cls(data["kept"], data["replications"], data["confidence"], targets)


@dataclass(frozen=True)
class Answer:
    """The cheapest plan under one condition.

    ``cost`` is None where none was found. ``proved``: nothing is cheaper (or there is none at all); otherwise nothing
    costs less than ``bound``, where that is known. ``fresh`` is None where it was not tried on fresh replications.
    """

    chosen: Chosen
    cost: int | None
    bound: int | None
    proved: bool
    simulations: int
    fresh: Fresh | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            **self.chosen.to_json(),
            "cost": money(self.cost),
            "bound": money(self.bound),
            "proved": self.proved,
            "simulations": self.simulations,
            "fresh": None if self.fresh is None else self.fresh.to_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Answer:
        """What ``to_json`` wrote."""
        return cls(
            Chosen.from_json(data),
            minor(data["cost"]),
            minor(data["bound"]),
            data["proved"],
            data["simulations"],
            _fresh(data["fresh"]),
        )


@dataclass(frozen=True)
class Worth:
    """What one thing is worth: the plan found again where it is otherwise.

    ``post``: pool ``name`` with ``change`` posts more than the plan, fixed. ``option``: taken (``change`` 1) or left
    out (-1) by force. ``step``: a step or part left out though nobody offered it; ``basis`` is the law that wants it.
    """

    kind: Kind
    name: str
    change: int
    basis: str
    answer: Answer
    words: Text

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "kind": self.kind,
            "name": self.name,
            "change": self.change,
            "basis": self.basis,
            "answer": self.answer.to_json(),
            "words": text(self.words),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Worth:
        """What ``to_json`` wrote."""
        answer = Answer.from_json(data["answer"])
        return cls(data["kind"], data["name"], data["change"], data["basis"], answer, words(data["words"]))


@dataclass(frozen=True)
class NearPlan:
    """Another design that keeps every target and costs ``dearer`` (a share) more than the plan at most."""

    chosen: Chosen
    cost: int
    dearer: float
    fresh: Fresh | None
    words: Text

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            **self.chosen.to_json(),
            "cost": money(self.cost),
            "dearer": self.dearer,
            "fresh": None if self.fresh is None else self.fresh.to_json(),
            "words": text(self.words),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> NearPlan:
        """What ``to_json`` wrote."""
        cost = minor(data["cost"]) or 0
        return cls(Chosen.from_json(data), cost, data["dearer"], _fresh(data["fresh"]), words(data["words"]))


@dataclass(frozen=True)
class AtDemand:
    """The cheapest plan with ``percent`` of today's applicants; ``same`` where it is the plan itself."""

    percent: int
    answer: Answer
    same: bool
    words: Text

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "percent": self.percent,
            "same": self.same,
            "answer": self.answer.to_json(),
            "words": text(self.words),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AtDemand:
        """What ``to_json`` wrote."""
        return cls(data["percent"], Answer.from_json(data["answer"]), data["same"], words(data["words"]))


@dataclass(frozen=True)
class Stays:
    """Between which demands the plan stays the cheapest, in whole per cent of today's.

    From ``least`` on no cheaper plan is known, below there is one (``open_below``: none was met down to there;
    ``proved``: at ``least`` there is none). Up to ``most`` the plan keeps its targets, above it does not
    (``open_above``: it still did at the last demand tried).
    """

    least: int
    most: int
    proved: bool
    open_below: bool
    open_above: bool
    words: Text

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "least": self.least,
            "most": self.most,
            "proved": self.proved,
            "open_below": self.open_below,
            "open_above": self.open_above,
            "words": text(self.words),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Stays:
        """What ``to_json`` wrote."""
        return cls(**{**data, "words": words(data["words"])})


@dataclass(frozen=True)
class Explanation:
    """All that explains a plan of ``cost``, as far as the simulations sufficed.

    ``changes`` and ``budgets`` are told of plans that make a KPI as good as possible, what stands before of plans of
    least cost.

    ``notes`` say what could not be asked, and why. ``validations`` designs were tried on fresh replications.
    ``stopped`` says what ended it early; ``unanswered`` are the lists that it left open.
    """

    scenario: str
    unit: str
    cost: int
    posts: tuple[Worth, ...] = ()
    options: tuple[Worth, ...] = ()
    steps: tuple[Worth, ...] = ()
    near: tuple[NearPlan, ...] = ()
    demand: tuple[AtDemand, ...] = ()
    stays: Stays | None = None
    changes: tuple[Change, ...] = ()
    budgets: tuple[AtBudget, ...] = ()
    notes: tuple[Text, ...] = ()
    simulations: int = 0
    validations: int = 0
    stopped: Literal["", "time", "simulations", "interrupted"] = ""
    unanswered: tuple[str, ...] = ()

    def sentences(self) -> Iterator[tuple[str, tuple[Text, ...]]]:
        """What it says, section by section: the section's name and its sentences, none for an empty one."""
        demand = [*(point.words for point in self.demand), *([self.stays.words] if self.stays else [])]
        sections = {
            "options": tuple(worth.words for worth in self.options),
            "posts": tuple(worth.words for worth in self.posts),
            "near": tuple(near.words for near in self.near),
            "demand": tuple(demand),
            "steps": tuple(worth.words for worth in self.steps),
            "changes": tuple(change.words for change in self.changes),
            "budgets": tuple(point.words for point in self.budgets),
        }
        yield from ((name, told) for name, told in sections.items() if told)

    def to_json(self) -> dict[str, Any]:
        """Plain data, as ``simgov explain --json`` prints it."""
        return {
            "format": FORMAT,
            "scenario": self.scenario,
            "unit": self.unit,
            "cost": money(self.cost),
            "posts": [worth.to_json() for worth in self.posts],
            "options": [worth.to_json() for worth in self.options],
            "steps": [worth.to_json() for worth in self.steps],
            "near": [near.to_json() for near in self.near],
            "demand": [point.to_json() for point in self.demand],
            "stays": None if self.stays is None else self.stays.to_json(),
            "changes": [change.to_json() for change in self.changes],
            "budgets": [point.to_json() for point in self.budgets],
            "notes": [text(note) for note in self.notes],
            "simulations": self.simulations,
            "validations": self.validations,
            "stopped": self.stopped,
            "unanswered": list(self.unanswered),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Explanation:
        """The explanation that ``to_json`` wrote."""
        return cls(
            scenario=data["scenario"],
            unit=data["unit"],
            cost=minor(data["cost"]) or 0,
            posts=tuple(Worth.from_json(one) for one in data["posts"]),
            options=tuple(Worth.from_json(one) for one in data["options"]),
            steps=tuple(Worth.from_json(one) for one in data["steps"]),
            near=tuple(NearPlan.from_json(one) for one in data["near"]),
            demand=tuple(AtDemand.from_json(one) for one in data["demand"]),
            stays=None if data["stays"] is None else Stays.from_json(data["stays"]),
            changes=tuple(Change.from_json(one) for one in data.get("changes", ())),
            budgets=tuple(AtBudget.from_json(one) for one in data.get("budgets", ())),
            notes=tuple(words(one) for one in data["notes"]),
            simulations=data["simulations"],
            validations=data["validations"],
            stopped=data["stopped"],
            unanswered=tuple(data["unanswered"]),
        )

    def save(self, folder: str | Path) -> Path:
        """Keep it in ``folder`` as explanation.json, whole or not at all. Raises ``StoreError``."""
        place = Path(folder) / EXPLANATION
        draft = place.with_suffix(".tmp")
        said = json.dumps(self.to_json(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(said, encoding="utf-8")
            draft.replace(place)
        except OSError as error:
            raise StoreError(f"the explanation cannot be kept in {folder}: {error.strerror or error}") from None
        return place


def load(folder: str | Path) -> Explanation | None:
    """The explanation kept beside a plan; None where there is none. Raises ``StoreError`` where it cannot be read."""
    place = Path(folder)
    place = (place if place.is_dir() else place.parent) / EXPLANATION
    if not place.is_file():
        return None
    try:
        data = json.loads(place.read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            raise StoreError(f"{place} is an explanation of another version of simgov; explain the plan again")
        return Explanation.from_json(data)
    except OSError as error:
        raise StoreError(f"{place} cannot be read: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise StoreError(f"{place} is not an explanation; explain the plan again") from None


def _fresh(data: Mapping[str, Any] | None) -> Fresh | None:
    return None if data is None else Fresh.from_json(data)
