"""Limits on posts: a headcount cap, officers who move between departments with the total kept, seats in the hall.

``Limit`` is one entry of ``optimize.limits``: what the posts of some pools, each times its weight, may add up to::

    limits:
      - {of: [counter, review], at_most: 40}
      - {of: [intake, files], exactly: today}
      - {of: {window: 1, booth: 2}, at_most: 30, because: {zh: 大厅座席, en: seats in the hall}}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from simgov.errors import PathPart, Problem
from simgov.optimize import equipment, space
from simgov.scenario.fields import NameField, check_id, fault, kind_tag, text_of, unknown
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Text

if TYPE_CHECKING:
    from simgov.scenario.value import Scenario

MOST_WEIGHT = 1_000
MOST_TOTAL = 1_000_000

Total = Annotated[int, Field(ge=0, le=MOST_TOTAL)] | Literal["today"]
Weight = Annotated[int, Field(ge=1, le=MOST_WEIGHT)]


def check_counted(text: str) -> str:
    """The id of a pool, also after ``room.`` or ``speed.``."""
    kind, pool = equipment.kind_and_pool(text)
    return equipment.column(kind, check_id(pool)) if kind else check_id(pool)


Counted = Annotated[str, AfterValidator(check_counted)]


class LimitSpec(Section):
    """What the posts of some pools may add up to."""

    written_as = "{of: [counter, review], at_most: 40}"

    of: Annotated[
        Annotated[list[Counted], Tag("<list>")] | Annotated[dict[Counted, Weight], Tag("<mapping>")],
        Discriminator(kind_tag),
    ] = Field(
        description="The pools, or each pool with what one of its posts counts: {window: 1, booth: 2}; room.window "
        "and speed.window stand for its room and speed"
    )
    at_most: Total | None = Field(None, description="The most that the posts add up to: a number, or today")
    at_least: Total | None = Field(None, description="The least that the posts add up to: a number, or today")
    exactly: Total | None = Field(None, description="What the posts add up to: a number, or today")
    because: NameField | None = Field(None, description="Why: seats in the hall, the posts granted")

    @model_validator(mode="after")
    def _says_something(self) -> LimitSpec:
        bounds = [name for name in ("at_most", "at_least", "exactly") if getattr(self, name) is not None]
        if not bounds:
            raise fault("this limit has no number", "give at_most, at_least or exactly")
        if "exactly" in bounds and len(bounds) > 1:
            raise fault(f"exactly and {bounds[0]} do not go together", "keep one of them")
        return self


@dataclass(frozen=True)
class Limit:
    """The posts of the pools named, each times its weight, add up to ``least`` or more and ``most`` or fewer."""

    weights: Mapping[str, int]
    least: int | None = None
    most: int | None = None
    because: Text | None = None

    def words(self, scenario: Scenario) -> Text:
        """For people: ``Counter + 2 × Booth: at most 40 (seats in the hall)``."""
        pools = {pool.id: pool.name for pool in scenario.pools}
        names = {name: equipment.words(name, pools[equipment.kind_and_pool(name)[1]]) for name in self.weights}
        en_pools = " + ".join(f"{w} × {names[p].en}" if w > 1 else names[p].en for p, w in self.weights.items())
        zh_pools = "＋".join(f"{names[p].zh}×{w}" if w > 1 else names[p].zh for p, w in self.weights.items())
        en_bounds, zh_bounds = self._bounds()
        why_en, why_zh = (f" ({self.because.en})", f"（{self.because.zh}）") if self.because else ("", "")
        return Text(f"{en_pools}: {en_bounds}{why_en}", f"{zh_pools}{zh_bounds}{why_zh}")

    def _bounds(self) -> tuple[str, str]:
        if self.least == self.most:
            return f"exactly {self.most}", f"合计须为 {self.most}"
        if self.least is None:
            return f"at most {self.most}", f"合计不超过 {self.most}"
        if self.most is None:
            return f"at least {self.least}", f"合计不少于 {self.least}"
        return f"{self.least} to {self.most}", f"合计 {self.least} 至 {self.most}"

    def over(self, columns: Iterable[str], rosters: Iterable[str] = ()) -> space.Limit:
        """The same by the columns of a space (a pool by its id, a row by another name) and its rosters."""
        weights, of_rosters = ([self.weights.get(name, 0) for name in names] for names in (columns, rosters))
        return space.Limit(tuple(weights), self.least, self.most, tuple(of_rosters))


def resolve(
    specs: Sequence[LimitSpec],
    scenario: Scenario,
    bounds: Mapping[str, tuple[int, int]],
    path: tuple[PathPart, ...],
    problems: list[Problem],
) -> tuple[Limit, ...]:
    """The limits that ``specs`` mean; ``bounds`` are the fewest and most posts of each pool that is decided.

    What is wrong is told to ``problems``, located below ``path``, and left out.
    """
    found = [_limit(spec, scenario, bounds, (*path, place), problems) for place, spec in enumerate(specs)]
    return tuple(limit for limit in found if limit is not None)


def _limit(
    spec: LimitSpec,
    scenario: Scenario,
    bounds: Mapping[str, tuple[int, int]],
    path: tuple[PathPart, ...],
    problems: list[Problem],
) -> Limit | None:
    before = len(problems)
    _check_pools(spec, scenario, bounds, (*path, "of"), problems)
    if len(problems) > before:
        return None
    weights = dict(spec.of) if isinstance(spec.of, dict) else dict.fromkeys(spec.of, 1)
    posts_today = _today(scenario)
    today = sum(weight * posts_today[pool] for pool, weight in weights.items())

    def total(value: int | str | None) -> int | None:
        return today if value == "today" else value  # type: ignore[return-value]

    exactly = total(spec.exactly)
    least, most = (exactly, exactly) if exactly is not None else (total(spec.at_least), total(spec.at_most))
    because = None if spec.because is None else text_of(spec.because, "")
    limit = Limit({pool: weights[pool] for pool in posts_today if pool in weights}, least, most, because)
    fewest, highest = (sum(weight * bounds[pool][end] for pool, weight in weights.items()) for end in (0, 1))
    if least is not None and most is not None and least > most:
        problems.append(Problem(path, f"at_least {least} is above at_most {most}", "exchange them"))
    elif most is not None and fewest > most:
        hint = "lower the ranges under staff, or raise this limit"
        problems.append(Problem(path, f"the fewest posts already add up to {fewest}, above {most}", hint))
    elif least is not None and highest < least:
        hint = "raise the ranges under staff, or lower this limit"
        problems.append(Problem(path, f"the most posts add up to {highest} only, below {least}", hint))
    else:
        return limit
    return None


def _today(scenario: Scenario) -> dict[str, int]:
    """What there is today of all that a limit may name: posts by pool, then room and speed."""
    return {**{pool.id: pool.count for pool in scenario.pools}, **equipment.today(scenario)}


def _check_pools(
    spec: LimitSpec,
    scenario: Scenario,
    bounds: Mapping[str, tuple[int, int]],
    path: tuple[PathPart, ...],
    problems: list[Problem],
) -> None:
    known = _today(scenario)
    listed = isinstance(spec.of, list)
    if not spec.of:
        problems.append(Problem(path, "this limit is about no pool", "name the pools whose posts it adds up"))
    for place, pool in enumerate(spec.of):
        where: tuple[PathPart, ...] = (*path, place if listed else pool)
        if pool not in known:
            problems.append(Problem(where, *unknown("pool", pool, known), on_key=not listed))
        elif pool not in bounds:
            kind, owner = equipment.kind_and_pool(pool)
            subject = (
                f"{kind} of {owner!r} is not decided, so it belongs"
                if kind
                else f"the posts of {pool!r} are not decided, so they belong"
            )
            stays = "it stays as it is" if kind else "they stay as they are"
            message = f"{subject} in no limit"
            hint = f"write optimize.{kind or 'staff'}: {{{owner}: {known[pool]}}} where {stays}"
            problems.append(Problem(where, message, hint, on_key=not listed))
        elif listed and list(spec.of).index(pool) < place:
            problems.append(Problem(where, f"{pool!r} is listed twice", f"write {{{pool}: 2}} where it counts twice"))


@dataclass(frozen=True)
class LimitUsed:
    """A limit and the plan: what its posts add up to, and whether it binds.

    ``binds`` is True where a cheaper plan was found without it, ``saving`` minor units cheaper; False where it is
    proved that there is none; None where that is not known.
    """

    words: Text
    used: int
    least: int | None
    most: int | None
    binds: bool | None
    saving: int | None = None

    @property
    def tight(self) -> bool:
        """Whether the plan is at the end of what the limit allows."""
        return self.used in (self.least, self.most)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "limit": {"zh": self.words.zh, "en": self.words.en},
            "used": self.used,
            "at_least": self.least,
            "at_most": self.most,
            "binds": self.binds,
            "saving": None if self.saving is None else self.saving / 100,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> LimitUsed:
        """What ``to_json`` wrote."""
        saving = None if data["saving"] is None else round(data["saving"] * 100)
        words = Text(data["limit"]["en"], data["limit"]["zh"])
        return cls(words, data["used"], data["at_least"], data["at_most"], data["binds"], saving)
