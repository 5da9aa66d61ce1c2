"""The one table that defines every KPI: its name, unit, which way is better, and what it means in both languages.

A new KPI is one row here and one function in ``measures``. ``docs/measures.md`` is printed from this table.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from simgov.kpi.applicant_rows import APPLICANT_ROWS
from simgov.kpi.definition import MONEY, Definition, Direction, Kind, Needs, Scope
from simgov.kpi.selection import ALL, OF_GROUPS, TOGETHER, NotSelected, is_selection, selection
from simgov.scenario.value import Scenario, Service, Text

PERCENT = {"median": 50, "p90": 90, "p95": 95}
"""The statistics that are quantiles: quantile p of n values is the order statistic ceil(p n / 100)."""

STATISTICS = {
    "mean": Text("mean", "平均"),
    "median": Text("median", "中位数"),
    "p90": Text("P90", "90% 分位数"),
    "p95": Text("P95", "95% 分位数"),
}

_ALL = ("mean", "median", "p90", "p95")

DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        "service", "time", _ALL, "min", "lower", "mean",
        Text("time to decision", "办理用时"),
        Text(
            "Wall clock from application to decision, nights and holidays included.",
            "从申请到作出决定经过的自然时间，夜间和节假日计算在内。",
        ),
    ),
    Definition(
        "service", "days", _ALL, "workdays", "lower", "mean",
        Text("workdays to decision", "办理工作日数"),
        Text(
            "Whole legal workdays from acceptance to decision: the day of acceptance is not counted, nor are workdays "
            "on which the clock stood still.",
            "从受理到作出决定的法定工作日数：受理当日不计，依法不计入时限的工作日予以扣除。",
        ),
    ),
    Definition(
        "service", "door_to_door", _ALL, "min", "lower", "mean",
        Text("time to collection", "全程用时"),
        Text(
            "Wall clock from application to collection; where no step is marked as collection, to the end of the last.",
            "从申请到领取结果经过的自然时间；没有标明领取环节的，算到最后一个环节结束。",
        ),
    ),
    Definition(
        "service", "on_time", (), "share", "higher", "share",
        Text("decided within the promise", "承诺时限内办结率"),
        Text(
            "Share of cases decided by the close of the last promised workday, of all decided or still open. An open "
            "case past its due time is late; one not yet due counts as late too, and makes the share a lower bound.",
            "在承诺时限最后一个工作日下班前作出决定的办件，占已决定和未办结办件的比例。"
            "未办结且已超期的算超期；尚未到期的也先算超期，此时该比例为下限。",
        ),
        needs="promise",
    ),
    Definition(
        "service", "throughput", (), "cases/workday", "higher", "count",
        Text("cases decided per workday", "日均办结量"),
        Text(
            "Cases decided inside the measuring window per workday of it, whenever they applied.",
            "统计期内平均每个工作日作出决定的办件数，不论何时申请。",
        ),
    ),
    Definition(
        "service", "wait", ("mean", "p90"), "min", "lower", "mean",
        Text("wait in person", "现场等候时间"),
        Text(
            "Wait for each service in person, of those too who left before they were served.",
            "每次现场办理前的等候时间，包括没有等到办理就离开的人。",
        ),
        needs="in_person",
    ),
    Definition(
        "service", "visits", (), "visits", "lower", "count",
        Text("visits per case", "跑动次数"),
        Text("Days on which the applicant came in person, per case.", "平均每件办件申请人到现场的次数，同一天算一次。"),
    ),
    Definition(
        "service", "no_visit", (), "share", "higher", "share",
        Text("decided without a visit", "零跑动率"),
        Text(
            "Share of cases decided for which the applicant never came in person, of all cases. A case still open "
            "counts as not decided, and makes the share a lower bound.",
            "申请人一次都没有到现场即作出决定的办件占全部办件的比例。未办结的按未决定计，此时该比例为下限。",
        ),
        needs="in_person",
    ),
    Definition(
        "service", "one_visit", (), "share", "higher", "share",
        Text("decided with one visit at most", "最多跑一次率"),
        Text(
            "Share of cases decided for which the applicant came in person on one day at most, of all cases. A case "
            "still open counts as not decided, and makes the share a lower bound.",
            "申请人最多到现场一次（同一天算一次）即作出决定的办件占全部办件的比例。"
            "未办结的按未决定计，此时该比例为下限。",
        ),
        needs="in_person",
    ),
    Definition(
        "service", "documents", (), "documents", "lower", "count",
        Text("documents per case", "提交材料份数"),
        Text(
            "Documents handed in per case; handed in again after a return, they count again.",
            "平均每件办件提交的材料份数，退回后重新提交的重复计算。",
        ),
    ),
    Definition(
        "service", "steps", (), "steps", "lower", "count",
        Text("steps done per case", "办理环节次数"),
        Text(
            "Tasks begun per case; a step repeated after a return counts again.",
            "平均每件办件办理的环节次数，退回后重办的重复计算。",
        ),
    ),
    Definition(
        "service", "corrections", (), "times", "lower", "count",
        Text("corrections per case", "补正次数"),
        Text("How often a case was sent back before acceptance.", "受理前退回补正的平均次数。"),
    ),
    Definition(
        "service", "returns", (), "times", "lower", "count",
        Text("returns per case", "退件次数"),
        Text("How often a case was sent back after acceptance.", "受理后退件的平均次数。"),
    ),
    Definition(
        "service", "reneged", (), "share", "lower", "share",
        Text("left unserved", "弃号率"),
        Text(
            "Share of cases whose applicant left a queue unserved: patience ran out, or the hall closed.",
            "因久等或大厅下班、未办理就离开的办件所占比例。",
        ),
    ),
    Definition(
        "service", "no_shows", (), "share", "lower", "share",
        Text("did not come to their appointment", "爽约率"),
        Text(
            "Share of cases with an appointment to which nobody came, of all cases.",
            "预约后未到场的办件占全部办件的比例。",
        ),
        needs="appointments",
    ),
    Definition(
        "service", "refused", (), "share", "neither", "share",
        Text("refused", "不予批准率"),
        Text("Share of cases refused.", "作出不予批准决定的办件所占比例。"),
    ),
    Definition(
        "service", "withdrawn", (), "share", "lower", "share",
        Text("withdrawn", "撤回率"),
        Text("Share of cases that the applicant withdrew.", "申请人撤回申请的办件所占比例。"),
    ),
    Definition(
        "service", "balked", (), "share", "lower", "share",
        Text("did not join", "止步率"),
        Text(
            "Share of cases whose applicant found too many waiting, did not join the queue and did not come back.",
            "因排队人数过多未取号等候、此后也没有再来的办件所占比例。",
        ),
        needs="balking",
    ),
    Definition(
        "service", "retries", (), "times", "lower", "count",
        Text("further attempts per case", "再次到场次数"),
        Text(
            "How often an applicant left unserved, or did not join, and came back for it.",
            "平均每件办件因未等到办理或未取号而再次前来的次数。",
        ),
        needs="retries",
    ),
    Definition(
        "service", "revoked", (), "share", "lower", "share",
        Text("revoked", "撤销率"),
        Text("Share of cases whose decision was revoked afterwards.", "作出决定后又被撤销的办件所占比例。"),
        needs="revokes",
    ),
    Definition(
        "service", "deemed", (), "share", "lower", "share",
        Text("approved by silence", "逾期默许率"),
        Text(
            "Share of cases undecided at the statutory limit, which count as approved.",
            "法定时限届满仍未作出决定、视为准予的办件所占比例。",
        ),
        needs="deemed_approval",
    ),
    Definition(
        "service", "wasted", (), "min", "lower", "count",
        Text("wasted work per case", "无效工时"),
        Text(
            "Minutes of work per case that were under way when the case ended and were finished for nothing.",
            "平均每件办件在办件已经终结后才完成、因而无效的工作时间。",
        ),
        needs="early_ends",
    ),
    Definition(
        "service", "gate_wait", (), "min", "lower", "count",
        Text("wait for a session", "等待批次时间"),
        Text(
            "Mean wait before a step for its session or data exchange, to the end of the run for those still there.",
            "进入环节前等待会议或数据批次的平均时间；模拟结束时仍在等待的，算到模拟结束。",
        ),
        needs="gate",
    ),
    Definition(
        "service", "left_at_gate", (), "cases", "lower", "resource",
        Text("left waiting for a session", "批次积压数"),
        Text(
            "Cases that wait for a session or data exchange when the measuring window ends.",
            "统计期结束时仍在等待会议或数据批次的办件数。",
        ),
        needs="gate",
    ),
    Definition(
        "service", "held_back", (), "min", "lower", "count",
        Text("held back before acceptance", "受理前滞留时间"),
        Text(
            "Wait per case before the accepting step because too many cases were in hand.",
            "因在办件数已达上限，平均每件办件在受理前被搁置等待的时间。",
        ),
        needs="in_hand",
    ),
    Definition(
        "service", "open", (), "share", "lower", "share",
        Text("still open", "未办结率"),
        Text("Share of cases still open when the run stopped.", "模拟结束时仍未办结的办件所占比例。"),
    ),
    Definition(
        "pool", "utilisation", (), "share", "neither", "resource",
        Text("utilisation", "在岗忙碌率"),
        Text(
            "Minutes of duty spent on work in the measuring window, of all minutes of duty in it.",
            "统计期内在岗时间中用于办理业务的比例。",
        ),
    ),
    Definition(
        "pool", "queue.mean", (), "cases", "lower", "resource",
        Text("cases waiting", "平均排队数"),
        Text(
            "Time average of the number waiting, over the hours in the measuring window when somebody is on duty.",
            "统计期内有人在岗的时间里，平均排队等候的办件数。",
        ),
    ),
    Definition(
        "pool", "overtime", (), "h/workday", "lower", "resource",
        Text("overtime", "加班时间"),
        Text(
            "Officer-hours of work beyond the hours of duty, per workday of the measuring window.",
            "统计期内平均每个工作日在岗时间之外的工时。",
        ),
    ),
    Definition(
        "hall", "wait", ("mean", "p90"), "min", "lower", "mean",
        Text("wait in person", "现场等候时间"),
        Text(
            "Wait for each service in person, all services together.",
            "所有事项每次现场办理前的等候时间，包括没有等到办理就离开的人。",
        ),
        needs="in_person",
    ),
    Definition(
        "plan", "cost", (), MONEY, "lower", "resource",
        Text("cost of the plan", "方案总成本"),
        Text(
            "Paid hours of all posts over the horizon (a year unless said), busy or not, priced overtime, running "
            "costs and one-off costs.",
            "规划期（未注明时为一年）内全部岗位的带薪工时成本（不论忙闲）、计价的加班成本、运行费用和一次性投入之和。",
        ),
        needs="cost",
    ),
    Definition(
        "plan", "cost_per_case", (), MONEY + "/case", "lower", "resource",
        Text("cost per case", "每件办件成本"),
        Text(
            "The cost of the plan over the cases decided in the measuring window, scaled to the horizon.",
            "方案总成本除以按统计期办结量推算的规划期办结量。",
        ),
        needs="cost",
    ),
    *APPLICANT_ROWS,
)  # fmt: skip


@dataclass(frozen=True)
class Kpi:
    """One KPI of one scenario: ``owner`` is the service or pool ("" for the hall and the plan), ``statistic`` is "" or
    one of ``STATISTICS``. ``unit`` stands beside every value stored.

    One of a service is about the cases of that service; one of a ``selection`` about those of ``services`` together, or
    of a ``group`` of applicants among them, and its ``owner`` is written as in the name.
    """

    name: str
    unit: str
    definition: Definition
    owner: str
    statistic: str
    label: Text
    services: tuple[str, ...] = ()
    group: str = ""

    @property
    def selects(self) -> bool:
        """Whether it is of several services together, or of one group of applicants."""
        return self.definition.scope == "service" and is_selection(self.owner)

    @property
    def kind(self) -> Kind:
        """``quantile`` where the statistic is one; otherwise that of the definition."""
        return "quantile" if self.statistic in PERCENT else self.definition.kind

    @property
    def direction(self) -> Direction:
        """Which way is better."""
        return self.definition.direction

    @property
    def meaning(self) -> Text:
        """What it measures, in a sentence."""
        return self.definition.meaning

    @property
    def quantity(self) -> tuple[Scope, str, str]:
        """What the statistic is taken of: (scope, quantity, owner); KPIs that differ in statistic only share it."""
        return (self.definition.scope, self.definition.quantity, self.owner)


class UnknownKpi(ValueError):
    """There is no such KPI in this scenario; ``hint`` says what may have been meant."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message}; {hint}" if hint else message)
        self.message = message
        self.hint = hint


