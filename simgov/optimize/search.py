"""The search: propose the cheapest design that the forecast believes in, simulate it, exclude what it teaches, repeat.

Two kinds of simulation alternate. A *proposal* is the cheapest design left that the forecast takes to be feasible; it
may become the incumbent. When no cheaper proposal is left, what remains is *proof*: an infeasible design excludes every
design with no more of anything, so designs are lifted as far as the forecast still says infeasible, and the one that
would exclude most of what is left is simulated. When the master programme has nothing cheaper than the incumbent left,
the incumbent is the cheapest plan for its sample. Of equally cheap plans the lexicographically smallest is taken.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.special import ndtr

from simgov.arrays import Booleans, Floats, Integers
from simgov.optimize.assembling import Assembly
from simgov.optimize.composing import Cluster, Footprints, best_part, climbed
from simgov.optimize.frontier import LARGEST_LIST, Frontier, covered
from simgov.optimize.goals import AdditiveTally, Evaluation, Goal, Term, Together, added_up
from simgov.optimize.guide import Approximation, Guide
from simgov.optimize.ledger import Ledger
from simgov.optimize.lifting import CAUTIONS, Lifting
from simgov.optimize.master import Master
from simgov.optimize.parts import Parts
from simgov.optimize.solving import Stopping
from simgov.optimize.space import Design, Space

PROPOSAL_ROUNDS = 2_000
ROUNDS_IN_TURN = 12
"""So long a large space is looked through for a proposal before it is the turn of a proof; the next goes on there."""

BELIEFS = 12
"""So many ways a design that is forecast to miss a goal is lifted, to exclude much from a proposal at once."""

LIFTED_ROWS = 96
BOLD, BOLD_UNTIL = 0.5, 5
MOST_STATES = 128
MOST_SETTINGS = 8
MOST_LISTED = 64
"""In spaces of more settings what is left to exclude is not listed in each."""

LIFTED = 24
LEAST_SCORE = 0.05


class Halt(Exception):
    """The search was told to stop: by a budget of simulations or time, or by the user."""


class ImpossibleOptions(Exception):
    """The options of a design cannot be taken together."""


Evaluate = Callable[[Design], Evaluation]


@dataclass(frozen=True)
class Incumbent:
    """The best feasible design so far; ``total`` is its cost with overtime."""

    design: Design
    total: int
    evaluation: Evaluation


@dataclass(frozen=True)
class Progress:
    """Where a search stands: minor units, ``None`` where there is none yet."""

    simulations: int
    incumbent: int | None
    bound: int | None
    phase: str


@dataclass
class Search:
    """One search over ``space`` for the cheapest design that keeps every goal.

    ``evaluate`` simulates a design (or raises ``ImpossibleOptions``); ``approximation`` guides; ``simulations`` is the
    most to make; ``stopping`` is polled. ``known`` designs were simulated before, by another search: it starts with
    what they teach, and they do not count; those ``rejected`` may not be the answer. ``any_will_do``: the first
    feasible design ends the search; ``enough``: or the first of which this holds. ``enumerates``: go through the
    designs one by one; by itself where there are few. ``together`` says which goals have to be kept
    (None: all).
    """

    space: Space
    goals: Sequence[Goal]
    terms: Sequence[Sequence[Sequence[Term]]]
    evaluate: Evaluate
    approximation: Approximation
    band: float = 0.01
    most_cost: int | None = None
    simulations: int | None = None
    stopping: Stopping | None = None
    progress: Callable[[Progress], None] | None = None
    seed: int = 0
    known: Mapping[Design, Evaluation] = field(default_factory=dict)
    rejected: Sequence[Design] = ()
    any_will_do: bool = False
    enough: Callable[[Design], bool] | None = None
    enumerates: bool | None = None
    together: Together | None = None

    incumbent: Incumbent | None = field(default=None, init=False)
    proved: bool = field(default=False, init=False)
    made: int = field(default=0, init=False)
    challenges: int = field(default=0, init=False)
    overturned: int = field(default=0, init=False)
    bound: int | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.space, self.goals, self.terms, self.band, self.most_cost, self.together)
        if self.enumerates is not None:
            self.ledger.enumerates = self.enumerates
        self._known: dict[tuple[int, Hashable, tuple[int, ...]], AdditiveTally] = {}
        self._like: dict[tuple[int, Hashable], AdditiveTally] = {}
        self._beliefs: dict[tuple[int, int, tuple[int, ...]], Integers] = {}
        self._frontier: Frontier | None = None
        self._enough = False
        self._frontier_of: tuple[int, Design] | None = None
        self._random = np.random.default_rng([self.seed, 0x0F])
        several = added_up(self.terms)
        self._single = [goal for goal in range(len(self.goals)) if goal not in several]
        self._footprints = Footprints(self.space, self.terms, self._single)
        self.guide = Guide(self.approximation, len(self.goals), self._footprints.features)
        self.lifting = Lifting(self.space, self.goals, self.terms, self.ledger, self.guide, self._random)
        self._several = sorted(several)
        for design in self.rejected:
            self.ledger.reject(design)
        self._learn(self.known)

    # The loop ---------------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Search until proved; raises ``Halt`` (or what ``evaluate`` raises) with the best so far kept."""
        while True:
            self._check()
            if self.satisfied:
                return
            design = self._next()
            if design is None:
                self.proved = True
                self.bound = self.incumbent.total if self.incumbent else None
                return
            if design in self.ledger.evaluations:
                # Its cut is weaker than what it says by a rounding; it has been considered, so it may go.
                self.ledger.settle(design)
            else:
                self.simulate(design)

    @property
    def satisfied(self) -> bool:
        """Whether the search may end although nothing is proved yet."""
        return (self.any_will_do and self.incumbent is not None) or self._enough

    def reject_incumbent(self) -> None:
        """Exclude the incumbent, which failed validation, and fall back on the best other design known."""
        if self.incumbent is None:
            return
        self.ledger.reject(self.incumbent.design)
        self.proved = False
        self.incumbent = None
        for design, evaluation in self.ledger.evaluations.items():
            self._consider(design, evaluation)

    def lower_bound(self) -> int | None:
        """The least that any design not excluded costs; None where there is none left but the incumbent."""
        cheapest = self.ledger.master.cheapest()
        if cheapest is None:
            return self.incumbent.total if self.incumbent else None
        return min(cheapest[0], self.incumbent.total) if self.incumbent else cheapest[0]

    def simulate(self, design: Design) -> None:
        """Simulate a design and learn from it."""
        if self.simulations is not None and self.made >= self.simulations:
            raise Halt
        try:
            evaluation = self.evaluate(design)
        except ImpossibleOptions:
            self.ledger.forbid_options(design)
            return
        self.made += 1
        self._learn({design: evaluation})
        self._enough = self.enough is not None and self.enough(design)
        if self.progress is not None:
            phase = "proof" if self.incumbent else "search"
            self.progress(Progress(self.made, self.incumbent.total if self.incumbent else None, self.bound, phase))

    def challenge(self, design: Design) -> bool:
        """Simulate a design that the proof left out unseen, counted apart; whether the proof stands all the same."""
        try:
            evaluation = self.evaluate(design)
        except ImpossibleOptions:
            self.ledger.forbid_options(design)
            return True
        band, incumbent = self.ledger.band, self.incumbent
        self.challenges += 1
        self._learn({design: evaluation})
        if self.ledger.band > band or self.incumbent is not incumbent:
            self.overturned += 1
            self.proved = False
        return self.proved

    def _learn(self, simulated: Mapping[Design, Evaluation]) -> None:
        for design, evaluation in simulated.items():
            self.ledger.record(design, evaluation)
            self._consider(design, evaluation)
        self._teach(simulated)

    def _next(self) -> Design | None:
        """The design to simulate next; None when there is nothing left to learn."""
        cheapest = self._cheapest_left()
        self.bound = cheapest[0] if cheapest is not None else self.incumbent.total if self.incumbent else None
        left = cheapest[1] if cheapest is not None else self._equally_cheap()
        if left is None or self.ledger.enumerates:
            return left
        wanted = self._wanted(left, cheapest is not None)
        return left if self.ledger.forbids(wanted) else wanted

    def _wanted(self, left: Design, cheaper: bool) -> Design:
        """The design from which most can be learnt, or ``left``; its options may have been found impossible."""
        if self._several and (top := self._unbounded(left)) is not None:
            return top
        if self._assembly is not None and cheaper and not self.ledger.priced:
            return self._assembled(self._assembly, left)
        if self._composes and not self.ledger.evaluations:
            return self._first_guess()
        if self._composes and cheaper and (design := self._recombined()) is not None:
            return design
        proposes = cheaper and not self._turns_to_proof
        design = (self._proposal() if proposes else None) or self._probe(left)
        return left if design in self.ledger.evaluations else design

    def _cheapest_left(self) -> tuple[int, Design] | None:
        """The cheapest design left that is cheaper than the incumbent."""
        cheapest = self._cheapest_composed() or self.ledger.master.cheapest(self.stopping)
        if cheapest is None or (self.incumbent is not None and cheapest[0] >= self.incumbent.total):
            return None
        return cheapest

    def _cheapest_composed(self) -> tuple[int, Design] | None:
        """The cheapest design left by what its parts cost; None where that does not say it, but the master does.

        Where nothing left can be cheaper than the incumbent, the design may be one that limits do not allow.
        """
        if self._assembly is None or self.ledger.priced:
            return None
        found = self._assembly.cheapest(self.incumbent.total if self.incumbent else None, self._is_open)
        return None if found is None or (self.most_cost is not None and found[0] > self.most_cost) else found

    def _is_open(self, design: Design) -> bool:
        """Whether a design may be recommended, and neither has been simulated nor failed."""
        known = design in self.ledger.evaluations or design in self.ledger.settled
        return not known and self.space.allows(design)

    def _equally_cheap(self) -> Design | None:
        """A design left that costs what the incumbent does and comes before it."""
        if self.incumbent is None:
            return None
        if self._assembly is not None and not self.ledger.priced:
            found = self._assembly.smallest(self.incumbent.total, self._is_open)
            if found is not None:
                return found[0] if found[0] is not None and found[0] < self.incumbent.design else None
        return self.ledger.master.smallest(self.incumbent.total, self.incumbent.design, self.stopping)

    def _consider(self, design: Design, evaluation: Evaluation) -> None:
        """Make a feasible design the incumbent if it is cheaper than the present one, or as cheap and before it."""
        if not evaluation.feasible or design in self.ledger.rejected or not self.space.allows(design):
            return
        total = self.space.cost(design) + evaluation.extra_cost
        if self.most_cost is not None and total > self.most_cost:
            return
        if self.incumbent is None or (total, design) < (self.incumbent.total, self.incumbent.design):
            self.incumbent = Incumbent(design, total, evaluation)

    def _check(self) -> None:
        if self.stopping is not None and self.stopping():
            raise Halt

    def _teach(self, simulated: Mapping[Design, Evaluation]) -> None:
        """Let the forecast learn from what designs were found to do."""
        by_setting: dict[int, list[Design]] = {}
        for design in simulated:
            by_setting.setdefault(self.space.setting_of(design), []).append(design)
        for setting, designs in by_setting.items():
            vectors = np.array([self.space.vector(design) for design in designs])
            stresses = np.array(
                [[self._stress(simulated[design], goal) for goal in self._single] for design in designs]
            )
            if self._single:
                self.guide.learn(setting, vectors, self._single, stresses)
            for design, vector in zip(designs, vectors, strict=True):
                self._teach_levels(setting, vector, simulated[design])

    def _stress(self, evaluation: Evaluation, goal: int) -> float:
        """The stress that a simulation found; nan where it says no more than a bound."""
        if evaluation.lower_bounds[goal]:
            return math.nan
        return self.goals[goal].stress(evaluation.values[goal])

    def _teach_levels(self, setting: int, vector: Integers, evaluation: Evaluation) -> None:
        for goal in self._several:
            for term, tally in enumerate(evaluation.tallies[goal]):
                assert isinstance(tally, AdditiveTally)
                subject = self.terms[setting][goal][term]
                self.guide.learn_level(setting, vector, goal, term, tally.level)
                self._known[goal, subject.key, _state(subject, vector)] = tally
                self._like.setdefault((goal, subject.key), tally)

    # Clusters of goals ------------------------------------------------------------------------------------------------

    @cached_property
    def _composes(self) -> bool:
        """Whether designs are composed of parts: for goals that fall into clusters, and in spaces of many settings."""
        simple = not self._several and not self.ledger.together.spare and all(g.direction == 1 for g in self.goals)
        return simple and (len(self._footprints.clusters) > 1 or len(self.space.settings) > MOST_LISTED)

    @property
    def _is_large(self) -> bool:
        """Whether designs are composed in a space of many settings."""
        return self._composes and len(self.space.settings) > MOST_LISTED

    @property
    def _turns_to_proof(self) -> bool:
        """Whether it is the turn of a proof: large spaces take both by turns, lest the bound stay where it began."""
        return self._is_large and self.incumbent is not None and self.made % 2 == 1

    @cached_property
    def _assembly(self) -> Assembly | None:
        """What designs are assembled of, where every part can be written down."""
        parts = Parts.of(self.space, self.terms, self.ledger, self._footprints.clusters) if self._composes else None
        return Assembly(parts, self.lifting, lambda: self._boldness) if parts is not None else None

    def _assembled(self, assembly: Assembly, left: Design) -> Design:
        """A design assembled of parts: a proposal, or else a proof; ``left``, the cheapest, where neither is new."""
        rival = self.incumbent.total if self.incumbent else self.most_cost
        design = assembly.proposal(rival, self.bound or 0)
        if design is not None and not self.space.allows(design):  # only the integer programme knows of limits
            design = self._recombined() or (None if self._turns_to_proof else self._proposal())
        if design is None or design in self.ledger.evaluations:
            design = assembly.proof(rival, left)
        return left if design in self.ledger.evaluations else design

    def _first_guess(self) -> Design:
        """Today's process with posts taken away one by one, for as long as the forecast allows.

        A start for spaces in which the integer programme takes long to find what the forecast believes in.
        """
        vector = self.space.fullest(0)
        while True:
            fewer = vector - np.eye(len(vector), dtype=np.int64)[vector > self.space.lowest(0)]
            fewer = fewer[self.space.simulable(0, fewer)]
            forecast = self.guide.forecast(0, np.vstack((vector, fewer)), self._single).worst(self._boldness)
            saved = self.space.costs(0, vector[None, :]) - self.space.costs(0, fewer)
            worth = np.where(forecast[1:] <= 0.0, saved / (np.maximum(forecast[1:] - forecast[0], 0.0) + 0.01), 0.0)
            if not len(worth) or worth.max() <= 0.0:
                return self.space.design(0, vector)
            vector = fewer[np.argmax(worth)]

    def _recombined(self) -> Design | None:
        """The cheapest design composed of parts that are known to keep their goals, where it beats the incumbent.

        Equal coordinates give equal figures, so it is feasible; one simulation says so.
        """
        known = self.ledger.master.copy()
        if self.incumbent is not None:
            known.limit_cost(self.incumbent.total - 1)
        simulated = list(self.ledger.evaluations.items())
        for cluster in self._footprints.clusters:
            kept = [d for d, evaluation in simulated if all(evaluation.kept[goal] for goal in cluster.goals)]
            states = {
                self._state_of(cluster, one): (self.space.setting_of(one), cluster.goals, self.space.vector(one))
                for one in kept
            }
            if not states:
                return None
            known.require_one_of(list(states.values()))
        found = known.cheapest(self.stopping)
        return None if found is None or found[1] in self.ledger.evaluations else found[1]

    def _state_of(self, cluster: Cluster, design: Design) -> Hashable:
        terms = self.terms[self.space.setting_of(design)]
        vector = self.space.vector(design)
        return tuple(terms[goal][0].key for goal in cluster.goals), tuple(vector[cluster.columns].tolist())

    def _composed(self, cheapest: Design) -> Design:
        """A design that proves something for each cluster of goals; the cheapest left where that gains nothing."""
        setting, vector = self.space.setting_of(cheapest), self.space.vector(cheapest)
        composed = vector.copy()
        for cluster in self._footprints.clusters:
            rows = vector[None, :]
            if (rival := self._room(setting, vector, cluster)) is not None:
                more = climbed(self.space, setting, vector, cluster.columns, rival, self._random)
                rows = np.vstack((rows, more[~self.ledger.excluded_for(cluster.goals, setting, more)]))
            chosen = rows[np.unique([0, *self._random.permutation(len(rows))[:LIFTED]])]
            boxes, likely = self.lifting.several(setting, chosen, cluster.goals, cluster.columns)
            part = best_part(cluster, vector, rows, boxes, likely, self.lifting.held(setting, cluster.goals))
            if part is not None:
                composed[cluster.columns] = part[cluster.columns]
        design = self.space.design(setting, composed)
        possible = self.space.simulable(setting, composed[None, :])[0]
        return design if possible and design not in self.ledger.evaluations else cheapest

    def _room(self, setting: int, vector: Integers, cluster: Cluster) -> int | None:
        """What a design may cost that has another part for one cluster: no more than with that of the incumbent."""
        if self.incumbent is None:
            return self.most_cost
        mixed = vector.copy()
        mixed[cluster.columns] = self.space.vector(self.incumbent.design)[cluster.columns]
        return min(self.incumbent.total, int(self.space.costs(setting, mixed[None, :])[0]))

    # Proposals --------------------------------------------------------------------------------------------------------

    def _proposal(self) -> Design | None:
        """The cheapest design left that is forecast to be feasible and beats the incumbent; None where none is."""
        believed = self.ledger.master.copy()
        if self.incumbent is not None:
            believed.limit_cost(self.incumbent.total - 1)
        few = self.incumbent is not None and (self._is_large or self.space.grid > LARGEST_LIST)
        return self.believable(believed, ROUNDS_IN_TURN if few else PROPOSAL_ROUNDS)

    def believable(self, believed: Master, rounds: int = PROPOSAL_ROUNDS) -> Design | None:
        """The best design by the objective of ``believed``, a copy of the ledger's master, that is forecast to be
        feasible (or one to simulate first, where nothing can be forecast yet); None where none is, or is found in so
        many ``rounds``."""
        self._beliefs = self._still_believed()
        for (setting, goal, _), vector in self._beliefs.items():
            believed.exclude_box(setting, goal, vector, self.goals[goal].direction)
        self._believe_slacks(believed)
        for _ in range(rounds):
            self._check()
            cheapest = believed.cheapest(self.stopping)
            if cheapest is None:
                return None
            design = cheapest[1]
            if self._several and (top := self._unbounded(design)) is not None:
                return top
            setting, vector = self.space.setting_of(design), self.space.vector(design)
            stress = self._hoped(setting, vector[None, :], self._single)[0]
            missed = [goal for goal, value in zip(self._single, stress, strict=True) if value > 0.0]
            kept = [
                goal not in missed and self._slacks_suffice(setting, vector, goal) for goal in range(len(self.goals))
            ]
            if self.ledger.together.suffices(kept):
                return design
            for goal in self._tellingly_missed(missed, stress):
                self._disbelieve(believed, setting, goal, vector)
            if not missed or self.ledger.together.spare:
                self._disbelieve_slacks(believed, setting, vector)
        return None

    def _hoped(self, setting: int, vectors: Integers, goals: Sequence[int]) -> Floats:
        """The stress of some goals that a proposal reckons with: the forecast, or a little less while it is bold."""
        forecast = self.guide.forecast(setting, vectors, goals)
        return np.asarray(forecast.mean - self._boldness * forecast.deviation)

    @property
    def _boldness(self) -> float:
        """So many standard deviations better than forecast a proposal may have to turn out.

        The first simulations are worth a try: a good plan early leaves less to prove.
        """
        return BOLD if self.incumbent is not None and len(self.ledger.evaluations) < BOLD_UNTIL else 0.0

    def _tellingly_missed(self, missed: Sequence[int], stress: Floats) -> Sequence[int]:
        """Of the goals missed, those to disbelieve for; where designs are composed, the worst of each cluster."""
        if not self._composes:
            return missed
        by_goal = dict(zip(self._single, stress.tolist(), strict=True))
        own = [[goal for goal in cluster.goals if goal in missed] for cluster in self._footprints.clusters]
        return [max(goals, key=lambda goal: by_goal[goal]) for goals in own if goals]

    def _still_believed(self) -> dict[tuple[int, int, tuple[int, ...]], Integers]:
        """The beliefs that the forecast, which has learnt since, still holds and no cut has made good."""
        kept: dict[tuple[int, int, tuple[int, ...]], Integers] = {}
        for setting in sorted({setting for setting, _, _ in self._beliefs}):
            mine = [belief for belief in self._beliefs.items() if belief[0][0] == setting]
            vectors = np.array([vector for _, vector in mine])
            left = np.ones(len(mine), np.bool_) if self._composes else self.ledger.left(setting, vectors)
            if self._composes:
                for goal in {key[1] for key, _ in mine}:
                    own = np.array([key[1] == goal for key, _ in mine])
                    left[own] = ~self.ledger.excluded_for([goal], setting, vectors[own])
            hoped = self._hoped(setting, vectors, range(len(self.goals)))
            for row, (key, vector) in enumerate(mine):
                if left[row] and hoped[row, key[1]] > 0.0:
                    kept[key] = vector
        return kept

    def _disbelieve(self, believed: Master, setting: int, goal: int, vector: Integers) -> None:
        """Exclude, for this proposal only, all that is forecast to miss ``goal`` because ``vector`` does."""
        direction = self.goals[goal].direction
        if direction == 0:
            believed.exclude_point(setting, vector, goal)
            return
        caution = np.full(BELIEFS, self._boldness)
        columns = self._footprints.columns[goal] if self._composes else None
        base = np.repeat(vector[None, :], BELIEFS, axis=0)
        rows = self.lifting.lifted(setting, base, caution, [goal], 0.0, columns)
        for row in np.unique(rows, axis=0):
            believed.exclude_box(setting, goal, row, direction)
            self._beliefs[setting, goal, tuple(int(v) for v in row)] = row

    # Proof ------------------------------------------------------------------------------------------------------------

    def _probe(self, cheapest: Design) -> Design:
        """The design whose simulation is expected to exclude most of what is left and cheaper than the incumbent."""
        if self._several or self.ledger.priced or any(goal.direction != 1 for goal in self.goals):
            return self._lifted_alone(cheapest)
        if self._composes:
            return self._composed(cheapest)
        frontier = self._refreshed_frontier(cheapest)
        best: tuple[float, tuple[int, ...], int] | None = None
        fullest = sorted(range(len(self.space.settings)), key=lambda setting: -len(frontier.rows(setting)))
        for setting in fullest[:MOST_SETTINGS]:
            rows = frontier.rows(setting)
            if not len(rows):
                continue
            boxes, certain = self.lifting.several(setting, self._some(rows), self._single)
            covers = covered(rows, boxes, self.lifting.held(setting, self._single)).sum(axis=1)
            for score, box in zip(certain * covers, boxes, strict=True):
                key = (float(score), tuple(-int(v) for v in box), -setting)
                if best is None or key > best:
                    best = key
        if best is None or best[0] < LEAST_SCORE:
            return cheapest
        return self.space.design(-best[2], -np.array(best[1], np.int64))

    def _refreshed_frontier(self, cheapest: Design) -> Frontier:
        """What is left to exclude below the incumbent; never empty while ``cheapest`` is left."""
        rival = None if self.most_cost is None else (self.most_cost + 1, Design((), ()))
        if self.incumbent is not None:
            rival = (self.incumbent.total, self.incumbent.design)
        if self._frontier is None or self._frontier_of != rival:
            held = [self.lifting.held(setting, self._single) for setting in range(len(self.space.settings))]
            self._frontier = Frontier(self.space, rival, self.ledger.left, held, self.seed)
            self._frontier_of = rival
        self._frontier.drop_excluded()
        for cut in self.ledger.cuts[-1:]:
            if cut.kind != "box":
                below = self._frontier.below(cut.setting, self.space.vector(cut.design))
                self._frontier.add(cut.setting, below)
        if self._frontier.empty:
            setting = self.space.setting_of(cheapest)
            self._frontier.add(setting, self._frontier.around(setting, self.space.vector(cheapest)))
        self._frontier.replenish()
        return self._frontier

    def _some(self, rows: Integers) -> Integers:
        """Rows to lift: all, or some of many."""
        return rows if len(rows) <= LIFTED_ROWS else rows[self._random.permutation(len(rows))[:LIFTED_ROWS]]

    @property
    def several(self) -> bool:
        """Whether some goal is added up from terms."""
        return bool(self._several)

    def held(self, setting: int) -> Booleans:
        """The coordinates that touch some goal either way; they are not lifted."""
        return self.lifting.held(setting, range(len(self.goals)))

    def _lifted_alone(self, cheapest: Design) -> Design:
        """The cheapest design left, raised where that excludes more, or turned to what is not known yet.

        For goals of several terms and goals that more staff hurts, where what is left has no maximal designs to cover.
        """
        setting, vector = self.space.setting_of(cheapest), self.space.vector(cheapest)
        forecast = self.guide.forecast(setting, vector[None, :], self._single)
        guards = np.array([self.goals[goal].guard(self.ledger.band) for goal in self._single])
        likely = ndtr((forecast.mean[0] - guards) / forecast.deviation[0]) if self._single else np.empty(0)
        for place in np.argsort(-likely, kind="stable"):
            goal = self._single[place]
            if likely[place] < 0.5 or self.goals[goal].direction == 0:
                break
            rows = np.repeat(vector[None, :], len(CAUTIONS) * LIFTED_ROWS, axis=0)
            caution = np.tile(np.array(CAUTIONS), LIFTED_ROWS)
            boxes = np.unique(self.lifting.lifted(setting, rows, caution, [goal], self.ledger.band), axis=0)
            gained = 1.0 + np.log1p(np.abs(boxes - vector)).sum(axis=1)
            return self.space.design(
                setting, boxes[np.argmax(self.lifting.probability(setting, boxes, self._single) * gained)]
            )
        return self.space.design(setting, self._turned_to_unknown(setting, vector))

    # Goals of several terms -------------------------------------------------------------------------------------------

    def _unbounded(self, design: Design) -> Design | None:
        """The design with the most of everything in the setting of ``design``, where nothing bounds its slacks yet."""
        setting = self.space.setting_of(design)
        seen = {(goal, key) for goal, key, _ in self._known}
        if all((goal, term.key) in seen for goal in self._several for term in self.terms[setting][goal]):
            return None
        return self.space.design(setting, self.space.fullest(setting))

    def _slack(self, setting: int, goal: int, term: int, vector: Integers) -> tuple[float, bool]:
        """The slack of one term, and whether a simulation says so; otherwise it is forecast."""
        subject = self.terms[setting][goal][term]
        known = self._known.get((goal, subject.key, _state(subject, vector)))
        if known is not None:
            return known.slack(0.0), True
        like = self._like[goal, subject.key]
        level = float(self.guide.term_level(setting, goal, term, vector[None, :])[0])
        return (like.allowance - level) * like.weight, False

    def _slacks_suffice(self, setting: int, vector: Integers, goal: int) -> bool:
        """Whether a goal, if it has several terms, is known or forecast to be met."""
        if goal not in self._several:
            return True
        terms = range(len(self.terms[setting][goal]))
        return sum(self._slack(setting, goal, term, vector)[0] for term in terms) >= 0.0

    def _disbelieve_slacks(self, believed: Master, setting: int, vector: Integers) -> None:
        """Bound, for this proposal only, the slacks of all terms by what they are forecast to be at ``vector``."""
        for goal in self._several:
            for term in range(len(self.terms[setting][goal])):
                slack, _ = self._slack(setting, goal, term, vector)
                believed.bound_slack(setting, goal, term, vector, slack, slack)

    def _believe_slacks(self, believed: Master) -> None:
        """Bound, for this proposal only, the slack of each term in each of its states, where these are few."""
        done: set[tuple[int, object]] = set()
        for setting in range(len(self.space.settings)):
            for goal in self._several:
                for term, subject in enumerate(self.terms[setting][goal]):
                    if (goal, subject.key) in done or (goal, subject.key) not in self._like:
                        continue
                    done.add((goal, subject.key))
                    states = [v for v in self._states(setting, subject) if not self._is_known(goal, subject, v)]
                    if states:
                        like = self._like[goal, subject.key]
                        levels = self.guide.term_level(setting, goal, term, np.array(states))
                        for vector, level in zip(states, levels, strict=True):
                            slack = (like.allowance - float(level)) * like.weight
                            believed.bound_slack(setting, goal, term, vector, slack, slack)

    def _is_known(self, goal: int, term: Term, vector: Integers) -> bool:
        return (goal, term.key, _state(term, vector)) in self._known

    def _states(self, setting: int, term: Term) -> list[Integers]:
        """One vector for each state of what a term depends on; none where there are too many."""
        low, high = self.space.lowest(setting), self.space.highest(setting)
        sides = np.where(term.depends, high - low + 1, 1)
        if float(np.prod(sides.astype(float))) > MOST_STATES:
            return []
        return [low + np.array(offset, np.int64) for offset in np.ndindex(*sides)]

    def _turned_to_unknown(self, setting: int, vector: Integers) -> Integers:
        """``vector``, with terms that are known there moved to a neighbouring state that is not.

        One simulation tells the terms of all parts of the office at once. Only done where ``vector`` is forecast to be
        infeasible: its own feasibility then follows from the terms.
        """
        goals = self._several
        if not goals or all(self._slacks_suffice(setting, vector, goal) for goal in goals):
            return vector
        turned, subjects = vector.copy(), self.terms[setting][goals[0]]
        shared = np.sum([term.depends for term in subjects], axis=0) > 1
        low, high = self.space.lowest(setting), self.space.highest(setting)
        for term, subject in enumerate(subjects):
            if not self._slack(setting, goals[0], term, vector)[1]:
                continue
            for step in (-1, 1, -2, 2):
                columns = np.flatnonzero(subject.depends & ~shared)
                moves = [vector + step * np.eye(len(vector), dtype=np.int64)[column] for column in columns]
                fresh = [
                    (column, move)
                    for column, move in zip(columns, moves, strict=True)
                    if low[column] <= move[column] <= high[column] and not self._slack(setting, goals[0], term, move)[1]
                ]
                trial = turned.copy()
                trial[[column for column, _ in fresh[:1]]] = [move[column] for column, move in fresh[:1]]
                if fresh and self.space.simulable(setting, trial[None, :])[0]:
                    turned = trial
                    break
        return turned


def _state(term: Term, vector: Integers) -> tuple[int, ...]:
    """What a term depends on, of a vector."""
    return tuple(int(value) for value, matters in zip(vector, term.depends, strict=True) if matters)
