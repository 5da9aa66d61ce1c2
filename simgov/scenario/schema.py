"""The language of the sections that describe a service: calendar, pools, services with their steps, and the run.

One ``Spec`` for each kind of mapping in the file; the descriptions are what an editor shows. ``resolve`` turns them
into the values of ``value``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, create_model, model_validator

from simgov.distributions import FAMILIES, Distribution, make_distribution
from simgov.scenario.applicants_schema import ApplicantKeys, ApplicantsSpec, ComplaintsSpec, SatisfactionSpec
from simgov.scenario.fields import (
    Always,
    CostField,
    Count,
    DateField,
    DayHours,
    DurationField,
    FactorField,
    GrowthField,
    HoursField,
    Id,
    LatenessField,
    MonthsField,
    NameField,
    OvertimeField,
    PeriodField,
    RateField,
    ShareField,
    SizesField,
    SpanField,
    Spec,
    TimeOfDayField,
    WeekdayField,
    WeekdaysKey,
    WorkdaysField,
    fault,
    kind_tag,
)

# Distributions --------------------------------------------------------------------------------------------------------

PARAMETER_TYPES: dict[str, Any] = {
    "duration": DurationField,
    "number": Annotated[float, Field(ge=0)],
    "file": Annotated[str, Field(min_length=1)],
    "unit": Literal["s", "min", "h", "days", "workdays"],
}


def family_type(name: str) -> Any:
    """The type behind a family's name: a mapping of its parameters, or the only one bare (``constant: 5 min``)."""
    family = FAMILIES[name]
    if family.bare:
        return PARAMETER_TYPES[family.parameters[0].kind]
    optional = {key for group in family.one_of for key in group}
    fields: dict[str, Any] = {}
    for parameter in family.parameters:
        kind = PARAMETER_TYPES[parameter.kind]
        described = Field(None if parameter.name in optional else ..., description=parameter.meaning)
        fields[parameter.name] = (kind | None if parameter.name in optional else kind, described)
    return create_model(f"{name.capitalize()}Spec", __base__=Spec, __doc__=family.meaning, **fields)


class OneFamily(Spec):
    """A distribution: exactly one family with its parameters."""

    written_as: ClassVar[str] = "say how it varies, as in {lognormal: {mean: 6 min, cv: 0.5}} or {constant: 6 min}"

    @model_validator(mode="after")
    def can_be_made(self) -> OneFamily:
        """One family, with parameters that fit together."""
        chosen = sorted(self.model_fields_set)
        if len(chosen) != 1:
            what = "names no distribution" if not chosen else "names more than one distribution: " + ", ".join(chosen)
            raise fault(what, "write one, as in {lognormal: {mean: 6 min, cv: 0.5}}")
        if chosen[0] != "empirical":
            try:
                self.made()
            except ValueError as error:
                raise fault(str(error)) from None
        return self

    @property
    def family(self) -> str:
        """The name of the family."""
        return next(iter(self.model_fields_set))

    def made(self) -> Distribution:
        """The distribution, of every family but ``empirical``, whose values are in a file."""
        parameters = getattr(self, self.family)
        if FAMILIES[self.family].bare:
            return make_distribution(self.family, {FAMILIES[self.family].parameters[0].name: parameters})
        return make_distribution(self.family, {key: getattr(parameters, key) for key in parameters.model_fields_set})


if TYPE_CHECKING:
    DistributionSpec = OneFamily
else:
    DistributionSpec = create_model(
        "DistributionSpec",
        __base__=OneFamily,
        __doc__="How a time varies: one family with its mean and cv, e.g. {lognormal: {mean: 6 min, cv: 0.5}}.",
        **{name: (family_type(name) | None, Field(None, description=FAMILIES[name].meaning)) for name in FAMILIES},
    )

# Calendar and pools ---------------------------------------------------------------------------------------------------


class CalendarSpec(Spec):
    """Which days are worked, and the opening hours."""

    days: str | None = Field(
        None, description="Public holidays and make-up days of a country: CN, PL, DE-BY, ... Without it none are known."
    )
    hours: HoursField = Field(
        description='Opening hours: ["09:00-12:00", "13:00-17:30"], or by weekday {mon-thu: [...]}'
    )
    closed: list[DateField] = Field(default_factory=list, description="Further dates without work")
    extra: dict[DateField, WeekdayField] = Field(
        default_factory=dict, description="Make-up working days, each with the weekday whose hours it works"
    )
    changed: dict[DateField, DayHours] = Field(
        default_factory=dict, description='Working days of changed hours: {2026-03-13: "09:00-12:00"}'
    )


