"""Balking, a full hall, coming back and channels: every instant was worked out by hand."""

from __future__ import annotations

import datetime
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from simgov.calendars import ALWAYS
from simgov.distributions import Constant
from simgov.engines import simulate
from simgov.engines.events import CASE_OUTCOMES, EventTable
from simgov.network import compile_network
from simgov.scenario.value import Backlog, Fails, Pool, Retries, RunSettings, Scenario, Service, Step, Text
from simgov.units import Duration

sys.path.insert(0, str(Path(__file__).parent))
from test_engines_by_hand import DAY, both, outcomes, pool, step


def hall(*services: tuple[tuple[Step, ...], int, dict[str, object]], pools: tuple[Pool, ...], engine: str,
         room: int | None = None) -> EventTable:  # fmt: skip
    """Services that never close, each with a number of cases that come at 0:00 on Monday to its first step."""
    made = tuple(
        replace(
            Service(f"m{i}", Text("", ""), steps, backlog=(Backlog(steps[0].id, cases),)),
            **changes,  # type: ignore[arg-type]
        )
        for i, (steps, cases, changes) in enumerate(services)
    )
    scenario = Scenario(
        name=Text("by hand", "by hand"),
        calendar=ALWAYS,
        pools=pools,
        services=made,
        run=RunSettings(start=datetime.date(2026, 1, 5), period=Duration(2 * DAY), cap=Duration(DAY)),
        hall_room=room,
    )
    return simulate(compile_network(scenario), 1, 0, engine=engine)


PERSON = step("counter", minutes=60.0, in_person=True)


def ends(table: EventTable) -> list[str]:
    return [CASE_OUTCOMES[k] for k in table.case_outcome]


@both
def test_who_finds_so_many_waiting_does_not_join(engine: str) -> None:
    table = hall(((PERSON,), 4, {}), pools=(pool(balks_at=1),), engine=engine)
    # The first will be called at once, the second waits, the third finds one waiting.
    assert outcomes(table) == ["done", "done", "balked", "balked"]
    assert list(table.ready[2:]) == list(table.finish[2:]) == [0.0, 0.0]
    assert np.isnan(table.start[2:]).all()
    assert ends(table) == ["finished", "finished", "balked", "balked"]
    assert list(table.left) == [60.0, 120.0, 0.0, 0.0]


@both
def test_without_room_to_wait_people_are_served_at_once_or_not_at_all(engine: str) -> None:
    table = hall(((PERSON,), 5, {}), pools=(pool(count=3, balks_at=0),), engine=engine)
    assert outcomes(table) == ["done"] * 3 + ["balked"] * 2


@both
def test_files_do_not_frighten_people_away_and_do_not_balk(engine: str) -> None:
    files = (step("file", minutes=60.0),)
    table = hall((files, 3, {}), ((PERSON,), 1, {}), pools=(pool(balks_at=1),), engine=engine)
    assert outcomes(table) == ["done"] * 4


@both
def test_a_full_hall_turns_people_away_from_every_pool_but_one_that_is_free(engine: str) -> None:
    here, there = PERSON, step("desk", at="other", minutes=60.0, in_person=True)
    free = step("free", at="third", minutes=60.0, in_person=True)
    pools = (pool(), pool("other"), pool("third"))
    table = hall(((here,), 3, {}), ((there,), 3, {}), ((free,), 1, {}), pools=pools, engine=engine, room=3)
    # Two wait at the first and one at the second: the hall is full for one more there, not for who is called at once.
    assert outcomes(table) == ["done"] * 5 + ["balked", "done"]
    assert list(table.step) == [0, 0, 0, 1, 1, 1, 2]


@both
def test_who_leaves_comes_back_as_often_as_the_limit_allows(engine: str) -> None:
    changes = {"patience": Constant(20.0), "retries": Retries(1.0, Constant(30.0), limit=2)}
    table = hall(((PERSON,), 3, changes), pools=(pool(),), engine=engine)
    # The first is served 0:00-1:00. The others leave at 0:20 and are back at 0:50; the second is served 1:00-2:00. The
    # third leaves at 1:10, is back at 1:40 and has to leave at 2:00, before anyone is called; it may not come again.
    third = table.case == 2
    assert outcomes(table)[:3] == ["done", "reneged", "reneged"]
    assert list(table.ready[third]) == [0.0, 50.0, 100.0]
    assert list(table.finish[third]) == [20.0, 70.0, 120.0]
    assert list(table.visit[third]) == [0, 1, 2]
    assert list(table.start[table.case == 1][1:]) == [60.0]
    assert ends(table) == ["finished", "finished", "reneged"]


@both
def test_who_balks_comes_back_too_and_does_the_step_for_certain(engine: str) -> None:
    counter = replace(PERSON, share=0.999)
    changes = {"retries": Retries(1.0, Constant(90.0), limit=1)}
    table = hall(((counter,), 3, changes), pools=(pool(balks_at=1),), engine=engine)
    # The third balks at 0:00 and comes back at 1:30, when one is served and nobody waits.
    assert outcomes(table) == ["done", "done", "balked", "done"]
    assert (table.ready[3], table.start[3], table.visit[3]) == (90.0, 120.0, 1)
    assert ends(table) == ["finished"] * 3


@both
def test_who_goes_for_good_ends_the_whole_case(engine: str) -> None:
    steps = (
        step("open", at=None, minutes=0.0),
        replace(PERSON, after=("open",)),
        step("file", at="office", minutes=500.0, after=("open",)),
    )
    changes = {"patience": Constant(20.0), "retries": Retries(0.5, Constant(30.0), limit=0)}
    table = hall((steps, 2, changes), pools=(pool(), pool("office")), engine=engine)
    assert ends(table) == ["finished", "reneged"]
    second = table.case == 1
    assert [outcome for outcome, own in zip(outcomes(table), second, strict=True) if own] == [
        "done",
        "reneged",
        "cancelled",
    ]
    assert list(table.finish[second]) == [0.0, 20.0, 20.0]


@both
def test_steps_of_another_channel_are_passed_over(engine: str) -> None:
    steps = (
        step("form", at=None, minutes=10.0, channels=("online",)),
        step("counter", minutes=60.0, after=("form",), channels=("window",)),
        step("review", at=None, minutes=5.0, after=("counter",)),
    )
    channels = {"channels": (("window", 0.0), ("online", 1.0))}
    table = hall((steps, 1, channels), pools=(pool(),), engine=engine)
    assert list(table.step) == [0, 2]
    assert table.left[0] == 15.0
    window = {"channels": (("window", 1.0), ("online", 0.0))}
    table = hall((steps, 1, window), pools=(pool(),), engine=engine)
    assert list(table.step) == [1, 2]
    assert table.left[0] == 65.0


@both
def test_an_online_attempt_that_fails_comes_to_the_hall(engine: str) -> None:
    steps = (
        step("form", at=None, minutes=10.0, channels=("online",), fails=Fails(1.0, "window"), collected=True),
        step("counter", minutes=60.0, after=("form",), channels=("window",), accepted=True),
    )
    channels = {"channels": (("window", 0.0), ("online", 1.0))}
    table = hall((steps, 1, channels), pools=(pool(),), engine=engine)
    assert outcomes(table) == ["done", "done"]
    assert list(table.finish) == [10.0, 70.0]
    assert (table.accepted[0], table.left[0]) == (70.0, 70.0)  # what failed has passed no milestone
    assert table.case_channel[0] == 0