def names(scenario: Scenario) -> tuple[Kpi, ...]:
    """Every KPI that ``scenario`` has: services in order, then pools, the hall and the plan, then what it watches."""
    watched = (_selected(scenario, name) for name in scenario.watched)
    return (*_usual(scenario), *(kpi for kpi in watched if kpi is not None))


def find(scenario: Scenario, name: str) -> Kpi:
    """The KPI of that name; ``UnknownKpi`` with the nearest name, or with what the scenario lacks for it."""
    found = next((kpi for kpi in _usual(scenario) if kpi.name == name), None) or _selected(scenario, name)
    if found is None:
        known = {kpi.name: kpi for kpi in _usual(scenario)}
        raise UnknownKpi(f"there is no KPI {name!r}", _hint(scenario, name, known))
    return found


def in_scenario(kpi: Kpi, scenario: Scenario) -> Kpi:
    """The KPI as another scenario has it, in which ``all`` may be other services; the same where it has none."""
    found = _selected(scenario, kpi.name) if kpi.selects else kpi
    return found or kpi


def _selected(scenario: Scenario, name: str) -> Kpi | None:
    """The KPI of several services or of a group; None where the name is none. Raises ``UnknownKpi``."""
    owner, _, rest = name.partition(".")
    if not is_selection(owner):
        return None
    allowed = OF_GROUPS if "/" in owner else TOGETHER
    rows = [row for row in DEFINITIONS if row.scope == "service" and row.quantity in allowed]
    known = {
        f"{row.quantity}.{statistic}" if statistic else row.quantity: (row, statistic)
        for row in rows
        for statistic in row.statistics or ("",)
    }
    if rest not in known:
        near = _close(rest, list(known))
        raise UnknownKpi(f"there is no KPI {name!r}", f"did you mean {owner}.{near[0]}?" if near else ", ".join(known))
    row, statistic = known[rest]
    try:
        chosen = selection(scenario, owner, lambda service: _has(row.needs, scenario, service))
    except NotSelected as error:
        raise UnknownKpi(f"there is no KPI {name!r}: {error.message}", error.hint) from None
    unit = row.unit.replace(MONEY, scenario.currency)
    label = _label(chosen.label(scenario, owner.partition("/")[0] == ALL), row.label, statistic)
    return Kpi(name, unit, row, owner, statistic, label, chosen.services, chosen.group)