CalendarField = Annotated[
    Annotated[Always, Tag("<text>")] | Annotated[CalendarSpec, Tag("<mapping>")], Discriminator(kind_tag)
]


class LunchSpec(Spec):
    """A midday break in which only some officers stay."""

    hours: SpanField = Field(description="When most are away, e.g. 12:00-13:00; it must be inside the opening hours")
    staying: Count = Field(0, description="How many stay at work meanwhile")


class ShiftSpec(Spec):
    """Officers who work the same hours."""

    count: Count = Field(description="How many officers")
    hours: HoursField = Field(description="Their hours, as in the calendar")


class DoorsSpec(Spec):
    """When people may join the queue."""

    open: TimeOfDayField = Field(description="From when on")
    close: TimeOfDayField = Field(description="Until when")


class TideSpec(Spec):
    """Windows that follow the queue (潮汐窗口): officers who serve at another pool while many wait there."""

    to: Id = Field(description="The pool where they help")
    officers: Annotated[int, Field(ge=1, le=100_000)] = Field(description="How many officers of this pool")
    above: Annotated[int, Field(ge=0, le=1_000_000)] = Field(description="They go there when more than so many wait")
    below: Annotated[int, Field(ge=1, le=1_000_000)] = Field(description="and come back when fewer than so many wait")

    @model_validator(mode="after")
    def turns_back(self) -> TideSpec:
        """They come back below what they went for."""
        if self.below > self.above + 1:
            raise fault("they would come back before they go", "write below no larger than above")
        return self


class LearningSpec(Spec):
    """Work takes longer at first: after a reform, with new colleagues or a new system."""

    from_: DateField = Field(alias="from", description="The day from which on; before it work takes its usual time")
    start: FactorField = Field(description="How long work takes on that day, of its usual time, e.g. 140 %")
    half_life: PeriodField = Field(description="The time in which the excess halves, e.g. 20 workdays")


class SicknessSpec(Spec):
    """How often officers are ill, each by themselves."""

    share: ShareField = Field(description="Share of workdays on which an officer is ill, e.g. 4 %")
    lasts: DistributionSpec = Field(
        description="How long an illness lasts, e.g. {lognormal: {mean: 3 workdays, cv: 1}}"
    )


class LeaveSpec(Spec):
    """Officers who are away for some days."""

    officers: Annotated[int, Field(ge=1, le=100_000)] = Field(description="How many officers")
    from_: DateField = Field(alias="from", description="The first day")
    to: DateField = Field(description="The last day")


class TrainingSpec(Spec):
    """Officers who are away for some hours of a day."""

    officers: Annotated[int, Field(ge=1, le=100_000)] = Field(description="How many officers")
    date: DateField = Field(description="The day")
    hours: SpanField | None = Field(None, description='From when to when, e.g. "14:00-17:00"; default: all day')


class CutSpec(Spec):
    """Posts that are cut, for some time or for good; they are not paid meanwhile."""

    officers: Annotated[int, Field(ge=1, le=100_000)] = Field(description="How many posts")
    from_: DateField = Field(alias="from", description="The first day")
    to: DateField | None = Field(None, description="The last day; default: for good")


class AbsencesSpec(Spec):
    """Why officers are not there."""

    sickness: SicknessSpec | None = Field(None, description="Illness, drawn for each officer")
    leave: list[LeaveSpec] = Field(default_factory=list, description="Leave: paid")
    training: list[TrainingSpec] = Field(default_factory=list, description="Training: paid")
    cuts: list[CutSpec] = Field(default_factory=list, description="Posts cut: not paid")


class SystemSpec(Spec):
    """A system on which pools depend; while it is down they take no work."""

    name: NameField | None = Field(None, description="Name: one text, or {zh: ..., en: ...}")
    pools: list[Id] = Field(description="The pools that need it", min_length=1)
    every: DistributionSpec = Field(description="Time from the end of an outage to the next")
    lasts: DistributionSpec = Field(description="How long an outage lasts")
    under_way: Literal["pause", "finish"] = Field(
        "pause", description="Work that an outage meets: pause until the system is back, or finish without it"
    )


