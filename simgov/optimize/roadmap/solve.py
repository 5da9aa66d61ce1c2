"""``plan_years``: from a study with a ``roadmap:`` to a programme over years, or to the rules that conflict."""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simgov.arrays import Integers
from simgov.errors import InputError
from simgov.errors import Problem as Fault
from simgov.optimize.evaluation import Stopper
from simgov.optimize.roadmap.certify import certificate
from simgov.optimize.roadmap.conflicts import Conflict, Nearest, conflict
from simgov.optimize.roadmap.knowledge import GUARD_BAND, Knowledge
from simgov.optimize.roadmap.master import History, Rule
from simgov.optimize.roadmap.oracle import Oracle
from simgov.optimize.roadmap.plan import (
    Begun,
    Change,
    ConflictRule,
    MilestonePlan,
    Reached,
    RoadmapPlan,
    YearPlan,
)
from simgov.optimize.roadmap.programme import build, varied
from simgov.optimize.roadmap.replanning import Replanning, changes
from simgov.optimize.roadmap.schema import Roadmap
from simgov.optimize.roadmap.search import Incumbent, Progress, Search
from simgov.optimize.roadmap.subjects import Subjects
from simgov.optimize.search import Halt
from simgov.optimize.solving import SolverStopped
from simgov.units import Duration

if TYPE_CHECKING:
    from simgov.study import Study


PATIENCE = 12
"""After so many schedules that fail in their years, one that goes with the others of a conflict is not looked for."""


@dataclass(frozen=True)
class Standing:
    """Where a search stands: simulations of states and of years so far; money in minor units, None where there is none
    yet; ``phase`` is "search" or "conflict"."""

    states: int
    years: int
    incumbent: int | None
    bound: int | None
    phase: str


def plan_years(
    study: Study,
    *,
    seed: int | None = None,
    simulations: int | None = None,
    time: Duration | float | None = None,
    workers: int | None = None,
    progress: Callable[[Standing], None] | None = None,
    stop: Integers | None = None,
    replications: int | None = None,
    guard_band: float = GUARD_BAND,
    anew: Replanning | None = None,
) -> RoadmapPlan:
    """The cheapest programme that keeps the milestones of the study's roadmap, or why there is none.

    ``simulations`` (states and years), ``time`` (a Duration, or seconds) and ``stop`` (int64[1], non-zero), as well as
    Ctrl-C, end the search with the best so far and its bound. ``anew`` plans an earlier programme from a later day on.
    The same arguments give the same programme for any number of ``workers``, unless time or the user ended the search.
    Raises ``InputError`` for a study without a roadmap.
    """
    if study.roadmap is None:
        fault = Fault(
            (), "there is nothing to plan over years", "give the file a roadmap: section", str(study.path), 1, 1
        )
        raise InputError((fault,))
    seconds = time.amount * 60.0 if isinstance(time, Duration) else time
    run = study.baseline.run
    return _Planning(
        study,
        study.roadmap if anew is None else anew.roadmap(study.roadmap),
        None if anew is None else anew.history(study.roadmap),
        anew,
        run.seed if seed is None else seed,
        run.replications if replications is None else replications,
        Stopper(stop, None if seconds is None else clock.monotonic() + seconds),
        workers,
        simulations,
        progress,
        guard_band,
    ).plan()


