"""What a search found, in sentences, in English and Chinese."""

from __future__ import annotations

import math
from collections.abc import Sequence

from simgov.kpi.table import UnknownKpi, find
from simgov.optimize import equipment
from simgov.optimize.option_words import removed_words
from simgov.optimize.plan import Missed, TargetResult
from simgov.optimize.rosters import in_chinese
from simgov.scenario.value import Scenario, Text
from simgov.units import plain

UNITS = {
    "min": Text("min", "分钟"),
    "workdays": Text("workdays", "个工作日"),
    "visits": Text("visits", "次"),
    "documents": Text("documents", "份"),
    "steps": Text("steps", "次"),
    "times": Text("times", "次"),
    "cases": Text("cases", "件"),
    "cases/workday": Text("cases per workday", "件/工作日"),
    "h/workday": Text("h per workday", "小时/工作日"),
}


MOST_MISSES = 2
"""So many targets that a design misses are told, where there are more than one more."""

LONG = 120.0
"""Minutes from which a time is said in hours."""


def amount(value: float, unit: str, beside: float | None = None, half_width: float = math.nan) -> Text:
    """A KPI's value as people read it: ``62.8 min``, ``3.5 ± 0.2 h``, ``93.5 %``; in the unit of ``beside``, if any."""
    if math.isnan(value):
        return Text("no value", "无数值")
    if math.isinf(value):
        return Text("without bound", "无上限")
    if unit == "share":
        digits = _digits(value * 100, half_width * 100)
        return Text(f"{digits} %", f"{digits}%")
    named = UNITS.get(unit, Text(unit, unit))
    if unit == "min" and abs(value if beside is None else beside) >= LONG:
        value, half_width, named = value / 60, half_width / 60, Text("h", "小时")
    if math.isfinite(half_width) and half_width > 0:
        digits = _digits(value, half_width)
    else:
        digits = plain(round(value, 1) if abs(value) >= 10 else float(f"{value:.3g}"))
    return Text(f"{digits} {named.en}", f"{digits} {named.zh}")


def _digits(value: float, half_width: float) -> str:
    """``2.40 ± 0.17``, to two digits of the half-width; ``93.5`` without an interval."""
    if not math.isfinite(half_width) or half_width <= 0:
        return f"{value:.1f}"
    decimals = min(3, max(0, 1 - math.floor(math.log10(half_width))))
    return f"{value:.{decimals}f} ± {half_width:.{decimals}f}"


def with_most(phrases: Sequence[Text], missed: Sequence[Missed], scenario: Scenario) -> Text:
    """A cut whose design has the most of everything but what ``phrases`` say."""
    zh_missed, en_missed = _misses(scenario, missed)
    if not phrases:
        return Text(
            f"Even with the most of everything: {en_missed}.", f"即使人员和措施全部用足，{zh_missed}，仍不能达标。"
        )
    en_design, zh_design = listed([phrase.en for phrase in phrases]), "、".join(phrase.zh for phrase in phrases)
    return Text(
        f"Even with everything else at its most, {en_design}: {en_missed}.",
        f"即使其他各项全部用足，{zh_design}时，{zh_missed}，仍不能达标。",
    )


def beside_plan(phrases: Sequence[Text], missed: Sequence[Missed], scenario: Scenario) -> Text:
    """A cut by what its design has more and less of than the plan."""
    zh_missed, en_missed = _misses(scenario, missed)
    en_design, zh_design = listed([phrase.en for phrase in phrases]), "、".join(phrase.zh for phrase in phrases)
    return Text(f"The plan, but {en_design}: {en_missed}.", f"与方案相比，{zh_design}时，{zh_missed}，不能达标。")


def plainly(phrases: Sequence[Text], missed: Sequence[Missed], scenario: Scenario) -> Text:
    """A cut by what its design has less of than it could; without any such, all of it is taken."""
    if not phrases:
        return with_most(phrases, missed, scenario)
    zh_missed, en_missed = _misses(scenario, missed)
    en_design, zh_design = listed([phrase.en for phrase in phrases]), "、".join(phrase.zh for phrase in phrases)
    return Text(f"With {en_design}: {en_missed}.", f"{zh_design}时，{zh_missed}，不能达标。")


def share_of_waits(scenario: Scenario, pool: str, posts: int, limit: float, shares: tuple[float, float, float]) -> Text:
    """What one post less in a pool does to the waits of its part of the hall.

    ``posts`` are the plan's; ``shares`` of all waits: beyond ``limit`` minutes in this part with the plan, with one
    post less, and allowed in the whole hall.
    """
    before, after, allowed = (f"{100 * share:.1f}" for share in shares)
    name, most = pool_name(scenario, pool), amount(limit, "min")
    return Text(
        f"With {posts - 1} at {name.en} instead of {posts}, waits there of more than {most.en} grow from {before} % to "
        f"{after} % of all waits in the hall; {allowed} % are allowed in all.",
        f"{name.zh}由 {posts} 人减为 {posts - 1} 人，仅此处超过 {most.zh}的等候就由占全大厅的 {before}% 升至 {after}%，"
        f"而全大厅合计只允许 {allowed}%。",
    )