class PoolSpec(Spec):
    """Officers or windows who share a queue (窗口、部门)."""

    kind: Literal["window", "department"] = Field(description="window (窗口) or department (部门)")
    name: NameField | None = Field(None, description="Name: one text, or {zh: ..., en: ...}")
    count: Count | None = Field(None, description="How many officers")
    shifts: list[ShiftSpec] | None = Field(
        None, description="Instead of count: shifts with hours of their own", min_length=1
    )
    hours: HoursField | None = Field(None, description="Opening hours where they differ from the calendar's")
    lunch: LunchSpec | None = Field(None, description="A midday break")
    calendar: Always | None = Field(None, description="always: on duty round the clock")
    cost: CostField | None = Field(None, description="Cost of one post, e.g. 35 CNY/h")
    overtime_cost: OvertimeField | None = Field(
        None, description="Cost of an hour of overtime; without it overtime is not priced"
    )
    at_closing: Literal["finish", "pause"] = Field(
        "finish", description="Work under way at closing: finish it in overtime, or pause it until the next opening"
    )
    waiting_at_closing: Literal["serve", "send_home", "stay"] | None = Field(
        None, description="Who still queues at closing: serve, send_home, or stay for the next day (files do)"
    )
    sent_home: Literal["lost", "back_tomorrow"] = Field("back_tomorrow", description="What becomes of those sent home")
    doors: DoorsSpec | None = Field(None, description="When people may join the queue, where not the opening hours")
    before_opening: Literal["wait", "come_later"] = Field(
        "wait", description="Who comes too early waits outside or comes later"
    )
    order: Literal["first_come", "earliest_due"] = Field(
        "first_come", description="Who is next within a priority class: who came first, or who is due first"
    )
    ageing: PeriodField | None = Field(
        None, description="Who waits becomes one priority class better for every so much waiting, e.g. 30 min"
    )
    escalate: PeriodField | None = Field(
        None, description="Who is due within so much time goes before all others, e.g. 1 workday"
    )
    prefers: list[str] | None = Field(
        None, description="Steps in order of preference, [service.step, ...]; the others come after them", min_length=1
    )
    tide: TideSpec | None = Field(None, description="Officers who help at another pool while many wait there")
    learning: LearningSpec | None = Field(None, description="Work takes longer at first")
    absences: AbsencesSpec | None = Field(None, description="Sickness, leave, training, posts cut")

    balks_at: Count | None = Field(
        None, description="Who finds so many people waiting in person here does not join (the applicant balks)"
    )

    @model_validator(mode="after")
    def fits_together(self) -> PoolSpec:
        """Either a count or shifts, and no rule that another one makes void."""
        if (self.count is None) == (self.shifts is None):
            raise fault(
                "has both count and shifts" if self.shifts else "does not say how many officers",
                "write count, or shifts",
            )
        for other in ("hours", "lunch", "calendar"):
            if self.shifts is not None and getattr(self, other) is not None:
                raise fault(f"has both shifts and {other}", "each shift has hours of its own")
        if "sent_home" in self.model_fields_set and self.waiting_at_closing != "send_home":
            raise fault("says sent_home and sends nobody home", "write waiting_at_closing: send_home with it")
        if self.calendar is not None and (self.hours is not None or self.lunch is not None):
            raise fault("is on duty always and has hours too", "write one of them")
        if self.ageing is not None and self.order == "earliest_due":
            raise fault("has both ageing and order: earliest_due", "who waits is due earlier anyway: leave ageing out")
        if self.ageing is not None and self.ageing.base == "workday":
            raise fault("ageing is in workdays; waiting runs on the wall clock", "write hours or days")
        if self.escalate is not None and self.escalate.base == "workday" and self.escalate.amount % 1:
            raise fault("escalate is not a whole number of workdays", "write whole workdays, or hours")
        return self


# Services -------------------------------------------------------------------------------------------------------------


class PoissonSpec(Spec):
    """Arrivals at a constant rate."""

    rate: RateField = Field(description="Cases per hour of opening, or per workday, e.g. 9 /h")
    hours: Literal["open", "always"] = Field(
        "open", description="While the calendar is open (default) or round the clock"
    )


