"""From the sections of a file to the ``Scenario`` they describe: references, hours, shifts, files beside the scenario.

Nothing here raises for bad input: each function gives the best value it can and adds to ``problems``, so that all
faults are found at once.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from simgov.arrays import Integers
from simgov.calendars import (
    ALWAYS,
    CLOSED,
    Calendar,
    CalendarError,
    Span,
    Week,
    check_country,
    day_table,
    workday_minutes,
)
from simgov.distributions import Constant, Distribution, Empirical
from simgov.errors import PathPart, Problem
from simgov.scenario.applicants import FirmCost
from simgov.scenario.applicants_schema import NO_KEYS, ApplicantKeys, FirmSpec, complaints_of, satisfaction_of
from simgov.scenario.checks import pool_problems, service_problems
from simgov.scenario.eventlog import EventLog, read_applications, read_eventlog
from simgov.scenario.fields import WEEKDAYS, day_spans, span_text, text_of, unknown, week_of
from simgov.scenario.instants import minutes_since
from simgov.scenario.profiles import MOST_PROBLEMS, TableError, read_profile, read_times
from simgov.scenario.replay import Office, Replay, signed
from simgov.scenario.run_days import workday_problems
from simgov.scenario.schema import (
    AlternativeSpec,
    AppointmentsSpec,
    ArrivalsSpec,
    BacklogSpec,
    CalendarSpec,
    ChannelSpec,
    DistributionSpec,
    DocumentSpec,
    GateSpec,
    LearningSpec,
    LunchSpec,
    PartSpec,
    PoissonSpec,
    PoolSpec,
    ReplaySpec,
    RetriesSpec,
    ReturnsSpec,
    RunSpec,
    ScenarioSpec,
    ServiceSpec,
    StepSpec,
    SystemSpec,
    TogetherSpec,
    WithdrawsSpec,
    listed,
)
from simgov.scenario.value import (
    Absences,
    Alternative,
    Appointments,
    Away,
    Backlog,
    Document,
    Fails,
    Gate,
    Learning,
    Part,
    PoissonArrivals,
    Pool,
    ProfileArrivals,
    Recorded,
    Retries,
    Returns,
    RunSettings,
    Scenario,
    Service,
    Shift,
    Sickness,
    Sizes,
    Step,
    Surge,
    System,
    Text,
    Tide,
    Trend,
    Withdraws,
)
from simgov.units import Duration, Money, parse_duration

Place = tuple[PathPart, ...]
WORKING_DAYS = range(5)
ALWAYS_OPEN = 'for shifts round the clock write calendar: {hours: {mon-sun: "00:00-24:00"}}'
MOST_CASES_A_DAY = 10_000_000.0
UNREAD_POOL = PoolSpec.model_construct(kind="window", count=1, cost=Money(0, ""))
UNREAD_SERVICE = ServiceSpec.model_construct(steps={})
UNREAD_STEP = StepSpec.model_construct()
UNREAD_SLOT = Duration(1.0)
UNREAD_PART = PartSpec.model_construct(share=0.0)
"""What stands for sections that could not be read, so that the rest can be checked against their names."""


@dataclass(frozen=True)
class Names:
    """The ids in the file, those of sections that could not be read too: naming one of them is no second fault.

    ``pools`` is None where the whole section could not be read; ``parts`` goes by (service, step).
    """

    pools: tuple[str, ...] | None
    steps: Mapping[str, tuple[str, ...]]
    parts: Mapping[tuple[str, str], tuple[str, ...]]

    @staticmethod
    def of(data: object, problems: Sequence[Problem] = ()) -> Names:
        """The ids in the plain data of a file, in which ``problems`` were found so far."""
        lost = [problem for problem in problems if len(problem.path) == 1 and not problem.warning]
        pools = tuple(keys_of(data, "pools"))
        steps = {name: tuple(keys_of(data, "services", name, "steps")) for name in keys_of(data, "services")}
        parts = {
            (name, step): tuple(keys_of(data, "services", name, "steps", step, "parts"))
            for name in steps
            for step in steps[name]
        }
        unread = any(problem.path == ("pools",) or (not pools and problem.on_key) for problem in lost)
        return Names(None if unread else pools, steps, parts)

    @property
    def whole(self) -> bool:
        """Whether every id is known, so that an unknown one can be told."""
        return self.pools is not None and bool(self.steps) and all(self.steps.values())


@dataclass
class Resolver:
    """Reads one file: where it is, the ids in it, and what was found wrong so far."""

    folder: Path
    names: Names
    problems: list[Problem] = field(default_factory=list)
    currency: str = ""
    opening: Calendar = ALWAYS
    pools: dict[str, Pool] = field(default_factory=dict)
    first_day: datetime.date = RunSettings.start
    label_names: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    closed_on: tuple[int, ...] = ()
    applicants: ApplicantKeys = NO_KEYS

    def note(self, place: Place, message: str, hint: str = "", on_key: bool = False) -> None:
        """Add a problem."""
        self.problems.append(Problem(place, message, hint, on_key=on_key))

    # Money and distributions ------------------------------------------------------------------------------------------

    def money(self, amount: Money | None, place: Place) -> Money | None:
        """``amount``, which must be in the file's one currency."""
        if amount is not None and amount.currency:
            self.currency = self.currency or amount.currency
            if amount.currency != self.currency:
                self.note(
                    place, f"this is in {amount.currency}, the rest of the file in {self.currency}", "use one currency"
                )
        return amount

    def distribution(self, spec: DistributionSpec | None, place: Place) -> Distribution | None:
        """The distribution that the file writes, its values read from the file beside it where it is empirical."""
        if spec is None:
            return None
        if spec.family != "empirical":
            return spec.made()
        written = getattr(spec, "empirical")  # noqa: B009
        unit = parse_duration(f"1 {written.unit}")
        try:
            values, weights = read_times(self.folder, written.file, (*place, "empirical", "file"))
            return Empirical(tuple(value * unit.amount for value in values), weights, unit.base)
        except TableError as error:
            self.problems += error.problems
        except ValueError as error:
            self.note((*place, "empirical", "file"), str(error))
        return Constant(0.0)

    # Calendar and pools -----------------------------------------------------------------------------------------------

    def calendar(self, spec: str | CalendarSpec | None) -> Calendar:
        """The scenario's calendar."""
        if spec is None or isinstance(spec, str):
            return ALWAYS
        calendar = Calendar(
            week=week_of(spec.hours, WORKING_DAYS),
            country=spec.days,
            closed=tuple(sorted(set(spec.closed))),
            extra=tuple(sorted(spec.extra.items())),
            changed=tuple((date, day_spans(hours)) for date, hours in sorted(spec.changed.items()) if hours),
        )
        if spec.days is not None:
            try:
                check_country(spec.days)
            except CalendarError as error:
                self.note(("calendar", "days"), error.message, error.hint)
        try:
            workday_minutes(calendar)
        except CalendarError as error:
            self.note(("calendar", "hours"), error.message, error.hint)
        for position, date in enumerate(spec.closed):
            if date in spec.extra:
                self.note(("calendar", "closed", position), f"{date} is both closed and an extra working day")
        for date, weekday in spec.extra.items():
            if not calendar.week[weekday]:
                self.note(("calendar", "extra", date.isoformat()), f"there are no hours for {WEEKDAYS[weekday]}")
        self.check_changed(spec, calendar)
        return calendar

    def check_changed(self, spec: CalendarSpec, calendar: Calendar) -> None:
        """Hours can be changed only on days that are worked."""
        sound = not any(problem.path[:1] == ("calendar",) for problem in self.problems)
        for date, hours in spec.changed.items():
            place: Place = ("calendar", "changed", date.isoformat())
            if not hours:
                self.note(place, "there are no hours", "a day without work is written under closed")
            elif sound and day_table(calendar, date, 1).weekday[0] == CLOSED:
                self.note(place, f"{date} is not worked", "write it under extra too", on_key=True)

    def pool(self, pool_id: str, spec: PoolSpec, calendar: Calendar) -> Pool:
        """One pool with its shifts."""
        here: Place = ("pools", pool_id)
        always = spec.calendar == "always" or calendar.always
        self.check_never_closed(spec, always, here)
        return Pool(
            id=pool_id,
            name=text_of(spec.name, pool_id),
            kind=spec.kind,
            shifts=self.shifts(spec, always, calendar, here),
            cost=self.money(spec.cost, (*here, "cost")),
            overtime_cost=self.money(spec.overtime_cost, (*here, "overtime_cost")),
            always=always,
            at_closing=spec.at_closing,
            waiting_at_closing=spec.waiting_at_closing,
            sent_home=spec.sent_home,
            doors=self.doors(spec, here),
            before_opening=spec.before_opening,
            order=spec.order,
            ageing=spec.ageing,
            escalate=spec.escalate,
            prefers=tuple(spec.prefers or ()),
            tide=None
            if spec.tide is None
            else Tide(spec.tide.to, spec.tide.officers, spec.tide.above, spec.tide.below),
            balks_at=spec.balks_at,
            learning=learning(spec.learning),
            absences=self.absences(spec, (*here, "absences")),
        )

    def absences(self, spec: PoolSpec, place: Place) -> Absences:
        """Why officers of a pool are not there."""
        if spec.absences is None:
            return Absences()
        posts = spec.count if spec.shifts is None else sum(shift.count for shift in spec.shifts)
        written = spec.absences
        for key in ("leave", "training", "cuts"):
            for position, item in enumerate(getattr(written, key)):
                here = (*place, key, position)
                if posts is not None and item.officers > posts:
                    self.note((*here, "officers"), f"the pool has {posts} officers, fewer than {item.officers}")
                last = getattr(item, "to", None)
                if last is not None and last < item.from_:
                    self.note((*here, "to"), f"ends on {last}, before it begins")
        sickness = None
        if written.sickness is not None:
            lasts = self.distribution(written.sickness.lasts, (*place, "sickness", "lasts"))
            sickness = self.sickness(written.sickness.share, lasts or Constant(1.0), (*place, "sickness"))
        return Absences(
            sickness=sickness,
            leave=tuple(Away(item.officers, item.from_, item.to) for item in written.leave),
            training=tuple(Away(item.officers, item.date, item.date, item.hours) for item in written.training),
            cuts=tuple(Away(item.officers, item.from_, item.to) for item in written.cuts),
        )

    def sickness(self, share: float, lasts: Distribution, place: Place) -> Sickness | None:
        """How often officers are ill; None for never."""
        if share >= 1.0:
            self.note((*place, "share"), "everybody would be ill all the time", "write a share below 100 %")
        if lasts.mean <= 0.0:
            self.note((*place, "lasts"), "an illness takes some time")
        return None if share in (0.0, 1.0) or lasts.mean <= 0.0 else Sickness(share, lasts)

    def system(self, system_id: str, spec: SystemSpec, pools: Sequence[str]) -> System:
        """A system and the pools that depend on it."""
        here: Place = ("systems", system_id)
        for position, name in enumerate(spec.pools):
            if self.names.pools is not None and name not in pools:
                self.note((*here, "pools", position), *unknown("pool", name, pools))
            elif name in spec.pools[:position]:
                self.note((*here, "pools", position), f"{name} is written twice")
        every = self.distribution(spec.every, (*here, "every")) or Constant(1.0)
        lasts = self.distribution(spec.lasts, (*here, "lasts")) or Constant(1.0)
        if every.mean <= 0.0:
            self.note((*here, "every"), "the system would never be up")
        return System(system_id, text_of(spec.name, system_id), tuple(spec.pools), every, lasts, spec.under_way)

    def shifts(self, spec: PoolSpec, always: bool, calendar: Calendar, here: Place) -> tuple[Shift, ...]:
        """The shifts of a pool: as written, or one of ``count`` officers, or two around lunch."""
        working = [weekday for weekday in range(7) if calendar.week[weekday]]
        if spec.shifts is not None:
            for position, shift in enumerate(spec.shifts):
                self.check_open(shift.hours, calendar, (*here, "shifts", position, "hours"))
            return tuple(Shift(shift.count, week_of(shift.hours, working)) for shift in spec.shifts)
        count = spec.count or 0
        week = ALWAYS.week if always else calendar.week
        if spec.hours is not None:
            self.check_open(spec.hours, calendar, (*here, "hours"))
            week = week_of(spec.hours, working)
        if spec.lunch is None:
            return (Shift(count, week),)
        return self.around_lunch(count, week, spec.lunch, (*here, "lunch"))

    def check_never_closed(self, spec: PoolSpec, always: bool, here: Place) -> None:
        """Hours where there is no closing would mean nothing."""
        for key in ("hours", "shifts", "lunch", "doors"):
            if always and getattr(spec, key) is not None:
                self.note((*here, key), "there is no closing: the calendar is always", ALWAYS_OPEN, on_key=True)

    def check_open(self, hours: object, calendar: Calendar, place: Place) -> None:
        """Hours on a weekday on which nobody works are a mistake: the officers would never come."""
        week = week_of(hours, range(7)) if isinstance(hours, dict) else ()
        shut = [WEEKDAYS[weekday] for weekday, day in enumerate(week) if day and not calendar.week[weekday]]
        if shut:
            self.note(place, f"the calendar is closed on {', '.join(shut)}", "give these days hours in the calendar")

    def around_lunch(self, count: int, week: Week, lunch: LunchSpec, place: Place) -> tuple[Shift, ...]:
        """Those who stay at midday, and the others, who are away then."""
        if lunch.staying > count:
            self.note((*place, "staying"), f"{lunch.staying} cannot stay: there are {count}")
            return (Shift(count, week),)
        if not any(span[0] < lunch.hours[0] and lunch.hours[1] < span[1] for day in week for span in day):
            self.note((*place, "hours"), f"{span_text(lunch.hours)} is not inside the opening hours")
        away = tuple(without(day, lunch.hours) for day in week)
        shifts = (Shift(lunch.staying, week), Shift(count - lunch.staying, away))
        return tuple(shift for shift in shifts if shift.count) or shifts[1:]

    def doors(self, spec: PoolSpec, here: Place) -> Span | None:
        """When people may join the queue."""
        if spec.doors is None:
            return None
        if spec.doors.open >= spec.doors.close:
            self.note((*here, "doors", "close"), "the doors close before they open")
        return (spec.doors.open, spec.doors.close)

    # Services ---------------------------------------------------------------------------------------------------------

    def service(self, service_id: str, spec: ServiceSpec) -> Service:
        """One service with its steps."""
        here: Place = ("services", service_id)
        order = self.names.steps[service_id]
        self.label_names[service_id, "group"] = list(spec.groups)
        self.label_names[service_id, "channel"] = list(spec.channels)
        service = Service(
            id=service_id,
            name=text_of(spec.name, service_id),
            steps=tuple(
                self.step(service_id, step_id, spec.steps.get(step_id, UNREAD_STEP), order) for step_id in order
            ),
            arrivals=self.arrivals(spec.arrivals, service_id, (*here, "arrivals")),
            patience=self.distribution(spec.patience, (*here, "patience")),
            priority=spec.priority,
            promise=spec.promise,
            statutory_limit=spec.statutory_limit,
            groups=tuple(spec.groups.items()),
            channels=tuple(
                (name, one.share if isinstance(one, ChannelSpec) else one) for name, one in spec.channels.items()
            ),
            round_the_clock=tuple(
                name for name, one in spec.channels.items() if isinstance(one, ChannelSpec) and one.hours == "always"
            ),
            matters=sizes_of(spec.matters),
            appointments=self.appointments(spec.appointments, (*here, "appointments")),
            informed=0.0 if spec.choice is None else spec.choice.informed,
            withdraws=self.withdraws(spec.withdraws, (*here, "withdraws")),
            retries=self.retries(spec.retries, (*here, "retries")),
            deemed_approval=spec.deemed_approval,
            in_hand=spec.in_hand,
            backlog=tuple(
                self.backlog(item, (*here, "backlog", position)) for position, item in enumerate(spec.backlog)
            ),
            travel=spec.travel or self.applicants.travel,
            time_value=self.money(spec.time_value, (*here, "time_value")) or self.applicants.time_value,
            fee=self.money(spec.fee, (*here, "fee")) or self.applicants.fee,
            firm=self.firm(spec, tuple(spec.groups), here) or self.firm(self.applicants, None, ()),
        )
        if service_id == "hall":
            self.note(
                here, "the name hall is taken by hall.wait, the waits of all services", "choose another", on_key=True
            )
        used = [pool for step in service.steps for pool in step.pools]
        pools = self.names.pools if self.names.pools is not None else used
        if spec.replay is None:
            self.problems += service_problems(service, pools)
            return service
        return self.replayed(service, spec, pools, (*here, "replay"))

    def firm(self, spec: ApplicantKeys, groups: tuple[str, ...] | None, place: Place) -> FirmCost | None:
        """What a day costs a firm, of a service with these ``groups``; None for the default of all services."""
        if spec.firm is None:
            return None
        if not isinstance(spec.firm, FirmSpec):
            return FirmCost(self.money(spec.firm, (*place, "firm")) or spec.firm)
        for position, name in enumerate(spec.firm.groups):
            if groups is not None and name not in groups:
                self.note((*place, "firm", "groups", position), *unknown("group", name, groups))
        return FirmCost(self.money(spec.firm.cost, (*place, "firm", "cost")) or spec.firm.cost, tuple(spec.firm.groups))

    def applicant_defaults(self, spec: ScenarioSpec) -> ApplicantKeys:
        """What holds for the applicants of all services; a score that nothing is fitted to is pointed out."""
        written = spec.applicants or NO_KEYS
        for key in ("time_value", "fee"):
            self.money(getattr(written, key), ("applicants", key))
        self.firm(written, None, ("applicants",))
        satisfaction = spec.satisfaction
        if satisfaction is not None and satisfaction.observed is not None and satisfaction.offset is None:
            message = "observed is given, and no offset that fits it: the offset is 100"
            hint = "let simgov satisfaction find it, and write it as offset"
            self.problems.append(Problem(("satisfaction", "observed"), message, hint, warning=True))
        return written

    def replayed(self, service: Service, spec: ServiceSpec, pools: Collection[str], place: Place) -> Service:
        """The service with the cases of a log."""
        for key in ("arrivals", "backlog", "appointments"):
            if getattr(spec, key):
                self.note((*place[:-1], key), "the log says who comes", f"delete {key}, or replay", on_key=True)
        replay = ReplaySpec.model_validate({"log": spec.replay}) if isinstance(spec.replay, str) else spec.replay
        assert replay is not None
        nobody = Recorded(replay.log, "", np.empty(0), replays=True)
        sound = [p for p in service_problems(replace(service, arrivals=nobody), pools) if not p.warning]
        strange = [key for key, step in replay.steps.items() if step not in {step.id for step in service.steps}]
        for key in strange:
            known = [step.id for step in service.steps]
            self.note((*place, "steps", key), *unknown("step", replay.steps[key], known))
        if not sound and not strange:
            nobody = self.read_replay(service, replay, place) or nobody
        service = replace(service, arrivals=nobody)
        self.problems += service_problems(service, pools)
        return service

    def read_replay(self, service: Service, spec: ReplaySpec, place: Place) -> Recorded | None:
        """What a run takes from the log; None where the log is wrong."""
        where = place if spec.model_fields_set == {"log"} else (*place, "log")
        columns = spec.columns.model_dump(exclude_none=True) if spec.columns is not None else {}
        try:
            log = read_eventlog(self.folder, spec.log, where, columns)
        except TableError as error:
            self.problems += error.problems
            return None
        office = Office(self.opening, self.pools, self.first_day)
        replay = Replay(log, service, office, spec.steps, spec.others == "ignore")
        recorded = replay.recorded(spec.log)
        self.problems += replay.problems
        return recorded

    def backlog(self, spec: BacklogSpec, place: Place) -> Backlog:
        """Cases that wait: so many of some age, or those of a file."""
        if spec.recorded is None:
            return Backlog(spec.step, spec.cases or 0, self.distribution(spec.age, (*place, "age")))
        ages: tuple[float, ...] = ()
        try:
            table = read_applications(self.folder, spec.recorded, (*place, "recorded"))
            applied = minutes_since(self.first_day, table.applied)
            late = np.flatnonzero(applied > 0.0)
            for row in late[:MOST_PROBLEMS].tolist():
                self.problems.append(table.problem(row, f"this is after {self.first_day}, when the run starts"))
            ages = tuple((-applied).tolist())
        except TableError as error:
            self.problems += error.problems
        return Backlog(spec.step, max(1, len(ages)), ages=ages)

    def recorded(self, name: str, service_id: str, place: Place) -> Recorded:
        """Applications as a file has them, in order of time; before the first day they are left out."""
        try:
            table = read_applications(self.folder, name, place)
        except TableError as error:
            self.problems += error.problems
            return Recorded(name, "", np.empty(0))
        applied = minutes_since(self.first_day, table.applied)
        services, names = table.texts["service"]
        own = np.array([text in ("", service_id) for text in names])[services]
        rows = np.flatnonzero(own & (applied >= 0.0))
        if not len(rows):
            self.note(place, f"nobody applies on {self.first_day}, the first day of the run, or later")
        rows = rows[np.argsort(applied[rows], kind="stable")]
        return signed(Recorded(name, "", applied[rows], labels=self.labels(table, rows, service_id)))

    def labels(self, table: EventLog, rows: Integers, service_id: str) -> dict[str, Integers]:
        """The places of groups and channels that a file gives."""
        found = {}
        for kind in ("group", "channel"):
            numbers, texts = table.texts[kind]
            names = self.label_names[service_id, kind]
            places = np.array([names.index(text) if text in names else -1 for text in texts], np.int64)
            strange = np.flatnonzero((places[numbers] < 0) & (numbers != texts.index("") if "" in texts else True))
            for row in strange[:1].tolist():
                self.problems.append(table.problem(row, *unknown(kind, table.text(kind, row), names)))
            found[kind] = places[numbers[rows]]
        return found

    def arrivals(
        self, spec: ArrivalsSpec | None, service_id: str, place: Place
    ) -> PoissonArrivals | ProfileArrivals | Recorded | None:
        """How applicants come."""
        if spec is None:
            return None
        if spec.recorded is not None:
            return self.recorded(spec.recorded, service_id, (*place, "recorded"))
        if spec.poisson is not None:
            steady = self.poisson(spec.poisson, (*place, "poisson", "rate"))
            return replace(steady, trend=self.trend(spec), groups_of=sizes_of(spec.groups_of))
        assert spec.profile is not None
        try:
            rows = read_profile(self.folder, spec.profile, (*place, "profile"))
        except TableError as error:
            self.problems += error.problems
            rows = ()
        scale = 1.0 if spec.scale is None else float(spec.scale)
        arrivals = ProfileArrivals(rows, spec.profile, scale, self.trend(spec), sizes_of(spec.groups_of))
        self.check_crowd(arrivals.scale * sum(row[3] for row in rows) / 7, (*place, "profile"))
        return arrivals

    def poisson(self, spec: PoissonSpec, place: Place) -> PoissonArrivals:
        """Arrivals at a constant rate."""
        rate, always = spec.rate, spec.hours == "always"
        if rate.amount == 0:
            self.note(place, "nobody ever comes at this rate")
        if rate.base == "workday" and always:
            self.note(place, "round the clock, a rate per workday could mean two things", "write a rate per hour")
        self.check_crowd(rate.amount * (1.0 if rate.base == "workday" else 1440.0), place)
        return PoissonArrivals(rate, always)

    def trend(self, spec: ArrivalsSpec) -> Trend:
        """How the arrivals of a day differ from those of an ordinary one."""
        return Trend(
            season=tuple(sorted(spec.season.items())),
            growth=spec.growth or 0.0,
            surges=tuple(Surge(item.first, item.last or item.first, item.times) for item in spec.surges),
            cv=float(spec.varies.cv) if spec.varies is not None else 0.0,
        )

    def appointments(self, spec: AppointmentsSpec | None, place: Place) -> Appointments | None:
        """The slots that people book."""
        if spec is None:
            return None
        every, calendar = spec.every, self.opening
        if every.base == "workday" or every.amount < 1 or every.amount != int(every.amount):
            self.note((*place, "every"), "slots begin on whole minutes", "write it as 15 min")
            every = UNREAD_SLOT
        if spec.hours is None and calendar.always:
            self.note(place, "does not say its hours, and the calendar has none", 'write hours: "09:00-12:00"', True)
            return None
        if spec.hours is not None and not calendar.always:
            self.check_open(spec.hours, calendar, (*place, "hours"))
        worked = [weekday for weekday in range(7) if calendar.week[weekday]]
        appointments = Appointments(
            every=int(every.amount),
            places=spec.places,
            week=calendar.week if spec.hours is None else week_of(spec.hours, worked),
            taken=spec.taken,
            lateness=(spec.lateness.mean, spec.lateness.sd.amount) if spec.lateness else (0.0, 0.0),
            no_shows=spec.no_shows,
            priority=spec.priority,
        )
        if spec.lateness is not None and spec.lateness.sd.base == "workday":
            self.note((*place, "lateness", "sd"), "is given in workdays", "write it in min")
        if not any(appointments.begins(weekday) for weekday in range(7)):
            self.note((*place, "every"), "no slot fits into the hours")
        return appointments

    def check_crowd(self, cases_a_day: float, place: Place) -> None:
        """So many cases would not fit into memory, and are most often a wrong unit."""
        if cases_a_day > MOST_CASES_A_DAY:
            self.note(place, f"this comes to {cases_a_day:,.0f} cases a day, too many to simulate", "check the unit")

    def step(self, service_id: str, step_id: str, spec: StepSpec, order: Sequence[str]) -> Step:
        """One step; without ``after`` it follows the one above it in the file."""
        here: Place = ("services", service_id, "steps", step_id)
        stream = f"{service_id}.{step_id}"
        above = order[: order.index(step_id)][-1:]
        at, alternatives, together = self.doers(spec, here)
        return Step(
            id=step_id,
            name=text_of(spec.name, step_id),
            stream=stream,
            at=at,
            time=self.distribution(spec.time, (*here, "time")),
            after=tuple(above if spec.after is None else spec.after),
            choose=tuple((spec.choose or {}).items()),
            share=spec.share,
            returns=self.returns(spec.returns, (*here, "returns")),
            refuses=spec.refuses,
            revokes=spec.revokes,
            gate=self.gate(spec.gate, (*here, "gate")),
            channels=tuple(spec.channels),
            fails=None if spec.fails is None else Fails(spec.fails.share, spec.fails.to),
            parts=tuple(
                self.part(stream, part_id, (spec.parts or {}).get(part_id, UNREAD_PART), (*here, "parts", part_id))
                for part_id in self.names.parts[(service_id, step_id)]
            ),
            in_person=spec.in_person,
            accepted=spec.accepted,
            decision=spec.decision,
            collected=spec.collected,
            special=spec.special,
            basis=spec.basis,
            needs=tuple(spec.needs),
            documents=spec.documents if isinstance(spec.documents, int) else len(spec.documents),
            papers=papers(spec.documents),
            priority=spec.priority,
            alternatives=alternatives,
            together=together,
            batch=spec.batch,
            room=spec.room,
        )

    def doers(self, spec: StepSpec, here: Place) -> tuple[str | None, tuple[Alternative, ...], tuple[str, ...]]:
        """The first pool of a step, the further ones in order of preference, and those that do it with the first."""
        if isinstance(spec.at, TogetherSpec):
            if len(spec.at.together) < 2:
                self.note((*here, "at", "together"), "names fewer than two pools", "write at: POOL")
            return next(iter(spec.at.together), None), (), tuple(spec.at.together[1:])
        if not isinstance(spec.at, list):
            return spec.at, (), ()
        first, *others = [self.alternative(item) for item in spec.at]
        if first.slowdown != 1.0 or first.stand_in:
            message = f"{first.pool} comes first: the time of the step is its time"
            self.note((*here, "at", 0), message, "give slowdown and stand_in to the pools after it")
        return first.pool, tuple(others), ()

    def alternative(self, item: str | AlternativeSpec) -> Alternative:
        """One of several pools."""
        if isinstance(item, str):
            return Alternative(item)
        return Alternative(item.pool, 1.0 + item.slowdown, item.stand_in)

    def returns(self, spec: ReturnsSpec | None, place: Place) -> Returns | None:
        """How cases go back after a step."""
        if spec is None:
            return None
        first, *later = spec.share if isinstance(spec.share, list) else [spec.share]
        return Returns(first, spec.to, self.distribution(spec.delay, (*place, "delay")), spec.limit, tuple(later))

    def withdraws(self, spec: WithdrawsSpec | None, place: Place) -> Withdraws | None:
        """Who withdraws, and when."""
        after = None if spec is None else self.distribution(spec.after, (*place, "after"))
        return None if spec is None or after is None else Withdraws(spec.share, after)

    def retries(self, spec: RetriesSpec | None, place: Place) -> Retries | None:
        """Who comes back after leaving unserved, and when."""
        after = None if spec is None else self.distribution(spec.after, (*place, "after"))
        return None if spec is None or after is None else Retries(spec.share, after, spec.limit)

    def gate(self, spec: GateSpec | None, place: Place) -> Gate | None:
        """When a step's sessions are held."""
        if spec is None:
            return None
        sessions = set()
        for weekdays, times in (spec.weekly or {}).items():
            sessions |= {(weekday, minute) for weekday in weekdays for minute in listed(times)}
        shut = sorted({weekday for weekday, _ in sessions} & set(self.closed_on))
        if shut:
            days = ", ".join(WEEKDAYS[weekday] for weekday in shut)
            self.note((*place, "weekly"), f"the calendar is closed on {days}", "sessions are held on workdays")
        if spec.daily is not None:
            sessions = {(weekday, minute) for weekday in range(7) for minute in listed(spec.daily)}
        every = None if spec.every is None else spec.every.amount
        return Gate(tuple(sorted(sessions)), every, spec.most, spec.least)

    def part(self, stream: str, part_id: str, spec: PartSpec, place: Place) -> Part:
        """One part of a step's work."""
        return Part(
            id=part_id,
            name=text_of(spec.name, part_id),
            share=spec.share,
            time=self.distribution(spec.time, (*place, "time")),
            stream=f"{stream}.{part_id}",
            basis=spec.basis,
        )


