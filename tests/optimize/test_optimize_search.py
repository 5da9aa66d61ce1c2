"""The search against the truth by enumeration, on an independent simulator of stations in a row."""

from __future__ import annotations

import statistics

import numpy as np
import pytest

from simgov.optimize.certify import certificate, uncovered
from simgov.optimize.goals import Evaluation, Goal, MeanTally, QuantileTally, Term, ValueTally
from simgov.optimize.ledger import Ledger
from simgov.optimize.search import Halt, ImpossibleOptions, Search
from simgov.optimize.space import Charge, Design, Option, Setting, Space
from tests.optimize.tandem_oracle import Tandem, generated, instance_0


def enumerated(tandem: Tandem) -> tuple[int, Design] | None:
    """The cheapest feasible design, and of equals the smallest, by simulating in the order of cost."""
    space = tandem.space()
    for cost, design in sorted((space.cost(d), d) for d in space.designs()):
        if all(v <= limit for v, (_, limit) in zip(tandem.values(design), tandem.targets, strict=True)):
            return cost, design
    return None


def searched(search: Search) -> tuple[int, Design] | None:
    search.run()
    assert search.proved
    return None if search.incumbent is None else (search.incumbent.total, search.incumbent.design)


def evidence_of(search: Search) -> dict[str, object]:
    plan = search.incumbent
    terms = tuple(tuple(tuple(goal) for goal in setting) for setting in search.terms)
    about = {"total": plan.total if plan else None}
    return certificate(search.space, tuple(search.goals), terms, search.ledger, plan.design if plan else None, about)


def test_instance_0_costs_863_in_25_simulations_at_most() -> None:
    tandem = instance_0()
    search = tandem.search()
    assert searched(search) == (863, Design((5, 5, 4, 5), (True, True)))
    assert search.made == tandem.asked <= 25
    assert uncovered(evidence_of(search)) == []


def test_generated_tandems_are_proved_in_few_simulations() -> None:
    counts = []
    for seed in (1, 3, 8, 19):
        search = generated(seed, replications=60).search()
        assert searched(search) is not None
        assert uncovered(evidence_of(search)) == []
        counts.append(search.made)
    assert statistics.median(counts) <= 18
    assert max(counts) <= 30


@pytest.mark.parametrize("seed", range(12))
def test_small_tandems_cost_what_enumeration_finds(seed: int) -> None:
    tandem = generated(seed, stations=2 + seed % 2, most=9 - 3 * (seed % 2), replications=12, removable=1 + seed % 2)
    truth = enumerated(tandem)
    tandem.asked = 0
    search = tandem.search()
    assert searched(search) == truth
    assert tandem.asked == search.made < search.space.size / 4
    assert uncovered(evidence_of(search)) == []


def test_the_same_search_makes_the_same_simulations() -> None:
    first, second = generated(3, replications=30).search(seed=7), generated(3, replications=30).search(seed=7)
    first.run()
    second.run()
    assert list(first.ledger.evaluations) == list(second.ledger.evaluations)
    assert evidence_of(first) == evidence_of(second)


def test_a_budget_below_the_optimum_is_proved_infeasible() -> None:
    tandem = generated(3, stations=3, most=8, replications=20)
    best = searched(tandem.search())
    assert best is not None
    assert searched(tandem.search(most_cost=best[0])) == best
    assert searched(tandem.search(most_cost=best[0] - 1)) is None


def test_few_simulations_leave_a_bound_below_the_optimum() -> None:
    best = searched(generated(5, replications=30).search())
    search = generated(5, replications=30).search(simulations=4)
    with pytest.raises(Halt):
        search.run()
    bound = search.lower_bound()
    assert best is not None
    assert bound is not None
    assert search.made == 4
    assert not search.proved
    assert bound <= best[0]
    assert search.incumbent is not None
    assert search.incumbent.total >= best[0]


