"""KPIs of small hand-made event tables; the numbers beside each assertion are worked out by hand."""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from simgov.calendars import ALWAYS, Calendar
from simgov.distributions import Constant
from simgov.engines.events import CASE_OUTCOMES, TASK_OUTCOMES, EventTable
from simgov.kpi import DEFINITIONS, find, measure, names, visit_days
from simgov.kpi.measures import NUMBERS, SAMPLES
from simgov.kpi.statistics import Sample, quantile, rank
from simgov.network import Network, compile_network
from simgov.scenario.value import (
    PoissonArrivals,
    Pool,
    RunSettings,
    Scenario,
    Service,
    Shift,
    Step,
    Text,
)
from simgov.units import Duration, Money, Rate

NAN = math.nan
DAY = 1440.0
HOURS = ((540, 720), (780, 1020))  # 09:00-12:00 and 13:00-17:00: 420 minutes
WEEK = (HOURS,) * 5 + ((), ())
MONDAY = datetime.date(2026, 1, 5)  # CN: no holiday in the four weeks that follow


def text(name: str) -> Text:
    return Text(name, name)


def step(name: str, **given: Any) -> Step:
    return Step(name, text(name), f"s.{name}", time=Constant(10.0), **given)


def office(**changes: Any) -> Scenario:
    """Two services at one desk (2 posts, 35 CNY/h) and a back office (1 post) that pauses at closing."""
    passport = Service(
        "passport",
        text("Passport"),
        (
            step("counter", at="desk", in_person=True, accepted=True, documents=3),
            step("review", at="office", after=("counter",), decision=True),
            step("notify", after=("review",)),
        ),
        PoissonArrivals(Rate(0.1)),
        promise=2,
    )
    permit = Service(
        "permit",
        text("Permit"),
        (step("counter", at="desk", in_person=True, decision=True),),
        PoissonArrivals(Rate(0.1)),
    )
    pools = (
        Pool("desk", text("Desk"), "window", (Shift(2, WEEK),), cost=Money(3500, "CNY", "h")),
        Pool("office", text("Office"), "department", (Shift(1, WEEK),), at_closing="pause"),
    )
    scenario = Scenario(
        text("Hall"), Calendar(WEEK), pools, (passport, permit),
        RunSettings(start=MONDAY, period=Duration(2, "workday"), cap=Duration(10 * DAY)), currency="CNY",
    )  # fmt: skip
    return replace(scenario, **changes)


@dataclass
class Happened:
    """Builds an event table row by row; times in minutes since Monday, 00:00."""

    window: tuple[float, float] = (0.0, 2 * DAY)
    stopped_at: float = 5 * DAY
    tasks: list[tuple[Any, ...]] = field(default_factory=list)
    cases: list[dict[str, Any]] = field(default_factory=list)

    def case(self, applied: float, decided: float = NAN, **given: Any) -> int:
        """A case of the first service unless said; measured when it applied inside the window."""
        defaults = {
            "service": 0, "accepted": applied, "left": decided, "due": NAN, "stopped_days": 0,
            "outcome": "open" if math.isnan(decided) else "finished",
        }  # fmt: skip
        self.cases.append({**defaults, "applied": applied, "decided": decided, **given})
        return len(self.cases) - 1

    def task(self, case: int, step: int, ready: float, start: float = NAN, finish: float = NAN, **given: Any) -> None:
        """A task; ``outcome`` done where it finished unless said."""
        outcome = given.get("outcome", "open" if math.isnan(finish) else "done")
        self.tasks.append((case, step, given.get("server", 0), ready, start, finish, TASK_OUTCOMES.index(outcome)))

    def table(self, network: Network) -> EventTable:
        """The event table."""
        rows = list(zip(*self.tasks, strict=True)) if self.tasks else [()] * 7
        steps = np.array(rows[1], np.int32)
        column = {key: [case[key] for case in self.cases] for key in self.cases[0]} if self.cases else {}

        def times(key: str) -> Any:
            return np.array(column.get(key, []), np.float64)

        start, finish = np.array(rows[4], np.float64), np.array(rows[5], np.float64)
        applied = times("applied")
        return EventTable(
            case=np.array(rows[0], np.int64), step=steps, visit=np.zeros(len(steps), np.int32),
            pool=network.step_pool[steps], server=np.array(rows[2], np.int32), ready=np.array(rows[3], np.float64),
            start=start, finish=finish, work=finish - start, outcome=np.array(rows[6], np.int8),
            case_service=np.array(column.get("service", []), np.int32), case_index=np.arange(len(self.cases)),
            case_group=np.full(len(self.cases), -1, np.int16), case_channel=np.full(len(self.cases), -1, np.int16),
            applied=applied, accepted=times("accepted"), decided=times("decided"), left=times("left"),
            promise_due=times("due"), stopped_days=np.array(column.get("stopped_days", []), np.int32),
            case_outcome=np.array([CASE_OUTCOMES.index(one) for one in column.get("outcome", [])], np.int8),
            measured=(applied >= self.window[0]) & (applied < self.window[1]),
            window_start=self.window[0], window_end=self.window[1], stopped_at=self.stopped_at,
        )  # fmt: skip


