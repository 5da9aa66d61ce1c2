"""The scenario as a value: what the file describes, checked and resolved, and nothing else.

Frozen all through, so that a reform can only make another one (``dataclasses.replace``) and two scenarios compare by
``==``. Order matters and is the file's: of services, of steps (it breaks ties in time) and of pools. Shares are 0 to 1.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal, Protocol

from simgov.arrays import Floats, Integers
from simgov.calendars import Calendar, Span, Week
from simgov.distributions import Distribution
from simgov.scenario.applicants import Complaints, FirmCost, Satisfaction
from simgov.units import Duration, Money, Rate

NO_TIME = Duration(0.0)
YEAR = Duration(365 * 1440.0)
"""What costs are added up over unless said."""


@dataclass(frozen=True)
class Text:
    """A name in English and Chinese; where the file gives one only, both are that one."""

    en: str
    zh: str


@dataclass(frozen=True)
class Shift:
    """``count`` officers who work the hours of ``week`` on the calendar's working days."""

    count: int
    week: Week


Posts = int | tuple[Shift, ...]
"""Posts of a pool: so many, shared among its shifts, or shifts of their own."""


@dataclass(frozen=True)
class Tide:
    """Windows that follow the queue (潮汐窗口): with more than ``above`` waiting at the pool ``to``, ``officers`` of
    this pool serve there, until fewer than ``below`` wait.
    """

    to: str
    officers: int
    above: int
    below: int


@dataclass(frozen=True)
class Learning:
    """Work in a pool takes ``factor`` times as long on the day ``start``; the way from there to ``ends`` halves with
    each ``half_life``. The factors of ``besides`` are multiplied with it.
    """

    start: datetime.date
    factor: float
    half_life: Duration
    ends: float = 1.0
    besides: tuple[Learning, ...] = ()

    @property
    def settled(self) -> float:
        """How long work takes in the long run, of its usual time."""
        return self.ends * math.prod(other.settled for other in self.besides)


@dataclass(frozen=True)
class Away:
    """``officers`` of a pool are away from the date ``first`` to ``last``, both included (None: for good).

    ``hours``: only at this time of each day.
    """

    officers: int
    first: datetime.date
    last: datetime.date | None = None
    hours: Span | None = None


@dataclass(frozen=True)
class Sickness:
    """Each officer is ill on a ``share`` of workdays in the long run; ``lasts`` is in workdays or, if not, in days."""

    share: float
    lasts: Distribution


@dataclass(frozen=True)
class Absences:
    """Why officers of a pool are not there: leave and training are paid, posts that are cut are not."""

    sickness: Sickness | None = None
    leave: tuple[Away, ...] = ()
    training: tuple[Away, ...] = ()
    cuts: tuple[Away, ...] = ()

    @property
    def planned(self) -> tuple[Away, ...]:
        """All that is known beforehand."""
        return (*self.cuts, *self.leave, *self.training)


@dataclass(frozen=True)
class Pool:
    """Officers or windows who share a queue.

    ``at_closing`` is for work under way, ``waiting_at_closing`` for who still queues; None means: serve those who
    wait in person, files stay. ``doors`` are the hours in which people may join (None: from the first opening to the
    last closing of the day); who comes before waits outside or comes later. Who finds ``balks_at`` people waiting does
    not join (None: everybody joins). ``cost`` is for one post.

    Who is next: with ``escalate``, first those whose due time is no further away than that; then the steps that
    ``prefers`` names (``service.step``) in that order; then by priority class, one better for each ``ageing`` that
    somebody waits; then who joined first, or who is due first (``order``).
    """

    id: str
    name: Text
    kind: Literal["window", "department"]
    shifts: tuple[Shift, ...]
    cost: Money | None = None
    overtime_cost: Money | None = None
    always: bool = False
    at_closing: Literal["finish", "pause"] = "finish"
    waiting_at_closing: Literal["serve", "send_home", "stay"] | None = None
    sent_home: Literal["lost", "back_tomorrow"] = "back_tomorrow"
    doors: Span | None = None
    before_opening: Literal["wait", "come_later"] = "wait"
    order: Literal["first_come", "earliest_due"] = "first_come"
    ageing: Duration | None = None
    escalate: Duration | None = None
    prefers: tuple[str, ...] = ()
    tide: Tide | None = None
    balks_at: int | None = None
    learning: Learning | None = None
    absences: Absences = Absences()

    @property
    def count(self) -> int:
        """Posts in all shifts together."""
        return sum(shift.count for shift in self.shifts)


