"""A study as a programme over years: what may begin when, how many posts each year may have, and what all of it costs.

Costs are exact, in whole minor units: posts by calendar year, set-up in the quarter in which a measure begins, running
costs from then on. A ``State`` is the office at one moment: its posts, the measures that have settled, and the year
whose demand it meets.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from simgov.errors import ReformError
from simgov.kpi.cost import other_posts_cost, posts_cost, running_cost
from simgov.kpi.table import find
from simgov.kpi.targets import Target
from simgov.optimize.company import applied, branching, clauses
from simgov.optimize.effects import goal_of
from simgov.optimize.goals import Goal
from simgov.optimize.roadmap.dating import YEAR_DAYS, DatedChance, Dates, begun_on, learnt, settled
from simgov.optimize.roadmap.demand import grown, grows
from simgov.optimize.roadmap.schema import Roadmap, Window
from simgov.optimize.space import Clause, Design, Option
from simgov.reforms.reform import after, needed_by
from simgov.scenario.value import Scenario, staffed
from simgov.units import Duration

if TYPE_CHECKING:
    from simgov.reforms.measure import Measure
    from simgov.study import Study

DAY_MINUTES = 1440.0
QUARTER_DAYS = 91


@dataclass(frozen=True, order=True)
class State:
    """``design`` (posts, and measures at work) meeting the demand of ``era`` (a place among the years; 0 where demand
    does not grow)."""

    design: Design
    era: int = 0


@dataclass(frozen=True, order=True)
class Schedule:
    """``begins``: the quarter in which each measure begins (``quarters`` of the programme: never); ``staff``: posts of
    each pool by year."""

    begins: tuple[int, ...]
    staff: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Expense:
    """What a measure costs: ``once`` when the first of the ``options`` that bring it begins, ``running[q]`` in each
    quarter from then on."""

    options: tuple[int, ...]
    once: int
    running: tuple[int, ...]


@dataclass(frozen=True)
class Condition:
    """The goal ``goal``, of the milestone in the same place, holds in the quarters ``first`` to ``last``."""

    goal: int
    first: int
    last: int


@dataclass(frozen=True, eq=False)
class Programme:
    """What a roadmap decides. ``measures`` are those of each option, in the order of the roadmap.

    ``post_costs[year][pool][n - fewest]`` and ``fixed[year]`` are minor units of a calendar year.
    """

    baseline: Scenario
    roadmap: Roadmap
    options: tuple[Option, ...]
    measures: tuple[tuple[Measure, ...], ...]
    windows: tuple[Window, ...]
    rules: tuple[Clause, ...]
    needs: tuple[tuple[int, tuple[int, ...]], ...]
    targets: tuple[Target, ...]
    goals: tuple[Goal, ...]
    conditions: tuple[Condition, ...]
    post_costs: tuple[tuple[tuple[int, ...], ...], ...]
    fixed: tuple[int, ...]
    expenses: tuple[Expense, ...]
    scenarios: dict[tuple[tuple[bool, ...], int], Scenario] = field(default_factory=dict, repr=False)

    @property
    def pools(self) -> tuple[str, ...]:
        """The pools whose posts may change."""
        return tuple(self.roadmap.staff)

    @property
    def quarters(self) -> int:
        """How many."""
        return self.roadmap.quarters

    def year_of(self, quarter: int) -> int:
        """The place of a quarter's year among the years."""
        return self.roadmap.calendar[quarter].year - self.roadmap.start.year

    def era_of(self, quarter: int) -> int:
        """Whose demand a quarter meets."""
        return self.year_of(quarter) if grows(self.baseline) else 0

    # States -----------------------------------------------------------------------------------------------------------

    def scenario(self, state: State) -> Scenario:
        """The office in a state, measured by the run settings of the file."""
        changed = self.with_options(state.design.options, state.era)
        posts = dict(zip(self.pools, state.design.staff, strict=True))
        return replace(changed.with_staff(posts), label="state")

    def with_options(self, taken: tuple[bool, ...], era: int) -> Scenario:
        """The office with the measures that are ``taken`` at work; posts as the baseline and the measures have them."""
        if (taken, era) not in self.scenarios:
            own = [(option, settled(self.measures[i])) for i, option in enumerate(self.options) if taken[i]]
            office = grown(self.baseline, self._middle_of(era))
            self.scenarios[taken, era] = learnt(applied(office, own), office)
        return self.scenarios[taken, era]

    def _middle_of(self, era: int) -> float:
        """How many years after the programme begins the middle of those quarters lies that meet the demand of an
        era."""
        own = [q for number, q in enumerate(self.roadmap.calendar) if self.era_of(number) == era]
        first, last = own[0].start - self.roadmap.start.start, own[-1].end - self.roadmap.start.start
        return (first + last).days / 2.0 / YEAR_DAYS

    def states(self, schedule: Schedule, quarter: int) -> tuple[State, ...]:
        """The states whose KPIs a quarter answers for: without the measures that have begun and not settled, and, for
        those that change the process, with them."""
        staff, era = schedule.staff[self.year_of(quarter)], self.era_of(quarter)
        before = tuple(
            begin + window.settle <= quarter for begin, window in zip(schedule.begins, self.windows, strict=True)
        )
        meanwhile = tuple(
            there or (begin <= quarter and not option.monotone)
            for there, begin, option in zip(before, schedule.begins, self.options, strict=True)
        )
        return tuple(State(Design(staff, taken), era) for taken in dict.fromkeys((before, meanwhile)))

    def until(self, schedule: Schedule, last: int) -> Schedule:
        """The schedule with nothing decided after the quarter ``last``: no measure begins, and posts stay."""
        year = self.year_of(last)
        begins = tuple(begin if begin <= last else self.quarters for begin in schedule.begins)
        later = len(schedule.staff) - year - 1
        return Schedule(begins, schedule.staff[: year + 1] + (schedule.staff[year],) * later)

    # Dates ------------------------------------------------------------------------------------------------------------

    def dated(self, schedule: Schedule, first: datetime.date, last: datetime.date) -> Scenario:
        """The office over the programme: measures on their dates, posts by year, measured for those who apply from
        ``first`` to before ``last``; it runs from a quarter before on (for the first days of the programme: after the
        warm-up of the file)."""
        origin = self.roadmap.start.start - datetime.timedelta(days=self.warm_up_days)
        office = replace(self.baseline, run=replace(self.baseline.run, start=origin, cases=None, warm_up_cases=0))
        begun = [
            (self.options[i], begun_on(self.measures[i], self.roadmap.calendar[begin].start))
            for i, begin in enumerate(schedule.begins)
            if begin < self.quarters
        ]
        changed = applied(office, sorted(begun, key=lambda one: schedule.begins[self.options.index(one[0])]))
        start = max(origin, first - datetime.timedelta(days=QUARTER_DAYS))
        run = replace(
            office.run,
            start=start,
            warm_up=Duration((first - start).days * DAY_MINUTES),
            period=Duration((last - first).days * DAY_MINUTES),
        )
        new_years = tuple(datetime.date(year, 1, 1) for year in self.roadmap.years[1:])
        years = tuple(tuple(zip(self.pools, staff, strict=True)) for staff in schedule.staff)
        dates = Dates(new_years, years, run)
        chance = None if changed.chance is None else DatedChance(changed.chance, dates)
        return replace(dates.of(changed), chance=chance, label="programme")

    @property
    def warm_up_days(self) -> int:
        """Days that the office works before the programme begins, so that it does not begin empty."""
        warm_up = self.baseline.run.warm_up
        if self.baseline.run.cases is not None:
            return 30
        return round(warm_up.amount * 7 / 5) + 7 if warm_up.base == "workday" else round(warm_up.amount / DAY_MINUTES)

    # Costs ------------------------------------------------------------------------------------------------------------

    def costs(self, schedule: Schedule) -> tuple[int, ...]:
        """Minor units of each calendar year."""
        posts = [
            self.fixed[year] + sum(prices[n - low] for prices, n, low in zip(costs, staff, self.fewest, strict=True))
            for year, (costs, staff) in enumerate(zip(self.post_costs, schedule.staff, strict=True))
        ]
        return tuple(paid + bought for paid, bought in zip(posts, self.spent_on_measures(schedule), strict=True))

    def spent_on_measures(self, schedule: Schedule) -> tuple[int, ...]:
        """Minor units of each calendar year that measures cost."""
        years = [0] * len(self.roadmap.years)
        for expense in self.expenses:
            begin = min(schedule.begins[option] for option in expense.options)
            for quarter in range(begin, self.quarters):
                years[self.year_of(quarter)] += expense.running[quarter] + (expense.once if quarter == begin else 0)
        return tuple(years)

    def spent(self, schedule: Schedule) -> tuple[int, ...]:
        """Minor units of each calendar year that count against its budget."""
        return self.costs(schedule) if self.roadmap.covers == "all" else self.spent_on_measures(schedule)

    def objective(self, schedule: Schedule, cheapest_year: int | None = None) -> int:
        """What is made small: the cost of all years, or what counts against the budget of one."""
        return sum(self.costs(schedule)) if cheapest_year is None else self.spent(schedule)[cheapest_year]

    @property
    def fewest(self) -> tuple[int, ...]:
        """The fewest posts of each pool."""
        return tuple(low for low, _ in self.roadmap.staff.values())

    @property
    def most(self) -> tuple[int, ...]:
        """The most posts of each pool."""
        return tuple(high for _, high in self.roadmap.staff.values())


