"""Random scenarios for the equivalence and invariant tests: every feature of the language, with many ties in time."""

from __future__ import annotations

import datetime
import sys
from dataclasses import replace
from pathlib import Path

from hypothesis import strategies as st

from simgov.calendars import ALWAYS, Calendar
from simgov.distributions import Constant, Distribution, Exponential, Gamma, Lognormal, Uniform
from simgov.scenario.value import (
    EVERYBODY,
    STEADY,
    Absences,
    Appointments,
    Away,
    Backlog,
    Fails,
    Gate,
    Learning,
    Others,
    Part,
    Phase,
    PoissonArrivals,
    Pool,
    ProfileArrivals,
    Reach,
    Retries,
    Returns,
    RunSettings,
    Scenario,
    Service,
    Shift,
    Sickness,
    Step,
    Surge,
    System,
    Text,
    Trend,
    Withdraws,
    staffed,
)
from simgov.units import Duration, Rate

sys.path.insert(0, str(Path(__file__).parent))
from random_dispatch import dispatching

DAYS = (
    ((540, 720), (780, 1020)),  # with lunch
    ((540, 1020),),
    ((480, 600), (600, 720), (800, 960)),
    ((0, 1440),),
    ((720, 1440),),
)


CHANNELS = (("window", 0.5), ("online", 0.5))
SHORT = Exponential(45.0)

LEARNING = (
    None,
    None,
    Learning(datetime.date(2026, 1, 6), 2.0, Duration(1.0, "workday")),
    Learning(datetime.date(2026, 1, 2), 1.5, Duration(2880.0)),
)


def _day(number: int) -> datetime.date:
    return datetime.date(2026, 1, number)


ABSENCES = (
    Absences(),
    Absences(),
    Absences(),
    Absences(sickness=Sickness(0.3, Constant(1.0, base="workday"))),
    Absences(sickness=Sickness(0.1, Exponential(4000.0)), training=(Away(2, _day(5), _day(5), (600, 900)),)),
    Absences(leave=(Away(1, _day(6), _day(7)), Away(2, _day(7), _day(9))), cuts=(Away(1, _day(6)),)),
)


def named(text: str) -> Text:
    return Text(text, text)


@st.composite
def weeks(draw: st.DrawFn) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Opening hours of a week; Saturday and Sunday mostly closed."""
    workday = draw(st.sampled_from(DAYS))
    saturday = draw(st.sampled_from(((), (), ((540, 720),))))
    return (workday, workday, draw(st.sampled_from((workday, ()))), workday, workday, saturday, ())


@st.composite
def times(draw: st.DrawFn, whole: bool, workdays: bool = False, shortest: int = 0) -> Distribution:
    """A time; whole constant minutes where ties are wanted."""
    if workdays and draw(st.booleans()):
        return draw(st.sampled_from((Constant(1.0, base="workday"), Lognormal(0.5, 0.8, base="workday"))))
    minutes = draw(st.sampled_from((0, 1, 5, 10, 15, 30, 60, 120))) or shortest
    if whole or minutes == 0:
        return Constant(float(minutes))
    return draw(
        st.sampled_from(
            (Exponential(minutes), Lognormal(minutes, 0.7), Gamma(minutes, 1.2), Uniform(minutes / 2, minutes * 1.5))
        )
    )


@st.composite
def pools(draw: st.DrawFn, name: str, week: tuple[tuple[tuple[int, int], ...], ...]) -> Pool:
    """A pool with one to three shifts."""
    own = week if draw(st.booleans()) else draw(weeks())
    shifts = tuple(
        Shift(draw(_officers(fewest=0 if i else 1)), own if i == 0 else draw(weeks()))
        for i in range(draw(st.integers(1, 3)))
    )
    return Pool(
        id=name,
        name=named(name),
        kind=draw(st.sampled_from(("window", "department"))),
        shifts=shifts,
        always=draw(st.integers(0, 5)) == 0,
        at_closing=draw(st.sampled_from(("finish", "pause"))),
        waiting_at_closing=draw(st.sampled_from((None, "serve", "send_home", "stay"))),
        sent_home=draw(st.sampled_from(("lost", "back_tomorrow"))),
        doors=draw(st.sampled_from((None, None, (500, 900), (600, 1100)))),
        before_opening=draw(st.sampled_from(("wait", "come_later"))),
        balks_at=draw(st.sampled_from((None, None, None, 0, 2))),
        learning=draw(st.sampled_from(LEARNING)),
        absences=draw(st.sampled_from(ABSENCES)),
    )


@st.composite
def _officers(draw: st.DrawFn, fewest: int) -> int:
    """Few, so that cases wait; now and then more than fit into one word of the compiled engine's bit sets."""
    return 66 if draw(st.integers(0, 15)) == 0 else draw(st.integers(fewest, 3))