def _usual(scenario: Scenario) -> Iterator[Kpi]:
    for service in scenario.services:
        yield from _of("service", scenario, service.id, service.name, service)
    for pool in scenario.pools:
        yield from _of("pool", scenario, pool.id, pool.name)
    yield from _of("hall", scenario, "", Text("Whole hall", "全大厅"))
    yield from _of("plan", scenario, "", None)


def _of(
    scope: Scope, scenario: Scenario, owner: str, called: Text | None, service: Service | None = None
) -> Iterator[Kpi]:
    for row in DEFINITIONS:
        if row.scope == scope and _has(row.needs, scenario, service):
            stem = f"{owner}.{row.quantity}" if owner else f"hall.{row.quantity}" if scope == "hall" else row.quantity
            unit = row.unit.replace(MONEY, scenario.currency)
            for statistic in row.statistics or ("",):
                name = f"{stem}.{statistic}" if statistic else stem
                own = (owner,) if scope == "service" else ()
                yield Kpi(name, unit, row, owner, statistic, _label(called, row.label, statistic), own)


def _has(needs: Needs, scenario: Scenario, service: Service | None) -> bool:
    """Whether the KPI exists here, for cases on any way and in any phase. A step that a reform removed still counts, so
    that a reform keeps the same KPIs.
    """
    if needs == "groups_in_person":
        return _has("groups", scenario, service) and _has("in_person", scenario, service)
    if needs in ("satisfaction", "services"):
        return scenario.satisfaction is not None and (needs == "satisfaction" or len(scenario.services) > 1)
    if needs == "services_in_person":
        return sum(_has("in_person", scenario, one) for one in scenario.services) > 1
    if needs == "complaints":
        return scenario.complaints is not None
    if needs == "cost":
        return scenario.currency != ""
    if needs not in _RULES:
        return True
    versions = scenario.versions if scenario.phases else (scenario,)
    return any(_RULES[needs](version, one) for version in versions for one in _variants(version, service))