def values(happened: Happened, *wanted: str, scenario: Scenario | None = None) -> list[float]:
    network = compile_network(scenario or office())
    return measure(network, happened.table(network), wanted).values.tolist()


def bounds(happened: Happened, *wanted: str, scenario: Scenario | None = None) -> list[bool]:
    network = compile_network(scenario or office())
    return measure(network, happened.table(network), wanted).lower_bound.tolist()


COUNTER, REVIEW, NOTIFY, PERMIT = range(4)  # steps in order


def test_time_is_wall_clock_from_application_to_decision_of_measured_cases() -> None:
    happened = Happened()
    for applied, decided in ((540, 600), (550, 2000), (560, 580), (570, 670)):  # 60, 1450, 20, 100
        happened.case(applied, decided)
    happened.case(2 * DAY + 600, 9999)  # applied after the window
    happened.case(-600, 700)  # before it
    happened.case(545, 2545, service=1)  # another service
    assert values(happened, "passport.time.mean", "passport.time.median", "passport.time.p90", "permit.time.mean") == [
        (60 + 1450 + 20 + 100) / 4,
        60,  # ceil(0.5 x 4) = 2nd of 20, 60, 100, 1450
        1450,
        2000,
    ]


def test_open_cases_count_at_their_age_and_leave_a_lower_bound() -> None:
    happened = Happened(stopped_at=5000)
    for decided in range(610, 690, 10):
        happened.case(600, decided)  # 10, 20, ... 80
    happened.case(600)  # age 4400
    happened.case(600, outcome="reneged", left=640)  # no decision: left out
    wanted = ("passport.time.mean", "passport.time.median", "passport.time.p90", "passport.open", "passport.reneged")
    assert values(happened, *wanted) == [(360 + 4400) / 9, 50, 4400, 1 / 10, 1 / 10]
    assert bounds(happened, *wanted) == [True, False, True, False, True]


def test_a_quantile_above_a_small_censored_age_is_a_bound() -> None:
    happened = Happened(stopped_at=650)
    for decided in (610, 620, 630, 740):
        happened.case(600, decided)  # 10, 20, 30, 140
    happened.case(635)  # age 15, would be the 2nd of 5
    assert values(happened, "passport.time.median") == [20]
    assert bounds(happened, "passport.time.median") == [True]


