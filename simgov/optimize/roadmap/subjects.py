"""What each milestone depends on: which posts and measures can touch its KPI at all, which help, and what is expected.

The office falls into *divisions* that share neither officers nor applicants whatever measures are taken. What happens
in one is the same to the last bit whatever is decided in another, so a milestone is judged by its own division alone.
Combinations of measures are looked at when they first come up, so there may be any number of them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from simgov.arrays import Floats, Integers
from simgov.kpi.selection import ALL
from simgov.kpi.table import find
from simgov.optimize import problem as office_problem
from simgov.optimize.approximation import ScenarioApproximation
from simgov.optimize.goals import Term
from simgov.optimize.guide import Guide
from simgov.optimize.roadmap.dating import settled
from simgov.optimize.roadmap.programme import Programme, Schedule, State
from simgov.optimize.schema import Decisions
from simgov.optimize.space import Design
from simgov.reforms.reform import Reform, after, needed_by
from simgov.scenario.value import Scenario, Text

if TYPE_CHECKING:
    from simgov.optimize.problem import Problem

Node = tuple[str, str]
Setting = tuple[tuple[bool, ...], int]
"""The measures taken of those that are branched over (False for the others), and the era."""


class Subjects:
    """What the goals of a programme depend on."""

    def __init__(self, programme: Programme) -> None:
        self.programme = programme
        self._keys: dict[Hashable, int] = {}
        self._joined: dict[Hashable, int] = {}
        self._problems: dict[tuple[bool, ...], Problem] = {}
        self._approximations: dict[Setting, ScenarioApproximation] = {}
        self._terms: dict[tuple[int, tuple[bool, ...]], Term] = {}
        self.settings: list[Setting] = []
        self._numbers: dict[Setting, int] = {}
        self.guides = [Guide(View(self, goal), 1) for goal in range(len(programme.goals))]

    # Settings and vectors ---------------------------------------------------------------------------------------------

    @cached_property
    def monotone(self) -> tuple[int, ...]:
        """Places of the measures that only help."""
        return tuple(i for i, option in enumerate(self.programme.options) if option.monotone)

    def branch(self, options: Sequence[bool]) -> tuple[bool, ...]:
        """The options with those that only help left out."""
        return tuple(
            bool(taken) and not option.monotone for taken, option in zip(options, self.programme.options, strict=True)
        )

    def setting(self, state: State) -> int:
        """The number of the setting of a state."""
        key = self.branch(state.design.options), state.era
        if key not in self._numbers:
            self._numbers[key] = len(self.settings)
            self.settings.append(key)
        return self._numbers[key]

    def vector(self, state: State) -> Integers:
        """Posts, then the measures that only help as 0 and 1."""
        return np.array([*state.design.staff, *(state.design.options[i] for i in self.monotone)], np.int64)

    def state(self, setting: int, vector: Integers) -> State:
        """The state of a setting with that vector."""
        taken, era = self.settings[setting]
        options = list(taken)
        pools = len(self.programme.pools)
        for place, value in zip(self.monotone, vector[pools:], strict=True):
            options[place] = bool(value)
        return State(Design(tuple(int(n) for n in vector[:pools]), tuple(options)), era)

    def bounds(self) -> tuple[Integers, Integers]:
        """The least and the most of everything."""
        ones = np.ones(len(self.monotone), np.int64)
        low = np.concatenate((np.array(self.programme.fewest, np.int64), 0 * ones))
        return low, np.concatenate((np.array(self.programme.most, np.int64), ones))

    # What a goal depends on -------------------------------------------------------------------------------------------

    def term(self, goal: int, branch: tuple[bool, ...]) -> Term:
        """What a goal depends on in one combination of measures, as one term."""
        if (goal, branch) not in self._terms:
            terms = self.problem(branch).terms[0][goal]
            effects = tuple(max(column) for column in zip(*(term.effects for term in terms), strict=True))
            key = self._joined.setdefault(tuple(term.key for term in terms), len(self._joined))
            self._terms[goal, branch] = Term(effects, key)
        return self._terms[goal, branch]

    def effects_until(self, goal: int, schedule: Schedule, last: int) -> tuple[int, ...]:
        """What posts, and measures that only help, may do to a goal in any quarter of a schedule up to ``last``."""
        branches = {
            self.branch(state.design.options)
            for quarter in range(last + 1)
            for state in self.programme.states(schedule, quarter)
        }
        return tuple(max(column) for column in zip(*(self.term(goal, own).effects for own in branches), strict=True))

    def local(self, goal: int, state: State) -> tuple[Hashable, ...]:
        """All that the goal's KPI follows from in a state: equal for states in which it is equal to the last bit."""
        term = self.term(goal, self.branch(state.design.options))
        own = self.vector(state)[term.depends]
        return (goal, term.key, state.era, tuple(int(n) for n in own))

    def problem(self, branch: tuple[bool, ...]) -> Problem:
        """The search problem of the office in one combination of measures."""
        if branch not in self._problems:
            programme = self.programme
            names = [option.name for option in programme.options]
            reforms = {
                name: Reform(name, settled(measures)) for name, measures in zip(names, programme.measures, strict=True)
            }
            self._problems[branch] = office_problem.build(
                programme.baseline,
                reforms,
                programme.targets,
                Decisions(staff=programme.roadmap.staff, reforms=tuple(names)),
                ways=[branch],
                keys=self._keys,
            )
        return self._problems[branch]

    def approximation(self, setting: int) -> ScenarioApproximation:
        """What queueing theory expects of a setting."""
        taken, era = key = self.settings[setting]
        if key not in self._approximations:
            own = self.problem(taken)
            self._approximations[key] = ScenarioApproximation(
                own.space, own.goals, own.terms, lambda design: self.programme.with_options(design.options, era)
            )
        return self._approximations[key]

    # Divisions --------------------------------------------------------------------------------------------------------

    @cached_property
    def divisions(self) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
        """For each goal, the places of the pools and of the measures that could touch it in some combination."""
        programme = self.programme
        groups = Groups()
        touched = []
        for scenario in (programme.baseline, *(version for _, version in self._versions)):
            for one, other in _ties(scenario):
                groups.join(one, other)
        for before, version in self._versions:
            touched.append(_touched(before, version))
        found = []
        for target in programme.targets:
            kpi = find(programme.baseline, target.kpi)
            nodes: list[Node] | None = [("service", name) for name in kpi.services] or [("pool", kpi.owner)]
            every = kpi.owner.partition("/")[0] == ALL
            if kpi.definition.scope not in ("service", "pool") or every or self._all_in_one:
                nodes = None
            own = None if nodes is None else {groups.root(node) for node in nodes}

            def concerns(node: Node, own: set[Node] | None = own) -> bool:
                return own is None or groups.root(node) in own

            pools = tuple(i for i, name in enumerate(programme.pools) if concerns(("pool", name)))
            options = tuple(
                i for i, nodes_of in enumerate(touched) if nodes_of is None or any(concerns(n) for n in nodes_of)
            )
            found.append((pools, options))
        return tuple(found)

    @property
    def _all_in_one(self) -> bool:
        """Whether everything may touch everything: a run by cases stops when all services together have so many."""
        baseline = self.programme.baseline
        return baseline.run.cases is not None or baseline.hall_room is not None

    @cached_property
    def _versions(self) -> list[tuple[Scenario, Scenario]]:
        """For each measure, the office with what it needs, and with it too."""
        baseline, own = self.programme.baseline, self.programme
        reforms = {
            option.name: Reform(option.name, settled(measures))
            for option, measures in zip(own.options, own.measures, strict=True)
        }
        versions = []
        for reform in reforms.values():
            before = after(needed_by(reform, reforms), baseline)
            versions.append((before, after(reform.measures, before)))
        return versions


