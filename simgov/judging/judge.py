"""All ways of judging that apply to a run, brought together: what each finds, and what it lacks to find more."""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simgov.errors import StoreError
from simgov.experiment.runs import Runs
from simgov.judging.benchmark import Gap, gaps
from simgov.judging.charts import NoStandard, Watched, watched
from simgov.judging.four_es import EIndex, four_es
from simgov.judging.lights import Light, lights
from simgov.judging.ranking import Measured, Ranked, ranked
from simgov.judging.ratings import KIND_NAMES, OfficeScore, office_scores
from simgov.judging.schema import Judging, Ranking, scales_of_targets
from simgov.judging.scorecard import Card, card
from simgov.judging.table import DIMENSIONS, ES, Way, lower_is_better
from simgov.judging.values import Value, known_value
from simgov.kpi.statistics import Estimate
from simgov.kpi.table import PERCENT
from simgov.kpi.targets import Target
from simgov.scenario.value import Scenario, Text

_NO_GROUPS = np.empty(0)

Lack = tuple[Way, Text]
"""What a way of judging lacks, in words."""


@dataclass(frozen=True)
class RankTable:
    """One ranking: by which KPI or score, in which unit, whether less is better, and the ranks."""

    by: str
    unit: str
    lower: bool
    scenario: str
    ranks: tuple[Ranked, ...]


@dataclass(frozen=True)
class WithinDays:
    """Within how many workdays a service decides the ``share`` of its cases in this run, and what it promises now.

    The order statistic alone: ``simgov promise`` finds the promise that is kept by closing time.
    """

    scenario: str
    service: str
    share: float
    days: Estimate
    promised: int | None
    statutory: int | None

    @property
    def of_statutory(self) -> float:
        """The days as a share of the statutory limit; nan where there is none."""
        return self.days.value / self.statutory if self.statutory else math.nan


@dataclass(frozen=True)
class Judgement:
    """What every way found. ``lacks`` says for those that found less than they could, what they lack."""

    baseline: str
    confidence: float
    four_es: tuple[EIndex, ...] = ()
    cards: tuple[Card, ...] = ()
    leader: Text | None = None
    gaps: tuple[Gap, ...] = ()
    lights: tuple[Light, ...] = ()
    rankings: tuple[RankTable, ...] = ()
    ratings: tuple[OfficeScore, ...] = ()
    watched: tuple[Watched, ...] = ()
    promises: tuple[WithinDays, ...] = ()
    lacks: tuple[Lack, ...] = ()


def judged(
    runs: Runs,
    judging: Judging,
    targets: Sequence[Target] = (),
    *,
    scenario: Scenario | None = None,
    date: datetime.date | None = None,
    places: Sequence[tuple[str, Runs]] = (),
) -> Judgement:
    """How the field would judge ``runs``, whose first scenario is the baseline.

    ``scenario`` is the baseline, whose promises and limits are looked at. ``date`` is what day the run stands for on
    schedules, by default its first. ``places`` are runs of other offices by name, which are ranked with this one by
    each target's and benchmark's KPI they share.

    Raises ``StoreError`` where the scenarios cannot be paired.
    """
    baseline, others = runs.results[0], runs.results[1:]
    for other in others:
        if not np.array_equal(other.replications, baseline.replications):
            raise StoreError(f"{other.label} has other replications than {baseline.label}, some failed; run it again")
    lacks: list[Lack] = []
    es = four_es(baseline, others, runs.confidence, judging.four_es)
    lacks += _es_lacks(es, bool(others))
    scales = judging.scorecard.scales or scales_of_targets(targets)
    cards = tuple(card(result, judging.scorecard, scales, runs.confidence) for result in runs.results) if scales else ()
    lacks += _card_lacks(cards)
    benchmark = judging.benchmark
    found = () if benchmark is None else gaps(baseline, others, benchmark, runs.confidence)
    if benchmark is None:
        lacks.append(("benchmark", Text("the leader's values: judging: benchmark", "标杆值：judging: benchmark")))
    else:
        known = {gap.kpi for gap in found}
        lacks += [("benchmark", _undefined(kpi)) for kpi in benchmark.values if kpi not in known]
    when = date or _first_day(runs)
    shown = lights(judging.lights, runs.results, when, runs.confidence) if when is not None else ()
    if not judging.lights:
        lacks.append(("lights", Text("a schedule: judging: lights", "推进计划：judging: lights")))
    scores = () if judging.ratings is None else office_scores(judging.ratings, runs.confidence)
    if judging.ratings is None:
        lacks.append(("ratings", Text("a file of ratings: judging: ratings", "评分文件：judging: ratings")))
    for score in scores:
        if score.missing:
            english = ", ".join(KIND_NAMES[kind].en for kind in score.missing)
            chinese = "、".join(KIND_NAMES[kind].zh for kind in score.missing)
            text = Text(f"{score.office}: ratings by {english}", f"{score.office}：缺少{chinese}评价")
            lacks.append(("ratings", text))
    ranks, without = _rankings(runs, judging, targets, places, scores)
    lacks += without
    charts, without = _charts(judging)
    lacks += without
    promises, without = _within(runs, judging, scenario)
    lacks += without
    return Judgement(
        baseline.label, runs.confidence, es, cards, None if benchmark is None else benchmark.leader, found, shown,
        ranks, scores, charts, promises, tuple(lacks),
    )  # fmt: skip


