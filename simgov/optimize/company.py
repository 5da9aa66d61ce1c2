"""Which options go together: what their measures need and exclude, as an order, as clauses, and in words.

An option may be taken if each of its measures finds what it ``needs`` before it and nothing that it, or that, excludes
(``check_company``). Most of that can be said of options alone, before anything is applied: such clauses leave designs
out at no cost. What only shows when measures are applied is found out for the options that are branched over.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from simgov.errors import ReformError
from simgov.optimize.space import Clause, Option
from simgov.reforms.reform import before, check_company, is_called
from simgov.scenario.value import Scenario, Text

if TYPE_CHECKING:
    from simgov.reforms.measure import Measure

TakenOption = tuple[Option, Sequence["Measure"]]


@dataclass(frozen=True)
class Refused:
    """Options that cannot be taken together, or one that cannot be taken at all (or only with one of ``only_with``).

    ``chinese`` is the message in Chinese, "" where it is an error, which is in English only.
    """

    options: tuple[str, ...]
    only_with: tuple[str, ...]
    message: str
    chinese: str = ""

    @property
    def words(self) -> Text:
        """For people."""
        names, others = " + ".join(self.options), " / ".join(self.only_with)
        chinese = self.chinese or self.message
        if others:
            return Text(f"{names} only with {others}: {self.message}", f"{names} 须与 {others} 一并采用：{chinese}")
        if len(self.options) == 1:
            return Text(f"{names} cannot be taken: {self.message}", f"{names} 不能采用：{chinese}")
        return Text(f"{names} cannot be taken together: {self.message}", f"{names} 不能同时采用：{chinese}")

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        data = {"options": list(self.options), "only_with": list(self.only_with), "message": self.message}
        return {**data, "chinese": self.chinese} if self.chinese else data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Refused:
        """What ``to_json`` wrote."""
        return cls(tuple(data["options"]), tuple(data["only_with"]), data["message"], data.get("chinese", ""))


Begun = dict[tuple[int, ...], Scenario]
"""Scenarios after the first measures of some order, by the ids of these measures."""


def applied(scenario: Scenario, chosen: Iterable[TakenOption], begun: Begun | None = None) -> Scenario:
    """The scenario with the measures of some options. Raises ``ReformError`` where they may not be taken together.

    ``begun`` keeps what comes of the same scenario after the first of the measures, for others that begin so.
    """
    measures = in_order(chosen)
    made = begun if begun is not None else {}
    names = tuple(id(measure) for measure in measures)
    done = next((n for n in range(len(measures), 0, -1) if names[:n] in made), 0)
    earlier = [*before(scenario), *measures[:done]]
    scenario = made.get(names[:done], scenario)
    for place, measure in enumerate(measures[done:], start=done + 1):
        check_company(measure, earlier)
        scenario = made[names[:place]] = measure.apply(scenario)
        earlier.append(measure)
    return scenario


def in_order(chosen: Iterable[TakenOption]) -> tuple[Measure, ...]:
    """The measures of some options in order, each once however many options share it.

    What is removed goes first, so that other reforms meet the process as it will be; but an option comes after those
    that its measures need.
    """
    waiting = sorted(chosen, key=lambda one: not one[0].monotone)
    placed: list[Measure] = []
    while waiting:
        ready = next((one for one in waiting if not _waits(one, waiting, placed)), waiting[0])
        waiting.remove(ready)
        placed += ready[1]
    return tuple(dict.fromkeys(placed))


def _waits(one: TakenOption, waiting: Sequence[TakenOption], placed: Sequence[Measure]) -> bool:
    """Whether something that an option needs is still to come, in another option."""
    others = [measure for other in waiting if other is not one for measure in other[1]]
    return any(_has(others, need) and not _has(placed, need) for need in needs_of(one[1]))


def needs_of(measures: Sequence[Measure]) -> tuple[str, ...]:
    """What the measures of an option need and do not find among those before them in it."""
    return tuple(
        dict.fromkeys(
            need for place, measure in enumerate(measures) for need in measure.needs if not _has(measures[:place], need)
        )
    )


def _has(measures: Iterable[Measure], name: str) -> bool:
    return any(is_called(measure, name) for measure in measures)


def branching(options: Sequence[Option], measures: Sequence[Sequence[Measure]]) -> tuple[Option, ...]:
    """The options, those branched over as well which one that is branched over needs: its settings depend on them."""
    while True:
        wanted = {
            need for option, own in zip(options, measures, strict=True) if not option.monotone for need in needs_of(own)
        }
        changed = tuple(
            replace(option, monotone=False) if option.monotone and any(_has(own, need) for need in wanted) else option
            for option, own in zip(options, measures, strict=True)
        )
        if changed == options:
            return changed
        options = changed


def clauses(baseline: Scenario, measures: Sequence[Sequence[Measure]]) -> tuple[Clause, ...]:
    """What holds of every set of options that may be taken, each option known by its place."""
    there = before(baseline)
    return tuple(dict.fromkeys((*_needs(there, measures), *_exclusions(there, measures))))


def _needs(there: Sequence[Measure], measures: Sequence[Sequence[Measure]]) -> Iterator[Clause]:
    """An option is not taken, or one of those that bring what it needs is; never where these wait for each other."""
    ever = _ever(there, measures)
    for place, own in enumerate(measures):
        if place not in ever:
            yield ((place, False),)
            continue
        for need in needs_of(own):
            if not _has(there, need):
                bringing = [other for other, theirs in enumerate(measures) if other != place and _has(theirs, need)]
                yield ((place, False), *((other, True) for other in bringing))


def _ever(there: Sequence[Measure], measures: Sequence[Sequence[Measure]]) -> set[int]:
    """The options that can be taken in some order: each finds what it needs among those before it."""
    found: set[int] = set()
    grown = True
    while grown:
        placed = [*there, *(measure for place in sorted(found) for measure in measures[place])]
        more = {place for place, own in enumerate(measures) if all(_has(placed, need) for need in needs_of(own))}
        grown, found = not more <= found, found | more
    return found


def _exclusions(there: Sequence[Measure], measures: Sequence[Sequence[Measure]]) -> Iterator[Clause]:
    """An option that what is there excludes is not taken, and two that exclude each other are not taken both."""
    for place, own in enumerate(measures):
        if any(_excludes(one, other) for one in own for other in there):
            yield ((place, False),)
    for first, second in itertools.combinations(range(len(measures)), 2):
        if any(one != other and _excludes(one, other) for one in measures[first] for other in measures[second]):
            yield ((first, False), (second, False))


def _excludes(one: Measure, other: Measure) -> bool:
    """Whether either of two measures rules the other out."""
    return any(is_called(other, name) for name in one.excludes) or any(is_called(one, name) for name in other.excludes)


def kept(clauses: Iterable[Clause], taken: Sequence[bool | None]) -> bool:
    """Whether no clause is broken by the options taken and left; None is not decided yet."""
    return not any(all(taken[place] is not None and taken[place] != wanted for place, wanted in c) for c in clauses)


def combinations(options: Sequence[Option], rules: Sequence[Clause], most: int) -> tuple[list[tuple[bool, ...]], bool]:
    """Every way to take the options that are branched over, the others left, and whether there are at most ``most``."""
    places = [place for place, option in enumerate(options) if not option.monotone]
    partial: list[tuple[bool | None, ...]] = [(None,) * len(options)]
    for place in places:
        partial = [
            longer
            for taken in partial
            for value in (False, True)
            for longer in [(*taken[:place], value, *taken[place + 1 :])]
            if kept(rules, longer)
        ]
        if len(partial) > most:
            return [], False
    return [tuple(bool(value) for value in taken) for taken in partial], True


def told(
    baseline: Scenario,
    options: Sequence[Option],
    measures: Sequence[Sequence[Measure]],
    rules: Sequence[Clause],
    tried: Sequence[tuple[tuple[bool, ...], Text]],
    possible: Sequence[tuple[bool, ...]] = (),
) -> tuple[Refused, ...]:
    """What cannot be taken together and why: each rule, then of the combinations ``tried`` in vain the smallest.

    Where one that is ``possible`` holds it and more, it can only be taken with what the smallest of these add.
    """

    def chosen(places: Iterable[int]) -> list[TakenOption]:
        return [(options[place], measures[place]) for place in places]

    found: list[Refused] = []
    for clause in rules:
        own = [place for place, wanted in clause if not wanted]
        bringing = tuple(options[place].name for place, wanted in clause if wanted)
        found.append(Refused(tuple(options[place].name for place in own), bringing, refusal(baseline, chosen(own))))
    made = [_names(options, taken) for taken in possible]
    for taken, message in sorted(tried, key=lambda one: sum(one[0])):
        names = _names(options, taken)
        smaller = [one for one in found if set(one.options) <= set(names)]
        if not any(not one.only_with or one.message == message.en for one in smaller):
            more = [tuple(name for name in own if name not in names) for own in made if set(names) <= set(own)]
            fewest = min(map(len, more), default=0)
            only_with = tuple(" + ".join(own) for own in more if len(own) == fewest)
            found.append(Refused(names, only_with, message.en, message.zh if message.zh != message.en else ""))
    return tuple(found)


def _names(options: Sequence[Option], taken: Sequence[bool]) -> tuple[str, ...]:
    return tuple(option.name for option, there in zip(options, taken, strict=True) if there)


def refusal(baseline: Scenario, chosen: Sequence[TakenOption]) -> str:
    """Why options may not be taken together; "" where they may."""
    try:
        applied(baseline, chosen)
    except ReformError as error:
        return str(error)
    return ""
