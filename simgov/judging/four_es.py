"""The four Es: economy, efficiency, effectiveness and equity of each scenario, relative to the baseline."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simgov.experiment.runs import ScenarioRuns
from simgov.judging.table import ES, E, lower_is_better, stands_for
from simgov.judging.values import Value, combined, known_value
from simgov.kpi.statistics import Estimate


@dataclass(frozen=True)
class EIndex:
    """One E of one scenario: 100 times the mean ratio to the baseline, over 100 where better.

    ``kpis`` are those behind it, each with how many times better it is; ``left_out`` those without a ratio.
    ``index`` is undefined where there are none.
    """

    scenario: str
    e: E
    index: Estimate
    kpis: Mapping[str, Estimate]
    left_out: tuple[str, ...] = ()


def four_es(
    baseline: ScenarioRuns,
    others: Sequence[ScenarioRuns],
    confidence: float,
    chosen: Mapping[str, Sequence[str]] | None = None,
) -> tuple[EIndex, ...]:
    """Each E of each scenario against ``baseline``; ``chosen`` names the KPIs of an E, else the table does."""
    own = kpis_of_es([column.name for column in baseline.columns], chosen or {})
    return tuple(_index(baseline, other, e, own[e], confidence) for other in others for e in ES)


def kpis_of_es(names: Sequence[str], chosen: Mapping[str, Sequence[str]]) -> dict[E, list[str]]:
    """The KPIs that stand for each E: those that are ``chosen``, else those of ``names`` that the table gives it.

    What the whole office has (``hall.wait.mean``, ``satisfaction``) stands for the same of its services.
    """
    own = [name for name in names if not _of_the_whole(name, names)]
    return {e: list(chosen[e]) if e in chosen else [name for name in own if stands_for(name)[0] == e] for e in ES}


def _of_the_whole(name: str, names: Sequence[str]) -> bool:
    """Whether ``names`` have the same quantity of the whole office."""
    owner, _, quantity = name.partition(".")
    return owner != "hall" and bool(quantity) and (quantity in names or f"hall.{quantity}" in names)


def _index(before: ScenarioRuns, after: ScenarioRuns, e: E, kpis: Sequence[str], confidence: float) -> EIndex:
    ratios: dict[str, Value] = {}
    left_out = []
    for kpi in kpis:
        old, new, lower = known_value(before, kpi), known_value(after, kpi), lower_is_better(kpi)
        if old is not None and new is not None and old.value == new.value == 0.0:
            continue  # There is nothing of it before or after, as documents where none are asked for.
        if old is None or new is None or lower is None or min(old.value, new.value) <= 0:
            left_out.append(kpi)
            continue
        bound = old.lower_bound or new.lower_bound
        ratios[kpi] = combined(ratio, *((old, new) if lower else (new, old)), lower_bound=bound)
    index = Estimate(math.nan)
    if ratios:
        bound = any(value.lower_bound for value in ratios.values())
        index = combined(geometric_index, *ratios.values(), lower_bound=bound).estimate(confidence)
    shown = {kpi: value.estimate(confidence) for kpi, value in ratios.items()}
    return EIndex(after.label, e, index, shown, tuple(left_out))


def ratio(one: float, other: float) -> float:
    """``one`` over ``other``; nan over 0."""
    return one / other if other else math.nan


def geometric_index(*ratios: float) -> float:
    """100 times the geometric mean; nan where one of them is not above 0."""
    if not all(one > 0 for one in ratios):
        return math.nan
    if all(one == 1.0 for one in ratios):
        return 100.0
    return 100.0 * math.exp(math.fsum(math.log(one) for one in ratios) / len(ratios))