def _charts(judging: Judging) -> tuple[tuple[Watched, ...], list[Lack]]:
    """The series that the file watches, each on its chart."""
    found: list[Watched] = []
    lacks: list[Lack] = []
    for control in judging.control:
        if control.series is not None:
            try:
                found.append(watched(control.series, control))
            except NoStandard as error:
                lacks.append(("control", Text(str(error), f"{control.kpi}：缺少标准值和标准差")))
    if not found and not lacks:
        text = Text(
            "a series to watch: judging: control, or simgov control", "监控数据：judging: control，或 simgov control"
        )
        lacks.append(("control", text))
    return tuple(found), lacks


def _within(runs: Runs, judging: Judging, scenario: Scenario | None) -> tuple[tuple[WithinDays, ...], list[Lack]]:
    """Of each service with a promise or a statutory limit, the quantile of its workdays that the run has."""
    percent = round(100 * judging.promised)
    if percent not in PERCENT.values() or scenario is None:
        return (), [("promise", Text("simgov promise, which simulates it", "请用 simgov promise 模拟求取"))]
    ending = next(name for name, own in PERCENT.items() if own == percent)
    bound = [one for one in scenario.services if one.promise is not None or one.statutory_limit is not None]
    found = [
        WithinDays(
            result.label, one.id, judging.promised, value.estimate(runs.confidence), one.promise, one.statutory_limit
        )
        for result in runs.results
        for one in bound
        if (value := known_value(result, f"{one.id}.days.{ending}")) is not None
    ]
    if found:
        return tuple(found), []
    return (), [("promise", Text("a service with a promise or a statutory limit", "设有承诺时限或法定时限的事项"))]


def _first_day(runs: Runs) -> datetime.date | None:
    start = runs.settings.get("start")
    return None if start is None else datetime.date.fromisoformat(str(start))


def _undefined(kpi: str) -> Text:
    return Text(f"{kpi}, which this run does not have", f"本次模拟没有 {kpi}")


def _es_lacks(es: Sequence[EIndex], compared: bool) -> list[Lack]:
    if not compared:
        text = Text("a reform to compare with the baseline: --reform", "用于与现状比较的改革：--reform")
        return [("four_es", text)]
    lacks: list[Lack] = []
    for e, name in ES.items():
        own = [index for index in es if index.e == e]
        if all(math.isnan(index.index.value) for index in own):
            text = Text(f"a KPI that stands for {name.en}: judging: four_es", f"{name.zh}指标：judging: four_es")
            lacks.append(("four_es", text))
        dropped = list(dict.fromkeys(kpi for index in own for kpi in index.left_out))
        if dropped:
            kpis = ", ".join(dropped)
            lacks.append(
                (
                    "four_es",
                    Text(
                        f"{name.en}: no ratio (0 or undefined): {kpis}", f"{name.zh}：为0或无定义，无法求比值：{kpis}"
                    ),
                )
            )
    return lacks


