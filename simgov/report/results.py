"""The numbers of a report: every KPI of every scenario, their paired differences, and what the targets ask.

``Results`` holds them free of where they came from; the functions below lay them out as cards and tables.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from simgov.kpi import Estimate
from simgov.kpi.targets import Target
from simgov.report.numbers import NO_UNIT, Figure, figures, percent, relative_change, scale_of
from simgov.report.tables import ABSENT, Cell, Group, Row, Table, Tone, amount, columns, words
from simgov.report.words import say
from simgov.scenario.value import Scenario, Text

Better = Literal["lower", "higher", "neither"]

MOST_CARDS, MOST_SERVICES, MOST_LOSERS = 8, 3, 6
ARROWS = {"down": "▼", "up": "▲", "same": "="}


@dataclass(frozen=True)
class KpiInfo:
    """What a KPI is called (``short`` without its service or pool, the ``owner``), its unit and which way is better."""

    name: str
    label: Text
    unit: str
    better: Better = "neither"
    short: Text | None = None
    owner: str = ""


@dataclass(frozen=True)
class Series:
    """One scenario of the report: its label in the runs, what people call it, and the scenario itself."""

    label: str
    name: Text
    scenario: Scenario


@dataclass(frozen=True)
class Results:
    """``values`` by (scenario label, KPI), ``differences`` to the baseline likewise; ``series[0]`` is the baseline."""

    series: tuple[Series, ...]
    kpis: tuple[KpiInfo, ...]
    values: Mapping[tuple[str, str], Estimate]
    differences: Mapping[tuple[str, str], Estimate]
    targets: tuple[Target, ...]
    confidence: float
    replications: int

    @property
    def after(self) -> Series | None:
        """The scenario that the report is about: the last one, when there is more than the baseline."""
        return self.series[-1] if len(self.series) > 1 else None

    def info(self, kpi: str) -> KpiInfo:
        """The KPI of that name; one without a label where the table does not know it."""
        return next((one for one in self.kpis if one.name == kpi), KpiInfo(kpi, Text(kpi, kpi), ""))

    def value(self, label: str, kpi: str) -> Estimate | None:
        """The estimate, None where it is missing or undefined."""
        estimate = self.values.get((label, kpi))
        return estimate if estimate is not None and math.isfinite(estimate.value) else None

    def label(self, info: KpiInfo) -> Text:
        """What to call a KPI where it stands alone: without its service where there is only one."""
        only = {service.id for series in self.series for service in series.scenario.services}
        return info.short if info.short and only == {info.owner} else info.label

    def targets_met(self, label: str) -> int:
        """How many targets a scenario keeps."""
        return sum(self.met(label, target) for target in self.targets)

    def met(self, label: str, target: Target) -> bool:
        """Whether a scenario keeps a target."""
        return target.met(self.values.get((label, target.kpi), Estimate(math.nan)))


@dataclass(frozen=True)
class Change:
    """How a KPI moved: the difference, ``(−64 %)``, and whether that is good."""

    figure: Figure
    relative: Text
    arrow: str
    tone: Tone
    word: Text | None

    @property
    def text(self) -> Text:
        """``−27.2 min (−64 %)``."""
        return Text(f"{self.figure.short.en}{self.relative.en}", f"{self.figure.short.zh}{self.relative.zh}")


@dataclass(frozen=True)
class Card:
    """One headline number: now, before, the change and its target."""

    label: Text
    value: Figure
    tone: Tone
    before: Figure | None = None
    arrow: str = ""
    move: Text | None = None
    word: Text | None = None
    target: Text | None = None
    met: bool = False
    key: str = ""


def cards(results: Results, cases: Mapping[str, float]) -> list[Card]:
    """The headline numbers: the targets' KPIs first, then cost, waits in the hall, and the services with most cases."""
    return [_card(results, kpi) for kpi in _headline(results, cases)]


