"""What differs from setting to setting, told by the few options that make the difference.

A space may have a thousand settings, but what a pool costs, or which term a goal has, mostly depends on two or three
of the options: such an *aspect* is found out by comparing settings that differ in one option alone. The integer
programme then needs a literal for each value of an aspect instead of one for each setting.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from simgov.arrays import Booleans, Integers
from simgov.optimize.space import Space

if TYPE_CHECKING:
    from ortools.sat.python.cp_model import CpModel

Value = TypeVar("Value", bound=Hashable)

Pattern = tuple[tuple[int, bool], ...]
"""Options (places in the space), each taken or not."""


@dataclass(frozen=True)
class Aspect:
    """A function of the setting: ``patterns[v]`` are the ways to take the options that matter in which it has the value
    numbered ``v``; ``number[setting]`` is the value of each setting.
    """

    number: Integers
    patterns: tuple[tuple[Pattern, ...], ...]

    @property
    def options(self) -> tuple[int, ...]:
        """The options that matter."""
        return tuple(sorted({place for own in self.patterns for pattern in own for place, _ in pattern}))


class Aspects:
    """Finds out which options make the difference between the settings of a space."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self._branching = [place for place, option in enumerate(space.options) if not option.monotone]

    def of(self, values: Sequence[Value]) -> tuple[Aspect, list[Value]]:
        """The aspect that has these values in the settings, in order, and its different values by their numbers."""
        numbers: dict[Value, int] = {}
        number = np.array([numbers.setdefault(value, len(numbers)) for value in values], np.int64)
        matters = [bit for bit in range(len(self._branching)) if self._differs(bit, number)]
        patterns = self._patterns(number, matters)
        if patterns is None:  # settings are missing between those that differ: every option counts
            patterns = self._patterns(number, list(range(len(self._branching))))
        assert patterns is not None
        return Aspect(number, patterns), list(numbers)

    def slopes(self, values: Sequence[int]) -> tuple[int, dict[int, int]] | None:
        """Whole numbers as a sum: with none of the options, and what each option adds; None where they are none."""
        amounts = np.array(values, np.int64)
        slopes = np.zeros(len(self._branching), np.int64)
        for bit, (without, taken) in enumerate(self._pairs):
            if len(without):
                slopes[bit] = amounts[taken[0]] - amounts[without[0]]
        base = int(amounts[0] - self._taken[0] @ slopes)
        if not (base + self._taken @ slopes == amounts).all():
            return None
        return base, {place: int(slope) for place, slope in zip(self._branching, slopes, strict=True) if slope}

    def impossible(self) -> list[Pattern]:
        """Ways to take a few of the options of which there is no setting: as few options as will do, together all."""
        found: list[Pattern] = []
        waiting: list[tuple[int, Integers, Pattern]] = [(0, np.arange(len(self._taken)), ())]
        while waiting:
            depth, inside, prefix = waiting.pop()
            if any(set(pattern) <= set(prefix) for pattern in (*found, *self._broken)):
                continue
            if not len(inside):
                found.append(self._shortened(prefix))
            elif len(inside) < 1 << (len(self._branching) - depth):
                for value in (False, True):
                    there = inside[self._taken[inside, depth] == value]
                    waiting.append((depth + 1, there, (*prefix, (self._branching[depth], value))))
        return found

    @cached_property
    def _broken(self) -> list[Pattern]:
        """The ways to break each clause that speaks of options to branch over alone."""
        inside = [clause for clause in self._space.clauses if all(place in self._branching for place, _ in clause)]
        return [tuple((place, not wanted) for place, wanted in clause) for clause in inside]

    def _shortened(self, pattern: Pattern) -> Pattern:
        column = {place: bit for bit, place in enumerate(self._branching)}
        for one in pattern:
            fewer = tuple(other for other in pattern if other != one)
            matching = [self._taken[:, column[place]] == taken for place, taken in fewer]
            if matching and not np.all(matching, axis=0).any():
                pattern = fewer
        return pattern

    @cached_property
    def _taken(self) -> Booleans:
        """Bool[settings, options to branch over]."""
        rows = [[setting.taken[place] for place in self._branching] for setting in self._space.settings]
        return np.array(rows, np.bool_).reshape(len(rows), len(self._branching))

    @cached_property
    def _pairs(self) -> list[tuple[Integers, Integers]]:
        """For each option, the settings without it and those that differ from them by it alone."""
        codes = {row.tobytes(): place for place, row in enumerate(self._taken)}
        pairs = []
        for bit in range(len(self._branching)):
            without, taken = [], []
            for place in np.flatnonzero(~self._taken[:, bit]):
                row = self._taken[place].copy()
                row[bit] = True
                other = codes.get(row.tobytes())
                if other is not None:
                    without.append(place)
                    taken.append(other)
            pairs.append((np.array(without, np.int64), np.array(taken, np.int64)))
        return pairs

    def _differs(self, bit: int, number: Integers) -> bool:
        without, taken = self._pairs[bit]
        if not len(without):  # never seen alone: it may make a difference
            return len(set(self._taken[:, bit].tolist())) > 1
        return bool((number[without] != number[taken]).any())

    def _patterns(self, number: Integers, matters: Sequence[int]) -> tuple[tuple[Pattern, ...], ...] | None:
        """For each value, the ways to take the options that matter; None where these do not tell the values apart."""
        rows, which = np.unique(self._taken[:, list(matters)], axis=0, return_inverse=True)
        which = which.ravel()
        first = np.full(len(rows), -1, np.int64)
        first[which[::-1]] = number[::-1]
        if not (first[which] == number).all():
            return None
        patterns: list[list[Pattern]] = [[] for _ in range(int(number.max(initial=0)) + 1)]
        for row, value in zip(rows, first, strict=True):
            taken = tuple((self._branching[bit], bool(there)) for bit, there in zip(matters, row, strict=True))
            patterns[value].append(taken)
        return tuple(tuple(own) for own in patterns)