@st.composite
def services(draw: st.DrawFn, name: str, pool_names: tuple[str, ...], whole: bool, always: bool) -> Service:
    """A service whose steps form a random directed acyclic graph."""
    count = draw(st.integers(1, 6))
    names = [f"s{i}" for i in range(count)]
    after: list[tuple[str, ...]] = []
    for i in range(count):
        before = names[:i]
        chosen = draw(st.lists(st.sampled_from(before), unique=True, max_size=3)) if before else []
        default = (names[i - 1],) if i else ()
        after.append(draw(st.sampled_from((default, tuple(sorted(chosen))))))
    channels = draw(st.sampled_from(((), CHANNELS)))
    steps = tuple(draw(_step(name, names, i, after, pool_names, whole, bool(channels))) for i in range(count))
    limit = draw(st.sampled_from((None, None, 1, 2)))
    backlog = ()
    if draw(st.integers(0, 3)) == 0:
        backlog = (Backlog(draw(st.sampled_from(names)), draw(st.integers(1, 8)), Constant(300.0)),)
    service = Service(
        id=name,
        name=named(name),
        steps=steps,
        arrivals=draw(_arrivals(always)),
        patience=draw(st.sampled_from((None, Constant(20.0), Exponential(40.0)))),
        priority=draw(st.integers(1, 3)),
        promise=draw(st.sampled_from((None, 0, 2))),
        groups=draw(st.sampled_from(((), (("citizen", 0.7), ("firm", 0.3))))),
        channels=channels,
        round_the_clock=draw(st.sampled_from(((), (), ("online",)))) if channels else (),
        informed=draw(st.sampled_from((0.0, 0.0, 0.5))) if channels else 0.0,
        withdraws=draw(st.sampled_from((None, None, Withdraws(0.4, Constant(120.0)), Withdraws(0.5, SHORT)))),
        retries=draw(st.sampled_from((None, Retries(0.6, Constant(30.0), 2), Retries(1.0, SHORT, 3)))),
        statutory_limit=limit,
        deemed_approval=limit is not None,
        in_hand=draw(st.sampled_from((None, None, 1, 3))) if sum(step.accepted for step in steps) == 1 else None,
        backlog=backlog,
        matters=draw(st.sampled_from(((), (), ((1, 0.5), (2, 0.25), (4, 0.25))))),
        appointments=draw(_appointments()),
    )
    return service if draw(st.booleans()) else _to_the_end(service)


def _to_the_end(service: Service) -> Service:
    """The service with neither gates nor cases that end early or come back, so that they go the whole way."""
    steps = tuple(replace(step, refuses=0.0, revokes=0.0, gate=None) for step in service.steps)
    return replace(service, steps=steps, withdraws=None, retries=None, deemed_approval=False, in_hand=None)