def resolve(spec: ScenarioSpec, names: Names, folder: Path) -> tuple[Scenario, list[Problem]]:
    """The scenario that the file describes, and what is wrong with it: where something is, the value is not for use."""
    resolver = Resolver(folder, names)
    pools = names.pools if names.pools is not None else tuple(spec.pools)
    calendar = resolver.opening = resolver.calendar(spec.calendar)
    resolver.pools = {
        pool_id: resolver.pool(pool_id, spec.pools.get(pool_id, UNREAD_POOL), calendar) for pool_id in pools
    }
    resolver.first_day = run_settings(spec.run).start
    resolver.applicants = resolver.applicant_defaults(spec)
    resolver.closed_on = tuple(weekday for weekday, day in enumerate(calendar.week) if not day)
    scenario = Scenario(
        name=text_of(spec.name, folder.name or "scenario"),
        calendar=calendar,
        pools=tuple(resolver.pools.values()),
        services=tuple(
            resolver.service(service_id, spec.services.get(service_id, UNREAD_SERVICE)) for service_id in names.steps
        ),
        systems=tuple(resolver.system(name, one, pools) for name, one in spec.systems.items()),
        run=run_settings(spec.run),
        currency=resolver.currency,
        hall_room=None if spec.hall is None else spec.hall.room,
        satisfaction=satisfaction_of(spec.satisfaction),
        complaints=complaints_of(spec.complaints),
    )
    resolver.problems += pool_problems(scenario) if names.whole else []
    if names.whole and not any(problem.path[:1] == ("calendar",) for problem in resolver.problems):
        resolver.problems += workday_problems(scenario)
    return scenario, resolver.problems


