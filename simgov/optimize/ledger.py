"""What the simulations made so far exclude, and how far they kept to what the cuts assume.

A goal missed by more than the guard band excludes a *box*: every design with no more (for a goal that more staff hurts:
no less) of anything it depends on. A goal missed within the band excludes the single *point*. Whenever two designs were
simulated of which one has no less of anything, the ledger notes how much worse it did all the same: the worst such
violation of monotonicity. Where that is more than the band, the band is raised above it and all cuts are made anew.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simgov.arrays import Booleans, Integers
from simgov.optimize.goals import AdditiveTally, Evaluation, Goal, Term, Together, added_up
from simgov.optimize.master import Master
from simgov.optimize.space import Design, Space
from simgov.optimize.violation import Comparison

ABOVE_WORST = 1.5
ENUMERABLE = 12
"""A space of so few designs is gone through one by one, with no cut but the single point."""


@dataclass(frozen=True)
class Cut:
    """What one simulation excludes: ``design`` was simulated and missed ``goal`` by ``excess`` (relative to the limit).

    ``kind`` is ``box`` (all designs with no more of anything the goal depends on, or no less for ``direction`` -1),
    ``point`` (that design; for a goal, all designs equal in what it depends on) or ``settled`` (that design, which
    was considered: rejected in validation, or dearer than the plan by its overtime). ``goal`` is -1 where no single
    goal is missed.
    """

    kind: str
    design: Design
    setting: int
    goal: int
    excess: float
    direction: int
    depends: tuple[bool, ...]


def left_out(cut: Cut, term: Term, corner: Integers, vectors: Integers) -> Booleans:
    """Which rows miss the goal of a cut by what the cut says: its ``corner`` and the goal's ``term`` there.

    All of the same columns, among them those that the term depends on.
    """
    if cut.kind == "box":
        return term.covers(corner, vectors, cut.direction)
    return np.asarray((vectors[:, term.depends] == corner[term.depends]).all(axis=1))


class Ledger:
    """Every design simulated, in order, with the cuts that follow at the present guard band."""

    def __init__(
        self,
        space: Space,
        goals: Sequence[Goal],
        terms: Sequence[Sequence[Sequence[Term]]],
        band: float,
        most_cost: int | None,
        together: Together | None = None,
    ) -> None:
        self.together = together or Together.all(len(goals))
        self._space, self._goals, self._terms = space, goals, terms
        self.most_cost = most_cost
        self._several = sorted(added_up(terms))
        self._comparison = Comparison(space, goals, terms, self._several)
        self.band = band
        self.enumerates = space.size <= ENUMERABLE
        self.worst_violation = 0.0
        self.evaluations: dict[Design, Evaluation] = {}
        self._simulated: dict[int, list[Design]] = {}
        self.rejected: set[Design] = set()
        self.settled: set[Design] = set()
        self.impossible: list[Design] = []
        self.cuts: list[Cut] = []
        self.master = Master(space, terms, most_cost, self.together)

    def record(self, design: Design, evaluation: Evaluation) -> None:
        """Keep what a simulation said, and draw the consequences."""
        self.worst_violation = max(self.worst_violation, self._violation(design, evaluation))
        self.evaluations[design] = evaluation
        self._simulated.setdefault(self._space.setting_of(design), []).append(design)
        if self.worst_violation > self.band:
            self.band = math.ceil(ABOVE_WORST * self.worst_violation * 1000) / 1000
            self._start_again()
        else:
            self._learn(design, evaluation)

    def reject(self, design: Design) -> None:
        """A feasible design turned out not to be: exclude it, alone."""
        self.rejected.add(design)
        self.settle(design)

    def settle(self, design: Design) -> None:
        """There is nothing more to learn of this design: exclude it, alone."""
        self.settled.add(design)
        self._add(Cut("settled", design, self._space.setting_of(design), -1, 0.0, 0, self._everything))

    @property
    def priced(self) -> bool:
        """Whether some design costs more than its posts and options, by its overtime."""
        return any(evaluation.extra_cost > 0 for evaluation in self.evaluations.values())

    def forbid_options(self, design: Design) -> None:
        """These options cannot be taken together."""
        self.impossible.append(design)
        self.master.exclude_options(design)

    def excluded_for(self, goals: Sequence[int], setting: int, vectors: Integers) -> Booleans:
        """Which rows miss one of these goals, of one term each, by what the cuts say."""
        excluded = np.zeros(len(vectors), np.bool_)
        for cut in self.cuts:
            if cut.goal in goals and self.is_of_a_goal(cut) and self._holds_in(cut, setting):
                excluded |= self._left_out(cut, vectors)
        return excluded

    def forbids(self, design: Design) -> bool:
        """Whether the options of a design are known not to go together."""
        return any(design.options == one.options for one in self.impossible)

    def left(self, setting: int, vectors: Integers) -> Booleans:
        """Which rows no cut excludes. Goals of several terms are left to the master."""
        left = self._space.simulable(setting, vectors)
        missed = np.zeros((len(self.together.groups), len(vectors)), np.bool_)
        for cut in self.cuts:
            if self.is_of_a_goal(cut):
                if self._holds_in(cut, setting):
                    missed[self.together.group(cut.goal)] |= self._left_out(cut, vectors)
            elif cut.setting == setting:
                left &= (vectors != self._space.vector(cut.design)).any(axis=1)
        left &= missed.sum(axis=0) <= self.together.spare
        for design in self.impossible:
            if self._space.setting_of(design) == setting:
                pools = len(self._space.pools)
                left &= (vectors[:, pools:] != self._space.vector(design)[pools:]).any(axis=1)
        return left

    @property
    def _everything(self) -> tuple[bool, ...]:
        return (True,) * self._space.dimensions

    def is_of_a_goal(self, cut: Cut) -> bool:
        """Whether a cut says that one goal is missed, wherever that goal has the same term."""
        return cut.kind == "box" or self._is_narrow(cut)

    def _left_out(self, cut: Cut, vectors: Integers) -> Booleans:
        """Which rows a cut about a goal leaves out."""
        term = self._terms[cut.setting][cut.goal][0]
        return left_out(cut, term, self._space.vector(cut.design), vectors)

    def _is_narrow(self, cut: Cut) -> bool:
        """Whether a point is about what one goal depends on, wherever that goal has the same term."""
        return cut.kind == "point" and not self.enumerates and cut.goal >= 0 and cut.goal not in self._several

    def _holds_in(self, cut: Cut, setting: int) -> bool:
        key = self._terms[cut.setting][cut.goal][0].key
        return any(term.key == key for term in self._terms[setting][cut.goal])

    def _start_again(self) -> None:
        """All cuts anew, with the band as it is now."""
        self.master = Master(self._space, self._terms, self.most_cost, self.together)
        self.cuts = []
        self._opened = False
        for design, evaluation in self.evaluations.items():
            self._learn(design, evaluation)
        for design in self.settled:
            self._add(Cut("settled", design, self._space.setting_of(design), -1, 0.0, 0, self._everything))
        for design in self.impossible:
            self.master.exclude_options(design)

    _opened = False

    def _learn(self, design: Design, evaluation: Evaluation) -> None:
        if self.enumerates:
            if not evaluation.feasible or evaluation.extra_cost:
                kind = "settled" if evaluation.feasible else "point"
                missed = next((goal for goal, kept in enumerate(evaluation.kept) if not kept), -1)
                excess = self._goals[missed].excess(evaluation.values[missed]) if missed >= 0 else 0.0
                setting = self._space.setting_of(design)
                self._add(Cut(kind, design, setting, missed, excess, 0, self._everything))
            return
        self._bound_slacks(design, evaluation)
        if evaluation.extra_cost > 0:
            vector = self._space.vector(design)
            guarded = math.floor(evaluation.extra_cost * (1.0 - self.band))
            self.master.bound_overtime(self._space.setting_of(design), vector, evaluation.extra_cost, guarded)
        for cut in lessons(self._space, self._goals, self._terms, design, evaluation, self.band, self.together):
            self._add(cut)

    def _bound_slacks(self, design: Design, evaluation: Evaluation) -> None:
        setting, vector = self._space.setting_of(design), self._space.vector(design)
        if self._several and not self._opened:
            self._opened = True
            for goal in self._several:
                allowed = sum(t.allowance * t.weight for t in evaluation.tallies[goal] if isinstance(t, AdditiveTally))
                self.master.open_slacks(goal, max(allowed, 1e-9))
        for goal in self._several:
            for term, tally in enumerate(evaluation.tallies[goal]):
                slacks = tally.slack(0.0), tally.slack(self.band)
                self.master.bound_slack(setting, goal, term, vector, *slacks, self._goals[goal].direction or 1)

    def _add(self, cut: Cut) -> None:
        self.cuts.append(cut)
        vector = self._space.vector(cut.design)
        if cut.kind == "box":
            self.master.exclude_box(cut.setting, cut.goal, vector, cut.direction)
        else:
            self.master.exclude_point(cut.setting, vector, cut.goal if self._is_narrow(cut) else -1)

    def _violation(self, design: Design, evaluation: Evaluation) -> float:
        """The worst that ``evaluation`` and an earlier one of a comparable design contradict monotonicity."""
        return max(
            (self._comparison.worst(design, evaluation, other, earlier) for other, earlier in self.evaluations.items()),
            default=0.0,
        )


def lessons(
    space: Space,
    goals: Sequence[Goal],
    terms: Sequence[Sequence[Sequence[Term]]],
    design: Design,
    evaluation: Evaluation,
    band: float,
    together: Together | None = None,
) -> list[Cut]:
    """The cuts that follow from one simulated design at a guard band; none where it misses nothing.

    What it misses in a demand scenario that need not hold is learned too, as long as it excludes more than the design.
    """
    together = together or Together.all(len(goals))
    setting, several = space.setting_of(design), added_up(terms)
    feasible = together.suffices(evaluation.kept)

    def cut(kind: str, goal: int, depends: tuple[bool, ...]) -> Cut:
        excess = goals[goal].excess(evaluation.values[goal])
        return Cut(kind, design, setting, goal, excess, goals[goal].direction if kind == "box" else 0, depends)

    def depends_of(goal: int) -> tuple[bool, ...]:
        return tuple(bool(d) for d in terms[setting][goal][0].depends)

    cuts: list[Cut] = []
    for group in together.missed(evaluation.kept):
        missed = [goal for goal in together.groups[group] if not evaluation.kept[goal]]
        narrow = [goal for goal in missed if goal not in several]
        beyond = [goal for goal in narrow if goals[goal].direction and evaluation.slack(goal, band) < 0.0]
        cuts += [cut("box", goal, depends_of(goal)) for goal in beyond]
        spoken_of = np.any([(False,) * space.dimensions, *(depends_of(goal) for goal in beyond)], axis=0)
        within = [] if feasible else [goal for goal in narrow if goal not in beyond]
        for goal in sorted(within, key=lambda goal: sum(depends_of(goal))):
            # A goal that has nothing to do with those above would have to be simulated again for its own sake.
            if not cuts or not (spoken_of & depends_of(goal)).any():
                cuts.append(cut("point", goal, depends_of(goal)))
                spoken_of |= np.array(depends_of(goal), np.bool_)
        if not narrow and not feasible:
            cuts.append(cut("point", missed[0], (True,) * space.dimensions))
    return cuts