def mean_of_waits(scenario: Scenario, pool: str, posts: int, means: tuple[float, float, float]) -> Text:
    """The same for a mean: minutes that this part adds to it with the plan, with one post less, and the limit."""
    before, after, limit = (amount(value, "min") for value in means)
    name = pool_name(scenario, pool)
    return Text(
        f"With {posts - 1} at {name.en} instead of {posts}, waits there add {after.en} to the mean of the hall, not "
        f"{before.en}; the limit is {limit.en}.",
        f"{name.zh}由 {posts} 人减为 {posts - 1} 人，此处计入全大厅平均等候的时间就由 {before.zh}增至 {after.zh}，"
        f"而限值为 {limit.zh}。",
    )


def posts_phrase(scenario: Scenario, pool: str, count: int) -> Text:
    """``4 at Review``."""
    return equipment.count_words(pool, _owner_name(scenario, pool), count)


def change_phrase(scenario: Scenario, pool: str, change: int) -> Text:
    """``one more at Review``."""
    return equipment.change_words(pool, _owner_name(scenario, pool), change)


def option_phrase(scenario: Scenario, name: str, taken: bool) -> Text:
    """``without the reform lean``, ``with Second check removed``; in Chinese what is not removed is kept (保留)."""
    removed = removed_words(scenario, name)
    if removed is None:
        return Text(f"{'with' if taken else 'without'} the reform {name}", f"{'' if taken else '不'}采用改革“{name}”")
    called = removed[1]
    return Text(f"with {called.en} {'removed' if taken else 'kept'}", f"{'取消' if taken else '保留'}“{called.zh}”")


def pool_name(scenario: Scenario, column: str) -> Text:
    """What people call a pool, its room or speed, or a pool in the hours of a row: ``Hall, Mon–Fri 08:00-12:00``."""
    return equipment.words(column, _owner_name(scenario, column))


def _owner_name(scenario: Scenario, column: str) -> Text:
    """The name of the pool that a column is about, with the hours of a row."""
    column = equipment.kind_and_pool(column)[1]
    pool_id, _, hours = column.partition(" ")
    name = next((pool.name for pool in scenario.pools if pool.id == pool_id), Text(pool_id, pool_id))
    return Text(f"{name.en}, {hours}", f"{name.zh}（{in_chinese(hours)}）") if hours else name


def _misses(scenario: Scenario, missed: Sequence[Missed]) -> tuple[str, str]:
    """Chinese and English; of many targets those missed by most."""
    worst = sorted(missed, key=_excess, reverse=True)[:MOST_MISSES]
    told = [_miss(scenario, one) for one in missed if len(missed) <= MOST_MISSES + 1 or one in worst]
    more = len(missed) - len(told)
    zh, en = "；".join(one.zh for one in told), "; ".join(one.en for one in told)
    return (f"{zh}；另有 {more} 项目标未达到", f"{en}; {more} more are missed") if more else (zh, en)


def _excess(missed: Missed) -> float:
    """How far a target is missed, relative to its limit."""
    return abs(missed.value - missed.limit) / (abs(missed.limit) or 1.0) if math.isfinite(missed.value) else math.inf


def _miss(scenario: Scenario, missed: Missed) -> Text:
    value, limit = amount(missed.value, missed.unit, missed.limit), amount(missed.limit, missed.unit)
    return _beside_limit(scenario, missed.kpi, missed.demand, value, limit)


def reached(scenario: Scenario, target: TargetResult) -> Text:
    """``Permit: time, mean is 3.9 ± 0.2 h, the limit 4 h``."""
    value = amount(target.value, target.unit, target.limit, target.half_width)
    limit = amount(target.limit, target.unit)
    return _beside_limit(scenario, target.kpi, target.demand, value, limit)


def _beside_limit(scenario: Scenario, kpi: str, demand: str, value: Text, limit: Text) -> Text:
    try:
        label = find(scenario, kpi).label
    except UnknownKpi:
        label = Text(kpi, kpi)
    when = Text(f" in the demand scenario {demand}", f"需求情景“{demand}”下") if demand else Text("", "")
    return Text(
        f"{label.en}{when.en} is {value.en}, the limit {limit.en}",
        f"{when.zh}{label.zh}为 {value.zh}（限值 {limit.zh}）",
    )


def listed(phrases: Sequence[str]) -> str:
    """English: ``a``, ``a and b``, ``a, b and c``."""
    return phrases[0] if len(phrases) == 1 else ", ".join(phrases[:-1]) + " and " + phrases[-1]
