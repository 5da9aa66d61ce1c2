"""The explanation of a plan that makes a KPI as good as possible in sentences, in English and Chinese."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from simgov.kpi.table import UnknownKpi, find
from simgov.optimize import wording
from simgov.optimize.chosen import Chosen
from simgov.optimize.explain.improvement import Reached
from simgov.optimize.explain.words import Teller
from simgov.scenario.value import Text


@dataclass(frozen=True)
class BestTeller(Teller):
    """Says what was found beside a plan whose KPIs ``reached`` these values."""

    reached: tuple[Reached, ...] = ()

    def changed(
        self,
        kind: str,
        name: str,
        change: int,
        cost: int,
        values: Sequence[Reached],
        missed: Sequence[str],
        within: bool,
    ) -> Text:
        """``With one more at Review (4): Permit: time, mean is 2.3 ± 0.1 h (plan 2.4 h); 91,350 CNY more a year.``"""
        phrase = self._counted(name, change) if kind == "post" else self._with(name, change > 0)
        told = [self._instead(own, other) for own, other in zip(self.reached, values, strict=True)]
        en, zh = [one.en for one in told], [one.zh for one in told]
        more = self._more(cost - self.cost)
        en.append("at the same cost" if cost == self.cost else more.en)
        zh.append(more.zh)
        if not within:
            en.append("beyond the budget")
            zh.append("超出预算")
        if missed:
            labels = [self._label(kpi) for kpi in missed]
            en.append(f"it misses {wording.listed([one.en for one in labels])}")
            zh.append(f"{'、'.join(one.zh for one in labels)}不能达标")
        return Text(f"{phrase.en}: {'; '.join(en)}.", f"{phrase.zh}时，{'，'.join(zh)}。")

    def at_budget(
        self,
        percent: int,
        budget: int,
        chosen: Chosen | None,
        value: float,
        bound: float | None,
        values: Sequence[Reached],
    ) -> Text:
        """``With 105 % of the budget (630,000 CNY) Permit: time, mean can be 2.3 h (not proved).``"""
        money = self._money(budget)
        en, zh = f"With {percent} % of the budget ({money.en})", f"预算为现在的 {percent}%（{money.zh}）时"
        if chosen is None:
            return Text(f"{en} no plan that keeps the targets was found.", f"{zh}，没有找到能够达标的方案。")
        own = self.reached[0]
        label, reached = self._label(own.kpi), wording.amount(value, own.unit, own.value)
        sure = Text("not proved", "未证明")
        if bound is not None:
            best = wording.amount(bound, own.unit, own.value)
            sure = Text(f"no plan is better than {best.en}", f"任何方案都不优于 {best.zh}")
        beside = self._changes(chosen)
        changes = Text(f": {beside[0]}", f"：{beside[1]}") if beside[0] else Text(": the plan itself", "，仍是本方案")
        fresh = self._on_fresh(values[0]) if values else Text("", "")
        return Text(
            f"{en} {label.en} can be {reached.en} ({sure.en}){changes.en}{fresh.en}.",
            f"{zh}，{label.zh}可做到 {reached.zh}（{sure.zh}）{changes.zh}{fresh.zh}。",
        )

    def _on_fresh(self, one: Reached) -> Text:
        if not math.isfinite(one.value):
            return Text("", "")
        value = wording.amount(one.value, one.unit, self.reached[0].value, one.half_width)
        return Text(f"; on fresh replications {value.en}", f"；在新抽样本上为 {value.zh}")

    def _instead(self, own: Reached, other: Reached) -> Text:
        """A KPI beside that of the plan."""
        label = self._label(own.kpi)
        value = wording.amount(other.value, own.unit, own.value, other.half_width)
        before = wording.amount(own.value, own.unit, own.value)
        return Text(f"{label.en} is {value.en} (plan {before.en})", f"{label.zh}为 {value.zh}（本方案 {before.zh}）")

    def _label(self, kpi: str) -> Text:
        try:
            return find(self.scenario, kpi).label
        except UnknownKpi:
            return Text(kpi, kpi)