@dataclass(frozen=True)
class Part:
    """A piece of work inside one visit to a step: a share of the step's time, or a time of its own.

    ``stream`` names the random stream of its time, so that it survives being merged into another step.
    ``kept`` is False once a reform has removed it.
    """

    id: str
    name: Text
    share: float | None = None
    time: Distribution | None = None
    stream: str = ""
    basis: str | None = None
    kept: bool = True


@dataclass(frozen=True)
class Document:
    """A document that is handed in, and the law that asks for it."""

    id: str
    name: Text
    basis: str | None = None


@dataclass(frozen=True)
class Returns:
    """After a visit, a share of cases goes to ``to``, after ``delay`` with the applicant; at most ``limit`` times.

    ``later`` are the shares once the step has sent the case back once, twice, ...; the last one holds from there on.
    """

    share: float
    to: str
    delay: Distribution | None = None
    limit: int = 20
    later: tuple[float, ...] = ()

    @property
    def shares(self) -> tuple[float, ...]:
        """The share of the first attempt, of the second, ...; the last one holds for all further."""
        return (self.share, *self.later)


@dataclass(frozen=True)
class Withdraws:
    """A share of applicants withdraw ``after`` that time from application, unless the matter is decided before."""

    share: float
    after: Distribution


@dataclass(frozen=True)
class Gate:
    """What waits before a step until the next session, or until the next run of a data exchange.

    ``sessions`` are weekdays (0 = Monday) with a minute of the day, held on the calendar's workdays; ``every`` is a
    number of minutes instead, counted from 00:00 of each day, worked or not. At most ``most`` pass (None: all), and
    nobody passes where fewer than ``least`` wait.
    """

    sessions: tuple[tuple[int, int], ...] = ()
    every: float | None = None
    most: int | None = None
    least: int = 1


@dataclass(frozen=True)
class Fails:
    """A share of attempts at a step come to nothing; the applicant goes on by the channel ``to``."""

    share: float
    to: str


@dataclass(frozen=True)
class Alternative:
    """A further pool that may do a step: ``slowdown`` multiplies the work there. A ``stand_in`` (AB角) does it only
    while nobody is on duty in the pools before it.
    """

    pool: str
    slowdown: float = 1.0
    stand_in: bool = False