def change(results: Results, kpi: str, label: str) -> Change | None:
    """How ``kpi`` moved from the baseline to ``label``; None where either is missing."""
    info = results.info(kpi)
    before, after = results.value(results.series[0].label, kpi), results.value(label, kpi)
    if before is None or after is None:
        return None
    moved = results.differences.get((label, kpi)) or Estimate(after.value - before.value)
    shown = _together(info, [before, after, moved], signed=2)[2]
    share = relative_change(before.value, after.value)
    relative = NO_UNIT
    if info.unit != "share" and math.isfinite(share) and moved.value:
        relative = say("in_brackets", text=percent(share, signed=True))
    clear = not (math.isfinite(moved.half_width) and abs(moved.value) <= moved.half_width)
    if moved.value == 0:
        return Change(shown, NO_UNIT, ARROWS["same"], "quiet", None)
    arrow = ARROWS["down" if moved.value < 0 else "up"]
    if not clear:
        return Change(shown, relative, arrow, "quiet", say("no_clear_change"))
    return Change(shown, relative, arrow, *_judged(info, moved.value))


def all_figures(results: Results) -> list[Table]:
    """Every KPI of every scenario: tables for the office, each service and each pool, with the change between two."""
    compared = results.after if len(results.series) == 2 else None
    names = [say("measure"), *(series.name for series in results.series), *([say("change")] if compared else [])]
    grouped: dict[str, list[Row]] = {}
    for info in results.kpis:
        row = _figures_row(results, info, compared, info.short)
        if row is not None:
            grouped.setdefault(info.owner, []).append(row)
    heads = columns(names, [False] + [True] * (len(names) - 1))
    return [
        Table(_owner_name(results, owner), heads, (Group(tuple(grouped[owner])),))
        for owner in sorted(grouped, key=lambda owner: owner != "")
    ]


def side_by_side(results: Results, kpis: Sequence[str]) -> Table:
    """The headline KPIs of more than two scenarios, a column for each, with the change from today beneath."""
    rows = []
    for info in map(results.info, kpis):
        row = _figures_row(results, info, None, results.label(info))
        if row is not None:
            cells = [row.cells[0], _limit(results, info), row.cells[1]]
            cells += [
                replace(cell, note=_note(change(results, info.name, series.label)), tone=_tone(results, info, series))
                for cell, series in zip(row.cells[2:], results.series[1:], strict=True)
            ]
            rows.append(Row(tuple(cells)))
    names = [say("measure"), say("target"), *(series.name for series in results.series)]
    heads = columns(names, [False] + [True] * (len(names) - 1))
    return Table(say("all_scenarios"), heads, (Group(tuple(rows)),), id="side-by-side")


def _limit(results: Results, info: KpiInfo) -> Cell:
    target = next((one for one in results.targets if one.kpi == info.name), None)
    if target is None:
        return Cell(NO_UNIT)
    limit = figures(info.unit, [Estimate(target.limit)])[0].short
    return words(say(target.sense, limit=limit))


def _note(moved: Change | None) -> Text | None:
    return None if moved is None else say("unchanged") if moved.arrow == ARROWS["same"] else moved.text


def _tone(results: Results, info: KpiInfo, series: Series) -> Tone:
    moved = change(results, info.name, series.label)
    return moved.tone if moved else ""


def headline_kpis(results: Results, cases: Mapping[str, float]) -> list[str]:
    """The names of the KPIs that make the headline."""
    return _headline(results, cases)


def losers(results: Results) -> list[str]:
    """What one asks of each service first, where it is clearly worse than today: the largest changes first."""
    if len(results.series) != 2 or results.after is None:
        return []
    known = {info.name for info in results.kpis}
    asked = [_about(service.id, known)[0] for service in results.after.scenario.services]
    moved = {kpi: change(results, kpi, results.after.label) for kpi in asked}
    worse = {kpi: abs(one.figure.estimate.value) for kpi, one in moved.items() if one and one.tone == "bad"}
    return sorted(worse, key=lambda kpi: (-worse[kpi], kpi))[:MOST_LOSERS]


def _headline(results: Results, cases: Mapping[str, float]) -> list[str]:
    wanted = [target.kpi for target in results.targets] + ["cost", "hall.wait.mean", "hall.wait.p90"]
    for service in sorted(cases, key=lambda name: (-_weight(results, name, cases[name]), name))[:MOST_SERVICES]:
        wanted += _about(service, {info.name for info in results.kpis})
    known = {info.name for info in results.kpis}
    label = (results.after or results.series[0]).label
    chosen = [kpi for kpi in dict.fromkeys(wanted) if kpi in known and results.value(label, kpi) is not None]
    if ("cost" in chosen) and results.value(label, "cost") == Estimate(0.0, 0.0):
        chosen.remove("cost")
    return chosen[:MOST_CARDS]


