"""The search: propose the cheapest schedule that is expected to keep every milestone, simulate the states of the office
in it, exclude what they teach, simulate the years of what is left, repeat.

As for a single plan (``simgov.optimize.search``), *proposals* alternate with *proof*: where no cheaper schedule is
expected to do, the cheapest one left is taken, a state of it raised as far as it is still expected to miss a milestone,
and that is simulated and cut. What differs: a schedule is judged in many states of the office, one simulation speaks
for all milestones and, put together from divisions that have nothing to do with each other, for several states; and
only a schedule whose years keep the milestones on their real dates is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from simgov.errors import ReformError
from simgov.kpi.statistics import Estimate
from simgov.optimize.roadmap.expecting import Asked, Expectations
from simgov.optimize.roadmap.knowledge import Knowledge, StateCut
from simgov.optimize.roadmap.master import History, Master, Rule, master_of
from simgov.optimize.roadmap.programme import Schedule, State
from simgov.optimize.roadmap.years import YearValue
from simgov.optimize.search import Halt, ImpossibleOptions
from simgov.optimize.solving import Stopping

PROPOSAL_ROUNDS = 400
ROUNDS_BESIDE_PROOF = 6
"""Once there is an incumbent, a better proposal is looked for only so long; what is disbelieved is kept for later."""

PROPOSAL_GAP = 0.002
"""By how much more than the cheapest a proposal may cost: that only takes it longer to be found."""

STRAIN_STEP = 0.03
"""By how much, at the most, one year that misses a milestone makes proposals more careful."""


@dataclass(frozen=True)
class Incumbent:
    """The best schedule so far whose years keep every milestone; ``rank`` orders schedules (``Master.rank``)."""

    schedule: Schedule
    rank: int
    cost: int
    values: tuple[YearValue, ...]


@dataclass(frozen=True)
class Progress:
    """Where a search stands: minor units, None where there is none yet."""

    incumbent: int | None
    bound: int | None


@dataclass
class Search:
    """One search for the cheapest schedule ``without`` some rules.

    ``simulate`` estimates each milestone's KPI in a state (or raises ``ImpossibleOptions``); ``simulate_year`` says
    what the year in that place is like for a schedule; None: schedules are believed by their states.
    """

    knowledge: Knowledge
    simulate: Callable[[State], list[Estimate]]
    simulate_year: Callable[[Schedule, int], tuple[YearValue, ...]] | None
    stopping: Stopping | None = None
    seed: int = 0
    without: frozenset[Rule] = frozenset()
    cheapest_year: int | None = None
    history: History | None = None
    progress: Callable[[Progress], None] | None = None
    any_will_do: bool = False
    patience: int | None = None

    incumbent: Incumbent | None = field(default=None, init=False)
    bound: int | None = field(default=None, init=False)
    proved: bool = field(default=False, init=False)
    settled_cost: int | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.programme, self.subjects = self.knowledge.programme, self.knowledge.subjects
        self.expectations = Expectations(self.knowledge, self.seed)
        self._beliefs: list[StateCut] = []
        self._failed_years = 0
        self._restart()

    # The loop ---------------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Search until proved, until anything is found where ``any_will_do``, or until more schedules than ``patience``
        failed in their years; raises ``Halt`` with the best so far kept."""
        while True:
            self._check()
            best = self._best(self.master)
            if self._cost_is_settled(best):
                continue
            if best is None or (self.incumbent is not None and best[0] >= self.incumbent.rank):
                self.proved = True
                self.bound = self.incumbent.cost if self.incumbent else None
                return
            rank, schedule = best
            self.bound = self.master.cost_of(rank)
            proposal = self._proposal()
            if proposal is not None:
                self._try(proposal)
            elif unknown := self._unknown(schedule):
                self._probe(unknown)
            else:
                self._try(schedule)
            self._learn()
            given_up = self.patience is not None and self._failed_years > self.patience
            if given_up or (self.any_will_do and self.incumbent is not None):
                return

    def _cost_is_settled(self, best: tuple[int, Schedule] | None) -> bool:
        """Whether nothing is cheaper than the incumbent, as is seen now: then the earliest of that cost is wanted."""
        if self.incumbent is None or self.settled_cost is not None:
            return False
        if best is not None and self.master.cost_of(best[0]) < self.incumbent.cost:
            return False
        self.settled_cost = self.incumbent.cost
        self._restart()
        return True

    def _check(self) -> None:
        if self.stopping is not None and self.stopping():
            raise Halt

    def _restart(self) -> None:
        self.master: Master = master_of(
            self.knowledge, self.without, cheapest_year=self.cheapest_year, history=self.history
        )
        if self.settled_cost is not None:
            self.master.settle_cost(self.settled_cost)
        self._version, self._used = self.knowledge.version, len(self.knowledge.cuts)
        self._impossible, self._undatable = len(self.knowledge.impossible), len(self.knowledge.undatable)

    def _learn(self) -> None:
        """Tell the master what is new."""
        knowledge = self.knowledge
        if knowledge.version != self._version:
            self.bound = None  # It rested on cuts that a wider guard band does not allow any more.
            self._restart()
            return
        for cut in knowledge.cuts[self._used :]:
            self.master.exclude(cut)
        for state in knowledge.impossible[self._impossible :]:
            self.master.exclude_options(state.design.options)
        for schedule in knowledge.undatable[self._undatable :]:
            self.master.exclude_begins(schedule)
        self._used, self._impossible = len(knowledge.cuts), len(knowledge.impossible)
        self._undatable = len(knowledge.undatable)

    # What a schedule asks for -----------------------------------------------------------------------------------------

    def asked(self, schedule: Schedule) -> list[Asked]:
        """Every goal with every state of the office in which it has to be kept; equal ones once."""
        found: dict[object, Asked] = {}
        for goal, condition in enumerate(self.programme.conditions):
            if Rule("milestone", goal) in self.without:
                continue
            for quarter in range(condition.first, condition.last + 1):
                for state in self.programme.states(schedule, quarter):
                    found.setdefault(self.subjects.local(goal, state), (goal, state))
        return list(found.values())

    def _best(self, master: Master, gap: float = 0.0) -> tuple[int, Schedule] | None:
        """The best schedule left of a master, of those whose measures can be at work together in every quarter."""
        while True:
            best = master.best(self.stopping, gap)
            impossible = None if best is None else self._impossible_state(best[1])
            if impossible is None:
                return best
            self.knowledge.impossible.append(impossible)
            for one in {id(master): master, id(self.master): self.master}.values():
                one.exclude_options(impossible.design.options)
            self._impossible = len(self.knowledge.impossible)

    def _impossible_state(self, schedule: Schedule) -> State | None:
        """The first state of a schedule whose measures cannot be at work together; None where all can."""
        for quarter in range(self.programme.quarters):
            for state in self.programme.states(schedule, quarter):
                try:
                    self.programme.with_options(state.design.options, state.era)
                except ReformError:
                    return state
        return None

    def _unknown(self, schedule: Schedule) -> list[Asked]:
        return [one for one in self.asked(schedule) if self.knowledge.seen(*one) is None]

    # Simulating -------------------------------------------------------------------------------------------------------

    def _try(self, schedule: Schedule) -> None:
        """Simulate the states of a schedule until one misses a milestone, and then its years."""
        while unknown := self._unknown(schedule):
            before = len(self.knowledge.cuts), self.knowledge.version
            self._simulate(self.composed(unknown))
            if (len(self.knowledge.cuts), self.knowledge.version) != before and self._missed(schedule):
                return
        if self._missed(schedule):
            return
        values = self._verified(schedule)
        if values is not None:
            cost = self.programme.objective(schedule, self.cheapest_year)
            found = Incumbent(schedule, self.master.rank(schedule, cost), cost, values)
            if self.incumbent is None or found.rank < self.incumbent.rank:
                self.incumbent = found
            self._tell()

    def _missed(self, schedule: Schedule) -> bool:
        seen = (self.knowledge.seen(*one) for one in self.asked(schedule))
        return any(one is not None and not one.kept for one in seen)

    def _simulate(self, state: State) -> None:
        try:
            estimates = self.simulate(state)
        except ImpossibleOptions:
            self.knowledge.impossible.append(state)
            return
        self.knowledge.record(state, estimates)
        self.expectations.forget()
        self._tell()

    def composed(self, asked: Sequence[Asked]) -> State:
        """One state that tells as many of ``asked`` as possible, the first of them for certain.

        Divisions have nothing to do with each other, so each may be in the state that something is asked about.
        """
        whole = asked[0][1]
        told = [asked[0]]
        for goal, state in asked[1:]:
            trial = self._overlaid(whole, goal, state)
            if trial is None or any(self.subjects.local(g, trial) != self.subjects.local(g, s) for g, s in told):
                continue
            if self.subjects.local(goal, trial) == self.subjects.local(goal, state):
                whole = trial
                told.append((goal, state))
        return whole

    def _overlaid(self, whole: State, goal: int, state: State) -> State | None:
        """``whole`` with the division of a goal as it is in ``state``; None where that cannot be."""
        if state.era != whole.era:
            return None
        pools, options = self.subjects.divisions[goal]
        staff, taken = list(whole.design.staff), list(whole.design.options)
        for pool in pools:
            staff[pool] = state.design.staff[pool]
        for option in options:
            taken[option] = state.design.options[option]
        trial = State(replace(whole.design, staff=tuple(staff), options=tuple(taken)), whole.era)
        try:
            self.programme.with_options(trial.design.options, trial.era)
        except ReformError:
            return None
        return trial

    def _verified(self, schedule: Schedule) -> tuple[YearValue, ...] | None:
        """What the years say, where they keep every milestone; what is missed is cut."""
        if self.simulate_year is None:
            return ()
        values: list[YearValue] = []
        for year in range(len(self.programme.roadmap.years)):
            try:
                own = self._year(schedule, year)
            except ReformError:
                self.knowledge.undatable.append(schedule)
                return None
            values += own
            missed = [value for value in own if not value.kept and Rule("milestone", value.goal) not in self.without]
            for value in missed:
                self._miss(schedule, value)
            if missed:
                self._failed_years += 1
                return None
        return tuple(values)

    def _year(self, schedule: Schedule, year: int) -> tuple[YearValue, ...]:
        assert self.simulate_year is not None
        values = self.simulate_year(schedule, year)
        self._tell()
        return values

    def _miss(self, schedule: Schedule, value: YearValue) -> None:
        """Cut a year that misses a milestone: with the most posts in the years before, if it misses it even so."""
        goal = self.programme.goals[value.goal]
        states = list(self.programme.states(schedule, value.last))
        seen = self.knowledge.seen(value.goal, states[0])
        if seen is not None and seen.kept and not value.estimate.lower_bound:
            more = goal.stress(value.estimate.value) - goal.stress(seen.estimate.value)
            strain = self.expectations.strain
            strain[value.goal] = max(strain[value.goal], min(more, strain[value.goal] + STRAIN_STEP))
        if (
            value.year > 0
            and goal.direction > 0
            and self.knowledge.excess(value.goal, value.estimate) > self.knowledge.band
        ):
            lifted = self._with_most_before(schedule, value)
            again = next((v for v in self._year(lifted, value.year) if v.goal == value.goal), None)
            if again is not None and self.knowledge.excess(value.goal, again.estimate) > self.knowledge.band:
                self.knowledge.miss(value.goal, value.year, value.last, lifted, again.estimate)
                return
        self.knowledge.miss(value.goal, value.year, value.last, schedule, value.estimate)

    def _with_most_before(self, schedule: Schedule, value: YearValue) -> Schedule:
        """The schedule with the most posts before the year of a value, in the pools of which more can only help it:
        what is excluded of the one then holds for the other."""
        effects = self.subjects.effects_until(value.goal, schedule, value.last)
        own = [p for p in self.subjects.divisions[value.goal][0] if effects[p] == 1]
        most = self.programme.most
        staff = tuple(
            tuple(most[p] if year < value.year and p in own else n for p, n in enumerate(posts))
            for year, posts in enumerate(schedule.staff)
        )
        return Schedule(schedule.begins, staff)

    def _tell(self) -> None:
        if self.progress is not None:
            best = self.incumbent.cost if self.incumbent else None
            self.progress(Progress(best, self.bound))

    # Proposals and proof ----------------------------------------------------------------------------------------------

    def _proposal(self) -> Schedule | None:
        """The cheapest schedule left that is expected to keep every milestone; None where none is."""
        believed = self.master.copy()
        if self.incumbent is not None:
            believed.better_than(self.incumbent.rank)
        self._beliefs = self._still_believed()
        for belief in self._beliefs:
            believed.exclude(belief)
        for _ in range(PROPOSAL_ROUNDS if self.incumbent is None else ROUNDS_BESIDE_PROOF):
            self._check()
            best = self._best(believed, PROPOSAL_GAP)
            if best is None:
                return None
            stress = self.expectations.stress(self.asked(best[1]))
            doubted = [one for one, value in stress.items() if value > 0.0]
            if not doubted:
                return best[1]
            for goal, state in doubted:
                for belief in self._disbelieved(goal, state):
                    believed.exclude(belief)
        return None

    def _disbelieved(self, goal: int, state: State) -> list[StateCut]:
        """What is excluded, for proposals only, because a goal is expected to be missed in a state."""
        if self.programme.goals[goal].direction == 0 or self.knowledge.seen(goal, state) is not None:
            return [StateCut(goal, state, 0.0, False)]
        cuts = [StateCut(goal, state, 0.0, True)]
        if self.expectations.stress([(goal, state)])[goal, state] > self.expectations.strain[goal]:
            raised = dict.fromkeys(s for _, s in self.expectations.lifted(goal, state, guarded=False))
            cuts = [StateCut(goal, s, 0.0, True) for s in raised] or cuts
        self._beliefs += cuts
        return cuts

    def _still_believed(self) -> list[StateCut]:
        """The beliefs that forecasts, which have learnt since, still hold."""
        asked = [(cut.goal, cut.state) for cut in self._beliefs]
        stress = self.expectations.stress(asked)
        return [cut for cut, one in zip(self._beliefs, asked, strict=True) if stress[one] > 0.0]

    def _probe(self, unknown: Sequence[Asked]) -> None:
        """Simulate what is expected to exclude most of what keeps the cheapest schedule from being excluded."""
        candidates: list[tuple[float, Asked]] = []
        for goal, state in unknown:
            if self.expectations.likely_missed((goal, state)) < 0.5:
                continue
            score, raised = max(self.expectations.lifted(goal, state, guarded=True))
            if self.knowledge.seen(goal, raised) is not None:
                raised = state
            candidates.append((score, (goal, raised)))
        if not candidates:
            self._simulate(self.composed(unknown))
            return
        candidates.sort(key=lambda one: -one[0])
        self._simulate(self.composed([one for _, one in candidates]))