class SurgeSpec(Spec):
    """Days on which more come, or fewer."""

    first: DateField = Field(alias="from", description="First day")
    last: DateField | None = Field(None, alias="to", description="Last day; default: that one day")
    times: FactorField = Field(description="How many come, of those who would otherwise, e.g. 150 %")

    @model_validator(mode="after")
    def runs_forward(self) -> SurgeSpec:
        """The last day is not before the first."""
        if self.last is not None and self.last < self.first:
            raise fault(f"ends on {self.last}, before it begins")
        return self


class VariesSpec(Spec):
    """The rate of a day varies more than chance alone would have it."""

    cv: Annotated[float, Field(ge=0, le=3)] = Field(
        description="Coefficient of variation of the day's factor, which is gamma with mean 1"
    )


class ArrivalsSpec(Spec):
    """How often applicants come."""

    poisson: PoissonSpec | None = Field(None, description="A constant rate")
    profile: str | None = Field(None, min_length=1, description="A CSV with the columns weekday, from, to, cases")
    scale: Annotated[float, Field(gt=0)] | None = Field(None, description="Multiplies the cases of the profile")
    recorded: str | None = Field(
        None, min_length=1, description="A CSV with the instants at which cases applied, in the column time"
    )
    season: MonthsField = Field(
        default_factory=dict, description="By month, of those who would otherwise come: {1: 120 %, 8: 70 %}"
    )
    growth: GrowthField | None = Field(None, description="Growth a year, day by day from the first: 5 %/year")
    surges: list[SurgeSpec] = Field(default_factory=list, description="Days on which more come, or fewer")
    varies: VariesSpec | None = Field(None, description="Days vary more than chance alone would have it: {cv: 0.2}")
    groups_of: SizesField | None = Field(
        None, description="People come together, in groups of these sizes: {1: 90 %, 30: 10 %}"
    )

    @model_validator(mode="after")
    def is_one_kind(self) -> ArrivalsSpec:
        """A rate, a profile or a record."""
        kinds = ("poisson", "profile", "recorded")
        if sum(getattr(self, kind) is not None for kind in kinds) != 1:
            hint = "write {poisson: {rate: 9 /h}}, {profile: FILE.csv} or {recorded: FILE.csv}"
            raise fault("needs poisson, profile or recorded, one of them", hint)
        bent = [key for key in ("season", "growth", "surges", "varies", "groups_of") if key in self.model_fields_set]
        if self.recorded is not None and bent:
            raise fault(f"{bent[0]} goes with a rate or a profile", "what is recorded came as it came")
        if self.scale is not None and self.profile is None:
            raise fault("scale goes with a profile", "change the rate instead")
        return self


class LatenessSpec(Spec):
    """How late people come to their appointment: a normal distribution, cut to the day."""

    mean: LatenessField = Field(description="Mean; below 0 where people come early, e.g. -5 min")
    sd: DurationField = Field(description="Standard deviation, e.g. 8 min")


class AppointmentsSpec(Spec):
    """Slots that people book, beside those who walk in (预约)."""

    every: DurationField = Field(description="How far apart slots begin, in whole minutes, e.g. 15 min")
    places: Annotated[int, Field(ge=1, le=1000)] = Field(1, description="People booked for one slot at most")
    hours: HoursField | None = Field(None, description="When there are slots; default: the calendar's opening hours")
    taken: ShareField = Field(1.0, description="Share of places that are booked")
    lateness: LatenessSpec | None = Field(None, description="How late people come; default: on time")
    no_shows: ShareField = Field(0.0, description="Share of those booked who do not come (爽约)")
    priority: Annotated[int, Field(ge=1, le=9)] | None = Field(
        None, description="Their priority at steps in person, 1 (first) to 9; default: that of everybody"
    )


SharesField = Annotated[
    Annotated[ShareField, Tag("<text>")] | Annotated[list[ShareField], Field(min_length=1), Tag("<list>")],
    Discriminator(kind_tag),
]
"""One share, or one for each attempt."""