@dataclass
class _Planning:
    study: Study
    roadmap: Roadmap
    history: History | None
    anew: Replanning | None
    seed: int
    replications: int
    stopper: Stopper
    workers: int | None
    simulations: int | None
    progress: Callable[[Standing], None] | None
    band: float

    def __post_init__(self) -> None:
        self.programme = build(self.study, self.roadmap, self.today)
        self.subjects = Subjects(self.programme)
        self.oracle = Oracle(
            self.programme, self.subjects, self.seed, self.replications, self.stopper, self.workers, self.simulations
        )
        self.knowledge = Knowledge(self.programme, self.subjects, self.band)
        self.stopped = ""
        self.phase = "search"

    @property
    def today(self) -> int:
        """The place of the quarter from which on everything is decided."""
        return 0 if self.history is None else self.history.today

    def plan(self) -> RoadmapPlan:
        """Search; where nothing is found, look for the conflict."""
        try:
            search = self._searching(self.knowledge, True)
            answered = self._settled(search)
            found = None
            if answered and search.incumbent is None:
                self.phase = "conflict"
                found = conflict(self.programme, self._variant, self._settled)
        finally:
            self.oracle.close()
        return self._described(search, found)

    def _searching(self, knowledge: Knowledge, years: bool, **settings: object) -> Search:
        return Search(
            knowledge,
            self.oracle.state,
            (lambda schedule, year: self.oracle.year(schedule, year, knowledge.programme)) if years else None,
            self.stopper,
            seed=self.seed,
            history=self.history,
            progress=self._tell,
            **settings,  # type: ignore[arg-type]
        )

    def _variant(
        self, roadmap: Roadmap, without: frozenset[Rule], *, cheapest_year: int | None = None, years: bool = False
    ) -> Search:
        """A search of the same office under other rules, for any answer or for the cheapest of one year."""
        knowledge = self.knowledge
        if roadmap != self.roadmap:
            programme = varied(self.programme, roadmap, self.today)
            subjects = Subjects(programme)
            knowledge = Knowledge(programme, subjects, self.knowledge.band)
            for state, estimates in self.knowledge.states.items():
                knowledge.record(state, estimates)
        return self._searching(
            knowledge,
            years,
            without=without,
            cheapest_year=cheapest_year,
            any_will_do=cheapest_year is None,
            patience=PATIENCE,
        )

    def _settled(self, search: Search) -> bool:
        """Run a search; whether it came to an answer by itself."""
        if self.stopped:
            return False
        try:
            search.run()
        except (Halt, SolverStopped):
            self.stopped = self.stopper.reason or "simulations"
        except KeyboardInterrupt:
            self.stopped = self.stopper.reason = "interrupted"
        return not self.stopped

    def _tell(self, progress: Progress) -> None:
        if self.progress is not None:
            incumbent = progress.incumbent if self.phase == "search" else None
            bound = progress.bound if self.phase == "search" else None
            self.progress(Standing(self.oracle.states, self.oracle.years, incumbent, bound, self.phase))

    # The answer -------------------------------------------------------------------------------------------------------

    def _described(self, search: Search, found: Conflict | None) -> RoadmapPlan:
        best = search.incumbent
        schedule = None if best is None else best.schedule
        cost = None if best is None else best.cost
        bound = cost if search.proved else search.bound
        return RoadmapPlan(
            scenario=str(self.study.path),
            start=str(self.roadmap.start),
            quarters=self.roadmap.quarters,
            measures=self._measures(best),
            years=self._years(best),
            milestones=self._milestones(best),
            cost=None if cost is None else cost / 100,
            unit=self.study.baseline.currency,
            proof="guarded" if search.proved else "none",
            bound=None if bound is None else bound / 100,
            states=self.oracle.states,
            years_simulated=self.oracle.years,
            seed=self.seed,
            replications=self.replications,
            replications_a_year=self.oracle.replications_a_year,
            guard_band=self.knowledge.band,
            worst_violation=self.knowledge.worst_violation,
            stopped=self.stopped,
            conflict=() if found is None else tuple(self._rule(rule, found) for rule in found.rules),
            conflict_is_smallest=found is None or found.smallest,
            today=None if self.anew is None else str(self.anew.today),
            slipped={} if self.anew is None else dict(self.anew.slipped),
            new_budgets={} if self.anew is None else {y: m.minor / 100 for y, m in self.anew.budgets.items()},
            changes=self._changes(best),
            cost_before=None if self.anew is None else self.anew.before.cost,
            evidence=certificate(self.knowledge, self.history, schedule, cost),
        )

    def _changes(self, best: Incumbent | None) -> tuple[Change, ...]:
        if self.anew is None or best is None:
            return ()
        return changes(self.anew.before, self._measures(best), self._years(best))

    def _measures(self, best: Incumbent | None) -> tuple[Begun, ...]:
        if best is None:
            return ()
        calendar, last = self.roadmap.calendar, self.programme.quarters
        return tuple(
            Begun(
                option.name,
                str(calendar[begin]) if begin < last else None,
                str(calendar[begin].later(window.settle)) if begin < last else None,
            )
            for option, window, begin in zip(
                self.programme.options, self.programme.windows, best.schedule.begins, strict=True
            )
        )

    def _years(self, best: Incumbent | None) -> tuple[YearPlan, ...]:
        if best is None:
            return ()
        programme, schedule = self.programme, best.schedule
        costs, measures = programme.costs(schedule), programme.spent_on_measures(schedule)
        return tuple(
            YearPlan(
                year=year,
                staff=dict(zip(programme.pools, schedule.staff[place], strict=True)),
                cost=costs[place] / 100,
                measures=measures[place] / 100,
                spent=programme.spent(schedule)[place] / 100,
                budget=None if year not in self.roadmap.budgets else self.roadmap.budgets[year] / 100,
            )
            for place, year in enumerate(self.roadmap.years)
        )

    def _milestones(self, best: Incumbent | None) -> tuple[MilestonePlan, ...]:
        calendar, years = self.roadmap.calendar, self.roadmap.years
        return tuple(
            MilestonePlan(
                str(calendar[milestone.by]),
                milestone.target.kpi,
                milestone.target.sense,
                milestone.target.limit,
                milestone.target.unit,
                tuple(
                    Reached(
                        years[value.year],
                        str(calendar[value.first]),
                        str(calendar[value.last]),
                        value.estimate.value,
                        value.estimate.half_width,
                        value.estimate.lower_bound,
                        value.kept,
                    )
                    for value in (() if best is None else best.values)
                    if value.goal == goal
                ),
            )
            for goal, milestone in enumerate(self.roadmap.milestones)
        )

    def _rule(self, rule: Rule, found: Conflict) -> ConflictRule:
        nearest = next((one for one in found.nearest if one.rule == rule), None)
        return ConflictRule(rule.kind, self._named(rule), {} if nearest is None else self._nearest(nearest))

    def _named(self, rule: Rule) -> tuple[str, ...]:
        names = [option.name for option in self.programme.options]
        if rule.kind == "milestone":
            return (str(rule.place),)
        if rule.kind == "budget":
            return (str(self.roadmap.years[rule.place]),)
        if rule.kind == "must":
            return (names[rule.place],)
        return ()

    def _nearest(self, nearest: Nearest) -> Mapping[str, object]:
        money = nearest.rule.kind == "budget"
        said: dict[str, object] = {}
        if nearest.quarter is not None:
            said["quarter"] = str(self.roadmap.calendar[nearest.quarter])
        if nearest.value is not None:
            said["value"] = nearest.value
        if nearest.amount is not None:
            said["amount"] = nearest.amount / 100 if money else nearest.amount
        return said
