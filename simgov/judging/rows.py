"""A judgement as plain data for machines: what ``simgov judge --json`` prints, documented in ``docs/judging.md``."""

from __future__ import annotations

import math
from typing import Any

from simgov.judging.benchmark import Gap
from simgov.judging.charts import Watched
from simgov.judging.four_es import EIndex
from simgov.judging.judge import Judgement, RankTable, WithinDays
from simgov.judging.lights import Light
from simgov.judging.promise import Promise
from simgov.judging.ratings import OfficeScore
from simgov.judging.scorecard import Card
from simgov.kpi.statistics import Estimate


def judgement_data(found: Judgement) -> dict[str, Any]:
    """Every way of judging under its key; ways that found nothing are empty and stand in ``lacks``."""
    return {
        "baseline": found.baseline,
        "confidence": found.confidence,
        "four_es": [four_es_row(one) for one in found.four_es],
        "scorecard": [scorecard_row(one) for one in found.cards],
        "benchmark": [benchmark_row(one) for one in found.gaps],
        "lights": [lights_row(one) for one in found.lights],
        "ranking": [ranking_row(one) for one in found.rankings],
        "ratings": [ratings_row(one) for one in found.ratings],
        "control": [control_row(one) for one in found.watched],
        "promise": [promise_row(one) for one in found.promises],
        "lacks": [{"way": way, "en": text.en, "zh": text.zh} for way, text in found.lacks],
    }


def four_es_row(one: EIndex) -> dict[str, Any]:
    """One E of one scenario."""
    return {
        "scenario": one.scenario,
        "e": one.e,
        **estimate_data(one.index),
        "kpis": {kpi: estimate_data(value) for kpi, value in one.kpis.items()},
        "left_out": list(one.left_out),
    }


def scorecard_row(one: Card) -> dict[str, Any]:
    """The scorecard of one scenario."""
    return {
        "scenario": one.scenario,
        **estimate_data(one.total),
        "halves": {half: estimate_data(value) for half, value in one.halves.items()},
        "dimensions": {
            dimension: {"weight": one.weights[dimension], **estimate_data(value)}
            for dimension, value in one.dimensions.items()
        },
        "scores": [
            {
                "kpi": scored.scale.kpi,
                "unit": scored.scale.unit,
                "dimension": scored.dimension,
                "measured": estimate_data(scored.value),
                "full": scored.scale.full,
                "none": scored.scale.none,
                "points": estimate_data(scored.points),
                "at_most": scored.at_most,
            }
            for scored in one.scored
        ],
    }


def benchmark_row(one: Gap) -> dict[str, Any]:
    """A gap to the leader."""
    return {
        "kpi": one.kpi,
        "unit": one.unit,
        "own": estimate_data(one.own),
        "leader": one.leader,
        "gap": estimate_data(one.gap),
        "behind": one.behind,
        "closed": {label: estimate_data(share) for label, share in one.closed.items()},
        "best": one.best,
        "ties": list(one.ties),
    }


def lights_row(one: Light) -> dict[str, Any]:
    """A milestone and its light."""
    return {
        "source": one.source,
        "kpi": one.kpi,
        "unit": one.unit,
        "date": one.date.isoformat(),
        "scheduled": one.scheduled,
        **estimate_data(one.value),
        "ahead": one.ahead if math.isfinite(one.ahead) else None,
        "colour": one.colour,
        "uncertain": one.uncertain,
    }


def ranking_row(one: RankTable) -> dict[str, Any]:
    """Offices by one measure."""
    return {
        "by": one.by,
        "unit": one.unit,
        "scenario": one.scenario,
        "lower_is_better": one.lower,
        "offices": [
            {
                "office": office.office,
                **estimate_data(office.estimate),
                "place": office.place,
                "best": office.best,
                "worst": office.worst,
            }
            for office in one.ranks
        ],
    }


def ratings_row(one: OfficeScore) -> dict[str, Any]:
    """The ratings of one office."""
    return {
        "office": one.office,
        **estimate_data(one.estimate),
        "means": dict(one.means),
        "counts": dict(one.counts),
        "missing": list(one.missing),
    }


def control_row(one: Watched) -> dict[str, Any]:
    """A KPI on its control chart."""
    return {
        "kpi": one.series.kpi,
        "unit": one.series.unit,
        "standard": one.standard.value,
        "spread": one.standard.spread,
        "arl0": one.arl0,
        "values": len(one.points),
        "signals": [day.isoformat() for day in one.worse_on],
    }


def promise_row(one: WithinDays) -> dict[str, Any]:
    """How many workdays a service needs."""
    return {
        "scenario": one.scenario,
        "service": one.service,
        "share": one.share,
        **estimate_data(one.days),
        "promised": one.promised,
        "statutory": one.statutory,
        "of_statutory": None if math.isnan(one.of_statutory) else one.of_statutory,
    }


def promise_data(one: Promise) -> dict[str, Any]:
    """A promise for machines."""
    return {
        "scenario": one.scenario,
        "service": one.service,
        "share": one.share,
        "workdays": one.days,
        "low": one.low,
        "high": one.high,
        "within": estimate_data(one.within),
        "on_time": estimate_data(one.on_time),
        "promised": one.promised,
        "statutory": one.statutory,
        "of_statutory": None if math.isnan(one.of_statutory) else one.of_statutory,
        "held_up": one.held_up,
    }


def estimate_data(estimate: Estimate) -> dict[str, float | bool | None]:
    """An estimate; undefined numbers are None."""
    return {
        "value": estimate.value if math.isfinite(estimate.value) else None,
        "half_width": estimate.half_width if math.isfinite(estimate.half_width) else None,
        "lower_bound": estimate.lower_bound,
    }