def test_days_count_legal_workdays_without_the_day_of_acceptance_and_what_the_clock_left_out() -> None:
    happened = Happened(stopped_at=9 * DAY + 600)  # Wednesday of the second week
    happened.case(600, 700)  # same day: 0
    happened.case(600, 7 * DAY + 600)  # Monday to Monday: Tue-Fri, Mon = 5
    happened.case(600, 3 * DAY + 600, accepted=2 * DAY, stopped_days=1)  # Wed to Thu: 1, less 1 = 0
    happened.case(600, 5 * DAY + 600)  # decided on a Saturday: Tue-Fri = 4
    happened.case(DAY + 600, accepted=3 * DAY, stopped_days=1)  # open: Fri, Mon, Tue, Wed = 4, less 1 = 3
    happened.case(DAY + 600, accepted=NAN)  # open, not accepted: 0
    network = compile_network(office())
    measured = measure(
        network, happened.table(network), ("passport.days.mean", "passport.days.p90", "passport.days.median")
    )
    assert measured.samples["passport.days.mean"].values.tolist() == [0, 5, 0, 4, 3, 0]
    assert measured.samples["passport.days.p90"].censored.tolist() == [False] * 4 + [True] * 2
    assert measured.values.tolist() == [12 / 6, 5, 0]
    assert measured.lower_bound.tolist() == [True, True, True]  # the median 0 is not below the unaccepted case's 0


def test_days_before_the_run_began_count_for_a_case_accepted_then() -> None:
    happened = Happened(window=(-9 * DAY, 2 * DAY))
    happened.case(-4 * DAY + 600, DAY + 600)  # accepted Thursday 1 Jan: Fri, Mon, Tue
    assert values(happened, "passport.days.mean") == [3]


def test_door_to_door_ends_when_a_finished_case_leaves() -> None:
    happened = Happened(stopped_at=5000)
    happened.case(600, 700, left=900)  # 300
    happened.case(600, 700, left=NAN, outcome="open")  # decided, not collected: age 4400
    happened.case(600, outcome="withdrawn", left=650)  # left out
    assert values(happened, "passport.door_to_door.mean", "passport.time.mean") == [(300 + 4400) / 2, 100]
    assert bounds(happened, "passport.door_to_door.mean", "passport.time.mean") == [True, False]


def test_on_time_counts_open_cases_as_late_and_says_when_that_may_change() -> None:
    happened = Happened(stopped_at=5000)
    happened.case(600, 1000, due=1000)  # on time, to the minute
    happened.case(600, 1001, due=1000)  # late
    happened.case(600, due=4000)  # open past its due time: late
    happened.case(600, outcome="reneged", left=700)  # left out
    assert values(happened, "passport.on_time") == [1 / 3]
    assert bounds(happened, "passport.on_time") == [False]
    happened.case(600, due=6000)  # open, not yet due
    assert values(happened, "passport.on_time") == [1 / 4]
    assert bounds(happened, "passport.on_time") == [True]


def test_throughput_is_per_workday_of_the_window_whoever_applied() -> None:
    happened = Happened()
    happened.case(-900, 600)  # applied before, decided inside
    happened.case(600, 1000)
    happened.case(600, 2 * DAY)  # decided at the window's end: outside
    assert values(happened, "passport.throughput", "permit.throughput") == [2 / 2, 0]


def test_a_window_by_cases_counts_parts_of_workdays_by_their_hours() -> None:
    # Monday 10:00 to Tuesday 15:00: Monday 120 + 240 of 420 minutes, Tuesday 180 + 120.
    happened = Happened(window=(600, DAY + 900))
    happened.case(600, 700)
    happened.case(DAY + 900 - 1, 3000)
    assert values(happened, "passport.throughput")[0] == pytest.approx(1 / ((360 + 300) / 420))
    # from one Saturday to the next: five workdays
    happened = Happened(window=(5 * DAY, 12 * DAY), stopped_at=20 * DAY)
    happened.case(600, 5 * DAY)
    assert values(happened, "passport.throughput") == [1 / 5]


