"""A plan: what the optimiser recommends, how far it is proved, and what it learned on the way. A value, kept as JSON.

Money is whole minor units inside; in JSON it is in ``unit`` (863 CNY is ``"cost": 863, "unit": "CNY"``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from simgov.errors import StoreError
from simgov.optimize.chosen import Chosen
from simgov.optimize.company import Refused
from simgov.optimize.conflict_found import ConflictFound
from simgov.optimize.limits import LimitUsed
from simgov.optimize.plain_data import minor, money, number, real, text, words
from simgov.scenario.value import Text

Proof = Literal["enumerated", "guarded", "none"]
PLAN, CERTIFICATE = "plan.json", "certificate.json"
FORMAT = 1
PLAIN = (
    *("scenario", "feasible", "unit", "proof", "guard_band", "worst_violation", "simulations", "seed"),
    *("replications", "confidence", "validated", "validations", "fresh_first", "fresh_replications"),
    *("further_simulations", "designs", "stopped", "certificate"),
)
"""The fields of a plan that are in JSON as they are."""


@dataclass(frozen=True)
class TargetResult:
    """One target and what the plan does: ``value`` and ``half_width`` (of the plan's ``confidence``) in ``unit``.

    They come from fresh replications where the plan was validated, otherwise from the search's own; nan is unknown.
    ``lower_bound``: the true value may be larger. ``binds``: the next cheaper designs miss it. ``demand`` is the demand
    scenario in which it is judged, "" where the file names none.
    """

    kpi: str
    sense: Literal["at_most", "at_least"]
    limit: float
    unit: str
    value: float
    half_width: float
    met: bool
    lower_bound: bool = False
    binds: bool = False
    demand: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain data; an undefined number is null."""
        return {
            "kpi": self.kpi,
            "sense": self.sense,
            "limit": self.limit,
            "value": number(self.value),
            "half_width": number(self.half_width),
            "met": self.met,
            "unit": self.unit,
            "lower_bound": self.lower_bound,
            "binds": self.binds,
            "demand": self.demand or None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TargetResult:
        """The result that ``to_json`` wrote."""
        demand = data.get("demand") or ""
        return cls(**{**data, "value": real(data["value"]), "half_width": real(data["half_width"]), "demand": demand})


@dataclass(frozen=True)
class Missed:
    """A target that a simulated design misses: its value on the search's sample, in the unit of the KPI."""

    kpi: str
    value: float
    limit: float
    unit: str
    demand: str = ""


@dataclass(frozen=True)
class Finding:
    """What one simulation taught: a design of so many posts and these options, which misses targets.

    ``kind``: ``box`` excludes every design with no more of anything, ``point`` that design alone; ``part`` says what
    one post less does to one part of the office. ``others_at_most``: everything not in ``staff`` was at the most it can
    be, and of the options that only help, those ``not_taken`` alone were left out.
    """

    kind: Literal["box", "point", "part"]
    staff: Mapping[str, int]
    reforms: tuple[str, ...]
    not_taken: tuple[str, ...]
    missed: tuple[Missed, ...]
    others_at_most: bool
    words: Text


@dataclass(frozen=True)
class Neighbour:
    """The plan with one post more or less in one pool, on the search's sample: its cost and the targets it misses.

    Where it breaks a limit on posts it is not ``within_limits``, so it could not be the plan. ``reached`` are the KPIs
    that the plan makes as good as possible, in the order of its objectives; nan is unknown.
    """

    pool: str
    change: int
    cost: int
    feasible: bool
    targets: tuple[TargetResult, ...]
    within_limits: bool = True
    reached: tuple[float, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "pool": self.pool,
            "change": self.change,
            "cost": money(self.cost),
            "feasible": self.feasible,
            "targets": [target.to_json() for target in self.targets],
            "within_limits": self.within_limits,
            "reached": [number(value) for value in self.reached],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Neighbour:
        """What ``to_json`` wrote."""
        cost, targets = minor(data["cost"]) or 0, _targets(data["targets"])
        within, reached = data.get("within_limits", True), tuple(real(value) for value in data.get("reached", ()))
        return cls(data["pool"], data["change"], cost, data["feasible"], targets, within, reached)


@dataclass(frozen=True)
class Today:
    """The baseline beside the plan: its cost in minor units and the targets on the same replications as the plan's."""

    cost: int
    targets: tuple[TargetResult, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"cost": money(self.cost), "targets": [target.to_json() for target in self.targets]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Today:
        """What ``to_json`` wrote."""
        return cls(minor(data["cost"]) or 0, _targets(data["targets"]))


@dataclass(frozen=True)
class Rejected:
    """A design that kept the targets in the search's sample and missed one on fresh replications."""

    chosen: Chosen
    cost: int
    targets: tuple[TargetResult, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            **self.chosen.to_json(),
            "cost": money(self.cost),
            "targets": [target.to_json() for target in self.targets],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Rejected:
        """What ``to_json`` wrote."""
        return cls(Chosen.from_json(data), minor(data["cost"]) or 0, _targets(data["targets"]))


@dataclass(frozen=True)
class ObjectiveReached:
    """A KPI (or the ``cost``) made as good as possible: ``value`` on the search's sample, in ``unit``.

    ``bound``: no design that the objectives before it allow is better than this; None where that is not proved.
    ``fresh`` and ``half_width`` are from fresh replications; nan is unknown. ``within``: how much of it could be given
    up, relatively, for the objectives after it.
    """

    kpi: str
    sense: Literal["minimize", "maximize"]
    unit: str
    value: float
    bound: float | None
    fresh: float
    half_width: float
    within: float

    def to_json(self) -> dict[str, Any]:
        """Plain data; an undefined number is null."""
        return {
            "kpi": self.kpi,
            "sense": self.sense,
            "unit": self.unit,
            "value": number(self.value),
            "bound": self.bound,
            "fresh": number(self.fresh),
            "half_width": number(self.half_width),
            "within": self.within,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ObjectiveReached:
        """What ``to_json`` wrote."""
        return cls(**{**data, **{key: real(data[key]) for key in ("value", "fresh", "half_width")}})


@dataclass(frozen=True)
class Plan:
    """The cheapest design found, with its proof. ``reforms`` are the options taken: reforms, steps and parts by name.

    ``proof`` ``enumerated``: every cheaper design was simulated. ``guarded``: every cheaper design was simulated or
    has no more of anything than one that misses a target by more than ``guard_band`` (relative); ``worst_violation`` is
    the most by which one design missed a target at limits that one with no more of anything just keeps
    (``violation``). ``challenges`` designs left out unseen were simulated to test that; ``overturned`` of them showed
    the band to be too narrow, so that it was widened and the search went on. ``others`` says why the band began wider
    than 1 % (``guarding``): ``sharing``, ``elsewhere`` or nothing. ``none``: the search was stopped; nothing
    costs less than ``bound``. With ``objectives`` (KPIs made as good as possible, one after another) the proof is that
    of their bounds instead, within the budget. Where it was ``validated``, ``targets`` and ``today`` are those of
    ``fresh_replications`` from the number ``fresh_first`` on, otherwise those of the search's own. Where ``feasible``
    is False, ``proof`` says the same of there being no plan; ``targets`` are then those of the best that the bounds
    allow, and ``obstacles`` the targets it misses. ``rosters`` says for pools with a roster how many posts work each
    pattern; ``staff`` then is their sum. ``room`` and ``speed`` are places to wait before pools and how many times as
    fast these work.
    """

    scenario: str
    feasible: bool
    staff: Mapping[str, int]
    reforms: tuple[str, ...]
    cost: int | None
    unit: str
    proof: Proof
    guard_band: float
    worst_violation: float
    bound: int | None
    simulations: int
    targets: tuple[TargetResult, ...]
    seed: int
    replications: int
    confidence: float = 0.95
    validated: bool = False
    validations: int = 0
    fresh_first: int = 0
    fresh_replications: int = 0
    further_simulations: int = 0
    challenges: int = 0
    overturned: int = 0
    others: str = ""
    obstacles: tuple[str, ...] = ()
    cuts: tuple[Finding, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    today: Today | None = None
    rejected: tuple[Rejected, ...] = ()
    considered: tuple[str, ...] = ()
    ranges: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    demands: tuple[str, ...] = ()
    hold: int = 0
    designs: int = 0
    stopped: Literal["", "time", "simulations", "interrupted"] = ""
    limits: tuple[LimitUsed, ...] = ()
    conflict: ConflictFound | None = None
    objectives: tuple[ObjectiveReached, ...] = ()
    rosters: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    room: Mapping[str, int] = field(default_factory=dict)
    speed: Mapping[str, int] = field(default_factory=dict)
    certificate: str | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def binding(self) -> tuple[str, ...]:
        """The KPIs whose targets bind."""
        return tuple(target.kpi for target in self.targets if target.binds)

    @property
    def impossible(self) -> tuple[Text, ...]:
        """Which options cannot be taken together, or only with others, and why; from the certificate."""
        return tuple(Refused.from_json(one).words for one in self.evidence.get("refused", ()))

    @property
    def chosen(self) -> Chosen:
        """What the plan has so much of."""
        return Chosen(self.staff, self.reforms, self.rosters, self.room, self.speed)

    @property
    def options(self) -> tuple[str, ...]:
        """Another word for ``reforms``: everything taken."""
        return self.reforms

    def to_json(self) -> dict[str, Any]:
        """Plain data, as ``simgov optimize --json`` prints it; the certificate's evidence is a file of its own."""
        return {
            **self.chosen.to_json(),
            "cost": money(self.cost),
            "unit": self.unit,
            "proof": self.proof,
            "guard_band": self.guard_band,
            "worst_violation": self.worst_violation,
            "bound": money(self.bound),
            "simulations": self.simulations,
            "feasible": self.feasible,
            "targets": [target.to_json() for target in self.targets],
            "certificate": self.certificate,
            "format": FORMAT,
            "scenario": self.scenario,
            "seed": self.seed,
            "replications": self.replications,
            "confidence": self.confidence,
            "validated": self.validated,
            "validations": self.validations,
            "fresh_first": self.fresh_first,
            "fresh_replications": self.fresh_replications,
            "further_simulations": self.further_simulations,
            "challenges": self.challenges,
            "overturned": self.overturned,
            "others": self.others,
            "binding": list(self.binding),
            "obstacles": list(self.obstacles),
            "cuts": [_finding_to_json(cut) for cut in self.cuts],
            "neighbours": [one.to_json() for one in self.neighbours],
            "today": None if self.today is None else self.today.to_json(),
            "rejected": [one.to_json() for one in self.rejected],
            "considered": list(self.considered),
            "ranges": {pool: list(bounds) for pool, bounds in self.ranges.items()},
            "demand": {"scenarios": list(self.demands), "hold": self.hold} if self.demands else None,
            "designs": self.designs,
            "stopped": self.stopped,
            "limits": [limit.to_json() for limit in self.limits],
            "conflict": None if self.conflict is None else self.conflict.to_json(),
            "objectives": [objective.to_json() for objective in self.objectives],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any], evidence: Mapping[str, Any] | None = None) -> Plan:
        """The plan that ``to_json`` wrote."""
        chosen = Chosen.from_json(data)
        return cls(
            **{name: data[name] for name in PLAIN},
            staff=chosen.staff,
            reforms=chosen.reforms,
            rosters=chosen.rosters,
            room=chosen.room,
            speed=chosen.speed,
            cost=minor(data["cost"]),
            bound=minor(data["bound"]),
            targets=_targets(data["targets"]),
            obstacles=tuple(data["obstacles"]),
            cuts=tuple(_finding_from_json(cut) for cut in data["cuts"]),
            neighbours=tuple(Neighbour.from_json(one) for one in data["neighbours"]),
            today=None if data["today"] is None else Today.from_json(data["today"]),
            rejected=tuple(Rejected.from_json(one) for one in data["rejected"]),
            considered=tuple(data["considered"]),
            ranges={pool: (low, high) for pool, (low, high) in data["ranges"].items()},
            limits=tuple(LimitUsed.from_json(limit) for limit in data.get("limits", ())),
            conflict=ConflictFound.from_json(data["conflict"]) if data.get("conflict") else None,
            demands=tuple((data.get("demand") or {}).get("scenarios", ())),
            hold=(data.get("demand") or {}).get("hold", 0),
            objectives=tuple(ObjectiveReached.from_json(one) for one in data.get("objectives", ())),
            evidence=evidence or {},
            challenges=data.get("challenges", 0),
            overturned=data.get("overturned", 0),
            others=data.get("others", ""),
        )

    def save(self, folder: str | Path) -> Plan:
        """Keep the plan in ``folder`` as plan.json and certificate.json; the plan returned names its certificate.

        Raises ``StoreError`` where that is not possible.
        """
        place = Path(folder)
        kept = replace(self, certificate=str(place / CERTIFICATE))
        try:
            place.mkdir(parents=True, exist_ok=True)
            _write(place / CERTIFICATE, self.evidence)
            _write(place / PLAN, kept.to_json())
        except OSError as error:
            raise StoreError(f"the plan cannot be kept in {place}: {error.strerror or error}") from None
        return kept


def load(path: str | Path) -> Plan:
    """The plan kept in a folder (or in its plan.json). Raises ``StoreError`` where there is none that can be read."""
    place = Path(path)
    place = place / PLAN if place.is_dir() else place
    try:
        data = json.loads(place.read_text(encoding="utf-8"))
        certificate = place.with_name(CERTIFICATE)
        evidence = json.loads(certificate.read_text(encoding="utf-8")) if certificate.exists() else {}
        if data.get("format") != FORMAT:
            raise StoreError(f"{place} is a plan of another version of simgov")
        return Plan.from_json(data, evidence)
    except OSError as error:
        raise StoreError(f"there is no plan at {place}: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise StoreError(f"{place} is not a plan") from None


def is_plan(path: str | Path) -> bool:
    """Whether a folder or file holds a plan (and not a run)."""
    place = Path(path)
    return (place / PLAN).is_file() or place.name == PLAN


def _write(path: Path, data: Mapping[str, Any]) -> None:
    """Whole or not at all: a reader never meets half a file."""
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    draft.replace(path)


def _finding_to_json(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind,
        "staff": dict(finding.staff),
        "reforms": list(finding.reforms),
        "not_taken": list(finding.not_taken),
        "missed": [
            {"kpi": m.kpi, "value": number(m.value), "limit": m.limit, "unit": m.unit}
            | ({"demand": m.demand} if m.demand else {})
            for m in finding.missed
        ],
        "others_at_most": finding.others_at_most,
        "words": text(finding.words),
    }


def _finding_from_json(data: Mapping[str, Any]) -> Finding:
    return Finding(
        data["kind"],
        dict(data["staff"]),
        tuple(data["reforms"]),
        tuple(data["not_taken"]),
        tuple(Missed(m["kpi"], real(m["value"]), m["limit"], m["unit"], m.get("demand", "")) for m in data["missed"]),
        data["others_at_most"],
        words(data["words"]),
    )


def _targets(data: list[Mapping[str, Any]]) -> tuple[TargetResult, ...]:
    return tuple(TargetResult.from_json(target) for target in data)
