"""A conflict of targets in the terms of the scenario file, and in sentences, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from simgov.kpi.table import find
from simgov.optimize.conflict import BUDGET, FIRST_LIMIT, Conflict, Reachable
from simgov.optimize.conflict_found import BUDGET_NAME, LIMIT_NAME, Condition, ConflictFound
from simgov.optimize.wording import amount
from simgov.scenario.value import Scenario, Text
from simgov.units import MONEY_ZH, plain

if TYPE_CHECKING:
    from simgov.kpi.targets import Target
    from simgov.optimize.problem import Problem


def found(conflict: Conflict, problem: Problem) -> ConflictFound:
    """A conflict of the search in the terms of the file."""
    reachable = {one.place: one for one in conflict.reachable}
    conditions = tuple(_condition(place, reachable.get(place), problem) for place in conflict.places)
    widening = conflict.widening.share if conflict.widening is not None else None
    return ConflictFound(
        conditions,
        conflict.minimal,
        conflict.smallest,
        widening,
        tuple(_sentences(conditions, conflict, problem)),
    )


def _condition(place: int, reachable: Reachable | None, problem: Problem) -> Condition:
    scale = 0.01 if place == BUDGET else 1.0  # minor units as the currency
    value = bound = None
    if reachable is not None and reachable.incumbent is not None:
        value = reachable.value * scale
        bound = None if reachable.bound is None else reachable.bound * scale
    if place == BUDGET:
        assert problem.most_cost is not None
        return Condition(BUDGET_NAME, problem.most_cost * scale, problem.baseline.currency, value, bound)
    if place <= FIRST_LIMIT:
        number = FIRST_LIMIT - place
        limit = problem.limits[number]
        most = limit.most if limit.most is not None else limit.least
        return Condition(f"{LIMIT_NAME}{number}", float(most or 0), "posts", None, None)
    target = problem.targets[place]
    return Condition(target.kpi, target.limit, target.unit, value, bound)


def _sentences(conditions: Sequence[Condition], conflict: Conflict, problem: Problem) -> list[Text]:
    scenario, targets = problem.baseline, {target.kpi: target for target in problem.targets}
    asked = [_asked(condition, targets, problem) for condition in conditions]
    en, zh = "; ".join(one.en for one in asked), "；".join(one.zh for one in asked)
    sentences = [
        Text(f"No plan within the bounds keeps this: {en}.", f"在给定范围内，没有方案能做到：{zh}。")
        if len(asked) == 1
        else Text(f"These cannot be kept together: {en}.", f"以下各项不能同时做到：{zh}。")
    ]
    if len(asked) > 1 and conflict.minimal:
        sentences.append(
            Text("Without any one of them, the others can be kept.", "去掉其中任何一项，其余各项就能同时做到。")
        )
    for condition in conditions:
        if condition.reachable is not None:
            label = _label(condition, scenario)
            value = _amount(condition.reachable, condition)
            sentences.append(
                Text(
                    f"With all other conditions kept, the best for {label.en} is {value.en}.",
                    f"其他各项不变时，{label.zh}最好可做到 {value.zh}。",
                )
            )
    if conflict.widening is not None and len(conditions) > 1:
        share = plain(float(f"{100 * conflict.widening.share:.3g}"))
        sentences.append(
            Text(
                f"If all of them give way alike, {share} % is enough.", f"各项限值同等放宽时，放宽 {share}% 即可做到。"
            )
        )
    return sentences


def _asked(condition: Condition, targets: Mapping[str, Target], problem: Problem) -> Text:
    scenario = problem.baseline
    if condition.kpi.startswith(LIMIT_NAME):
        return problem.limits[int(condition.kpi.removeprefix(LIMIT_NAME))].words(scenario)
    label, limit = _label(condition, scenario), _amount(condition.limit, condition)
    at_most = condition.kpi == BUDGET_NAME or targets[condition.kpi].sense == "at_most"
    words = Text("at most", "不超过") if at_most else Text("at least", "不低于")
    return Text(f"{label.en} {words.en} {limit.en}", f"{label.zh}{words.zh} {limit.zh}")


def _label(condition: Condition, scenario: Scenario) -> Text:
    return Text("the cost", "成本") if condition.kpi == BUDGET_NAME else find(scenario, condition.kpi).label


def _amount(value: float, condition: Condition) -> Text:
    if condition.kpi == BUDGET_NAME:
        return Text(f"{value:,.0f} {condition.unit}", f"{value:,.0f} {MONEY_ZH.get(condition.unit, condition.unit)}")
    return amount(value, condition.unit)