def run_settings(spec: RunSpec | None) -> RunSettings:
    """How a run measures."""
    default = RunSettings()
    if spec is None:
        return default
    return RunSettings(
        start=spec.start or default.start,
        period=spec.period,
        warm_up=spec.warm_up or Duration(0.0),
        cases=spec.cases,
        warm_up_cases=spec.warm_up_cases,
        cap=spec.cap or default.cap,
        replications=spec.replications,
        seed=spec.seed,
        confidence=spec.confidence,
    )


def sizes_of(shares: Mapping[int, float] | None) -> Sizes:
    """Sizes with their shares in order; () where they are all 1."""
    sizes = tuple(sorted((size, share) for size, share in (shares or {}).items() if share > 0.0))
    return () if [size for size, _ in sizes] == [1] else sizes


def papers(documents: int | list[str] | dict[str, DocumentSpec]) -> tuple[Document, ...]:
    """The documents that the file names; () where it says only how many there are."""
    if isinstance(documents, int):
        return ()
    if isinstance(documents, list):
        return tuple(Document(document, Text(document, document)) for document in documents)
    return tuple(Document(name, text_of(one.name, name), one.basis) for name, one in documents.items())


def learning(spec: LearningSpec | None) -> Learning | None:
    """How much longer work takes at first."""
    return None if spec is None else Learning(spec.from_, spec.start, spec.half_life)


def without(day: tuple[Span, ...], lunch: Span) -> tuple[Span, ...]:
    """The spans of a day less a midday break."""
    pieces = [piece for span in day for piece in ((span[0], min(span[1], lunch[0])), (max(span[0], lunch[1]), span[1]))]
    return tuple((opening, closing) for opening, closing in dict.fromkeys(pieces) if opening < closing)


def keys_of(data: object, *way: str) -> list[str]:
    """The keys of the mapping that stands at ``way`` in plain data; [] where none does."""
    for key in way:
        data = data.get(key) if isinstance(data, dict) else None
    return list(data) if isinstance(data, dict) else []