def build(study: Study, roadmap: Roadmap, today: int = 0) -> Programme:
    """What the roadmap of a checked study decides, from the quarter ``today`` on."""
    baseline = study.baseline
    names = tuple(roadmap.measures)
    measures = tuple(tuple(study.reforms[name].measures) for name in names)
    options = branching([Option(name, "reform", study.reforms[name].monotone) for name in names], measures)
    targets = tuple(milestone.target for milestone in roadmap.milestones)
    quarters = [_quarter(baseline, quarter.start, quarter.days) for quarter in roadmap.calendar]
    years = [
        _quarter(baseline, own[0].start, sum(quarter.days for quarter in own))
        for own in ([q for q in roadmap.calendar if q.year == year] for year in roadmap.years)
    ]
    rules = clauses(baseline, measures)
    return Programme(
        baseline=baseline,
        roadmap=roadmap,
        options=options,
        measures=measures,
        windows=tuple(roadmap.measures.values()),
        rules=rules,
        needs=tuple(_needed(rule) for rule in rules if any(wanted for _, wanted in rule)),
        targets=targets,
        goals=tuple(goal_of(target, find(baseline, target.kpi)) for target in targets),
        conditions=_conditions(roadmap, today),
        post_costs=tuple(
            tuple(
                tuple(posts_cost(year, staffed(year.pool(name), n)) for n in range(low, high + 1))
                for name, (low, high) in roadmap.staff.items()
            )
            for year in years
        ),
        fixed=tuple(other_posts_cost(year, roadmap.staff) for year in years),
        expenses=tuple(_expenses(study, roadmap, measures, quarters)),
    )