def _weight(results: Results, service: str, cases: float) -> float:
    """How much a service matters: what changes for its cases; where nothing is compared, their time."""
    kpi = _about(service, {info.name for info in results.kpis})[0]
    now = results.value((results.after or results.series[0]).label, kpi)
    before = results.value(results.series[0].label, kpi) if results.after else Estimate(0.0)
    return cases * abs(now.value - before.value) if now and before else 0.0


def _about(service: str, known: set[str]) -> list[str]:
    """What one asks of a service first: workdays where time is promised, the wait where people come, or the time."""
    if f"{service}.on_time" in known:
        return [f"{service}.days.mean", f"{service}.days.p90", f"{service}.on_time"]
    if f"{service}.wait.mean" in known:
        return [f"{service}.wait.mean", f"{service}.wait.p90"]
    return [f"{service}.time.mean", f"{service}.time.p90"]


def _card(results: Results, kpi: str) -> Card:
    info, after = results.info(kpi), results.after
    label = results.label(info)
    before = results.value(results.series[0].label, kpi) if after else None
    value = results.value((after or results.series[0]).label, kpi) or Estimate(math.nan)
    target = next((one for one in results.targets if one.kpi == kpi), None)
    shown = _together(info, [value, *([before] if before else [])])
    goal = None
    if target is not None:
        limit = figures(info.unit, [Estimate(target.limit)])[0].short
        goal = say(f"target_{target.sense}", limit=limit)
    met = target is not None and target.met(value)
    moved = change(results, kpi, after.label) if after else None
    key = f"{(after or results.series[0]).label}|{kpi}"
    if moved is None:
        return Card(label, shown[0], "quiet", target=goal, met=met, key=key)
    return Card(
        label, shown[0], moved.tone, before=shown[1], arrow=moved.arrow,
        move=moved.text if moved.arrow != ARROWS["same"] else say("unchanged"),
        word=moved.word, target=goal, met=met, key=key,
    )  # fmt: skip


def _figures_row(results: Results, info: KpiInfo, compared: Series | None, label: Text | None) -> Row | None:
    estimates = [results.value(series.label, info.name) for series in results.series]
    present = [estimate for estimate in estimates if estimate is not None]
    if not present:
        return None
    shown = iter(_together(info, present))
    cells = [words(label or info.label)]
    for series, estimate in zip(results.series, estimates, strict=True):
        key = f"{series.label}|{info.name}"
        cells.append(amount(next(shown), key=key) if estimate is not None else ABSENT)
    if compared is not None:
        cells.append(_change_cell(results, info, compared))
    return Row(tuple(cells))


def _change_cell(results: Results, info: KpiInfo, compared: Series) -> Cell:
    moved = change(results, info.name, compared.label)
    if moved is None:
        return ABSENT
    full = moved.figure.full
    text = Text(full.en + moved.relative.en, full.zh + moved.relative.zh)
    return Cell(text, value=moved.figure.estimate.value, tone=moved.tone, key=f"change|{info.name}")


def _together(info: KpiInfo, estimates: Sequence[Estimate], signed: int | None = None) -> list[Figure]:
    """Figures in one unit, which the values choose; the one at ``signed`` is a difference, with a sign."""
    values = [estimate.value for place, estimate in enumerate(estimates) if place != signed]
    scale = scale_of(info.unit, values)
    shown = figures(info.unit, estimates, scale=scale)
    if signed is not None:
        shown[signed] = figures(info.unit, estimates, signed=True, scale=scale)[signed]
    return shown


def _judged(info: KpiInfo, moved: float) -> tuple[Tone, Text]:
    if info.name == "cost" and moved > 0:
        return "quiet", say("higher")
    if info.better == "neither":
        return "quiet", say("changed")
    good = (moved < 0) == (info.better == "lower")
    return ("good", say("better")) if good else ("bad", say("worse"))


def _owner_name(results: Results, owner: str) -> Text:
    scenario = results.series[0].scenario
    for series in results.series:
        named = {one.id: one.name for one in series.scenario.services}
        named |= {one.id: one.name for one in series.scenario.pools}
        if owner in named:
            return named[owner]
    return say("office_as_a_whole") if owner == "" else scenario.name


def bounds_present(results: Results) -> bool:
    """Whether any value is only a lower bound."""
    return any(estimate.lower_bound for estimate in results.values.values())
