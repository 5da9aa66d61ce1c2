"""Simulating for a roadmap: states of the office and years of a schedule, each once, and counted.

One *simulation* is one state, or one year of a schedule, over all its replications.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from simgov.errors import ReformError
from simgov.kpi.statistics import Estimate
from simgov.kpi.targets import Target
from simgov.optimize.evaluation import Simulator, Stopper
from simgov.optimize.roadmap.programme import Programme, Schedule, State
from simgov.optimize.roadmap.subjects import Subjects
from simgov.optimize.roadmap.years import YearValue, replications, simulated, spans
from simgov.optimize.search import Halt, ImpossibleOptions

YearKey = tuple[int, tuple[int, ...], tuple[tuple[int, ...], ...], tuple[tuple[int, int], ...], tuple[Target, ...]]


@dataclass
class Oracle:
    """What states and years say, over ``replications`` of ``seed``; ``most`` simulations at the most."""

    programme: Programme
    subjects: Subjects
    seed: int
    replications: int
    stopper: Stopper
    workers: int | None = None
    most: int | None = None
    states: int = field(default=0, init=False)
    years: int = field(default=0, init=False)
    _states: dict[State, list[Estimate]] = field(default_factory=dict, init=False)
    _years: dict[YearKey, dict[int, YearValue]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        problem = self.subjects.problem((False,) * len(self.programme.options))
        confidence = self.programme.baseline.run.confidence
        self.replications_a_year = max(2, replications(self.programme) * self.replications // self._of_the_file)

        def simulator(count: int) -> Simulator:
            return Simulator(problem, count, self.seed, self.stopper, self.workers, confidence)

        self._of_states, self._of_years = simulator(self.replications), simulator(self.replications_a_year)

    @property
    def _of_the_file(self) -> int:
        return self.programme.baseline.run.replications

    def close(self) -> None:
        """Let the workers go."""
        self._of_states.close()
        self._of_years.close()

    def state(self, state: State) -> list[Estimate]:
        """The KPI of each milestone in a state. Raises ``ImpossibleOptions``, ``Halt`` when stopped."""
        if state not in self._states:
            try:
                scenario = self.programme.scenario(state)
            except ReformError as error:
                raise ImpossibleOptions(str(error)) from None
            self._spend()
            self._states[state] = self._of_states.estimates(scenario, 0)
            self.states += 1
        return self._states[state]

    def year(self, schedule: Schedule, year: int, programme: Programme | None = None) -> tuple[YearValue, ...]:
        """What a year says of the milestones that hold in it (of ``programme``, where that has others).

        Raises ``ReformError``, ``Halt`` when stopped.
        """
        programme = programme or self.programme
        held = spans(programme, year)
        if not held:
            return ()
        last = max(last for _, last in held)
        begins = tuple(min(begin, last + 1) for begin in schedule.begins)
        key = year, begins, schedule.staff[: year + 1], tuple(sorted(held)), programme.targets
        if key not in self._years:
            self._spend()
            found = simulated(programme, schedule, year, lambda scenario: self._of_years.estimates(scenario, 0))
            self._years[key] = {value.goal: value for value in found}
            self.years += 1
        return tuple(self._years[key].values())

    def _spend(self) -> None:
        if self.stopper():
            raise Halt
        if self.most is not None and self.states + self.years >= self.most:
            raise Halt