@st.composite
def _appointments(draw: st.DrawFn) -> Appointments | None:
    if draw(st.integers(0, 3)) > 0:
        return None
    day = ((540, 720),) if draw(st.booleans()) else ((480, 570), (780, 840))
    return Appointments(
        every=draw(st.sampled_from((15, 30))),
        places=draw(st.integers(1, 2)),
        week=(day,) * 5 + ((), ()),
        taken=draw(st.sampled_from((1.0, 0.7))),
        lateness=draw(st.sampled_from(((0.0, 0.0), (-5.0, 0.0), (-5.0, 8.0)))),
        no_shows=draw(st.sampled_from((0.0, 0.2))),
        priority=draw(st.sampled_from((None, 1, 2))),
    )


@st.composite
def _arrivals(draw: st.DrawFn, always: bool) -> PoissonArrivals | ProfileArrivals:
    trend, groups_of = draw(_trends()), draw(st.sampled_from(((), (), ((1, 0.5), (4, 0.5)))))
    if draw(st.booleans()):
        rate = Rate(draw(st.sampled_from((0.01, 0.03, 0.06))))
        return PoissonArrivals(rate, always=draw(st.booleans()), trend=trend, groups_of=groups_of)
    rows = tuple(
        (day, 480 + 60 * slot, 540 + 60 * slot, draw(st.sampled_from((0.0, 2.0, 5.0))))
        for day in range(6)
        for slot in range(3)
    )
    rows = rows if any(row[3] for row in rows) else ((0, 480, 540, 3.0),)
    return ProfileArrivals(rows, trend=trend, groups_of=groups_of)


@st.composite
def _trends(draw: st.DrawFn) -> Trend:
    if draw(st.booleans()):
        return STEADY
    return Trend(
        season=draw(st.sampled_from(((), ((1, 1.5), (2, 0.5))))),
        growth=draw(st.sampled_from((0.0, 0.1))),
        surges=draw(st.sampled_from(((), (Surge(datetime.date(2026, 1, 6), datetime.date(2026, 1, 8), 2.0),)))),
        cv=draw(st.sampled_from((0.0, 0.5))),
    )


@st.composite
def _step(
    draw: st.DrawFn,
    service: str,
    names: list[str],
    i: int,
    after: list[tuple[str, ...]],
    pool_names: tuple[str, ...],
    whole: bool,
    has_channels: bool,
) -> Step:
    successors = [names[j] for j in range(i + 1, len(names)) if names[i] in after[j]]
    choose: tuple[tuple[str, float], ...] = ()
    if len(successors) >= 2 and draw(st.booleans()):
        choose = ((successors[0], 0.4), (successors[1], 0.6))
    at = draw(st.sampled_from((None, *pool_names, *pool_names)))
    parts: tuple[Part, ...] = ()
    time: Distribution | None = draw(times(whole, workdays=at is None))
    if draw(st.integers(0, 4)) == 0:
        parts = tuple(
            Part(p, named(p), time=draw(times(whole)), stream=f"{service}/{names[i]}/{p}", kept=draw(st.booleans()))
            for p in ("x", "y")
        )
        time = None
    elif draw(st.integers(0, 4)) == 0:
        parts = (Part("x", named("x"), share=0.25, kept=draw(st.booleans())),)
    return Step(
        id=names[i],
        name=named(names[i]),
        stream=f"{service}/{names[i]}",
        at=at,
        time=time,
        after=after[i],
        choose=choose,
        share=draw(st.sampled_from((1.0, 1.0, 1.0, 0.6, 0.0))),
        returns=draw(_returns(names, i, after, whole)),
        refuses=draw(st.sampled_from((0.0, 0.0, 0.0, 0.3))),
        revokes=draw(st.sampled_from((0.0, 0.0, 0.5))),
        gate=draw(st.one_of(st.none(), st.none(), st.none(), gates())),
        channels=draw(st.sampled_from(((), (), ("online",), ("window",)))) if has_channels else (),
        fails=draw(st.sampled_from((None, None, Fails(0.5, "window")))) if has_channels else None,
        parts=parts,
        slowdown=draw(st.sampled_from((1.0, 1.0, 1.1))),
        in_person=draw(st.booleans()) if at else False,
        accepted=draw(st.integers(0, 4)) == 0,
        decision=draw(st.integers(0, 3)) == 0,
        collected=draw(st.integers(0, 4)) == 0,
        special=draw(st.integers(0, 4)) == 0,
        documents=draw(st.integers(0, 2)),
        priority=draw(st.sampled_from((None, None, 1, 9))),
    )