def test_a_rejected_plan_gives_way_to_the_next_cheapest() -> None:
    tandem = generated(5, stations=3, most=7, replications=20)
    search = tandem.search()
    best = searched(search)
    search.reject_incumbent()
    second = searched(search)
    space = tandem.space()
    feasible = [
        (space.cost(d), d)
        for d in space.designs()
        if all(v <= limit for v, (_, limit) in zip(tandem.values(d), tandem.targets, strict=True))
    ]
    assert [best, second] == sorted(feasible)[:2]


class Made:
    """A search over a table of values instead of simulations; its forecast is flat and so tells nothing."""

    def __init__(self, space: Space, goals: tuple[Goal, ...], terms: list | None = None) -> None:
        self.space, self.goals = space, goals
        everything = (True,) * space.dimensions
        self.terms = terms or [[[Term(everything, i)] for _ in goals] for i in range(len(space.settings))]
        self.asked: list[Design] = []

    switches = 0

    def stresses(self, setting: int, vectors: np.ndarray, goals: object) -> np.ndarray:
        return np.zeros((len(vectors), len(goals)))  # type: ignore[arg-type]

    def features(self, setting: int, vectors: np.ndarray) -> np.ndarray:
        return vectors[:, : len(self.space.pools)].astype(float)

    def term_levels(self, setting: int, goal: int, term: int, vectors: np.ndarray) -> np.ndarray:
        return np.full(len(vectors), 10.0)

    def values(self, design: Design) -> tuple[float, ...]:
        raise NotImplementedError

    def overtime(self, design: Design) -> int:
        return 0

    def evaluate(self, design: Design) -> Evaluation:
        self.asked.append(design)
        values = self.values(design)
        kept = tuple(goal.excess(v) <= 0 for goal, v in zip(self.goals, values, strict=True))
        tallies = tuple((ValueTally(goal, v),) for goal, v in zip(self.goals, values, strict=True))
        return Evaluation(values, (0.0,) * len(values), (False,) * len(values), kept, tallies, self.overtime(design))

    def search(self, **options: object) -> Search:
        return Search(self.space, self.goals, self.terms, self.evaluate, self, **options)  # type: ignore[arg-type]

    def truth(self) -> tuple[int, Design] | None:
        feasible = [
            (self.space.cost(d) + self.overtime(d), d)
            for d in self.space.designs()
            if all(goal.excess(v) <= 0 for goal, v in zip(self.goals, self.values(d), strict=True))
        ]
        return min(feasible, default=None)


def box(pools: int, most: int, prices: tuple[int, ...], options: tuple[Option, ...] = ()) -> Space:
    """Pools of 0 to ``most`` posts at these prices; each setting of the other options makes everything 3 dearer."""
    branching = [i for i, o in enumerate(options) if not o.monotone]
    settings = []
    for number in range(2 ** len(branching)):
        taken = [False] * len(options)
        for bit, place in enumerate(branching):
            taken[place] = bool(number >> bit & 1)
        costs = tuple(tuple(price * n for n in range(most + 1)) for price in prices)
        settings.append(Setting(tuple(taken), (0,) * pools, (most,) * pools, 3 * number, costs))
    charges = tuple(Charge(2, (i,)) for i, o in enumerate(options) if o.monotone)
    return Space(tuple(f"pool{i}" for i in range(pools)), options, tuple(settings), charges)


class Rough(Made):
    """A value that falls with staff, but not everywhere: each design is off by up to ``roughness`` of the limit."""

    roughness = 0.0

    def values(self, design: Design) -> tuple[float, ...]:
        noise = np.random.default_rng([*design.staff, *design.options]).uniform(-1, 1)
        helped = sum(
            2.0 for option, taken in zip(self.space.options, design.options, strict=True) if taken and option.monotone
        )
        changed = sum(
            1.5
            for option, taken in zip(self.space.options, design.options, strict=True)
            if taken and not option.monotone
        )
        smooth = sum(8.0 / (1 + n) for n in design.staff) - helped - changed
        return (smooth + self.roughness * 10.0 * noise,)