class View:
    """The ``guide.Approximation`` of one goal: designs err alike where what the goal depends on is alike."""

    def __init__(self, subjects: Subjects, goal: int) -> None:
        self._subjects, self._goal = subjects, goal

    def stresses(self, setting: int, vectors: Integers, goals: Sequence[int]) -> Floats:
        """See ``guide.Approximation``; ``goals`` names the one goal by 0."""
        return self._subjects.approximation(setting).stresses(0, vectors, [self._goal for _ in goals])

    def features(self, setting: int, vectors: Integers) -> Floats:
        """See ``guide.Approximation``; 0 for what the goal does not depend on."""
        features = self._subjects.approximation(setting).features(0, vectors)
        depends = self._subjects.term(self._goal, self._subjects.settings[setting][0]).depends
        features[:, : len(depends)] *= depends
        return features

    @property
    def switches(self) -> int:
        """See ``guide.Approximation``."""
        return len(self._subjects.programme.options)

    def term_levels(self, setting: int, goal: int, term: int, vectors: Integers) -> Floats:
        """See ``guide.Approximation``; the goals of a roadmap have one term each."""
        raise NotImplementedError


class Groups:
    """Things that belong together, directly or through others."""

    def __init__(self) -> None:
        self._parent: dict[Node, Node] = {}

    def root(self, node: Node) -> Node:
        """The one that stands for all that belong to ``node``."""
        while (parent := self._parent.get(node, node)) != node:
            node = parent
        return node

    def join(self, one: Node, other: Node) -> None:
        """These belong together."""
        self._parent[self.root(one)] = self.root(other)


def _ties(scenario: Scenario) -> Iterator[tuple[Node, Node]]:
    """Services with the pools where their cases go, and pools whose officers help in others."""
    for service in scenario.services:
        for variant in scenario.variants(service):
            for step in variant.steps:
                yield from ((("service", service.id), ("pool", pool)) for pool in step.pools)
    for pool in scenario.pools:
        if pool.tide is not None:
            yield ("pool", pool.id), ("pool", pool.tide.to)


def _touched(before: Scenario, version: Scenario) -> list[Node] | None:
    """What a measure changes; None where that is not known to be some services and pools alone."""
    blank = Text("", "")
    same = {
        "services": (),
        "pools": (),
        "systems": (),
        "others": (),
        "reach": version.reach,
        "label": "",
        "name": blank,
    }
    same |= {"set_up": 0, "running": 0, "currency": "", "chance": None}
    if replace(before, **same) != replace(version, **same):  # type: ignore[arg-type]
        return None
    found: list[Node] = []
    known = {service.id for service in before.services}
    for service in version.services:
        if service.id not in known or before.ways_of(before.service(service.id)) != version.ways_of(service):
            found.append(("service", service.id))
    pools = {pool.id: pool for pool in before.pools}
    found += [("pool", pool.id) for pool in version.pools if pools.get(pool.id) != pool]
    found += [("pool", name) for name in pools if name not in {pool.id for pool in version.pools}]
    found += [("pool", name) for system in version.systems if system not in before.systems for name in system.pools]
    return found