class ReturnsSpec(Spec):
    """Some cases go back to an earlier step after this one (退回补正)."""

    share: SharesField = Field(
        description="Share of visits after which the case goes back, or a list: of the first attempt, the second, ..."
    )
    to: Id = Field(description="The step it goes back to: this one or one before it")
    delay: DistributionSpec | None = Field(None, description="Time with the applicant before the case is back")
    limit: Annotated[int, Field(ge=0, le=1000)] = Field(20, description="At most so many times for one case")


class WithdrawsSpec(Spec):
    """Some applicants withdraw (撤回) before the decision."""

    share: ShareField = Field(description="Share of applicants who would withdraw")
    after: DistributionSpec = Field(description="How long after application they do, where it is not decided by then")


class RetriesSpec(Spec):
    """Some who leave a queue unserved, or do not join it, come back later."""

    share: ShareField = Field(description="Share of those who leave or do not join that come back")
    after: DistributionSpec = Field(description="How long after leaving they come back")
    limit: Annotated[int, Field(ge=0, le=1000)] = Field(3, description="At most so many times for one case")


TimesOfDay = Annotated[
    Annotated[TimeOfDayField, Tag("<text>")] | Annotated[list[TimeOfDayField], Field(min_length=1), Tag("<list>")],
    Discriminator(kind_tag),
]
"""One time of day, or several."""


def listed(times: int | list[int]) -> list[int]:
    """Times of day, given as one or as several."""
    return times if isinstance(times, list) else [times]


class GateSpec(Spec):
    """A step that waits for the next session, or for the next run of a data exchange."""

    weekly: dict[WeekdaysKey, TimesOfDay] | None = Field(
        None, description='Sessions by weekday, as in {tue: "14:00"}, on the calendar\'s workdays', min_length=1
    )
    daily: TimesOfDay | None = Field(None, description='Sessions every workday, as in "22:00"')
    every: DurationField | None = Field(None, description="Round the clock, counted from 00:00, as in 1 h")
    most: Annotated[int, Field(ge=1)] | None = Field(None, description="At most so many pass at once; default: all")
    least: Annotated[int, Field(ge=1)] = Field(1, description="With fewer waiting, none pass")

    @model_validator(mode="after")
    def is_one_kind(self) -> GateSpec:
        """Weekly, daily or every so often, and a smallest number that may pass."""
        if sum(times is not None for times in (self.weekly, self.daily, self.every)) != 1:
            raise fault("needs weekly, daily or every, one of them", 'write {weekly: {tue: "14:00"}} or {every: 1 h}')
        if self.every is not None and (self.every.base == "workday" or not 1.0 <= self.every.amount <= 1440.0):
            raise fault("every is not between 1 min and 1 day", 'a longer rhythm is written {weekly: {tue: "14:00"}}')
        if self.most is not None and self.most < self.least:
            raise fault(f"at least {self.least} must wait and at most {self.most} may pass", "write most above least")
        return self


class FailsSpec(Spec):
    """Attempts that come to nothing: the applicant goes on by another channel."""

    share: ShareField = Field(description="Share of visits that fail")
    to: Id = Field(description="The channel by which the applicant goes on")


class PartSpec(Spec):
    """A piece of the work of a step, which a reform may remove."""

    name: NameField | None = Field(None, description="Name: one text, or {zh: ..., en: ...}")
    share: ShareField | None = Field(None, description="Share of the step's time")
    time: DistributionSpec | None = Field(None, description="A time of its own, where the step has none")
    basis: str | None = Field(None, min_length=1, description="Legal basis: a part with one cannot be removed")


class DocumentSpec(Spec):
    """A document that is handed in."""

    written_as: ClassVar[str] = "write {name: 身份证, basis: LAW}"

    name: NameField | None = Field(None, description="Name: one text, or {zh: ..., en: ...}")
    basis: str | None = Field(None, min_length=1, description="The law that asks for it")