OPTIONS = (Option("remove", "removal", True), Option("parallel", "reform", False))


@pytest.mark.parametrize("limit", [7.0, 10.0, 13.0, 18.0])
def test_options_to_branch_over_with_a_forecast_that_tells_nothing(limit: float) -> None:
    made = Rough(box(3, 4, (5, 7, 4), OPTIONS), (Goal("kpi", limit, True),))
    search = made.search()
    assert searched(search) == made.truth()
    assert len(set(made.asked)) == len(made.asked) < search.space.size / 2
    assert uncovered(evidence_of(search)) == []


@pytest.mark.parametrize("limit", [9.0, 11.0, 14.0])
def test_a_rough_kpi_is_searched_truly_within_the_band(limit: float) -> None:
    made = Rough(box(3, 4, (5, 7, 4), OPTIONS), (Goal("kpi", limit, True),))
    made.roughness = 0.004
    search = made.search(band=0.02)
    assert searched(search) == made.truth()


def test_a_violation_beyond_the_band_raises_the_band_and_boxes_become_points() -> None:
    space, goal = box(2, 6, (5, 7)), Goal("kpi", 10.0, True)
    ledger = Ledger(space, (goal,), [[[Term((True, True), 0)]]], 0.01, None)

    def record(staff: tuple[int, int], value: float) -> None:
        tallies = ((ValueTally(goal, value),),)
        ledger.record(Design(staff, ()), Evaluation((value,), (0.0,), (False,), (value <= 10.0,), tallies))

    record((1, 1), 11.4)
    record((3, 1), 10.4)
    assert [(cut.kind, cut.excess) for cut in ledger.cuts] == [
        ("box", pytest.approx(0.14)),
        ("box", pytest.approx(0.04)),
    ]
    record((2, 1), 11.9)
    assert ledger.worst_violation == pytest.approx(0.05)
    assert ledger.band == pytest.approx(0.075)
    assert [cut.kind for cut in ledger.cuts] == ["box", "point", "box"]
    left = ledger.left(0, np.array([[3, 1], [3, 0], [2, 0], [1, 1], [2, 2]]))
    assert left.tolist() == [False, True, False, False, True]
    assert ledger.master.cheapest() == (7 * 2, Design((0, 2), ()))


class Utilisation(Made):
    """Waiting at most, and officers busy at least: more staff helps the first goal and hurts the second."""

    def values(self, design: Design) -> tuple[float, ...]:
        staff = 1 + sum(design.staff)
        return 30.0 / staff, 6.0 / staff


@pytest.mark.parametrize(("wait", "busy"), [(5.0, 0.5), (5.0, 0.99), (5.0, 1.1), (2.9, 0.55)])
def test_goals_that_more_staff_hurts(wait: float, busy: float) -> None:
    goals = (Goal("wait", wait, True), Goal("busy", busy, False, direction=-1))
    made = Utilisation(box(2, 6, (5, 4)), goals)
    search = made.search()
    assert searched(search) == made.truth()
    assert uncovered(evidence_of(search)) == []


class Overtime(Rough):
    """Overtime costs the more, the fewer there are."""

    def overtime(self, design: Design) -> int:
        return 60 // (1 + sum(design.staff))


@pytest.mark.parametrize("limit", [9.0, 13.0, 20.0])
def test_priced_overtime_is_part_of_the_cost(limit: float) -> None:
    made = Overtime(box(3, 4, (5, 7, 4)), (Goal("kpi", limit, True),))
    search = made.search()
    assert searched(search) == made.truth()
    assert uncovered(evidence_of(search)) == []


class Exclusive(Rough):
    """The two options cannot be taken together."""

    def evaluate(self, design: Design) -> Evaluation:
        if all(design.options):
            raise ImpossibleOptions
        return super().evaluate(design)

    def truth(self) -> tuple[int, Design] | None:
        feasible = [
            (self.space.cost(d), d)
            for d in self.space.designs()
            if not all(d.options) and self.goals[0].excess(self.values(d)[0]) <= 0
        ]
        return min(feasible, default=None)