def _card_lacks(cards: Sequence[Card]) -> list[Lack]:
    if not cards:
        text = Text("scales or targets: judging: scorecard, targets", "计分区间或目标：judging: scorecard、targets")
        return [("scorecard", text)]
    lacks: list[Lack] = [("scorecard", _undefined(kpi)) for kpi in dict.fromkeys(k for c in cards for k in c.missing)]
    for dimension in dict.fromkeys(d for one in cards for d in one.empty):
        name = DIMENSIONS[dimension]
        text = Text(
            f"anything to score in the dimension {name.en}; its weight goes to the others",
            f"“{name.zh}”维度没有可计分的指标，其权重由其他维度承担",
        )
        lacks.append(("scorecard", text))
    return lacks


def _rankings(
    runs: Runs,
    judging: Judging,
    targets: Sequence[Target],
    places: Sequence[tuple[str, Runs]],
    scores: Sequence[OfficeScore],
) -> tuple[tuple[RankTable, ...], list[Lack]]:
    """Services within each scenario, places against each other, and offices by their ratings."""
    tables: list[RankTable] = []
    lacks: list[Lack] = []
    if not judging.rankings and not places and len(scores) < 2:
        text = Text(
            "offices to rank: judging: rankings, or several runs", "参加排名的单位：judging: rankings，或多次模拟结果"
        )
        lacks.append(("ranking", text))
    for ranking in judging.rankings:
        found, missing = _ranked_here(runs, ranking)
        tables += found
        lacks += missing
    if places:
        between = _between_places(runs, judging, targets, places)
        tables += between
        if not between:
            text = Text("a measure of targets or benchmark that all offices have", "各单位共有的、列入目标或标杆的指标")
            lacks.append(("ranking", text))
    offices = [
        Measured(one.office, Value(one.estimate.value, _NO_GROUPS), "", one.error, one.freedom)
        for one in scores
        if not math.isnan(one.estimate.value)
    ]
    if len(offices) > 1:
        tables.append(RankTable("360", "", False, "", ranked(offices, False, runs.confidence)))
    return tuple(tables), list(dict.fromkeys(lacks))


def _ranked_here(runs: Runs, ranking: Ranking) -> tuple[list[RankTable], list[Lack]]:
    """Services against each other in each scenario, or the scenarios against each other."""
    kpi = ranking.kpis[0][1] if ranking.kpis else ranking.by
    if ranking.kpis:
        groups = [
            (one.label, [(office, name, known_value(one, name)) for office, name in ranking.kpis])
            for one in runs.results
        ]
    else:
        groups = [("", [(one.label, kpi, known_value(one, kpi)) for one in runs.results])]
    tables = []
    lacks: list[Lack] = [("ranking", _undefined(name)) for _, own in groups for _, name, value in own if value is None]
    for scenario, own in groups:
        offices = [Measured(office, value, "here") for office, _, value in own if value is not None]
        if len(offices) > 1:
            column = next(c for one in runs.results for c in one.columns if c.name == kpi)
            tables.append(_table(ranking.by, column.unit, kpi, scenario, offices, runs.confidence))
    return tables, lacks


def _between_places(
    runs: Runs, judging: Judging, targets: Sequence[Target], places: Sequence[tuple[str, Runs]]
) -> list[RankTable]:
    """The first scenario of each place, by every KPI of targets and benchmark that all of them have."""
    named = [target.kpi for target in targets] + list(judging.benchmark.values if judging.benchmark else ())
    tables = []
    for kpi in dict.fromkeys(named):
        values = [(name, one, known_value(one.results[0], kpi)) for name, one in places]
        if len(values) < 2 or any(value is None for _, _, value in values):
            continue
        # The same seed is the same luck only for offices whose applicants are drawn from the same streams.
        offices = [Measured(name, value, "") for name, _, value in values if value is not None]
        result = runs.results[0]
        tables.append(_table(kpi, result.columns[result.place[kpi]].unit, kpi, "", offices, runs.confidence))
    return tables


def _table(by: str, unit: str, kpi: str, scenario: str, offices: Sequence[Measured], confidence: float) -> RankTable:
    lower = lower_is_better(kpi) is not False
    return RankTable(by, unit, lower, scenario, ranked(offices, lower, confidence))