@st.composite
def _returns(draw: st.DrawFn, names: list[str], i: int, after: list[tuple[str, ...]], whole: bool) -> Returns | None:
    if draw(st.integers(0, 2)) > 0:
        return None
    ancestors = {i}
    for j in range(i, -1, -1):
        if j in ancestors:
            ancestors |= {names.index(name) for name in after[j]}
    return Returns(
        share=draw(st.sampled_from((0.15, 0.5))),
        to=names[draw(st.sampled_from(sorted(ancestors)))],
        delay=draw(st.one_of(st.none(), times(whole, workdays=True))),
        limit=draw(st.sampled_from((1, 3, 20))),
        later=draw(st.sampled_from(((), (), (0.9, 0.1)))),
    )


@st.composite
def gates(draw: st.DrawFn) -> Gate:
    """Sessions or data exchanges, some of them at instants at which tasks become ready."""
    most = draw(st.sampled_from((None, 1, 2)))
    least = draw(st.sampled_from((1, 2))) if most != 1 else 1
    if draw(st.booleans()):
        return Gate(every=draw(st.sampled_from((15.0, 60.0, 420.0))), most=most, least=least)
    minutes = draw(st.sampled_from(((600,), (600, 900), (1320,))))
    return Gate(tuple((weekday, minute) for weekday in range(7) for minute in minutes), most=most, least=least)


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """A small scenario; half of them have whole constant minutes only, so that instants tie."""
    whole = draw(st.booleans())
    always = draw(st.integers(0, 4)) == 0
    week = draw(weeks())
    calendar = (
        ALWAYS
        if always
        else Calendar(
            week=week,
            country=draw(st.sampled_from((None, "CN", "PL"))),
            closed=draw(st.sampled_from(((), (datetime.date(2026, 1, 7),)))),
            changed=draw(st.sampled_from(((), ((datetime.date(2026, 1, 6), ((600, 660), (840, 900))),)))),
        )
    )
    pool_names = tuple(f"p{i}" for i in range(draw(st.integers(1, 3))))
    by_cases = draw(st.integers(0, 3)) == 0
    run = RunSettings(
        start=draw(st.sampled_from((datetime.date(2026, 1, 5), datetime.date(2026, 2, 10)))),
        period=None if by_cases else Duration(draw(st.sampled_from((1.0, 3.0))), "workday"),
        warm_up=Duration(draw(st.sampled_from((0.0, 1.0))), "workday"),
        cases=draw(st.integers(5, 30)) if by_cases else None,
        warm_up_cases=2 if by_cases else 0,
        cap=Duration(draw(st.sampled_from((4, 12))) * 1440.0),
    )
    systems = draw(st.lists(_system(pool_names, whole), max_size=2, unique_by=lambda system: system.id))
    plain = Scenario(
        name=named("random"),
        calendar=calendar,
        pools=tuple(draw(pools(name, week)) for name in pool_names),
        services=tuple(draw(services(f"m{i}", pool_names, whole, always)) for i in range(draw(st.integers(1, 2)))),
        run=run,
        hall_room=draw(st.sampled_from((None, None, None, 1, 4))),
        systems=tuple(systems) if draw(st.booleans()) else (),
    )
    first = draw(dispatching(plain))
    reach, others = draw(ways(first, first.services, whole, always))
    first = replace(first, reach=reach, others=others)
    return replace(first, phases=draw(phases(first, whole, always)))