def documents_tag(value: object) -> str:
    """Which form ``documents`` has: a number, a list or a mapping."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return "<number>" if number else "<other>" if isinstance(value, str) else kind_tag(value)


def check_once(names: list[str]) -> list[str]:
    """Each name at most once."""
    for position, name in enumerate(names):
        if name in names[:position]:
            raise fault(f"{name} is written twice", "name each document once")
    return names


DocumentsField = Annotated[
    Annotated[int, Field(ge=0, le=10_000), Tag("<number>")]
    | Annotated[list[Id], AfterValidator(check_once), Tag("<list>")]
    | Annotated[dict[Id, DocumentSpec], Tag("<mapping>")],
    Discriminator(documents_tag),
]
"""What is handed in: how many, their names, or their names with the laws that ask for them."""


class AlternativeSpec(Spec):
    """A further pool that may do a step."""

    pool: Id = Field(description="The pool")
    slowdown: ShareField = Field(0.0, description="How much longer the work takes there, e.g. 20 %")
    stand_in: bool = Field(False, description="Only while nobody is on duty in the pools before it (AB角)")


class TogetherSpec(Spec):
    """Pools that do a step together, an officer of each."""

    written_as: ClassVar[str] = "write {together: [POOL, POOL]}"

    together: list[Id] = Field(description="The pools: one officer of each is there for the whole of the work")


AlternativeField = Annotated[
    Annotated[Id, Tag("<text>")] | Annotated[AlternativeSpec, Tag("<mapping>")], Discriminator(kind_tag)
]
AtField = Annotated[
    Annotated[Id, Tag("<text>")]
    | Annotated[list[AlternativeField], Field(min_length=1), Tag("<list>")]
    | Annotated[TogetherSpec, Tag("<mapping>")],
    Discriminator(kind_tag),
]
"""Who does a step: a pool, several in order of preference, or several together."""


class StepSpec(Spec):
    """One step (环节) of a service."""

    name: NameField | None = Field(None, description="Name: one text, or {zh: ..., en: ...}")
    at: AtField | None = Field(
        None,
        description="The pool that does it; several in order of preference [first, {pool: second, slowdown: 20 %}], "
        "or at once {together: [one, other]}; without it the step is a delay outside every pool",
    )
    time: DistributionSpec | None = Field(None, description="Working time of one visit, or the delay")
    after: list[Id] | None = Field(
        None, description="Steps that must be done before; without it the step above, [] for at once on application"
    )
    choose: dict[Id, ShareField] | None = Field(
        None, description="Exactly one of these following steps is taken, by shares that add up to 100 %", min_length=1
    )
    share: ShareField = Field(1.0, description="Share of cases that need this step")
    returns: ReturnsSpec | None = Field(None, description="Some cases go back to an earlier step")
    refuses: ShareField = Field(
        0.0, description="Share of visits that end in a refusal (不予许可): the case is decided and over"
    )
    revokes: ShareField = Field(
        0.0, description="Share of visits, after the decision, that find it wrong and revoke it (撤销)"
    )
    gate: GateSpec | None = Field(None, description="Waits for the next session or data exchange")
    channels: list[Id] = Field(
        default_factory=list, description="Only cases of these channels do it; default: cases of all channels"
    )
    fails: FailsSpec | None = Field(None, description="Some attempts fail: the applicant goes on by another channel")
    parts: dict[Id, PartSpec] | None = Field(None, description="Pieces of work done in one visit", min_length=1)
    in_person: bool = Field(False, description="The applicant is there and waits in the hall")
    accepted: bool = Field(
        False, description="The case is accepted (受理) when this step is done: the legal clock starts"
    )
    decision: bool = Field(False, description="The matter is decided when this step is done: the legal clock stops")
    collected: bool = Field(False, description="The result is in the applicant's hands when this step is done")
    special: bool = Field(False, description="A special step (特殊环节): the legal clock stands still meanwhile")
    basis: str | None = Field(None, min_length=1, description="Legal basis: a step with one cannot be removed")
    needs: list[Id] = Field(
        default_factory=list, description="Legal preconditions (前置条件): never done in parallel with them"
    )
    documents: DocumentsField = Field(
        0,
        description="Documents handed in at this step: how many, or which, as in [id_card, household] or "
        "{id_card: {name: 身份证, basis: 居民身份证法}}",
    )
    priority: Annotated[int, Field(ge=1, le=9)] | None = Field(
        None, description="1 (first) to 9; default: the service's"
    )
    batch: Annotated[int, Field(ge=1, le=10_000)] = Field(
        1, description="One officer takes up to so many waiting tasks at once; it lasts as long as the longest of them"
    )
    room: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        None, description="At most so many wait here; beyond that the officer of the step before holds on to the case"
    )


class BacklogSpec(Spec):
    """Cases that already wait when the run starts."""

    step: Id = Field(description="The step they wait for")
    cases: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(None, description="How many")
    age: DistributionSpec | None = Field(None, description="How long ago they applied; default: just now")
    recorded: str | None = Field(
        None, min_length=1, description="Instead of both: a CSV with the instants at which they applied"
    )

    @model_validator(mode="after")
    def has_a_number(self) -> BacklogSpec:
        """A number of cases, or a file of them."""
        if (self.cases is None) == (self.recorded is None):
            raise fault("needs cases or recorded, one of them", "write {step: ..., cases: 40}")
        if self.recorded is not None and self.age is not None:
            raise fault("has both recorded and age", "the record has the ages")
        return self


class LogColumnsSpec(Spec):
    """What the columns of a log are called, where not as usual."""

    case: str | None = Field(None, min_length=1, description="Number of the case; case:concept:name, case_id, ...")
    activity: str | None = Field(None, min_length=1, description="What was done; concept:name, activity, ...")
    start: str | None = Field(None, min_length=1, description="When work began; start_timestamp, start_time, ...")
    end: str | None = Field(None, min_length=1, description="When it ended; time:timestamp, end_time, ...")
    enabled: str | None = Field(None, min_length=1, description="When it was ready to be done; enabled_timestamp, ...")
    service: str | None = Field(None, min_length=1, description="The service's id; case:service, service")
    channel: str | None = Field(None, min_length=1, description="The case's channel; case:channel, channel")
    group: str | None = Field(None, min_length=1, description="The case's group; case:group, group")
    applied: str | None = Field(None, min_length=1, description="When it was applied for; case:applied, applied")
    work: str | None = Field(None, min_length=1, description="Minutes of work; work")


class ReplaySpec(Spec):
    """A real event log instead of chance: who came when, which way each case went, how long its work was."""

    log: str = Field(min_length=1, description="The log: CSV or XES, packed (.gz) or not")
    columns: LogColumnsSpec | None = Field(None, description="What its columns are called, where not as usual")
    steps: dict[str, Id] = Field(default_factory=dict, description="The step that an activity is: {Register: intake}")
    others: Literal["error", "ignore"] = Field("error", description="Activities that are no step")


ReplayField = Annotated[
    Annotated[str, Field(min_length=1), Tag("<text>")] | Annotated[ReplaySpec, Tag("<mapping>")],
    Discriminator(kind_tag),
]


class ChannelSpec(Spec):
    """A channel whose applicants come at other times than the others."""

    share: ShareField = Field(description="Its share of all applicants")
    hours: Always | None = Field(None, description="always: they come round the clock; default: with all others")


ChannelField = Annotated[
    Annotated[ShareField, Tag("<text>")] | Annotated[ChannelSpec, Tag("<mapping>")], Discriminator(kind_tag)
]
"""A channel: its share, or that with its hours."""


class ChoiceSpec(Spec):
    """How applicants choose their channel."""

    informed: ShareField = Field(
        description="Share of applicants who take the channel of the shortest expected time; the others by its share"
    )


class ServiceSpec(ApplicantKeys):
    """One matter (事项): who comes, what happens to the case, and what was promised."""

    name: NameField | None = Field(None, description="Name: one text, or {zh: ..., en: ...}")
    arrivals: ArrivalsSpec | None = Field(None, description="How often applicants come")
    replay: ReplayField | None = Field(
        None, description="An event log to be replayed: its file, or {log: FILE, columns: ..., steps: ...}"
    )
    appointments: AppointmentsSpec | None = Field(None, description="Slots that people book, beside those who walk in")
    steps: dict[Id, StepSpec] = Field(
        description="The steps in order: each follows the one above unless it says after", min_length=1
    )
    patience: DistributionSpec | None = Field(None, description="How long people wait in person before they leave")
    priority: Annotated[int, Field(ge=1, le=9)] = Field(5, description="1 (first) to 9")
    promise: WorkdaysField | None = Field(None, description="Promised time limit (承诺时限), e.g. 5 workdays")
    statutory_limit: WorkdaysField | None = Field(None, description="Statutory time limit (法定时限), e.g. 20 workdays")
    groups: dict[Id, ShareField] = Field(default_factory=dict, description="Applicant groups and their shares")
    channels: dict[Id, ChannelField] = Field(
        default_factory=dict,
        description="Channels and their shares; {share: 40 %, hours: always} for one by which people come at any time",
    )
    matters: SizesField | None = Field(
        None, description="Matters that one visitor brings, in one visit: {1: 80 %, 2: 15 %, 3: 5 %}"
    )
    withdraws: WithdrawsSpec | None = Field(None, description="Some applicants withdraw before the decision")
    choice: ChoiceSpec | None = Field(None, description="How applicants choose among the channels")
    retries: RetriesSpec | None = Field(None, description="Some who leave a queue or do not join it come back later")
    deemed_approval: bool = Field(
        False, description="Undecided at the statutory limit, a case counts as approved (视为准予)"
    )
    in_hand: Annotated[int, Field(ge=1)] | None = Field(
        None, description="At most so many cases are accepted and undecided; further ones wait before acceptance"
    )
    backlog: list[BacklogSpec] = Field(default_factory=list, description="Cases that already wait when the run starts")


class RunSpec(Spec):
    """How a run measures: over a period of dates, or over a number of cases."""

    start: DateField | None = Field(None, description="First day; default 2026-01-05, a Monday")
    period: PeriodField | None = Field(None, description="How long is measured, e.g. 60 workdays")
    warm_up: DurationField | None = Field(None, description="How long runs before measuring begins, e.g. 5 workdays")
    cases: Annotated[int, Field(ge=1, le=10_000_000)] | None = Field(
        None, description="Instead of a period: cases of a replication"
    )
    warm_up_cases: Annotated[int, Field(ge=0)] = Field(0, description="The first of these cases, which are not counted")
    cap: PeriodField | None = Field(
        None, description="Longest wait after the window for cases still open; default 1 year"
    )
    replications: Annotated[int, Field(ge=1, le=1_000_000)] = Field(30, description="How often the run is repeated")
    seed: Annotated[int, Field(ge=0, lt=2**63)] = Field(1, description="Seed of all chance")
    confidence: ShareField = Field(0.95, description="Confidence of the intervals, e.g. 95 %")

    @model_validator(mode="after")
    def has_one_end(self) -> RunSpec:
        """Either a period or a number of cases, with a warm-up of the same kind."""
        if (self.period is None) == (self.cases is None):
            raise fault("needs period or cases, one of them", "write period: 60 workdays, or cases: 600")
        if self.cases is None and self.warm_up_cases:
            raise fault("warm_up_cases goes with cases", "write warm_up with a period")
        if self.cases is not None and self.warm_up is not None:
            raise fault("warm_up goes with period", "write warm_up_cases with cases")
        if self.cases is not None and self.warm_up_cases >= self.cases:
            raise fault("all cases are warm-up", "write warm_up_cases smaller than cases")
        if not 0 < self.confidence < 1:
            raise fault("confidence is not between 0 % and 100 %", "write 95 %")
        return self


class HallSpec(Spec):
    """The hall as a whole."""

    room: Count = Field(description="With so many people waiting in person in all pools together, nobody more joins")


class ScenarioSpec(Spec):
    """What a scenario file says about the services themselves.

    The sections in ``NEEDED`` are asked for where the file is read: so that one that is missing hides no other fault.
    """

    NEEDED: ClassVar[tuple[str, ...]] = ("calendar", "services", "run")

    name: NameField | None = Field(None, description="Name of the place: one text, or {zh: ..., en: ...}")
    calendar: CalendarField | None = Field(None, description="Working days and opening hours, or always")
    pools: dict[Id, PoolSpec] = Field(default_factory=dict, description="Officers and windows who share a queue")
    hall: HallSpec | None = Field(None, description="How many people may wait in the hall as a whole")
    systems: dict[Id, SystemSpec] = Field(default_factory=dict, description="Systems that may fail, and who needs them")
    services: dict[Id, ServiceSpec] = Field(
        default_factory=dict, description="Matters (事项) and their steps", min_length=1
    )
    applicants: ApplicantsSpec | None = Field(None, description="Of the applicants of all services, unless they say")
    satisfaction: SatisfactionSpec | None = Field(None, description="Weights by which satisfaction is measured")
    complaints: ComplaintsSpec | None = Field(None, description="Weights by which complaints are expected")
    run: RunSpec | None = Field(None, description="How a run measures")