def _variants(version: Scenario, service: Service | None) -> Iterator[Service]:
    """The service, or every one, as cases go through it on any way in one version of a scenario."""
    return (one for one in version.every_variant if service is None or one.id == service.id)


def _balking(scenario: Scenario, service: Service) -> bool:
    frightening = {pool.id for pool in scenario.pools if pool.balks_at is not None}
    in_person = (step.at for step in service.steps if step.in_person and step.at is not None)
    return any(scenario.hall_room is not None or pool in frightening for pool in in_person)


_RULES: dict[Needs, Callable[[Scenario, Service], bool]] = {
    "travel": lambda _, service: service.travel is not None,
    "applicant_money": lambda _, service: (
        service.time_value is not None or service.fee is not None or service.firm is not None
    ),
    "groups": lambda _, service: len(service.groups) > 1,
    "promise": lambda _, service: service.promise is not None,
    "in_person": lambda _, service: any(step.in_person and step.at is not None for step in service.steps),
    "appointments": lambda _, service: service.appointments is not None,
    "balking": _balking,
    "retries": lambda _, service: service.retries is not None,
    "early_ends": lambda _, service: (
        service.withdraws is not None or service.deemed_approval or any(step.refuses > 0 for step in service.steps)
    ),
    "revokes": lambda _, service: any(step.revokes > 0 for step in service.steps),
    "deemed_approval": lambda _, service: service.deemed_approval,
    "gate": lambda _, service: any(step.gate is not None for step in service.steps),
    "in_hand": lambda _, service: service.in_hand is not None,
}
"""What a service must have for the KPIs that are about one of its rules."""