@st.composite
def ways(
    draw: st.DrawFn, first: Scenario, services: tuple[Service, ...], whole: bool, always: bool
) -> tuple[Reach, tuple[Others, ...]]:
    """Mostly one; otherwise one or two more, for those who take up less or are of no group that is reached."""
    if draw(st.integers(0, 2)) > 0:
        return EVERYBODY, ()
    found = []
    reaches = [draw(reaches_of()) for _ in range(draw(st.integers(1, 2)))]
    for reach in (*reaches[1:], EVERYBODY):
        services = tuple(draw(_service_later(service, first, whole, always)) for service in services)
        found.append(Others(reach, services))
    return reaches[0], tuple(found)


@st.composite
def reaches_of(draw: st.DrawFn) -> Reach:
    """Who takes something up: a share of cases, of those of a group or of all."""
    groups = draw(st.sampled_from((None, None, ("firm",), ("citizen", "firm"), ())))
    return Reach(draw(st.sampled_from((0.0, 0.3, 0.6, 1.0))), groups)


@st.composite
def _system(draw: st.DrawFn, pool_names: tuple[str, ...], whole: bool) -> System:
    """A system that fails now and then, for minutes or over the night."""
    name = draw(st.sampled_from(("platform", "network")))
    return System(
        id=name,
        name=named(name),
        pools=tuple(draw(st.lists(st.sampled_from(pool_names), min_size=1, unique=True))),
        every=draw(st.sampled_from((Constant(570.0), Exponential(900.0), Constant(1.0, base="workday")))),
        lasts=draw(times(whole, workdays=True)),
        under_way=draw(st.sampled_from(("pause", "finish"))),
    )


@st.composite
def phases(draw: st.DrawFn, first: Scenario, whole: bool, always: bool) -> tuple[Phase, ...]:
    """Mostly none; otherwise one or two, in which posts, hours, arrivals or whole processes are others."""
    if draw(st.integers(0, 3)) > 0:
        return ()
    found: list[Phase] = []
    latest = Phase(first.run.start, first.pools, first.services)
    for days in draw(st.sampled_from(((1,), (2,), (1, 3), (2, 9)))):
        services = tuple(draw(_service_later(service, first, whole, always)) for service in latest.services)
        reach, others = draw(ways(first, services, whole, always))
        latest = Phase(
            start=first.run.start + datetime.timedelta(days=days),
            pools=tuple(draw(_pool_later(pool)) for pool in latest.pools),
            services=services,
            reach=reach,
            others=others,
        )
        found.append(latest)
    return tuple(found)


@st.composite
def _pool_later(draw: st.DrawFn, pool: Pool) -> Pool:
    """The pool with as many posts, with others or with other hours."""
    change = draw(st.sampled_from(("nothing", "posts", "hours")))
    if change == "posts":
        return staffed(pool, draw(st.integers(0, 5)))
    if change == "hours":
        return replace(pool, shifts=tuple(replace(shift, week=draw(weeks())) for shift in pool.shifts))
    return pool


@st.composite
def _service_later(draw: st.DrawFn, service: Service, first: Scenario, whole: bool, always: bool) -> Service:
    """The service as it was, with other arrivals, with a step less, or with another process."""
    change = draw(st.sampled_from(("nothing", "arrivals", "step", "process")))
    if change == "arrivals":
        return replace(service, arrivals=draw(_arrivals(always)))
    if change == "step":
        place = draw(st.integers(0, len(service.steps) - 1))
        steps = tuple(replace(s, share=0.0) if i == place else s for i, s in enumerate(service.steps))
        return replace(service, steps=steps)
    if change == "process":
        names = tuple(pool.id for pool in first.pools)
        other = draw(services(service.id, names, whole, always))
        if not service.channels:
            steps = tuple(replace(step, channels=(), fails=None) for step in other.steps)
            other = replace(other, steps=steps, informed=0.0)
        return replace(other, groups=service.groups, channels=service.channels, round_the_clock=service.round_the_clock)
    return service
