"""The negative list (负面清单): what no plan may bring, whatever measures are offered.

A plan is judged by the office that its measures make, held against today's office case by case: no service gets a step
that it did not have, and no threshold for applicants is raised. Which measure did it does not matter. The file says::

    negative_list: [no_added_step, no_raised_threshold]
    negative_list: {no_added_step: {except: [permit.audit_review]}, no_raised_threshold: {except: [subsidy]}}
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Discriminator, Field, Tag

from simgov.errors import Problem, ReformError
from simgov.scenario.fields import Spec as Section
from simgov.scenario.fields import kind_tag, unknown
from simgov.scenario.value import Service, Step, Text
from simgov.scenario.ways import pairs
from simgov.units import Money, format_money, format_share

if TYPE_CHECKING:
    from simgov.reforms.reform import Reform
    from simgov.scenario.value import Scenario

ADDED, RAISED = "no_added_step", "no_raised_threshold"

# As the file writes it ------------------------------------------------------------------------------------------------


class ExceptSpec(Section):
    """A rule of the negative list, and where it does not hold."""

    written_as = "{except: [permit]}"

    but: list[str] = Field(
        default_factory=list,
        alias="except",
        description="Services for which the rule does not hold; of steps also service.step",
    )


class RulesSpec(Section):
    """The rules of the negative list, each with its exceptions."""

    no_added_step: ExceptSpec | None = Field(None, description="No service gets a step or an approval it has not today")
    no_raised_threshold: ExceptSpec | None = Field(
        None, description="No more documents, visits or fees, and no longer limits, than today"
    )


NegativeListField = Annotated[
    Annotated[list[Literal["no_added_step", "no_raised_threshold"]], Tag("<list>")]
    | Annotated[RulesSpec, Tag("<mapping>")],
    Discriminator(kind_tag),
]


@dataclass(frozen=True)
class Rule:
    """One entry of the list, ``no_added_step`` or ``no_raised_threshold``; ``but`` names services and steps."""

    name: str
    but: tuple[str, ...] = ()


def resolve(spec: Sequence[str] | RulesSpec) -> tuple[Rule, ...]:
    """The rules that a file means, each once."""
    if not isinstance(spec, RulesSpec):
        return tuple(Rule(name) for name in dict.fromkeys(spec))
    return tuple(
        Rule(name, tuple(getattr(spec, name).but)) for name in (ADDED, RAISED) if getattr(spec, name) is not None
    )


def unknown_names(rules: Iterable[Rule], baseline: Scenario, reforms: Mapping[str, Reform]) -> list[Problem]:
    """Exceptions for services and steps that neither the baseline nor any reform has."""
    rules = list(rules)
    if not any(rule.but for rule in rules):
        return []
    offices = [baseline]
    for reform in reforms.values():
        with contextlib.suppress(ReformError):
            offices.append(reform.apply(baseline))
    every = [service for office in offices for version in office.versions for service in version.every_variant]
    services = list(dict.fromkeys(service.id for service in every))
    steps = list(dict.fromkeys(f"{service.id}.{step.id}" for service in every for step in service.steps))
    problems = []
    for rule in rules:
        for place, name in enumerate(rule.but):
            path = ("optimize", "negative_list", rule.name, "except", place)
            if rule.name == RAISED and name in steps:
                service = name.partition(".")[0]
                message = f"{name} is a step, and thresholds are those of a service"
                problems.append(Problem(path, message, f"write {service}"))
            elif name not in services and name not in steps:
                known = steps if "." in name else services
                problems.append(Problem(path, *unknown("step" if "." in name else "service", name, known)))
    return problems


# What an office breaks ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Breach:
    """What breaks a rule: a service, or one of its steps (``service.step``), with what is wrong in both languages."""

    rule: str
    where: str
    words: Text


class Judge:
    """Holds offices against that of ``baseline``. Services that several offices share are looked at once."""

    def __init__(self, rules: Iterable[Rule], baseline: Scenario) -> None:
        self._but = {rule.name: frozenset(rule.but) for rule in rules}
        self._baseline = baseline
        self._known: dict[tuple[int, int], tuple[Service, Service, list[Breach]]] = {}

    def fault(self, office: Scenario) -> Text | None:
        """What of the list an office breaks, in words; None where it keeps all of it."""
        if not self._but:
            return None
        broken = dict.fromkeys(breach.words for breach in self._found(office) if self._forbidden(breach))
        if not broken:
            return None
        return Text(
            f"the negative list forbids it: {'; '.join(words.en for words in broken)}",
            f"违反负面清单，{'；'.join(words.zh for words in broken)}",
        )

    def _forbidden(self, breach: Breach) -> bool:
        return breach.rule in self._but and not {breach.where, breach.where.partition(".")[0]} & self._but[breach.rule]

    def _found(self, office: Scenario) -> Iterator[Breach]:
        dates = sorted({phase.start for scenario in (self._baseline, office) for phase in scenario.phases})
        for date in (None, *dates):
            today, then = self._baseline.version_on(date), office.version_on(date)
            old = {service.id: service for service in today.services}
            for service in then.services:
                if service.id in old:
                    for pair in pairs(today, then, old[service.id], service):
                        yield from self._between(pair.before, pair.after)
                else:
                    yield from bundled(today.services, service)

    def _between(self, before: Service, after: Service) -> list[Breach]:
        key = (id(before), id(after))
        if key not in self._known:  # the services are kept, so that ids stay their own
            self._known[key] = (before, after, [] if before == after else list(breaches(before, after)))
        return self._known[key][2]


def breaches(before: Service, after: Service) -> Iterator[Breach]:
    """Where a service asks for more than today, of cases of each channel; of a new channel, more than of anybody."""
    known = [channel for channel, _ in before.channels]
    channels: list[str | None] = [channel for channel, _ in after.channels]
    for channel in channels or [None]:
        today = channel if channel in known else None
        yield from added_steps(before, after, today, channel)
        yield from summoned(before, after, today, channel)
        yield from raised(after, Asked.of(before, today), Asked.of(after, channel))


def bundled(services: Iterable[Service], bundle: Service) -> Iterator[Breach]:
    """Where a service that is made of several of today's asks for more than these together.

    They are known by the names of its steps and parts, which begin with theirs; one made of none asks nobody for more.
    """
    names = [name for step in bundle.steps for name in (step.id, *(part.id for part in step.parts))]
    made_of = [one for one in services if any(name.startswith(f"{one.id}_") for name in names)]
    if not made_of:
        return
    together, asked = Asked.sum([Asked.of(one, None) for one in made_of]), Asked.of(bundle, None)
    if asked.steps > together.steps:
        yield Breach(ADDED, bundle.id, _more(bundle, ("steps", "环节数"), str(together.steps), str(asked.steps)))
    if asked.approvals > together.approvals:
        was, now = str(together.approvals), str(asked.approvals)
        yield Breach(ADDED, bundle.id, _more(bundle, ("approvals", "审批环节数"), was, now))
    if asked.visits > together.visits:
        was, now = str(together.visits), str(asked.visits)
        yield Breach(RAISED, bundle.id, _more(bundle, ("steps in person", "须到场办理的环节数"), was, now))
    yield from raised(bundle, together, asked)


# Steps ----------------------------------------------------------------------------------------------------------------


def done_by(service: Service, channel: str | None) -> list[Step]:
    """The steps that cases of a channel do (None: of any), but for those that only take time.

    A wait for data or a form filled in at home is no step of the office, unless cases may be refused there.
    """
    return [
        step
        for step in service.steps
        if not step.removed
        and (step.at is not None or step.refuses > 0.0)
        and (channel is None or not step.channels or channel in step.channels)
    ]


def added_steps(before: Service, after: Service, today: str | None, channel: str | None) -> Iterator[Breach]:
    """Steps that cases did not do before, or that more of them do, and further approvals.

    A step under another name is none where all its work was done before: steps become one, or move to another place.
    """
    old, new = done_by(before, today), done_by(after, channel)
    named = {step.id: step.share for step in old}
    work = {stream: step.share for step in old for stream in {step.stream, *_work(step)}}
    added = set()
    for step in new:
        shares = [named[step.id]] if step.id in named else [work.get(stream, 0.0) for stream in _work(step)]
        if min(shares) == 0.0:
            added.add(step.id)
            words = Text(
                f"{after.name.en} would get a further step, {step.name.en}",
                f"“{after.name.zh}”将新增环节“{step.name.zh}”",
            )
            yield Breach(ADDED, f"{after.id}.{step.id}", words)
        elif step.share > max(shares) + 1e-12:
            was, now = format_share(max(shares)), format_share(step.share)
            words = Text(
                f"{step.name.en} in {after.name.en} would be done by {now} of cases, today by {was}",
                f"“{after.name.zh}”须办理“{step.name.zh}”的办件将由 {was} 增至 {now}",
            )
            yield Breach(ADDED, f"{after.id}.{step.id}", words)
    approving = {step.id for step in old if _approves(step)}
    further = [step for step in new if _approves(step) and step.id not in approving and step.id not in added]
    if sum(map(_approves, new)) > len(approving):
        for step in further:
            words = Text(
                f"{step.name.en} in {after.name.en} would become a further approval",
                f"“{after.name.zh}”的“{step.name.zh}”将成为新增的审批环节",
            )
            yield Breach(ADDED, f"{after.id}.{step.id}", words)


def _work(step: Step) -> set[str]:
    """The random streams of what is done at a step; those of parts that steps bring along when they become one."""
    brought = {part.stream for part in step.parts if part.kept and part.time is not None and part.stream}
    return brought or {step.stream}


def _approves(step: Step) -> bool:
    return step.refuses > 0.0 or (step.decision and step.at is not None)


# Thresholds -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """What a service asks of a case of one channel.

    ``papers`` are documents with names, with what these are called; ``promise`` and ``limit`` are workdays, ``in_hand``
    the most cases in hand (None: any number); ``least`` is how many cases a session waits for, by step.
    """

    steps: int
    approvals: int
    documents: int
    papers: Mapping[str, Text]
    visits: int
    fee: Money | None
    promise: int | None
    limit: int | None
    in_hand: int | None
    least: Mapping[str, int]

    @classmethod
    def of(cls, service: Service, channel: str | None) -> Asked:
        """What is asked of cases of a channel; with None, at every step whatever its channel."""
        there = [
            step
            for step in service.steps
            if not step.removed and (channel is None or not step.channels or channel in step.channels)
        ]
        done = done_by(service, channel)
        return cls(
            len(done),
            sum(map(_approves, done)),
            sum(step.documents for step in there),
            {paper.id: paper.name for step in there for paper in step.papers},
            sum(step.in_person and step.at is not None for step in there),
            service.fee,
            service.promise,
            service.statutory_limit,
            service.in_hand,
            {step.id: step.gate.least for step in there if step.gate is not None},
        )

    @classmethod
    def sum(cls, asked: Sequence[Asked]) -> Asked:
        """What several services ask together of who needs all of them."""
        fees = [one.fee for one in asked if one.fee is not None]
        promises = [one.promise for one in asked if one.promise is not None]
        limits = [one.limit for one in asked if one.limit is not None]
        return cls(
            sum(one.steps for one in asked),
            sum(one.approvals for one in asked),
            sum(one.documents for one in asked),
            {paper: name for one in asked for paper, name in one.papers.items()},
            sum(one.visits for one in asked),
            Money(sum(fee.minor for fee in fees), fees[0].currency, fees[0].per) if fees else None,
            max(promises, default=None),
            max(limits, default=None),
            None,
            {},
        )


def summoned(before: Service, after: Service, today: str | None, channel: str | None) -> Iterator[Breach]:
    """Steps for which applicants have to come that were done without them before."""
    in_person = [step for step in done_by(before, today) if step.in_person]
    known = {name for step in in_person for name in (step.id, step.stream, *_work(step))}
    for step in done_by(after, channel):
        if step.in_person and step.at is not None and not known & {step.id, *_work(step)}:
            words = Text(
                f"{after.name.en} would ask applicants to come for {step.name.en}",
                f"“{after.name.zh}”的“{step.name.zh}”将须申请人到场办理",
            )
            yield Breach(RAISED, after.id, words)


def raised(service: Service, before: Asked, after: Asked) -> Iterator[Breach]:
    """The thresholds of a service that are higher than they were."""
    for paper, name in after.papers.items():
        if paper not in before.papers:
            words = Text(
                f"{service.name.en} would ask for a further document, {name.en}",
                f"“{service.name.zh}”将新增申请材料“{name.zh}”",
            )
            yield Breach(RAISED, service.id, words)
    if after.documents > before.documents:
        was, now = str(before.documents), str(after.documents)
        yield Breach(RAISED, service.id, _more(service, ("documents", "申请材料份数"), was, now))
    if after.fee is not None and after.fee.minor > (before.fee.minor if before.fee else 0):
        fees = (before.fee or Money(0, after.fee.currency, after.fee.per), after.fee)
        english, chinese = ([format_money(fee, lang) for fee in fees] for lang in ("en", "zh"))
        yield Breach(RAISED, service.id, _changed(service, ("fee", "收费"), english, chinese))
    for what, days, longer in (
        (("promise", "承诺时限"), before.promise, after.promise),
        (("statutory limit", "法定时限"), before.limit, after.limit),
    ):
        if days is not None and (longer is None or longer > days):
            english = [f"{days} workdays", "none" if longer is None else f"{longer} workdays"]
            chinese = [f"{days} 个工作日", "无" if longer is None else f"{longer} 个工作日"]
            yield Breach(RAISED, service.id, _changed(service, what, english, chinese))
    if after.in_hand is not None and (before.in_hand is None or after.in_hand < before.in_hand):
        counts = ["any number" if before.in_hand is None else str(before.in_hand), str(after.in_hand)]
        chinese = ["不限" if before.in_hand is None else str(before.in_hand), str(after.in_hand)]
        yield Breach(RAISED, service.id, _changed(service, ("cases in hand at most", "在办件数上限"), counts, chinese))
    for step, least in after.least.items():
        was_least = before.least.get(step, 1)
        if least > was_least:
            what = (f"cases a session of {step} waits for", f"环节 {step} 每批次起办件数")
            yield Breach(RAISED, service.id, _more(service, what, str(was_least), str(least)))


def _more(service: Service, what: tuple[str, str], was: str, now: str) -> Text:
    return _changed(service, what, [was, now], [was, now])


def _changed(service: Service, what: tuple[str, str], english: Sequence[str], chinese: Sequence[str]) -> Text:
    return Text(
        f"{service.name.en}: {what[0]} {english[0]} → {english[1]}",
        f"“{service.name.zh}”的{what[1]}将由 {chinese[0]} 变为 {chinese[1]}",
    )