def varied(programme: Programme, roadmap: Roadmap, today: int = 0) -> Programme:
    """The same office and the same decisions with other milestones, budgets or limits to change."""
    targets = tuple(milestone.target for milestone in roadmap.milestones)
    return replace(
        programme,
        roadmap=roadmap,
        targets=targets,
        goals=tuple(goal_of(target, find(programme.baseline, target.kpi)) for target in targets),
        conditions=_conditions(roadmap, today),
    )


def _needed(rule: Clause) -> tuple[int, tuple[int, ...]]:
    """Of a rule "not this, or one of these": this, and these."""
    return next(place for place, wanted in rule if not wanted), tuple(place for place, wanted in rule if wanted)


def _quarter(baseline: Scenario, start: datetime.date, days: int) -> Scenario:
    """The baseline for reckoning what a stretch of days costs."""
    return replace(baseline, run=replace(baseline.run, start=start), horizon=Duration(days * DAY_MINUTES))


def _conditions(roadmap: Roadmap, today: int) -> tuple[Condition, ...]:
    """Each milestone holds until a later one of the same KPI takes its place, and from ``today`` on."""
    conditions = []
    for place, milestone in enumerate(roadmap.milestones):
        later = [
            other.by
            for other in roadmap.milestones
            if (other.target.kpi, other.target.sense) == (milestone.target.kpi, milestone.target.sense)
            and other.by > milestone.by
        ]
        conditions.append(Condition(place, max(milestone.by, today), min(later, default=roadmap.quarters) - 1))
    return tuple(conditions)


def _expenses(
    study: Study, roadmap: Roadmap, measures: Sequence[Sequence[Measure]], quarters: Sequence[Scenario]
) -> list[Expense]:
    """What measures cost, each once however many options bring it, and what they change in the cost of fixed posts."""
    expenses = []
    for measure in dict.fromkeys(measure for own in measures for measure in own):
        if measure.set_up or measure.running:
            options = tuple(i for i, own in enumerate(measures) if measure in own)
            running = tuple(running_cost(quarter, measure.running) for quarter in quarters)
            expenses.append(Expense(options, measure.set_up, running))
    for place, name in enumerate(roadmap.measures):
        changes = tuple(_change_of_posts(study, roadmap, name, quarter) for quarter in quarters)
        if any(changes):
            expenses.append(Expense((place,), 0, changes))
    return expenses


def _change_of_posts(study: Study, roadmap: Roadmap, name: str, quarter: Scenario) -> int:
    """What a measure changes in the cost of the posts that the roadmap does not decide, in one quarter."""
    reform = study.reforms[name]
    before = after(settled(needed_by(reform, study.reforms)), quarter)
    try:
        changed = after(settled(reform.measures), before)
    except ReformError:
        return 0
    return other_posts_cost(changed, roadmap.staff) - other_posts_cost(before, roadmap.staff)
