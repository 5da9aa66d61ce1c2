"""A programme over years as an answer: what begins when, posts and money by year, each milestone, and how far that is
proved. Kept in a folder as roadmap.json, with certificate.json beside it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from simgov.errors import StoreError

FORMAT = 1
ROADMAP = "roadmap.json"
CERTIFICATE = "certificate.json"

Proof = Literal["guarded", "none"]


@dataclass(frozen=True)
class Begun:
    """A measure: the quarter in which it begins and from which it counts as at work (None: never)."""

    name: str
    begins: str | None
    settled: str | None


@dataclass(frozen=True)
class YearPlan:
    """A calendar year: posts of each pool that may change, what it costs, what of it measures cost, what counts against
    the budget, and the budget (None: no limit); money in the main unit of the currency."""

    year: int
    staff: Mapping[str, int]
    cost: float
    measures: float
    spent: float
    budget: float | None


@dataclass(frozen=True)
class Reached:
    """What a simulated year says of a milestone, from one quarter to another, for those who apply then."""

    year: int
    first: str
    last: str
    value: float
    half_width: float
    lower_bound: bool
    met: bool


@dataclass(frozen=True)
class MilestonePlan:
    """A milestone, and what it reaches year by year."""

    by: str
    kpi: str
    sense: str
    limit: float
    unit: str
    years: tuple[Reached, ...] = ()

    @property
    def met(self) -> bool:
        """Whether every year keeps it."""
        return bool(self.years) and all(year.met for year in self.years)


@dataclass(frozen=True)
class ConflictRule:
    """One rule of a conflict; ``what`` names it (a milestone's place, a year, a measure or measures), ``nearest`` what
    goes with the others instead: ``quarter``, ``value``, ``amount`` (money in main units, or a number)."""

    kind: str
    what: tuple[str, ...]
    nearest: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """What re-planning changed: ``what`` is a measure, or a pool with its year."""

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class RoadmapPlan:
    """The programme. ``cost`` and ``bound`` in the main unit of the currency; None where there is no plan or no bound.

    ``states`` and ``years_simulated`` count simulations. ``changes`` and ``cost_before`` are there where an earlier
    plan was planned anew on the first day of the quarter ``today``, because measures are late by the quarters of
    ``slipped`` or years have the ``new_budgets``, in the main unit.
    """

    scenario: str
    start: str
    quarters: int
    measures: tuple[Begun, ...]
    years: tuple[YearPlan, ...]
    milestones: tuple[MilestonePlan, ...]
    cost: float | None
    unit: str
    proof: Proof
    bound: float | None
    states: int
    years_simulated: int
    seed: int
    replications: int
    replications_a_year: int
    guard_band: float
    worst_violation: float
    stopped: str = ""
    conflict: tuple[ConflictRule, ...] = ()
    conflict_is_smallest: bool = True
    today: str | None = None
    slipped: Mapping[str, int] = field(default_factory=dict)
    new_budgets: Mapping[int, float] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    cost_before: float | None = None
    certificate: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def feasible(self) -> bool:
        """Whether there is a plan."""
        return self.cost is not None

    @property
    def gap(self) -> float | None:
        """By how much the plan may be too dear, relative to its cost; 0 where it is proved."""
        if self.cost is None or self.bound is None:
            return None
        return max(0.0, (self.cost - self.bound) / self.cost) if self.cost else 0.0

    @property
    def simulations(self) -> int:
        """States and years."""
        return self.states + self.years_simulated

    def to_json(self) -> dict[str, Any]:
        """Plain data, as ``simgov roadmap --json`` prints it."""
        return {
            "format": FORMAT,
            "scenario": self.scenario,
            "start": self.start,
            "quarters": self.quarters,
            "feasible": self.feasible,
            "measures": [vars(one) for one in self.measures],
            "years": [{**vars(one), "staff": dict(one.staff)} for one in self.years],
            "milestones": [
                {
                    "by": one.by,
                    "kpi": one.kpi,
                    one.sense: one.limit,
                    "unit": one.unit,
                    "met": one.met,
                    "years": [
                        {**vars(year), "half_width": _number(year.half_width), "value": _number(year.value)}
                        for year in one.years
                    ],
                }
                for one in self.milestones
            ],
            "cost": self.cost,
            "unit": self.unit,
            "proof": self.proof,
            "bound": self.bound,
            "gap": self.gap,
            "simulations": {"states": self.states, "years": self.years_simulated},
            "replications": {"states": self.replications, "years": self.replications_a_year},
            "seed": self.seed,
            "guard_band": self.guard_band,
            "worst_violation": self.worst_violation,
            "stopped": self.stopped,
            "conflict": [
                {"kind": one.kind, "what": list(one.what), "nearest": dict(one.nearest)} for one in self.conflict
            ],
            "conflict_is_smallest": self.conflict_is_smallest,
            "today": self.today,
            "slipped": dict(self.slipped),
            "new_budgets": {str(year): amount for year, amount in self.new_budgets.items()},
            "changes": [vars(one) for one in self.changes],
            "cost_before": self.cost_before,
            "certificate": self.certificate,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any], evidence: Mapping[str, Any]) -> RoadmapPlan:
        """What ``to_json`` wrote."""
        return cls(
            scenario=data["scenario"],
            start=data["start"],
            quarters=data["quarters"],
            measures=tuple(Begun(**one) for one in data["measures"]),
            years=tuple(YearPlan(**one) for one in data["years"]),
            milestones=tuple(_milestone(one) for one in data["milestones"]),
            cost=data["cost"],
            unit=data["unit"],
            proof=data["proof"],
            bound=data["bound"],
            states=data["simulations"]["states"],
            years_simulated=data["simulations"]["years"],
            seed=data["seed"],
            replications=data["replications"]["states"],
            replications_a_year=data["replications"]["years"],
            guard_band=data["guard_band"],
            worst_violation=data["worst_violation"],
            stopped=data["stopped"],
            conflict=tuple(ConflictRule(one["kind"], tuple(one["what"]), one["nearest"]) for one in data["conflict"]),
            conflict_is_smallest=data["conflict_is_smallest"],
            today=data["today"],
            slipped=data.get("slipped", {}),
            new_budgets={int(year): amount for year, amount in data.get("new_budgets", {}).items()},
            changes=tuple(Change(**one) for one in data["changes"]),
            cost_before=data["cost_before"],
            certificate=data["certificate"],
            evidence=evidence,
        )

    def save(self, folder: str | Path) -> RoadmapPlan:
        """Keep it in ``folder``; the plan returned names its certificate. Raises ``StoreError``."""
        place = Path(folder)
        kept = replace(self, certificate=str(place / CERTIFICATE))
        try:
            place.mkdir(parents=True, exist_ok=True)
            for name, data in ((CERTIFICATE, self.evidence), (ROADMAP, kept.to_json())):
                draft = place / f"{name}.tmp"
                draft.write_text(
                    json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n", encoding="utf-8"
                )
                draft.replace(place / name)
        except OSError as error:
            raise StoreError(f"the roadmap cannot be kept in {place}: {error.strerror or error}") from None
        return kept


def load(path: str | Path) -> RoadmapPlan:
    """The roadmap kept in a folder. Raises ``StoreError`` where there is none that can be read."""
    place = Path(path)
    place = place / ROADMAP if place.is_dir() else place
    try:
        data = json.loads(place.read_text(encoding="utf-8"))
        if data.get("format") != FORMAT:
            raise StoreError(f"{place} is a roadmap of another version of simgov")
        certificate = place.with_name(CERTIFICATE)
        evidence = json.loads(certificate.read_text(encoding="utf-8")) if certificate.exists() else {}
        return RoadmapPlan.from_json(data, evidence)
    except OSError as error:
        raise StoreError(f"there is no roadmap at {place}: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise StoreError(f"{place} is not a roadmap") from None


def is_roadmap(path: str | Path) -> bool:
    """Whether a folder or file holds a roadmap."""
    place = Path(path)
    return (place / ROADMAP).is_file() or place.name == ROADMAP


def _milestone(data: Mapping[str, Any]) -> MilestonePlan:
    sense = "at_most" if "at_most" in data else "at_least"
    years = tuple(
        Reached(**{**year, "value": _float(year["value"]), "half_width": _float(year["half_width"])})
        for year in data["years"]
    )
    return MilestonePlan(data["by"], data["kpi"], sense, data[sense], data["unit"], years)


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _float(value: float | None) -> float:
    return math.nan if value is None else value
