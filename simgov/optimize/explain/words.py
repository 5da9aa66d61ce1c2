"""The explanation of a plan in sentences, in English and Chinese."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from simgov.optimize import equipment, wording
from simgov.optimize.chosen import Chosen
from simgov.optimize.explain.explanation import Answer, Fresh
from simgov.optimize.explain.law import Subject
from simgov.scenario.value import Scenario, Text
from simgov.units import MONEY_ZH, Duration, format_duration

YEAR_MINUTES = 365 * 1440.0
COUNTED_ZH = {"": "人", equipment.ROOM: "个", equipment.SPEED: "倍"}


@dataclass(frozen=True)
class Teller:
    """Says what was found beside a plan that has ``chosen`` so much, for ``cost`` minor units over the horizon.

    ``patterns`` are the names of ``pool.pattern`` in rosters, ``contents`` say what each reform does.
    """

    scenario: Scenario
    unit: str
    horizon: Duration
    cost: int
    chosen: Chosen
    patterns: Mapping[str, Text] = field(default_factory=dict)
    contents: Mapping[str, Text] = field(default_factory=dict)

    # One thing otherwise ----------------------------------------------------------------------------------------------

    def post(self, pool: str, change: int, answer: Answer) -> Text:
        """``With one more at Review (5), the cheapest plan costs 12 CNY more a year.``"""
        phrase, found, beside = self._counted(pool, change), self._costs(answer), self._beside(answer, but=pool)
        return Text(f"{phrase.en}, {found.en}{beside.en}.", f"{phrase.zh}时，{found.zh}{beside.zh}。")

    def option(self, name: str, taken: bool, answer: Answer) -> Text:
        """``Without the reform one_window, the cheapest plan costs 312,000 CNY more a year.``"""
        phrase, found, beside = self._with(name, taken), self._costs(answer), self._beside(answer, but=name)
        return Text(f"{phrase.en}, {found.en}{beside.en}.", f"{phrase.zh}时，{found.zh}{beside.zh}。")

    def step(self, subject: Subject, answer: Answer) -> Text:
        """``Acceptance, which ... requires, costs 12 CNY a year: without it the cheapest plan would cost 851 CNY.``"""
        en, zh = (
            f"{subject.called.en} ({subject.service.name.en})",
            f"“{subject.called.zh}”（{subject.service.name.zh}）",
        )
        if subject.basis:
            en, zh = (
                f"{en}, which {subject.basis} requires,",
                f"{subject.basis}{' ' if subject.basis[-1].isascii() else ''}规定的{zh}",
            )
        else:
            en, zh = f"{en}, which rests on no law,", f"没有法定依据的{zh}"
        if answer.cost is None:
            none = self._costs(answer)
            return Text(f"{en} has no price: without it, {none.en}.", f"{zh}无法计价：没有它，{none.zh}。")
        saved, cost, every = self.cost - answer.cost, self._money(answer.cost), self._every
        least = answer.bound if not answer.proved else answer.cost
        most = None if least is None else self.cost - least
        if answer.proved and saved == 0:
            return Text(
                f"{en} costs nothing: without it the cheapest plan would cost the same.",
                f"{zh}不增加成本：没有它，最低成本方案的成本不变。",
            )
        if saved < 0:
            more = self._money(-saved)
            return Text(
                f"{en} saves {more.en} {every.en}: without it the best plan found would cost {cost.en}.",
                f"{zh}{every.zh}节省 {more.zh}：没有它，找到的最好方案为 {cost.zh}。",
            )
        price = self._money(saved)
        if answer.proved:
            return Text(
                f"{en} costs {price.en} {every.en}: without it the cheapest plan would cost {cost.en}.",
                f"{zh}{every.zh}使成本增加 {price.zh}：没有它，最低成本方案为 {cost.zh}。",
            )
        bounds = [Text(f"at least {price.en}", f"至少使成本增加 {price.zh}")] if saved else []
        if most is not None:
            upto = self._money(most)
            bounds.append(Text(f"at most {upto.en}", f"至多增加 {upto.zh}" if saved else f"至多使成本增加 {upto.zh}"))
        if not bounds:
            return Text(f"What {en} costs could not be found.", f"{zh}的成本未能求出。")
        return Text(
            f"{en} costs {' and '.join(one.en for one in bounds)} {every.en} (not proved).",
            f"{zh}{every.zh}{'，'.join(one.zh for one in bounds)}（未证明）。",
        )

    def all_there_is(self, subjects: Sequence[Subject]) -> Text:
        """Why some steps have no figure: each is all that its service does."""
        en = ", ".join(f"{one.called.en} ({one.service.name.en})" for one in subjects)
        zh = "、".join(f"“{one.called.zh}”（{one.service.name.zh}）" for one in subjects)
        return Text(
            f"All that is done in their service, and so without a price of their own: {en}.",
            f"以下环节就是该事项办理的全部内容，无法单独计价：{zh}。",
        )

    def needed_by_measures(self, count: int) -> Text:
        """That some steps have no figure, since a measure that the plan takes could not be taken without them."""
        return Text(
            f"Not reckoned with are {count} steps and parts without which a measure that the plan takes could not be "
            "taken.",
            f"另有 {count} 项环节或内容，取消后方案采用的措施无法实施，未作测算。",
        )

    def more_steps(self, count: int, told: int) -> Text:
        """That not every step was asked about."""
        return Text(
            f"Of {count} steps and parts that nobody offers to remove, the first {told} are reckoned with.",
            f"未列为可取消的环节和内容共 {count} 项，此处测算前 {told} 项。",
        )

    # Other plans ------------------------------------------------------------------------------------------------------

    def near(self, chosen: Chosen, cost: int, fresh: Fresh | None) -> Text:
        """``One fewer at Review and one more at Intake: 1.2 % dearer (10 CNY a year). On fresh replications ...``"""
        en, zh = self._changes(chosen)
        dearer = cost - self.cost
        reached = Text("", "") if fresh is None else self._tightest(fresh)
        if dearer == 0:
            return Text(f"{en[0].upper()}{en[1:]}: at the same cost.{reached.en}", f"{zh}：成本相同。{reached.zh}")
        share, money = 100 * dearer / self.cost, self._money(dearer)
        return Text(
            f"{en[0].upper()}{en[1:]}: {share:.1f} % dearer ({money.en} {self._every.en}).{reached.en}",
            f"{zh}：成本高 {share:.1f}%（{self._every.zh}多 {money.zh}）。{reached.zh}",
        )

    def _tightest(self, fresh: Fresh) -> Text:
        """The target nearest its limit on fresh replications, with its interval."""
        known = [target for target in fresh.targets if math.isfinite(target.value)]
        if not known:
            return Text("", "")
        nearest = min(known, key=lambda target: abs(target.value - target.limit) / (abs(target.limit) or 1.0))
        words = wording.reached(self.scenario, nearest)
        return Text(f" On fresh replications {words.en}.", f"在新抽样本上，{words.zh}。")

    def demand(self, percent: int, same: bool, answer: Answer) -> Text:
        """``With 90 % of today's applicants, the cheapest plan costs 42 CNY less a year: one fewer at Review.``"""
        en, zh = f"With {percent} % of today's applicants", f"申请量为现在的 {percent}% 时"
        if same:
            if answer.proved:
                return Text(f"{en} the plan stays the cheapest.", f"{zh}，本方案仍是成本最低的方案。")
            return Text(
                f"{en} nothing cheaper than the plan was found (not proved).",
                f"{zh}，没有找到比本方案成本更低的方案（未证明）。",
            )
        found, beside = self._costs(answer), self._beside(answer)
        return Text(f"{en}, {found.en}{beside.en}.", f"{zh}，{found.zh}{beside.zh}。")

    def stays(self, least: int, most: int, *, proved: bool, open_below: bool, open_above: bool) -> Text:
        """``The plan stays the cheapest from 97 % to 103 % of today's demand: ...``"""
        unsure = Text("", "") if proved else Text(" (not proved)", "（未证明）")
        below = (
            Text(f"even at {least} % nothing cheaper keeps the targets", f"降到 {least}% 也没有成本更低的方案达标")
            if open_below
            else Text("below that a cheaper one keeps the targets", "再低就有成本更低的方案达标")
        )
        above = (
            Text(f"and it still keeps them at {most} %", f"升到 {most}% 本方案仍达标")
            if open_above
            else Text("above that it misses one", "再高本方案就不能达标")
        )
        en = f"The plan stays the cheapest from {least} % to {most} % of today's demand{unsure.en}"
        zh = f"申请量在现在的 {least}% 至 {most}% 之间时，本方案一直是成本最低的方案{unsure.zh}"
        return Text(f"{en}: {below.en}, {above.en}.", f"{zh}：{below.zh}，{above.zh}。")

    # Pieces -----------------------------------------------------------------------------------------------------------

    def _costs(self, answer: Answer) -> Text:
        """What the cheapest plan costs more or less than the plan, and how sure that is."""
        if answer.cost is None:
            if answer.proved:
                return Text("no plan within the bounds keeps the targets", "在给定范围内没有方案能够达标")
            count = answer.simulations
            least = Text("", "") if answer.bound is None else self._money(answer.bound)
            return Text(
                f"no plan that keeps the targets was found in {count} simulations"
                + (f" (none costs less than {least.en})" if least.en else ""),
                f"模拟 {count} 次，没有找到能够达标的方案"
                + (f"（任何方案的成本都不低于 {least.zh}）" if least.zh else ""),
            )
        more = self._more(answer.cost - self.cost)
        if answer.fresh is not None and not answer.fresh.kept:
            return Text(
                f"the cheapest plan costs {more.en} (on fresh replications it misses a target)",
                f"最低成本方案{more.zh}（在新抽样本上未能达标）",
            )
        if answer.proved:
            return Text(f"the cheapest plan costs {more.en}", f"最低成本方案{more.zh}")
        said = Text(f"the best plan found costs {more.en} (not proved", f"找到的最好方案{more.zh}（未证明")
        if answer.bound is None:
            return Text(f"{said.en})", f"{said.zh}）")
        least = self._money(answer.bound)
        return Text(
            f"{said.en}: no plan costs less than {least.en})", f"{said.zh}，任何方案的成本都不低于 {least.zh}）"
        )

    def _more(self, difference: int) -> Text:
        """``12 CNY more a year``."""
        if difference == 0:
            return Text("the same", "成本不变")
        money, every = self._money(abs(difference)), self._every
        if difference > 0:
            return Text(f"{money.en} more {every.en}", f"{every.zh}多花 {money.zh}")
        return Text(f"{money.en} less {every.en}", f"{every.zh}少花 {money.zh}")

    def _beside(self, answer: Answer, but: str = "") -> Text:
        """What else is otherwise in that plan, after a colon; nothing where nothing is."""
        if answer.cost is None:
            return Text("", "")
        en, zh = self._changes(answer.chosen, but)
        return Text(f": {en}", f"：{zh}") if en else Text("", "")

    def _changes(self, chosen: Chosen, but: str = "") -> tuple[str, str]:
        own = self.chosen.counts
        posts = [
            self._change(name, count - own[name])
            for name, count in chosen.counts.items()
            if name != but and count != own[name]
        ]
        turned = sorted(
            set(chosen.reforms) ^ set(self.chosen.reforms), key=lambda one: (one not in chosen.reforms, one)
        )
        options = [self._option(name, name in chosen.reforms) for name in turned if name != but]
        phrases = [*posts, *options]
        if not phrases:
            return "", ""
        return wording.listed([phrase.en for phrase in phrases]), "、".join(phrase.zh for phrase in phrases)

    def _counted(self, name: str, change: int) -> Text:
        """``With one more at Review (5)``, ``审查增加 1 人（共 5 人）``."""
        count = {**self.chosen.counts, **self.chosen.staff}[name] + change
        phrase, unit = self._change(name, change), COUNTED_ZH[equipment.kind_and_pool(name)[0]]
        return Text(f"With {phrase.en} ({count})", f"{phrase.zh}（共 {count} {unit}）")

    def _with(self, name: str, taken: bool) -> Text:
        """``Without the reform lean (drop “Second review”)``, ``不采用改革“lean”（取消“复核”）``."""
        phrase, does = self._option(name, taken), self.contents.get(name)
        if does is not None:
            phrase = Text(f"{phrase.en} ({does.en})", f"{phrase.zh}（{does.zh}）")
        return Text(f"{phrase.en[0].upper()}{phrase.en[1:]}", phrase.zh)

    def _change(self, name: str, change: int) -> Text:
        """``one more at Review``; on a pattern of a roster, ``one more at Hall, early shift``."""
        if name in self.patterns:
            return equipment.change_words(name, self.patterns[name], change)
        return wording.change_phrase(self.scenario, name, change)

    def _option(self, name: str, taken: bool) -> Text:
        """An option taken or left; a removal says of which service, where there are several."""
        phrase, several = wording.option_phrase(self.scenario, name, taken), len(self.scenario.services) > 1
        service = next((one for one in self.scenario.services if name.startswith(f"{one.id}.")), None)
        if service is None or not several:
            return phrase
        return Text(f"{phrase.en} ({service.name.en})", f"{phrase.zh}（{service.name.zh}）")

    def _money(self, minor: int) -> Text:
        amount = minor / 100
        digits = f"{amount:,.0f}" if abs(amount) >= 1000 or amount.is_integer() else f"{amount:,.2f}"
        if not self.unit:
            return Text(digits, digits)
        return Text(f"{digits} {self.unit}", f"{digits} {MONEY_ZH.get(self.unit, self.unit)}")

    @property
    def _every(self) -> Text:
        """Over which time costs are added up: ``a year``, ``in 3 months``."""
        if self.horizon.base == "min" and self.horizon.amount == YEAR_MINUTES:
            return Text("a year", "每年")
        zh = format_duration(self.horizon, "zh")
        return Text(f"in {format_duration(self.horizon)}", f"{zh}内")