def test_options_that_exclude_each_other_are_found_out() -> None:
    made = Exclusive(box(2, 4, (5, 7), OPTIONS), (Goal("kpi", 6.0, True),))
    search = made.search()
    assert searched(search) == made.truth()
    assert len(search.ledger.impossible) == 1
    assert uncovered(evidence_of(search)) == []


def test_a_space_of_few_designs_is_enumerated() -> None:
    made = Rough(box(1, 9, (5,)), (Goal("kpi", 2.0, True),))
    search = made.search()
    assert searched(search) == made.truth()
    assert search.ledger.enumerates
    cheaper = [d for d in search.space.designs() if search.incumbent and search.space.cost(d) < search.incumbent.total]
    assert set(cheaper) <= set(made.asked)


class Hall(Made):
    """Three counters that share nothing; the goals are the mean and the P90 of all waits together."""

    def __init__(self, limits: tuple[float, float], roughness: float = 0.0) -> None:
        goals = (Goal("hall.wait.mean", limits[0], True), Goal("hall.wait.p90", limits[1], True))
        counters = [tuple(i == place for i in range(3)) for place in range(3)]
        terms = [[[Term(depends, place) for place, depends in enumerate(counters)] for _ in goals]]
        super().__init__(box(3, 6, (5, 5, 4)), goals, terms)
        self.roughness = roughness
        random = np.random.default_rng(1)
        self.drawn = [random.exponential(1.0, 400 * (i + 1)) for i in range(3)]

    def waits(self, counter: int, posts: int) -> np.ndarray:
        rough = 1.0 + self.roughness * np.random.default_rng([counter, posts]).uniform(-1, 1)
        return self.drawn[counter] * 40.0 / (1 + posts) ** (1 + counter / 4) * rough

    def values(self, design: Design) -> tuple[float, ...]:
        waits = np.sort(np.concatenate([self.waits(i, n) for i, n in enumerate(design.staff)]))
        return float(waits.mean()), float(waits[-(-9 * len(waits) // 10) - 1])

    def evaluate(self, design: Design) -> Evaluation:
        plain = super().evaluate(design)
        parts = [self.waits(i, n) for i, n in enumerate(design.staff)]
        whole, bands = sum(len(p) for p in parts), (0.0, 0.01, 0.02, 0.05, 0.1)
        means = tuple(MeanTally(self.goals[0].limit, float(p.sum()) / whole, len(p) / whole) for p in parts)
        limit = self.goals[1].limit
        above = tuple(
            QuantileTally(90, bands, tuple(int((p > limit * (1 + b)).sum()) for b in bands), len(p)) for p in parts
        )
        return Evaluation(plain.values, plain.half_widths, plain.lower_bounds, plain.kept, (means, above))


@pytest.mark.parametrize("limits", [(10.0, 25.0), (15.0, 25.0), (6.0, 60.0), (0.5, 1.0)])
@pytest.mark.parametrize("roughness", [0.0, 0.003])
def test_goals_of_several_terms(limits: tuple[float, float], roughness: float) -> None:
    hall = Hall(limits, roughness)
    search = hall.search()
    assert searched(search) == hall.truth()
    assert len(hall.asked) < 25 < search.space.size
    assert uncovered(evidence_of(search)) == []


def test_the_certificate_notices_a_design_that_no_cut_excludes() -> None:
    search = generated(3, stations=2, most=8, replications=12).search()
    best = searched(search)
    evidence = evidence_of(search)
    assert uncovered(evidence) == []
    assert best is not None
    dearer = {**evidence, "total": best[0] + 1}
    assert (best[0], best[1].staff, tuple(int(t) for t in best[1].options)) in uncovered(dearer)
    cuts = evidence["cuts"]
    assert isinstance(cuts, list)
    assert any(uncovered({**evidence, "cuts": cuts[:i] + cuts[i + 1 :]}) for i in range(len(cuts)))
