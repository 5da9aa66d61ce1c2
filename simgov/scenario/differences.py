"""What changed between two scenarios, place by place: ``pools.general.count: 6 → 8``, in English and Chinese.

A reform is shown to people as these differences. The label, by which scenarios are told apart, is none.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import singledispatch
from typing import Any

from simgov.calendars import Calendar, Week
from simgov.distributions import Distribution, Empirical
from simgov.scenario.applicants import Complaints, FirmCost, Satisfaction
from simgov.scenario.fields import WEEKDAYS, span_text
from simgov.scenario.value import (
    EVERYBODY,
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
    System,
    Text,
    Tide,
    Trend,
    Withdraws,
)
from simgov.scenario.ways import Pair, cases_in_words, pairs, together
from simgov.units import (
    Duration,
    Money,
    Rate,
    format_duration,
    format_money,
    format_rate,
    format_share,
    format_time_of_day,
    plain,
)

SHARES = {"share", "confidence", "refuses", "revokes", "informed"}
SATISFACTION_WORDS = {
    "offset": "基准分", "wait": "每等候一小时", "visits": "每多跑一次", "documents": "每份材料", "late": "每件超期",
    "unserved": "每件弃号", "observed": "实测得分",
}  # fmt: skip
COMPLAINT_WORDS = {
    "late": "超期", "repeat_visit": "多跑一次", "document_again": "重复提交材料", "sent_back": "退回补正",
    "unserved": "弃号", "other": "其他",
}  # fmt: skip
CHINESE_WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


@dataclass(frozen=True)
class Difference:
    """One place where two scenarios differ; ``before`` is None for what was added, ``after`` for what was removed.

    ``since`` is the date from which they differ there, None for the first day; ``cases`` are those for which they do,
    None for all. Then ``services`` are the service as these cases go through it, before and after.
    """

    path: str
    before: Any
    after: Any
    since: datetime.date | None = None
    cases: Text | None = None
    services: tuple[Service, Service] | None = field(default=None, compare=False, repr=False)

    def text(self, lang: str = "en") -> str:
        """The line to print: ``pools.general.count: 6 → 8``, ``…: removed``, ``…: added``; zh ``取消``, ``新增``."""
        if self.since is not None:
            dated = f"自 {self.since} 起：" if lang == "zh" else f"from {self.since} on: "
            return dated + replace(self, since=None).text(lang)
        colon = "：" if lang == "zh" else ": "
        if self.cases is not None:
            return shown(self.cases, lang) + colon + replace(self, cases=None).text(lang)
        if self.after is None:
            return f"{self.path}{colon}{'取消' if lang == 'zh' else 'removed'}"
        if self.before is None:
            return f"{self.path}{colon}{'新增' if lang == 'zh' else 'added'} {shown(self.after, lang)}".rstrip()
        return f"{self.path}{colon}{shown(self.before, lang)} → {shown(self.after, lang)}"

    def words(self, lang: str = "en") -> tuple[str, str]:
        """What was there and what is there now, as people read them; "" for nothing."""
        return tuple("" if value is None else shown(value, lang) for value in (self.before, self.after))  # type: ignore[return-value]

    def __str__(self) -> str:
        return self.text()


def differences(before: Scenario, after: Scenario) -> tuple[Difference, ...]:
    """Everything in which ``after`` differs from ``before``, in the order of the scenario. () for equal ones.

    What differs from the first day is said once; of each later phase, what differs from then on only.
    """
    return tuple(difference for _, _, found in by_date(before, after) for difference in found)


Dated = tuple[Scenario, Scenario, tuple[Difference, ...]]


def by_date(before: Scenario, after: Scenario) -> list[Dated]:
    """The differences on the first day and from each date on which a phase begins, with the versions compared."""
    dates = sorted({phase.start for scenario in (before, after) for phase in scenario.phases})
    found: list[Dated] = []
    known: tuple[Difference, ...] = ()
    for date in (None, *dates):
        old, new = before.version_on(date), after.version_on(date)
        own = of_versions(old, new)
        fresh = tuple(replace(one, since=date) for one in own if one not in known)
        found.append((old, new, fresh))
        known = own
    return found


def phase_changes(scenario: Scenario) -> tuple[Difference, ...]:
    """What each phase of a scenario changes, dated."""
    return tuple(
        replace(difference, since=phase.start)
        for version, following, phase in zip(scenario.versions, scenario.versions[1:], scenario.phases, strict=False)
        for difference in of_versions(version, following)
    )


def way_changes(scenario: Scenario) -> tuple[Difference, ...]:
    """What is otherwise for the cases that do not go as ``scenario.services`` say."""
    return of_versions(replace(scenario, reach=EVERYBODY, others=()), scenario)


def of_versions(before: Scenario, after: Scenario) -> tuple[Difference, ...]:
    """Everything in which two scenarios without phases differ."""
    found = [
        *of_fields(before, after, "", ("name", "calendar")),
        *of_items(before.pools, after.pools, "pools", of_pools),
        *of_items(before.systems, after.systems, "systems", of_systems),
        *of_all_services(before, after),
        *of_fields(before.run, after.run, "run", field_names(RunSettings)),
        *of_money(before, after),
        *of_fields(before, after, "", ("horizon", "hall_room", "satisfaction", "complaints")),
    ]
    return tuple(found)


def of_money(before: Scenario, after: Scenario) -> Iterator[Difference]:
    """What the reforms cost, once and a year."""
    for name, per in (("set_up", "once"), ("running", "year")):
        amounts = [Money(getattr(s, name), s.currency or after.currency, per) for s in (before, after)]  # type: ignore[arg-type]
        if amounts[0] != amounts[1]:
            yield Difference(name, amounts[0], amounts[1])


def of_pools(before: Pool, after: Pool, path: str) -> Iterator[Difference]:
    """What changed in a pool: the number of posts, or the shifts where hours changed too."""
    if [shift.week for shift in before.shifts] == [shift.week for shift in after.shifts]:
        if len(before.shifts) == 1 and before.count != after.count:
            yield Difference(f"{path}.count", before.count, after.count)
        elif len(before.shifts) > 1:
            for position, (old, new) in enumerate(zip(before.shifts, after.shifts, strict=True)):
                if old.count != new.count:
                    yield Difference(f"{path}.shifts[{position}].count", old.count, new.count)
    else:
        yield Difference(f"{path}.shifts", before.shifts, after.shifts)
    apart = ("id", "shifts", "absences")
    yield from of_fields(before, after, path, [name for name in field_names(Pool) if name not in apart])
    yield from of_fields(before.absences, after.absences, f"{path}.absences", field_names(Absences))


def of_systems(before: System, after: System, path: str) -> Iterator[Difference]:
    """What changed in a system on which pools depend."""
    yield from of_fields(before, after, path, [name for name in field_names(System) if name != "id"])


def of_all_services(before: Scenario, after: Scenario) -> Iterator[Difference]:
    """What changed in the services: once for all cases, or for those alone that go another way than before."""
    old, new = ({service.id: service for service in one.services} for one in (before, after))
    for name, service in old.items():
        if name not in new:
            yield Difference(f"services.{name}", service, None)
        else:
            yield from of_ways(before, after, service, new[name])
    for name, service in new.items():
        if name not in old:
            yield Difference(f"services.{name}", None, service)


def of_ways(before: Scenario, after: Scenario, old: Service, new: Service) -> Iterator[Difference]:
    """What changed in a service, with the cases for which it did."""
    found: dict[Difference, list[Pair]] = {}
    for pair in pairs(before, after, old, new):
        for difference in of_services(pair.before, pair.after, f"services.{new.id}"):
            found.setdefault(difference, []).append(pair)
    for difference, own in found.items():
        cases = cases_in_words(together(pair.covered for pair in own), new.groups)
        services = None if cases is None else (own[0].before, own[0].after)
        yield replace(difference, cases=cases, services=services)


def of_services(before: Service, after: Service, path: str) -> Iterator[Difference]:
    """What changed in a service, its steps in their order."""
    yield from of_fields(before, after, path, [name for name in field_names(Service) if name not in ("id", "steps")])
    yield from of_items(before.steps, after.steps, f"{path}.steps", of_steps)


def of_steps(before: Step, after: Step, path: str) -> Iterator[Difference]:
    """What changed in a step; one that nobody does any more is removed."""
    if after.removed and not before.removed:
        yield Difference(path, before, None)
        return
    hidden = ("id", "stream", "parts", "papers")
    yield from of_fields(before, after, path, [name for name in field_names(Step) if name not in hidden])
    yield from of_items(before.papers, after.papers, f"{path}.documents", of_documents)
    yield from of_items(before.parts, after.parts, f"{path}.parts", of_parts)


def of_documents(before: Document, after: Document, path: str) -> Iterator[Difference]:
    """What changed in a document."""
    yield from of_fields(before, after, path, ("name", "basis"))


def of_parts(before: Part, after: Part, path: str) -> Iterator[Difference]:
    """What changed in a part of a step."""
    if before.kept and not after.kept:
        yield Difference(path, before, None)
        return
    yield from of_fields(before, after, path, [name for name in field_names(Part) if name not in ("id", "stream")])


def of_items(
    before: tuple[Any, ...], after: tuple[Any, ...], path: str, inside: Callable[..., Any]
) -> Iterator[Difference]:
    """Items with ids: those gone, those changed, and those that are new."""
    old, new = {item.id: item for item in before}, {item.id: item for item in after}
    for item_id, item in old.items():
        if item_id not in new:
            yield Difference(f"{path}.{item_id}", item, None)
        elif item != new[item_id]:
            yield from inside(item, new[item_id], f"{path}.{item_id}")
    for item_id, item in new.items():
        if item_id not in old:
            yield Difference(f"{path}.{item_id}", None, item)


def of_fields(before: Any, after: Any, path: str, names: Any) -> Iterator[Difference]:
    """The fields of that name in which two values differ."""
    for name in names:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            where = f"{path}.{name}" if path else name
            share = name in SHARES
            yield Difference(where, Share(old) if share else given(old), Share(new) if share else given(new))


@dataclass(frozen=True)
class Share:
    """A number that people read in percent."""

    value: float


@dataclass(frozen=True)
class Nothing:
    """No value: neither added nor removed, just not given."""


def given(value: Any) -> Any:
    """``value``, with None as ``Nothing``."""
    return Nothing() if value is None else value


def field_names(kind: type) -> list[str]:
    """The fields of a dataclass."""
    return [one.name for one in fields(kind)]


# How values are printed -----------------------------------------------------------------------------------------------


@singledispatch
def shown(value: Any, lang: str) -> str:
    """A value of the scenario as people read it."""
    if isinstance(value, bool):
        return ("是" if value else "否") if lang == "zh" else ("yes" if value else "no")
    if isinstance(value, float):
        return plain(value)
    if isinstance(value, tuple):
        return shown_tuple(value, lang)
    return str(value)


def shown_tuple(value: tuple[Any, ...], lang: str) -> str:
    """A list of values: ids, or names with shares."""
    if not value:
        return "无" if lang == "zh" else "none"
    pairs = all(isinstance(item, tuple) and len(item) == 2 and isinstance(item[1], float) for item in value)
    items = (
        [f"{name} {format_share(share)}" for name, share in value] if pairs else [shown(item, lang) for item in value]
    )
    return ("、" if lang == "zh" else ", ").join(items)


@shown.register
def _(value: Nothing, lang: str) -> str:
    return "无" if lang == "zh" else "none"


@shown.register
def _(value: Share, lang: str) -> str:
    return format_share(value.value)


@shown.register
def _(value: Text, lang: str) -> str:
    return value.zh if lang == "zh" else value.en


@shown.register
def _(value: Duration, lang: str) -> str:
    return format_duration(value, lang)


@shown.register
def _(value: Rate, lang: str) -> str:
    return format_rate(value, lang)


@shown.register
def _(value: Money, lang: str) -> str:
    return format_money(value, lang)


@shown.register
def _(value: datetime.date, lang: str) -> str:
    return value.isoformat()


@shown.register
def _(value: Distribution, lang: str) -> str:
    mean = format_duration(Duration(value.mean, value.base), lang)
    family = type(value).__name__.lower()
    if isinstance(value, Empirical):
        count = f"{len(value.values)} 个观测值" if lang == "zh" else f"{len(value.values)} values"
        return f"{family}（均值 {mean}，{count}）" if lang == "zh" else f"{family} (mean {mean}, {count})"
    cv = plain(round(value.cv, 4))
    return f"{family}（均值 {mean}，变异系数 {cv}）" if lang == "zh" else f"{family} (mean {mean}, cv {cv})"


@shown.register
def _(value: Shift, lang: str) -> str:
    return f"{value.count} × {shown_week(value.week, lang)}"


def shown_week(week: Week, lang: str) -> str:
    """The hours of a week: days alike together, ``mon-fri 09:00-12:00 13:00-17:30``."""
    names = CHINESE_WEEKDAYS if lang == "zh" else WEEKDAYS
    pieces: list[str] = []
    first = 0
    for weekday in range(1, 8):
        if weekday < 7 and week[weekday] == week[first]:
            continue
        if week[first]:
            days = (
                names[first]
                if weekday - first == 1
                else f"{names[first]}{'至' if lang == 'zh' else '-'}{names[weekday - 1]}"
            )
            pieces.append(f"{days} " + " ".join(span_text(span) for span in week[first]))
        first = weekday
    return ("；" if lang == "zh" else "; ").join(pieces) or ("不办公" if lang == "zh" else "closed")


@shown.register
def _(value: Calendar, lang: str) -> str:
    if value.always:
        return "全天候" if lang == "zh" else "always"
    other = [
        *(f"{date} {'不办公' if lang == 'zh' else 'closed'}" for date in value.closed),
        *(f"{date} {(CHINESE_WEEKDAYS if lang == 'zh' else WEEKDAYS)[weekday]}" for date, weekday in value.extra),
        *(f"{date} " + " ".join(span_text(span) for span in spans) for date, spans in value.changed),
    ]
    hours = " ".join(filter(None, (value.country, shown_week(value.week, lang))))
    return ("；" if lang == "zh" else "; ").join([hours, *other])


@shown.register
def _(value: PoissonArrivals, lang: str) -> str:
    clock = ("，全天" if lang == "zh" else ", round the clock") if value.always else ""
    return format_rate(value.rate, lang) + clock + bent_text(value, lang)


@shown.register
def _(value: ProfileArrivals, lang: str) -> str:
    return value.source + (f" × {plain(value.scale)}" if value.scale != 1.0 else "") + bent_text(value, lang)


@shown.register
def _(value: Recorded, lang: str) -> str:
    cases = len(value.applied)
    return f"{value.source}（{cases} 件）" if lang == "zh" else f"{value.source} ({cases} cases)"


def bent_text(value: PoissonArrivals | ProfileArrivals | Recorded, lang: str) -> str:
    """What bends the arrivals, behind what they are: ``, 8: 70 %, growth 5 %/year``; "" where nothing does."""
    pieces = trend_texts(value.trend, lang)
    if value.groups_of:
        pieces.append(groups_text(value.groups_of, lang))
    return "".join(("，" if lang == "zh" else ", ") + piece for piece in pieces)


@shown.register
def _(value: Appointments, lang: str) -> str:
    chinese = lang == "zh"
    places = f"{value.places} 个名额" if chinese else f"{value.places} place{'s' if value.places > 1 else ''}"
    every = format_duration(Duration(float(value.every)), lang)
    pieces = [
        f"每 {every} {places}" if chinese else f"{places} every {every}",
        shown_week(value.week, lang),
        f"约满率 {format_share(value.taken)}" if chinese else f"{format_share(value.taken)} taken",
    ]
    if value.lateness != (0.0, 0.0):
        mean, deviation = (plain(minutes) for minutes in value.lateness)
        pieces.append(f"迟到 {mean} ± {deviation} 分钟" if chinese else f"{mean} ± {deviation} min late")
    if value.no_shows:
        no_shows = format_share(value.no_shows)
        pieces.append(f"爽约率 {no_shows}" if chinese else f"{no_shows} do not come")
    if value.priority is not None:
        pieces.append(f"优先级 {value.priority}" if chinese else f"priority {value.priority}")
    return ("，" if chinese else ", ").join(pieces)


def groups_text(sizes: Sizes, lang: str) -> str:
    """How many come together: ``in groups of 1: 90 % 30: 10 %``."""
    table = " ".join(f"{size}: {format_share(share)}" for size, share in sizes)
    return f"结伴人数 {table}" if lang == "zh" else f"in groups of {table}"


def trend_texts(trend: Trend, lang: str) -> list[str]:
    """Season, growth, surges and variation, a phrase each."""
    chinese = lang == "zh"
    pieces = []
    if trend.season:
        months = " ".join(f"{n}{'月' if chinese else ':'} {format_share(times)}" for n, times in trend.season)
        pieces.append(f"按月 {months}" if chinese else f"by month {months}")
    if trend.growth:
        growth = format_share(trend.growth)
        pieces.append(f"年增长 {growth}" if chinese else f"growth {growth} a year")
    for surge in trend.surges:
        days = (
            f"{surge.first}"
            if surge.first == surge.last
            else f"{surge.first}{' 至 ' if chinese else ' to '}{surge.last}"
        )
        pieces.append(f"{days} {format_share(surge.times)}")
    if trend.cv:
        pieces.append(f"日际变异系数 {plain(trend.cv)}" if chinese else f"days vary by a cv of {plain(trend.cv)}")
    return pieces


@shown.register
def _(value: Returns, lang: str) -> str:
    back = f"{', '.join(format_share(share) for share in value.shares)} → {value.to}"
    return back + (f", {shown(value.delay, lang)}" if value.delay is not None else "")


@shown.register
def _(value: Gate, lang: str) -> str:
    every = None if value.every is None else shown(Duration(value.every), lang)
    when = shown_sessions(value.sessions, lang) if every is None else f"{'每' if lang == 'zh' else 'every '}{every}"
    most = None if value.most is None else f"{'每次最多' if lang == 'zh' else 'at most '}{value.most}"
    least = None if value.least == 1 else f"{'满' if lang == 'zh' else 'from '}{value.least}"
    return ("，" if lang == "zh" else ", ").join(filter(None, (when, most, least)))


def shown_sessions(sessions: tuple[tuple[int, int], ...], lang: str) -> str:
    """Sessions of a week: ``tue 14:00; fri 10:00``, or ``daily 22:00``."""
    names = CHINESE_WEEKDAYS if lang == "zh" else WEEKDAYS
    clock = sorted({minute for _, minute in sessions})
    if len(sessions) == 7 * len(clock):
        return " ".join(("每个工作日" if lang == "zh" else "daily", *map(format_time_of_day, clock)))
    texts = (f"{names[weekday]} {format_time_of_day(minute)}" for weekday, minute in sessions)
    return ("；" if lang == "zh" else "; ").join(texts)


@shown.register
def _(value: Fails, lang: str) -> str:
    return f"{format_share(value.share)} → {value.to}"


@shown.register
def _(value: Retries, lang: str) -> str:
    limit = f"最多 {value.limit} 次" if lang == "zh" else f"at most {value.limit}"
    return f"{format_share(value.share)}, {shown(value.after, lang)}, {limit}"


@shown.register
def _(value: Withdraws, lang: str) -> str:
    return f"{format_share(value.share)}, {shown(value.after, lang)}"


@shown.register
def _(value: Away, lang: str) -> str:
    last = value.last or ("以后" if lang == "zh" else "on")
    days = f"{value.first}" if value.first == value.last else f"{value.first}…{last}"
    return " ".join(filter(None, (f"{value.officers} ×", days, span_text(value.hours) if value.hours else "")))


@shown.register
def _(value: Sickness, lang: str) -> str:
    return f"{format_share(value.share)}, {shown(value.lasts, lang)}"


@shown.register
def _(value: FirmCost, lang: str) -> str:
    cost = format_money(value.cost, lang)
    if value.groups is None:
        return cost
    return f"{cost}（{'、'.join(value.groups)}）" if lang == "zh" else f"{cost} ({', '.join(value.groups)})"


@shown.register
def _(value: Satisfaction, lang: str) -> str:
    given = {name: getattr(value, name) for name in SATISFACTION_WORDS}
    return in_a_row(
        {name: plain(number) for name, number in given.items() if number is not None}, SATISFACTION_WORDS, lang
    )


@shown.register
def _(value: Complaints, lang: str) -> str:
    return in_a_row({name: format_share(getattr(value, name)) for name in COMPLAINT_WORDS}, COMPLAINT_WORDS, lang)


def in_a_row(given: Mapping[str, str], chinese: Mapping[str, str], lang: str) -> str:
    """Values with their names: ``late 10 %, sent_back 5 %``."""
    pieces = [f"{chinese[name] if lang == 'zh' else name} {value}" for name, value in given.items()]
    return ("，" if lang == "zh" else ", ").join(pieces)


@shown.register
def _(value: Learning, lang: str) -> str:
    return ("；" if lang == "zh" else "; ").join(_curve(one, lang) for one in (value, *value.besides))


def _curve(value: Learning, lang: str) -> str:
    factor, ends = format_share(round(value.factor, 6)), format_share(round(value.ends, 6))
    half_life = format_duration(value.half_life, lang)
    if value.factor == value.ends:
        return f"自 {value.start} 起 {factor}" if lang == "zh" else f"{factor} from {value.start} on"
    if lang == "zh":
        course = f"每 {half_life} 减半" if value.ends == 1.0 else f"每 {half_life} 向 {ends} 靠近一半"
        return f"自 {value.start} 起 {factor}，{course}"
    course = "half of the excess" if value.ends == 1.0 else f"half of the way to {ends}"
    return f"{factor} from {value.start} on, {course} every {half_life}"


@shown.register
def _(value: Backlog, lang: str) -> str:
    return f"{value.cases} × {value.step}"


@shown.register
def _(value: Alternative, lang: str) -> str:
    slower = f"+{format_share(value.slowdown - 1.0)}" if value.slowdown != 1.0 else ""
    stand_in = ("替岗" if lang == "zh" else "stand-in") if value.stand_in else ""
    said = ("，" if lang == "zh" else ", ").join(filter(None, (slower, stand_in)))
    return value.pool + (f"（{said}）" if said and lang == "zh" else f" ({said})" if said else "")


@shown.register
def _(value: Tide, lang: str) -> str:
    if lang == "zh":
        return f"{value.officers} 人 → {value.to}（等候超过 {value.above} 人时去，少于 {value.below} 人时回）"
    return f"{value.officers} → {value.to} (above {value.above} waiting, until below {value.below})"


@shown.register
def _(value: Step, lang: str) -> str:
    parts = (" + " if lang == "en" else "＋").join(shown(part.name, lang) for part in value.parts)
    known = [shown(value.name, lang) if shown(value.name, lang) != value.id else "", value.at or "", parts]
    return "(" + ("，" if lang == "zh" else ", ").join(filter(None, known)) + ")" if any(known) else ""


@shown.register(Document)
@shown.register(Pool)
@shown.register(System)
@shown.register(Part)
@shown.register(Service)
def _(value: Any, lang: str) -> str:
    name = shown(value.name, lang)
    return f"({name})" if name != value.id else ""
