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
from simgov.scenario.value import Text

EXPLANATION = "explanation.json"
FORMAT = 1

Kind = Literal["post", "option", "step"]


@dataclass(frozen=True)
class Answer:
    """The cheapest plan under one condition.

    ``cost`` is None where none was found. ``proved``: nothing is cheaper (or there is none at all); otherwise nothing
    costs less than ``bound``, where that is known.
    """

    staff: Mapping[str, int]
    reforms: tuple[str, ...]
    cost: int | None
    bound: int | None
    proved: bool
    simulations: int

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "staff": dict(self.staff),
            "reforms": list(self.reforms),
            "cost": _money(self.cost),
            "bound": _money(self.bound),
            "proved": self.proved,
            "simulations": self.simulations,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Answer:
        """What ``to_json`` wrote."""
        return cls(
            dict(data["staff"]),
            tuple(data["reforms"]),
            _minor(data["cost"]),
            _minor(data["bound"]),
            data["proved"],
            data["simulations"],
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
            "words": _text(self.words),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Worth:
        """What ``to_json`` wrote."""
        answer = Answer.from_json(data["answer"])
        return cls(data["kind"], data["name"], data["change"], data["basis"], answer, _words(data["words"]))


@dataclass(frozen=True)
class NearPlan:
    """Another design that keeps every target and costs ``dearer`` (a share) more than the plan at most."""

    staff: Mapping[str, int]
    reforms: tuple[str, ...]
    cost: int
    dearer: float
    words: Text

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "staff": dict(self.staff),
            "reforms": list(self.reforms),
            "cost": _money(self.cost),
            "dearer": self.dearer,
            "words": _text(self.words),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> NearPlan:
        """What ``to_json`` wrote."""
        cost = _minor(data["cost"]) or 0
        return cls(dict(data["staff"]), tuple(data["reforms"]), cost, data["dearer"], _words(data["words"]))


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
            "words": _text(self.words),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AtDemand:
        """What ``to_json`` wrote."""
        return cls(data["percent"], Answer.from_json(data["answer"]), data["same"], _words(data["words"]))


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
            "words": _text(self.words),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Stays:
        """What ``to_json`` wrote."""
        return cls(**{**data, "words": _words(data["words"])})


@dataclass(frozen=True)
class Explanation:
    """All that explains a plan of ``cost`` over ``horizon`` (words), as far as the simulations sufficed.

    ``notes`` say what could not be asked, and why. ``stopped`` says what ended it early.
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
    notes: tuple[Text, ...] = ()
    simulations: int = 0
    stopped: Literal["", "time", "simulations", "interrupted"] = ""

    def sentences(self) -> Iterator[tuple[str, tuple[Text, ...]]]:
        """What it says, section by section: the section's name and its sentences, none for an empty one."""
        demand = [*(point.words for point in self.demand), *([self.stays.words] if self.stays else [])]
        sections = {
            "options": tuple(worth.words for worth in self.options),
            "posts": tuple(worth.words for worth in self.posts),
            "near": tuple(near.words for near in self.near),
            "demand": tuple(demand),
            "steps": tuple(worth.words for worth in self.steps),
        }
        yield from ((name, told) for name, told in sections.items() if told)

    def to_json(self) -> dict[str, Any]:
        """Plain data, as ``simgov explain --json`` prints it."""
        return {
            "format": FORMAT,
            "scenario": self.scenario,
            "unit": self.unit,
            "cost": _money(self.cost),
            "posts": [worth.to_json() for worth in self.posts],
            "options": [worth.to_json() for worth in self.options],
            "steps": [worth.to_json() for worth in self.steps],
            "near": [near.to_json() for near in self.near],
            "demand": [point.to_json() for point in self.demand],
            "stays": None if self.stays is None else self.stays.to_json(),
            "notes": [_text(note) for note in self.notes],
            "simulations": self.simulations,
            "stopped": self.stopped,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Explanation:
        """The explanation that ``to_json`` wrote."""
        return cls(
            scenario=data["scenario"],
            unit=data["unit"],
            cost=_minor(data["cost"]) or 0,
            posts=tuple(Worth.from_json(one) for one in data["posts"]),
            options=tuple(Worth.from_json(one) for one in data["options"]),
            steps=tuple(Worth.from_json(one) for one in data["steps"]),
            near=tuple(NearPlan.from_json(one) for one in data["near"]),
            demand=tuple(AtDemand.from_json(one) for one in data["demand"]),
            stays=None if data["stays"] is None else Stays.from_json(data["stays"]),
            notes=tuple(_words(one) for one in data["notes"]),
            simulations=data["simulations"],
            stopped=data["stopped"],
        )

    def save(self, folder: str | Path) -> Path:
        """Keep it in ``folder`` as explanation.json, whole or not at all. Raises ``StoreError``."""
        place = Path(folder) / EXPLANATION
        draft = place.with_suffix(".tmp")
        text = json.dumps(self.to_json(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(text, encoding="utf-8")
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


def _text(words: Text) -> dict[str, str]:
    return {"zh": words.zh, "en": words.en}


def _words(data: Mapping[str, str]) -> Text:
    return Text(data["en"], data["zh"])


def _money(minor: int | None) -> int | float | None:
    if minor is None:
        return None
    return minor // 100 if minor % 100 == 0 else minor / 100


def _minor(amount: float | None) -> int | None:
    return None if amount is None else round(amount * 100)