@dataclass(frozen=True)
class Step:
    """One step of a service. ``at`` is a pool's id, or None for a delay outside every pool.

    ``after`` are the ids of its predecessors, always written out (a step without ``after`` in the file follows the
    one above it); () starts at application. ``choose`` gives exclusive shares among successors. ``share`` is the
    share of cases that do it: 0 is a removed step, which passes its predecessors and its milestone on. ``slowdown``
    multiplies its work. ``stream`` names its random streams. ``special`` stops the legal clock while it lasts.
    ``needs`` are its legal preconditions, steps before it that the law wants finished first. ``refuses`` is the share
    of visits that end the case with a refusal, ``revokes`` that of visits that revoke the decision made before.
    ``gate`` holds it until a session. With ``channels``, only cases of these channels do it.

    ``at`` is the first of its pools: ``alternatives`` do it too, in order of preference, or all of ``together`` with
    it at once. ``batch`` is how many waiting tasks one officer takes at once, ``room`` how many may wait before it.
    ``documents`` are handed in at it, of which ``papers`` are those that have names, each once.
    """

    id: str
    name: Text
    stream: str
    at: str | None = None
    time: Distribution | None = None
    after: tuple[str, ...] = ()
    choose: tuple[tuple[str, float], ...] = ()
    share: float = 1.0
    returns: Returns | None = None
    refuses: float = 0.0
    revokes: float = 0.0
    gate: Gate | None = None
    channels: tuple[str, ...] = ()
    fails: Fails | None = None
    parts: tuple[Part, ...] = ()
    slowdown: float = 1.0
    in_person: bool = False
    accepted: bool = False
    decision: bool = False
    collected: bool = False
    special: bool = False
    basis: str | None = None
    documents: int = 0
    papers: tuple[Document, ...] = ()
    priority: int | None = None
    needs: tuple[str, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    together: tuple[str, ...] = ()
    batch: int = 1
    room: int | None = None

    @property
    def pools(self) -> tuple[str, ...]:
        """Every pool that may take part in it, the first one first; () for a delay outside."""
        if self.at is None:
            return ()
        return (self.at, *(other.pool for other in self.alternatives), *self.together)

    @property
    def removed(self) -> bool:
        """Whether no case does this step any more."""
        return self.share == 0.0


@dataclass(frozen=True)
class Surge:
    """From day to day, both included, ``times`` as many come."""

    first: datetime.date
    last: datetime.date
    times: float


@dataclass(frozen=True)
class Trend:
    """How the arrivals of a day differ from those of an ordinary one: factors, multiplied.

    ``season`` by month from 1, months not named as they are; ``growth`` a year, compounding day by day from the first
    day on; ``surges`` where they hold; ``cv`` of a gamma factor of mean 1, drawn for each day.
    """

    season: tuple[tuple[int, float], ...] = ()
    growth: float = 0.0
    surges: tuple[Surge, ...] = ()
    cv: float = 0.0


STEADY = Trend()

Sizes = tuple[tuple[int, float], ...]
"""Whole numbers with their shares, in order."""


def mean_size(sizes: Sizes) -> float:
    """The mean of a table of sizes; 1 for an empty one."""
    return sum(size * share for size, share in sizes) if sizes else 1.0


@dataclass(frozen=True)
class PoissonArrivals:
    """A constant rate, while the calendar is open or (``always``) round the clock.

    The rate counts cases; where they come in groups (``groups_of``: sizes with shares), fewer groups than cases come.
    """

    rate: Rate
    always: bool = False
    trend: Trend = STEADY
    groups_of: Sizes = ()


@dataclass(frozen=True)
class ProfileArrivals:
    """Expected cases by weekday and time of day: rows of (weekday from 0, first minute, last minute, cases).

    Within a row the rate is constant. A make-up day uses the weekday it replaces. ``source`` is the file, for people.
    """

    rows: tuple[tuple[int, int, int, float], ...]
    source: str = ""
    scale: float = 1.0
    trend: Trend = STEADY
    groups_of: Sizes = ()


@dataclass(frozen=True, eq=False)
class Known:
    """What a record says of draws: for the cases ``numbers``, in order, that each lies from ``low`` to ``high``."""

    numbers: Integers
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Recorded:
    """Cases that came as a file says, and with ``replays`` what else it says of them. Equal where the ``digest`` is.

    ``applied`` are minutes since the first day; the first ones, below 0, wait at the steps ``waits_at`` already.
    ``labels`` are the places of the cases' groups and channels, -1 where not given. ``known`` are draws by
    ``STREAM@VISIT``, ``usual`` by stream where nothing more special is known; ``means`` those behind minutes.
    """

    source: str
    digest: str
    applied: Floats = field(compare=False, repr=False)
    waits_at: tuple[str, ...] = ()
    labels: Mapping[str, Integers] = field(default_factory=dict, compare=False, repr=False)
    known: Mapping[str, Known] = field(default_factory=dict, compare=False, repr=False)
    usual: Mapping[str, Known] = field(default_factory=dict, compare=False, repr=False)
    means: Mapping[str, float] = field(default_factory=dict, compare=False, repr=False)
    replays: bool = False
    trend: ClassVar[Trend] = STEADY
    groups_of: ClassVar[Sizes] = ()

    @property
    def comes(self) -> Floats:
        """When those apply who do not wait already."""
        return self.applied[len(self.waits_at) :]

    @property
    def expected_a_day(self) -> float:
        """Mean number of cases a calendar day, from the first to the last of them."""
        return len(self.comes) / max(1.0, float(self.comes[-1] - self.comes[0]) / 1440.0) if len(self.comes) else 0.0


@dataclass(frozen=True)
class Appointments:
    """Slots that begin every so many minutes within the hours of ``week``, on the calendar's workdays.

    Each has ``places``, of which the share ``taken`` is booked. Who booked comes at the begin of the slot, later by a
    normal time (``lateness``: mean and standard deviation in minutes), or, the share ``no_shows``, not at all.
    ``priority`` holds for them at steps in person; None: that of everybody.
    """

    every: int
    places: int
    week: Week
    taken: float = 1.0
    lateness: tuple[float, float] = (0.0, 0.0)
    no_shows: float = 0.0
    priority: int | None = None

    def begins(self, weekday: int) -> tuple[int, ...]:
        """The minutes of the day at which slots begin; the last ends by closing."""
        return tuple(
            minute for first, end in self.week[weekday] for minute in range(first, end - self.every + 1, self.every)
        )

    @property
    def expected_a_week(self) -> float:
        """Expected number who come in a week without holidays."""
        slots = sum(len(self.begins(weekday)) for weekday in range(7))
        return slots * self.places * self.taken * (1.0 - self.no_shows)


@dataclass(frozen=True)
class Retries:
    """A share of those who leave a queue, or do not join it, come back ``after`` that time; at most ``limit`` times."""

    share: float
    after: Distribution
    limit: int = 3


@dataclass(frozen=True)
class Backlog:
    """``cases`` that already wait at ``step`` when the run starts, having applied ``age`` before, or ``ages`` (minutes,
    one each)."""

    step: str
    cases: int
    age: Distribution | None = None
    ages: tuple[float, ...] = ()


@dataclass(frozen=True)
class Service:
    """One matter (事项): who comes, what happens to the case, and what was promised, in workdays.

    ``matters``: how many matters one visitor brings, with shares; one for everybody where it is ().
    Applicants of the channels ``round_the_clock`` come at any time, those of others as ``arrivals`` say.
    ``informed`` is the share of applicants who take the channel of the shortest expected time. With
    ``deemed_approval`` a case undecided at the statutory limit counts as approved. ``in_hand`` is the most cases that
    the office has accepted, or is about to, and not decided (None: any number).

    ``travel`` is the applicant's way there and back for one visit, ``time_value`` what an hour of it and of waiting is
    worth, ``fee`` what a case pays once, ``firm`` what it costs that the decision is not there yet.
    """

    id: str
    name: Text
    steps: tuple[Step, ...]
    arrivals: PoissonArrivals | ProfileArrivals | Recorded | None = None
    patience: Distribution | None = None
    priority: int = 5
    promise: int | None = None
    statutory_limit: int | None = None
    groups: tuple[tuple[str, float], ...] = ()
    channels: tuple[tuple[str, float], ...] = ()
    round_the_clock: tuple[str, ...] = ()
    informed: float = 0.0
    withdraws: Withdraws | None = None
    retries: Retries | None = None
    deemed_approval: bool = False
    in_hand: int | None = None
    backlog: tuple[Backlog, ...] = ()
    matters: Sizes = ()
    appointments: Appointments | None = None
    travel: Duration | None = None
    time_value: Money | None = None
    fee: Money | None = None
    firm: FirmCost | None = None

    def matters_at(self, step: Step) -> float:
        """The mean number of matters that a visit to ``step`` deals with."""
        return mean_size(self.matters) if step.in_person else 1.0

    def step(self, step_id: str) -> Step:
        """The step of that id; KeyError where there is none."""
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(step_id)


def shares_doing(service: Service) -> tuple[float, ...]:
    """The share of cases that do each step they come to: its own, of those whose channel does it.

    Channels as drawn by their shares; an attempt that fails moves its share of the cases to the other channel.
    """
    by_channel = dict(service.channels)
    found = []
    for step in service.steps:
        own = [channel for channel in by_channel if not step.channels or channel in step.channels]
        found.append(step.share * (sum(by_channel[channel] for channel in own) if by_channel else 1.0))
        if step.fails is not None and by_channel:
            moved = {channel: by_channel[channel] * step.share * step.fails.share for channel in own}
            by_channel = {channel: share - moved.get(channel, 0.0) for channel, share in by_channel.items()}
            by_channel[step.fails.to] += sum(moved.values())
    return tuple(found)


@dataclass(frozen=True)
class System:
    """A system on which ``pools`` depend: while it is down they take no work.

    ``every`` is the time from the end of an outage to the next, ``lasts`` that of an outage. ``under_way`` is for work
    that an outage meets.
    """

    id: str
    name: Text
    pools: tuple[str, ...]
    every: Distribution
    lasts: Distribution
    under_way: Literal["pause", "finish"] = "pause"


@dataclass(frozen=True)
class RunSettings:
    """How a run measures: by dates (``period`` after ``warm_up``) or by cases (``cases``, of which the first
    ``warm_up_cases`` are not counted). ``cap`` is the longest a run goes on after the window for cases still open.
    """

    start: datetime.date = datetime.date(2026, 1, 5)
    period: Duration | None = None
    warm_up: Duration = NO_TIME
    cases: int | None = None
    warm_up_cases: int = 0
    cap: Duration = YEAR
    replications: int = 30
    seed: int = 1
    confidence: float = 0.95


@dataclass(frozen=True)
class Reach:
    """Which cases a measure reaches: whose draw of uptake is below ``upto`` and, with ``groups``, who are of these.

    The draw is one for each case, so that who takes up one measure early takes up the next early too.
    """

    upto: float = 1.0
    groups: tuple[str, ...] | None = None

    @property
    def everybody(self) -> bool:
        """Whether no case is left out."""
        return self.upto >= 1.0 and self.groups is None

    @property
    def nobody(self) -> bool:
        """Whether every case is left out."""
        return self.upto <= 0.0 or self.groups == ()

    def within(self, other: Reach) -> Reach:
        """The cases that both reach."""
        if self.groups is None or other.groups is None:
            groups = other.groups if self.groups is None else self.groups
        else:
            groups = tuple(group for group in self.groups if group in other.groups)
        return Reach(min(self.upto, other.upto), groups)


EVERYBODY = Reach()


@dataclass(frozen=True)
class Others:
    """How the cases of ``reach`` go that nothing before it reached."""

    reach: Reach
    services: tuple[Service, ...]


@dataclass(frozen=True)
class Way:
    """How the ``share`` of a service's cases goes that are of ``reach`` and of no way before it."""

    service: Service
    reach: Reach
    share: float


def coming_as(service: Service, way: Service) -> Service:
    """``way`` with people who come as they come to ``service``."""
    return replace(
        way,
        arrivals=service.arrivals,
        appointments=service.appointments,
        groups=service.groups,
        channels=service.channels,
        round_the_clock=service.round_the_clock,
    )


def stretches(reaches: Sequence[Reach], group: str | None) -> tuple[tuple[float, float], ...]:
    """From which draw to which the cases of a group go by each of several ways, each by the first that reaches it.

    None stands for the cases of a service without groups. An empty stretch is (x, x).
    """
    found, upto = [], 0.0
    for reach in reaches:
        reached = reach.groups is None or group in reach.groups
        following = max(upto, min(1.0, reach.upto)) if reached else upto
        found.append((upto, following))
        upto = following
    return tuple(found)


@dataclass(frozen=True)
class Phase:
    """What holds from ``start``, 00:00, on: the routes of those who apply from then on, and the officers on duty.

    ``set_up`` and ``running`` are what all reforms up to then cost. ``measures`` are those that brought it about, so
    that a reform which holds one of them does not bring it twice. ``reach`` and ``others`` as in ``Scenario``.
    """

    start: datetime.date
    pools: tuple[Pool, ...]
    services: tuple[Service, ...]
    set_up: int = 0
    running: int = 0
    measures: tuple[Hashable, ...] = field(default=(), compare=False)
    reach: Reach = EVERYBODY
    others: tuple[Others, ...] = ()


class Chance(Protocol):
    """What differs from replication to replication beyond the draws of cases: a measure that comes late, say."""

    def drawn(self, seed: int, replication: int) -> Scenario:
        """The scenario of one replication; it has no chance any more."""

    def with_staff(self, posts: Mapping[str, Posts]) -> Chance:
        """The same with these posts in the pools named."""


@dataclass(frozen=True)
class Scenario:
    """Everything one run needs. ``label`` is ``baseline`` or the reform's name and fills the ``scenario`` column.

    ``set_up`` and ``running`` are what the reforms so far cost, once and a year, in minor units of ``currency``.
    ``phases`` are later versions of pools and services, in the order of their dates, all after the first day.
    ``hall_room`` is how many people may wait in all pools together before nobody more joins (None: any number).

    ``services`` is how the cases of ``reach`` go; each other case goes as the first of ``others`` that reaches it, of
    which the last reaches everybody. Who comes, when and in which groups and channels, is what ``services`` says.
    ``satisfaction`` and ``complaints`` are the weights by which these are measured (None: they are not).
    ``beside_duty`` is what posts cost over the horizon beyond their hours on duty: a roster's supplements and breaks.
    ``watched`` names KPIs that are measured beside those that every scenario has; it changes nothing in the office.
    """

    name: Text
    calendar: Calendar
    pools: tuple[Pool, ...]
    services: tuple[Service, ...]
    run: RunSettings
    label: str = "baseline"
    currency: str = ""
    set_up: int = 0
    running: int = 0
    horizon: Duration = YEAR
    hall_room: int | None = None
    phases: tuple[Phase, ...] = ()
    systems: tuple[System, ...] = ()
    reach: Reach = EVERYBODY
    others: tuple[Others, ...] = ()
    chance: Chance | None = None
    satisfaction: Satisfaction | None = None
    complaints: Complaints | None = None
    watched: tuple[str, ...] = field(default=(), repr=False)
    beside_duty: int = field(default=0, repr=False)

    @property
    def ways(self) -> tuple[tuple[Reach, tuple[Service, ...]], ...]:
        """How cases go on the first day, in order: each goes by the first that reaches it."""
        return ((self.reach, self.services), *((other.reach, other.services) for other in self.others))

    def ways_of(self, service: Service) -> tuple[Way, ...]:
        """The ways that cases of one of the ``services`` go on the first day, but for those that nobody goes.

        In all of them people come as ``service`` says: when, in which groups and by which channels. The last way
        takes everybody who is left.
        """
        if not self.others:
            return (Way(service, EVERYBODY, 1.0),)
        there = [(reach, one) for reach, own in self.ways for one in own if one.id == service.id]
        reaches = [*(reach for reach, _ in there[:-1]), EVERYBODY]
        groups: Sequence[tuple[str | None, float]] = service.groups or ((None, 1.0),)
        shares = [0.0] * len(there)
        for group, of_group in groups:
            for place, (low, high) in enumerate(stretches(reaches, group)):
                shares[place] += of_group * (high - low)
        ways = tuple(
            Way(coming_as(service, one), reach, share)
            for (_, one), reach, share in zip(there, reaches, shares, strict=True)
            if share > 0.0
        )
        return ways if len(ways) > 1 else (replace(ways[0], reach=EVERYBODY, share=1.0),)

    def variants(self, service: Service) -> tuple[Service, ...]:
        """One of the ``services`` as cases go through it on any way of the first day; equal ones once."""
        if not self.others:
            return (service,)
        return tuple(dict.fromkeys((service, *(way.service for way in self.ways_of(service)))))

    @property
    def every_variant(self) -> tuple[Service, ...]:
        """The variants of all services, in order."""
        if not self.others:
            return self.services
        return tuple(variant for service in self.services for variant in self.variants(service))

    @property
    def versions(self) -> tuple[Scenario, ...]:
        """The scenario as it is at first and as each phase leaves it; in none of them anything changes any more."""
        return (replace(self, phases=()), *(self.in_phase(phase) for phase in self.phases))

    def in_phase(self, phase: Phase) -> Scenario:
        """The scenario as ``phase`` leaves it."""
        return replace(
            self,
            pools=phase.pools,
            services=phase.services,
            set_up=phase.set_up,
            running=phase.running,
            reach=phase.reach,
            others=phase.others,
            phases=(),
        )

    def version_on(self, date: datetime.date | None) -> Scenario:
        """The scenario as it is on a date; None for the first day."""
        begun = [phase for phase in self.phases if date is not None and phase.start <= date]
        return self.in_phase(begun[-1]) if begun else replace(self, phases=())

    def with_phase_from(self, date: datetime.date) -> Scenario:
        """The same with a phase that begins on ``date``, by itself without any change; none before the run begins."""
        if date <= self.run.start or any(phase.start == date for phase in self.phases):
            return self
        earlier = tuple(phase for phase in self.phases if phase.start < date)
        first = Phase(date, self.pools, self.services, self.set_up, self.running, reach=self.reach, others=self.others)
        last = earlier[-1] if earlier else first
        return replace(self, phases=(*earlier, replace(last, start=date), *self.phases[len(earlier) :]))

    def with_staff(self, posts: Mapping[str, Posts]) -> Scenario:
        """The same with these posts in the pools named, from the first day on and in every phase."""

        def changed(pools: tuple[Pool, ...]) -> tuple[Pool, ...]:
            return tuple(staffed(pool, posts[pool.id]) if pool.id in posts else pool for pool in pools)

        phases = tuple(replace(phase, pools=changed(phase.pools)) for phase in self.phases)
        chance = None if self.chance is None else self.chance.with_staff(posts)
        return replace(self, pools=changed(self.pools), phases=phases, chance=chance)

    def pool(self, pool_id: str) -> Pool:
        """The pool of that id; KeyError where there is none."""
        for pool in self.pools:
            if pool.id == pool_id:
                return pool
        raise KeyError(pool_id)

    def service(self, service_id: str) -> Service:
        """The service of that id; KeyError where there is none."""
        for service in self.services:
            if service.id == service_id:
                return service
        raise KeyError(service_id)

    def with_service(self, changed: Service) -> Scenario:
        """The same scenario with the service of that id exchanged."""
        return replace(self, services=tuple(changed if s.id == changed.id else s for s in self.services))

    def with_step(self, service_id: str, changed: Step) -> Scenario:
        """The same scenario with one step of one service exchanged."""
        service = self.service(service_id)
        steps = tuple(changed if s.id == changed.id else s for s in service.steps)
        return self.with_service(replace(service, steps=steps))

    def with_pool(self, changed: Pool) -> Scenario:
        """The same scenario with the pool of that id exchanged."""
        return replace(self, pools=tuple(changed if p.id == changed.id else p for p in self.pools))


def staffed(pool: Pool, posts: Posts) -> Pool:
    """``pool`` with these posts; a number is shared among its shifts in their present proportions.

    Sainte-Lague's rule, because it is monotone: one post more never takes a post from any shift.
    """
    if isinstance(posts, tuple):
        return replace(pool, shifts=posts)
    weights = [shift.count for shift in pool.shifts]
    if not any(weights):
        weights = [1] * len(weights)
    given = [0] * len(weights)
    for _ in range(posts):
        best = max(range(len(weights)), key=lambda i: (weights[i] / (2 * given[i] + 1), -i))
        given[best] += 1
    shifts = tuple(replace(shift, count=n) for shift, n in zip(pool.shifts, given, strict=True))
    return replace(pool, shifts=shifts)
