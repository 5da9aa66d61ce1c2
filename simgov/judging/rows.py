"""A judgement as plain data for machines: what ``simgov judge --json`` prints, documented in ``docs/judging.md``."""

from __future__ import annotations

import math
from typing import Any

from simgov.judging.judge import Judgement
from simgov.judging.promise import Promise
from simgov.kpi.statistics import Estimate


def judgement_data(found: Judgement) -> dict[str, Any]:
    """Every way of judging under its key; ways that found nothing are empty and stand in ``lacks``."""
    return {
        "baseline": found.baseline,
        "confidence": found.confidence,
        "four_es": [
            {
                "scenario": one.scenario,
                "e": one.e,
                **estimate_data(one.index),
                "kpis": {kpi: estimate_data(value) for kpi, value in one.kpis.items()},
                "left_out": list(one.left_out),
            }
            for one in found.four_es
        ],
        "scorecard": [
            {
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
            for one in found.cards
        ],
        "benchmark": [
            {
                "kpi": gap.kpi,
                "unit": gap.unit,
                "own": estimate_data(gap.own),
                "leader": gap.leader,
                "gap": estimate_data(gap.gap),
                "behind": gap.behind,
                "closed": {label: estimate_data(share) for label, share in gap.closed.items()},
                "best": gap.best,
                "ties": list(gap.ties),
            }
            for gap in found.gaps
        ],
        "lights": [
            {
                "source": light.source,
                "kpi": light.kpi,
                "unit": light.unit,
                "date": light.date.isoformat(),
                "scheduled": light.scheduled,
                **estimate_data(light.value),
                "ahead": light.ahead if math.isfinite(light.ahead) else None,
                "colour": light.colour,
                "uncertain": light.uncertain,
            }
            for light in found.lights
        ],
        "ranking": [
            {
                "by": table.by,
                "unit": table.unit,
                "scenario": table.scenario,
                "lower_is_better": table.lower,
                "offices": [
                    {
                        "office": one.office,
                        **estimate_data(one.estimate),
                        "place": one.place,
                        "best": one.best,
                        "worst": one.worst,
                    }
                    for one in table.ranks
                ],
            }
            for table in found.rankings
        ],
        "ratings": [
            {
                "office": one.office,
                **estimate_data(one.estimate),
                "means": dict(one.means),
                "counts": dict(one.counts),
                "missing": list(one.missing),
            }
            for one in found.ratings
        ],
        "control": [
            {
                "kpi": one.series.kpi,
                "unit": one.series.unit,
                "standard": one.standard.value,
                "spread": one.standard.spread,
                "arl0": one.arl0,
                "values": len(one.points),
                "signals": [day.isoformat() for day in one.worse_on],
            }
            for one in found.watched
        ],
        "promise": [
            {
                "scenario": one.scenario,
                "service": one.service,
                "share": one.share,
                **estimate_data(one.days),
                "promised": one.promised,
                "statutory": one.statutory,
                "of_statutory": None if math.isnan(one.of_statutory) else one.of_statutory,
            }
            for one in found.promises
        ],
        "lacks": [{"way": way, "en": text.en, "zh": text.zh} for way, text in found.lacks],
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