def test_waits_in_person_include_who_left_and_who_still_waits() -> None:
    happened = Happened(stopped_at=5000)
    first, second, third, fourth, other = (happened.case(600) for _ in range(5))
    late = happened.case(2 * DAY + 600)
    happened.cases[other]["service"] = 1
    happened.task(first, COUNTER, 600, 615, 625)  # 15
    happened.task(first, REVIEW, 625, 925, 935)  # not in person
    happened.task(first, COUNTER, 1000, 1000, 1010, outcome="returned")  # 0
    happened.task(second, COUNTER, 600, NAN, 645, outcome="reneged")  # 45
    happened.task(third, COUNTER, 600, NAN, 720, outcome="sent_home")  # 120
    happened.task(fourth, COUNTER, 4000)  # still waits: 1000
    happened.task(other, PERMIT, 600, 605, 606)  # 5, another service
    happened.task(late, COUNTER, 2 * DAY + 600, 4000, 4010)  # not measured
    wanted = ("passport.wait.mean", "passport.wait.p90", "permit.wait.mean", "hall.wait.mean", "hall.wait.p90")
    assert values(happened, *wanted) == [1180 / 5, 1000, 5, 1185 / 6, 1000]
    assert bounds(happened, *wanted) == [True, True, False, True, True]


def test_visits_are_distinct_days_in_person() -> None:
    happened = Happened()
    first = happened.case(600, 1000)
    happened.task(first, COUNTER, 600, 610, 620, outcome="returned")
    happened.task(first, COUNTER, 700, 710, 720)  # the same day
    happened.task(first, REVIEW, DAY, DAY + 600, DAY + 610)  # not in person
    second = happened.case(600, 1000)
    happened.task(second, COUNTER, 600, NAN, 1020, outcome="sent_home")
    happened.task(second, COUNTER, DAY + 540, DAY + 545, DAY + 560)  # the next day
    happened.task(second, COUNTER, DAY + 1000, 2 * DAY + 545, 2 * DAY + 550)  # waited over night: two days, one new
    happened.case(600, 1000)  # never came
    assert values(happened, "passport.visits", "permit.visits")[0] == (1 + 3 + 0) / 3
    assert math.isnan(values(happened, "permit.visits")[0])  # no case of it