def _label(called: Text | None, label: Text, statistic: str) -> Text:
    english = f"{label.en}, {STATISTICS[statistic].en}" if statistic else label.en
    chinese = f"{label.zh}（{STATISTICS[statistic].zh}）" if statistic else label.zh
    if called is None:
        return Text(english[0].upper() + english[1:], chinese)
    return Text(f"{called.en}: {english}", f"{called.zh}：{chinese}")


_LACKING = {
    "travel": "nothing is said of the way there; give travel, e.g. travel: 40 min",
    "applicant_cost": "nothing costs applicants; give time_value, fee or firm, e.g. applicants: {time_value: 30 CNY/h}",
    "burden": "nothing costs applicants; give time_value, fee or firm, e.g. applicants: {time_value: 30 CNY/h}",
    "satisfaction": "the file gives no weights; write satisfaction: {} for the assumed ones",
    "complaints": "the file gives no weights; write complaints: {} for the assumed ones",
    "time.group_gap": "there are no groups; give them, e.g. groups: {citizen: 70 %, firm: 30 %}",
    "wait.group_gap": "there are no groups that wait in person; give groups: {citizen: 70 %, firm: 30 %}",
}
"""What a scenario lacks for a KPI that others have."""


def _hint(scenario: Scenario, name: str, known: dict[str, Kpi]) -> str:
    """What a name that is not there may have meant, or why there is no such KPI in this scenario."""
    owner, _, rest = name.partition(".")
    own = [kpi for kpi in known if kpi.startswith(owner + ".")]
    same_quantity = [kpi for kpi in own if kpi.split(".")[1] == rest.partition(".")[0]]
    services = [service.id for service in scenario.services]
    lacking = _LACKING.get(rest if owner in services else name)
    if lacking is not None:
        return lacking
    if same_quantity:
        return "write " + ", ".join(same_quantity)
    if name in ("cost", "cost_per_case"):
        return "no pool has a cost; give one, e.g. cost: 35 CNY/h"
    if owner in services and rest == "on_time":
        return f"{owner} promises nothing; give it a promise, e.g. promise: 5 workdays"
    if owner in (*services, "hall") and rest.partition(".")[0] in ("wait", "no_visit", "one_visit"):
        return "no step there is in person at a pool; mark it with in_person: true"
    near = _close(rest, [kpi.partition(".")[2] for kpi in own])
    if own:
        return f"did you mean {owner}.{near[0]}?" if near else "known: " + ", ".join(own)
    near = _close(name, list(known))
    if near:
        return f"did you mean {near[0]}?"
    owners = dict.fromkeys(kpi.partition(".")[0] for kpi in known)
    return "a KPI starts with a service, a pool, hall or cost: " + ", ".join(owners)


def _close(text: str, choices: list[str]) -> list[str]:
    return difflib.get_close_matches(text, choices, n=1, cutoff=0.6)
