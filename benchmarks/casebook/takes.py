"""What it would take: the optimiser tries all combinations of at most six measures against the published figure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from benchmarks.casebook.case import Case, Claim, Figure
from benchmarks.casebook.predict import Prediction, defaults
from simgov.kpi.targets import Target
from simgov.optimize import optimize
from simgov.optimize.schema import Decisions
from simgov.reforms.reform import Reform
from simgov.scenario.value import Scenario

EACH = 100
"""A measure without a price counts as one unit of money, so that the cheapest plan has the fewest of them."""


@dataclass(frozen=True)
class Taken:
    """The fewest (or cheapest) measures that reach the figure, and what it is with them; or that none do, and the
    nearest that any come. ``value`` and ``limit`` are in the unit shown."""

    possible: bool
    reforms: tuple[str, ...]
    value: float
    limit: float
    proof: str
    designs: int


def what_it_takes(case: Case, place: int, claim: Claim, prediction: Prediction) -> Taken | None:
    """Asked of the baseline as calibrated at the defaults; None where the case names no measures to try."""
    question = case.question
    figure, predicted = question.figures[place], prediction.figures[place]
    if not case.takes or figure.quantity != figure.quantity_after or figure.quantity.taken_as == "spread":
        return None
    settings = [(a.knob, v) for a, v in zip(question.assumptions, defaults(question), strict=True) if a.knob.places]
    for one, found in zip(question.figures, prediction.figures, strict=True):
        if one.calibration is not None:
            settings.append((one.calibration.knob, found.number))
    names = tuple(name for name, _ in case.takes)
    study = question.office.study(settings, names)
    study = replace(
        study,
        reforms={name: priced(study.reforms[name], study.baseline) for name in names},
        targets=(target_of(figure, claim, predicted.before),),
        decisions=Decisions(reforms=names),
    )
    plan = optimize(study, seed=question.seed, replications=prediction.replications, workers=1)
    scale = predicted.before if figure.relative else figure.share
    (target,) = plan.targets
    value, limit = (_of_kpi(figure, number) / scale for number in (target.value, target.limit))
    return Taken(plan.feasible, plan.reforms, value, limit, plan.proof, plan.designs)


def target_of(figure: Figure, claim: Claim, before: float) -> Target:
    """The published figure as a limit on the KPI; one without a sense is a limit in the direction of the change."""
    limit = claim.value * (before if figure.relative else figure.share)
    start = 1.0 if figure.relative else before
    lower = claim.sense == "at_most" or (claim.sense == "is" and claim.value <= start)
    complement = figure.quantity.taken_as == "complement"
    limit, kpi = _of_kpi(figure, limit), figure.quantity.kpis[0]
    return Target(kpi, limit, None, figure.unit) if lower != complement else Target(kpi, None, limit, figure.unit)


def _of_kpi(figure: Figure, value: float) -> float:
    """What the KPI is where the figure is ``value``, and the other way round."""
    return 1.0 - value if figure.quantity.taken_as == "complement" else value


def priced(reform: Reform, baseline: Scenario) -> Reform:
    """The reform with a price, so that it counts."""
    if any(measure.set_up or measure.running for measure in reform.measures):
        return reform
    first, *rest = reform.measures
    costly = replace(first, set_up=EACH, currency=baseline.currency or "CNY")
    return Reform(reform.name, (costly, *rest))