def test_days_are_counted_alike_whether_flagged_or_sorted(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    case, day = rng.integers(0, 40, 500), rng.integers(-3, 9, 500)
    flagged = visit_days.distinct_days(case, day, 50)
    monkeypatch.setattr(visit_days, "MOST_FLAGS", 0)
    assert visit_days.distinct_days(case, day, 50).tolist() == flagged.tolist()
    assert flagged.tolist() == [len(set(day[case == one].tolist())) for one in range(50)]


def test_documents_steps_corrections_and_returns_per_case() -> None:
    happened = Happened()
    first = happened.case(600, 2000, accepted=720)
    happened.task(first, COUNTER, 600, 610, 620, outcome="returned")  # 3 documents, sent back before acceptance
    happened.task(first, COUNTER, 700, 710, 720)  # 3 more, accepted
    happened.task(first, REVIEW, 720, 800, 810, outcome="returned")  # sent back after acceptance
    happened.task(first, REVIEW, 900, 950, 960)
    second = happened.case(600, 2000, accepted=NAN, outcome="reneged", left=700)
    happened.task(second, COUNTER, 600, NAN, 700, outcome="reneged")  # never begun
    after = happened.case(2 * DAY + 1, 9000)
    happened.task(after, COUNTER, 2 * DAY + 1, 3000, 3010, outcome="returned")  # not measured
    wanted = ("passport.documents", "passport.steps", "passport.corrections", "passport.returns")
    assert values(happened, *wanted) == [6 / 2, 4 / 2, 1 / 2, 1 / 2]
    assert bounds(happened, *wanted) == [False] * 4
    happened.case(700)
    assert bounds(happened, *wanted) == [True] * 4


def test_a_return_at_the_instant_of_acceptance_is_after_it() -> None:
    happened = Happened()
    first = happened.case(600, 2000, accepted=620)
    happened.task(first, REVIEW, 600, 610, 620, outcome="returned")
    assert values(happened, "passport.corrections", "passport.returns") == [0, 1]


def test_shares_of_outcomes() -> None:
    happened = Happened()
    for outcome in ("finished", "finished", "refused", "withdrawn", "reneged"):
        happened.case(600, 700 if outcome in ("finished", "refused") else NAN, outcome=outcome)
    assert values(happened, *(f"passport.{one}" for one in ("refused", "withdrawn", "reneged", "open"))) == [
        0.2,
        0.2,
        0.2,
        0,
    ]


def test_utilisation_and_overtime_of_a_pool_that_finishes_its_work() -> None:
    happened = Happened(window=(0.0, 2 * DAY))
    case = happened.case(600, 700, service=1)
    for server, start, finish in ((0, 540, 600), (1, 700, 740), (0, 1000, 1050), (1, DAY + 540, DAY + 550)):
        happened.task(case, PERMIT, start, start, finish, server=server)
    happened.task(case, PERMIT, 2 * DAY + 540, 2 * DAY + 540, 2 * DAY + 600)  # after the window
    # on duty: 60 + 20 (until 12:00) + 20 (until 17:00) + 10 = 110 of 2 officers x 2 days x 420
    # beyond: 20 + 30 = 50 minutes over 2 workdays
    assert values(happened, "desk.utilisation", "desk.overtime") == [110 / 1680, 50 / 60 / 2]


def test_a_window_cuts_the_work_it_begins_or_ends_in() -> None:
    happened = Happened(window=(600.0, DAY + 600))
    case = happened.case(650, 700, service=1)
    happened.task(case, PERMIT, 500, 590, 620)  # 20 inside
    happened.task(case, PERMIT, DAY + 590, DAY + 590, DAY + 700)  # 10 inside
    # duty: Monday from 10:00 120 + 240, Tuesday until 10:00 60 = 420, twice
    assert values(happened, "desk.utilisation") == [30 / 840]


def test_work_of_a_pausing_pool_is_neither_busy_nor_overtime_while_it_is_closed() -> None:
    happened = Happened()
    case = happened.case(600, 700)
    happened.task(case, REVIEW, 1000, 1000, DAY + 560)  # 20 minutes on Monday, 20 on Tuesday
    happened.task(case, REVIEW, 1100, DAY + 700, DAY + 800)  # over lunch: 20 + 20
    assert values(happened, "office.utilisation", "office.overtime") == [80 / 840, 0]


def test_a_pausing_pool_that_stays_on_for_people_works_overtime() -> None:
    happened = Happened()
    case = happened.case(600, 700)
    happened.task(case, REVIEW, 1000, 1020, 1050)  # begun at closing
    assert values(happened, "office.utilisation", "office.overtime") == [0, 30 / 60 / 2]


def test_shifts_have_duty_of_their_own() -> None:
    morning, long = ((540, 720),), ((540, 1020),)
    scenario = office()
    pool = replace(
        scenario.pool("desk"), shifts=(Shift(1, (morning,) * 5 + ((), ())), Shift(2, (long,) * 5 + ((), ())))
    )
    happened = Happened(window=(0.0, DAY))
    case = happened.case(600, 700, service=1)
    happened.task(case, PERMIT, 700, 700, 740, server=0)  # of the morning shift: 20 on duty, 20 beyond
    happened.task(case, PERMIT, 700, 700, 740, server=2)  # of the long one: 40
    scenario = scenario.with_pool(pool)
    assert values(happened, "desk.utilisation", "desk.overtime", scenario=scenario) == [60 / (180 + 960), 20 / 60]


def test_work_still_open_counts_until_the_run_stopped() -> None:
    happened = Happened(window=(0.0, DAY), stopped_at=600)
    case = happened.case(550, service=1)
    happened.task(case, PERMIT, 540, 570)
    assert values(happened, "desk.utilisation") == [30 / (2 * 60)]  # 09:00 to 10:00, as far as it was run


def test_queue_mean_is_over_the_hours_of_duty() -> None:
    happened = Happened(window=(0.0, DAY))
    case = happened.case(600, 700, service=1)
    happened.task(case, PERMIT, 530, 560, 570)  # 20 minutes of duty (from 09:00)
    happened.task(case, PERMIT, 700, 800, 810)  # 20 + 20: lunch is not duty
    happened.task(case, PERMIT, 1000, NAN, 1015, outcome="reneged")  # 15
    happened.task(case, PERMIT, 1010)  # still waits: 10 until 17:00
    assert values(happened, "desk.queue.mean") == [(20 + 40 + 15 + 10) / 420]


def test_always_open_office() -> None:
    scenario = office(calendar=ALWAYS, run=RunSettings(start=MONDAY, period=Duration(DAY), cap=Duration(DAY)))
    happened = Happened(window=(100.0, 1060.0), stopped_at=2000)
    case = happened.case(150, 250, service=1)
    happened.task(case, PERMIT, 150, 200, 250)
    wanted = ("desk.utilisation", "desk.queue.mean", "desk.overtime", "permit.throughput")
    assert values(happened, *wanted, scenario=scenario) == [50 / 1920, 50 / 960, 0, 1 / (960 / DAY)]


def test_cost_is_paid_hours_of_a_year_and_priced_overtime_scaled_to_it() -> None:
    happened = Happened()
    case = happened.case(600, 700, service=1)
    happened.task(case, PERMIT, 1000, 1000, 1080)  # 60 minutes beyond 17:00 in two workdays
    # 365 days from a Monday: 52 x 5 + 1 = 261 workdays of 7 h, two posts at 35 CNY
    posts = 261 * 7 * 2 * 35.0
    assert values(happened, "cost") == [posts]
    scenario = office(set_up=4800, running=36500, horizon=Duration(365 * DAY))
    assert values(happened, "cost", scenario=scenario) == [posts + 48 + 365]
    priced = office().with_pool(replace(office().pool("desk"), overtime_cost=Money(5000, "CNY", "h")))
    assert values(happened, "cost", scenario=priced) == [posts + 50 * 261 / 2]
    happened.case(600, 800)
    assert values(happened, "cost_per_case", scenario=office()) == [posts / (2 * 261 / 2)]


def test_an_empty_window_has_undefined_kpis_and_no_traceback() -> None:
    scenario = office()
    network = compile_network(scenario)
    measured = measure(network, Happened().table(network))
    undefined = {kpi.name for kpi, value in zip(measured.kpis, measured.values, strict=True) if math.isnan(value)}
    assert "passport.time.p90" in undefined
    assert "hall.wait.mean" in undefined
    assert "cost_per_case" in undefined
    assert not measured.lower_bound.any()
    defined = {"passport.throughput", "desk.utilisation", "desk.queue.mean", "desk.overtime", "cost"}
    assert defined.isdisjoint(undefined)


@pytest.mark.parametrize(
    ("percent", "count", "expected"), [(90, 10, 9), (90, 11, 10), (95, 20, 19), (95, 21, 20), (50, 1, 1), (90, 70, 63)]
)
def test_the_rank_of_a_quantile_is_exact(percent: int, count: int, expected: int) -> None:
    assert rank(percent, count) == expected


def test_quantiles_are_order_statistics() -> None:
    values_ = np.random.default_rng(3).permutation(np.arange(1.0, 102.0))
    sample = Sample(values_, np.zeros(101, np.bool_))
    assert quantile(sample, 90) == (91.0, False)  # ceil(90.9)
    censored = Sample(values_, values_ == 91.0)
    assert quantile(censored, 90) == (91.0, True)
    assert quantile(Sample(values_, values_ == 92.0), 90) == (91.0, False)


def test_every_row_of_the_table_is_measured_and_every_measure_has_a_row() -> None:
    assert {(row.scope, row.quantity) for row in DEFINITIONS if row.statistics} == set(SAMPLES)
    assert {(row.scope, row.quantity) for row in DEFINITIONS if not row.statistics} == set(NUMBERS)


def test_only_what_is_asked_is_returned_in_that_order() -> None:
    network = compile_network(office())
    happened = Happened()
    happened.case(600, 700)
    measured = measure(network, happened.table(network), ("cost", "passport.time.p90"))
    assert [kpi.name for kpi in measured.kpis] == ["cost", "passport.time.p90"]
    assert set(measured.samples) == {"passport.time.p90"}
    assert [kpi.name for kpi in measure(network, happened.table(network)).kpis] == [kpi.name for kpi in names(office())]
    assert find(office(), "cost").unit == "CNY"
