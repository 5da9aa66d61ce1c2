"""Goals that depend on different pools: designs composed of parts, and spaces of many settings."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest

from simgov.arrays import Integers
from simgov.optimize.approximation import ScenarioApproximation
from simgov.optimize.composing import Cluster, Footprints, best_part, climbed
from simgov.optimize.evaluation import Simulator, Stopper
from simgov.optimize.problem import Problem, build
from simgov.optimize.search import Search
from simgov.optimize.space import Design, Limit, Option, Setting, Space
from simgov.study import Study
from tests.optimize.random_district import Size, district

LITTLE = Size(services=2, pools=3, days=4, replications=2, heaviest=2.5, measures=3, narrow=True)


def built(study: Study) -> Problem:
    assert study.decisions is not None
    return build(study.baseline, study.reforms, study.targets, study.decisions)


@pytest.fixture(scope="module")
def little() -> Study:
    return district(3, LITTLE)


@pytest.fixture(scope="module")
def problem(little: Study) -> Problem:
    return built(little)


def test_services_that_share_no_office_are_clusters_of_their_own(problem: Problem) -> None:
    footprints = Footprints(problem.space, problem.terms, range(len(problem.goals)))
    assert [cluster.goals for cluster in footprints.clusters] == [(0, 1, 2), (3, 4, 5)]
    assert [cluster.columns.tolist() for cluster in footprints.clusters] == [
        [True] * 3 + [False] * 3,
        [False] * 3 + [True] * 3,
    ]


@pytest.fixture(scope="module")
def simulator(little: Study, problem: Problem) -> Iterator[Simulator]:
    run = little.baseline.run
    simulator = Simulator(problem, run.replications, run.seed, Stopper(None, None), 1, run.confidence)
    yield simulator
    simulator.close()


def feasible(problem: Problem, simulator: Simulator, setting: int) -> Iterator[Design]:
    """The designs of a setting that keep all targets."""
    space = problem.space
    low, high = space.lowest(setting), space.highest(setting)
    own: list[list[Integers]] = [[], []]
    for offset in np.ndindex(*(high - low + 1)[:3]):
        part = low[:3] + np.array(offset)
        design = space.design(setting, np.concatenate((part, low[3:] + np.array(offset))))
        kept = simulator(design).kept
        for service in (0, 1):
            if all(kept[3 * service : 3 * service + 3]):
                own[service].append(np.array(offset))
    for parts in itertools.product(*own):
        design = space.design(setting, low + np.concatenate(parts))
        if space.allows(design):
            yield design


def test_a_little_district_is_solved_as_enumeration_solves_it(problem: Problem, simulator: Simulator) -> None:
    space = problem.space
    approximation = ScenarioApproximation(
        space,
        problem.goals,
        problem.terms,
        lambda design: problem.with_options(design.options),
        problem.term_services,
        demands=problem.demands,
    )
    search = Search(space, problem.goals, problem.terms, simulator, approximation, together=problem.together)
    search.run()
    kept = [design for setting in range(len(space.settings)) for design in feasible(problem, simulator, setting)]
    assert 0 < len(kept) < space.size
    assert search.proved
    assert search.incumbent is not None
    assert (search.incumbent.total, search.incumbent.design) == min((space.cost(design), design) for design in kept)
    assert search.made <= 40


def space_of(settings: int = 1) -> Space:
    options = tuple(Option(f"o{n}", "reform", False) for n in range(settings.bit_length() - 1))
    ways = itertools.product((False, True), repeat=len(options))
    own = tuple(Setting(taken, (1, 1), (3, 3), 0, ((1, 2, 3), (1, 2, 3))) for taken in ways)
    return Space(("a", "b"), options, own, limits=(Limit((1, 1), None, 4),))


def test_designs_of_settings_that_are_alike_are_counted_once_each() -> None:
    space = space_of(8)
    assert space.size == 8 * 6 == sum(1 for _ in space.designs())


def test_ways_up_stay_below_the_cost_and_change_own_columns_only() -> None:
    space, own = space_of(), np.array([True, False])
    rows = climbed(space, 0, np.array([1, 1]), own, 5, np.random.default_rng(0))
    assert rows.tolist() == [[3, 1]]


def test_the_part_that_excludes_most_is_taken() -> None:
    cluster, vector = Cluster((0,), np.array([True, True])), np.array([1, 1])
    rows, boxes = np.array([[1, 1], [2, 1], [1, 2]]), np.array([[1, 1], [2, 1], [2, 2]])
    none_held = np.array([False, False])
    part = best_part(cluster, vector, rows, boxes, np.array([1.0, 0.9, 0.1]), none_held)
    assert part is not None
    assert part.tolist() == [2, 1]
    assert best_part(cluster, vector, rows, boxes, np.array([0.0, 0.0, 0.0]), none_held) is None


def test_twelve_measures_make_four_thousand_settings() -> None:
    problem = built(district(0, Size(services=6, pools=2, days=4, replications=1)))
    assert len(problem.space.settings) == 4096