class Literals:
    """Literals of an integer programme that say which value an aspect has, by the literals of the ``options``."""

    def __init__(self, model: CpModel, space: Space, options: Sequence[Any]) -> None:
        self._model = model
        self._aspects = Aspects(space)
        self._options = options
        self._patterns: dict[Pattern, Any] = {}
        self._true: Any = None

    def saying(self, values: Sequence[Value]) -> dict[Value, Any]:
        """For each different value, a literal that is true in exactly the settings that have it."""
        aspect, different = self._aspects.of(values)
        if len(different) == 1:
            return {different[0]: self._always()}
        if len(different) == 2 and len(aspect.options) == 1:
            (place,) = aspect.options
            first = dict(aspect.patterns[0][0])[place]
            taken = self._options[place]
            return {different[0]: taken if first else ~taken, different[1]: ~taken if first else taken}
        literals = [self._any([self._all(p) for p in patterns]) for patterns in aspect.patterns]
        self._model.add_exactly_one(literals)
        return dict(zip(different, literals, strict=True))

    def forbid_the_impossible(self) -> None:
        """Leave out the ways to take the options of which there is no setting."""
        for pattern in self._aspects.impossible():
            self._model.add_bool_or([~self._options[p] if taken else self._options[p] for p, taken in pattern])

    def amount(self, values: Sequence[int]) -> Any:
        """A whole number that depends on the setting, as an expression."""
        sums = self._aspects.slopes(values)
        if sums is not None:
            base, slopes = sums
            return base + sum(slope * self._options[place] for place, slope in slopes.items())
        return sum(value * literal for value, literal in self.saying(values).items())

    def _all(self, pattern: Pattern) -> Any:
        """Whether every option is taken or left as the pattern says."""
        if pattern not in self._patterns:
            wanted = [self._options[place] if taken else ~self._options[place] for place, taken in pattern]
            self._patterns[pattern] = wanted[0] if len(wanted) == 1 else self._new_all(wanted)
        return self._patterns[pattern]

    def _new_all(self, wanted: Sequence[Any]) -> Any:
        literal = self._model.new_bool_var("options")
        for one in wanted:
            self._model.add_implication(literal, one)
        self._model.add_bool_or([literal, *(~one for one in wanted)])
        return literal

    def _any(self, ways: Sequence[Any]) -> Any:
        if len(ways) == 1:
            return ways[0]
        literal = self._model.new_bool_var("value")
        for way in ways:
            self._model.add_implication(way, literal)
        self._model.add_bool_or([~literal, *ways])
        return literal

    def _always(self) -> Any:
        if self._true is None:
            self._true = self._model.new_bool_var("always")
            self._model.add_bool_or([self._true])
        return self._true
