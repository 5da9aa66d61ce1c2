"""Four Es, scorecard, benchmark, lights, ranks: each against figures worked out by hand."""

import datetime
import itertools
import math

import numpy as np
import pytest

from simgov.errors import StoreError
from simgov.judging.benchmark import gaps, share_closed
from simgov.judging.four_es import four_es, geometric_index, kpis_of_es
from simgov.judging.judge import judged
from simgov.judging.lights import light, lights, scheduled
from simgov.judging.ranking import Measured, ranked
from simgov.judging.schema import Benchmark, Judging, Ranking, Scale, Schedule, Scorecard, scales_of_targets
from simgov.judging.scorecard import card, dimension_weights, points
from simgov.judging.values import mean_value
from simgov.kpi.statistics import Estimate
from simgov.kpi.targets import Target
from simgov.scenario.value import Text
from tests.judging.made import result, runs

DAY = datetime.date


# The four Es ----------------------------------------------------------------------------------------------------------


def test_an_index_is_the_geometric_mean_of_how_many_times_better() -> None:
    before = result("baseline", {"cost": [100.0, 100.0], "a.on_time": [0.5, 0.5], "a.visits": [4.0, 4.0]})
    after = result("lean", {"cost": [80.0, 80.0], "a.on_time": [0.8, 0.8], "a.visits": [2.0, 2.0]})
    found = {one.e: one for one in four_es(before, [after], 0.95)}
    assert found["economy"].index.value == pytest.approx(125.0)  # 100 / 80
    # on time 0.8 / 0.5 = 1.6, visits 4 / 2 = 2: sqrt(3.2)
    assert found["effectiveness"].index.value == pytest.approx(100 * math.sqrt(3.2))
    assert found["effectiveness"].kpis["a.on_time"].value == pytest.approx(1.6)
    assert math.isnan(found["equity"].index.value)


def test_nothing_changed_is_exactly_100() -> None:
    before = result("baseline", {"cost": [3.0, 7.0], "cost_per_case": [0.3, 0.7]})
    after = result("same", {"cost": [3.0, 7.0], "cost_per_case": [0.3, 0.7]})
    for one in four_es(before, [after], 0.95):
        if one.kpis:
            assert one.index == Estimate(100.0, 0.0)
    assert geometric_index(1.0, 1.0, 1.0) == 100.0


def test_what_has_no_ratio_is_said_and_what_is_nothing_on_both_sides_is_not() -> None:
    before = result("baseline", {"a.visits": [0.0], "a.documents": [0.0], "a.days.mean": [2.0]})
    after = result("lean", {"a.visits": [1.0], "a.documents": [0.0], "a.days.mean": [1.0]})
    found = next(one for one in four_es(before, [after], 0.95) if one.e == "effectiveness")
    assert found.left_out == ("a.visits",)
    assert list(found.kpis) == ["a.days.mean"]


def test_the_whole_office_stands_for_its_services() -> None:
    names = ["a.wait.mean", "a.days.mean", "hall.wait.mean", "a.satisfaction", "satisfaction", "cost", "a.wait.gini"]
    found = kpis_of_es(names, {})
    assert found["effectiveness"] == ["a.days.mean", "hall.wait.mean", "satisfaction"]
    assert found["equity"] == ["a.wait.gini"]
    assert found["economy"] == ["cost"]


def test_the_file_may_say_which_kpis_stand_for_an_e() -> None:
    before, after = result("baseline", {"x.open": [4.0]}), result("lean", {"x.open": [2.0]})
    found = {one.e: one.index.value for one in four_es(before, [after], 0.95, {"equity": ["x.open"]})}
    assert found["equity"] == pytest.approx(200.0)


# The scorecard --------------------------------------------------------------------------------------------------------


def test_points_are_linear_and_clipped() -> None:
    assert points(6.0, 3.0, 9.0) == 50.0
    assert points(2.0, 3.0, 9.0) == 100.0
    assert points(10.0, 3.0, 9.0) == 0.0
    assert points(0.85, 0.95, 0.75) == pytest.approx(50.0)
    assert math.isnan(points(math.nan, 3.0, 9.0))


def test_a_target_loses_as_many_percent_as_it_is_missed_by() -> None:
    at_most, at_least = scales_of_targets([Target("a.wait.mean", at_most=20.0), Target("a.on_time", at_least=0.8)])
    assert points(25.0, at_most.full, at_most.none) == pytest.approx(75.0)  # missed by 25 %
    assert points(0.6, at_least.full, at_least.none) == pytest.approx(75.0)  # missed by 25 %
    (never,) = scales_of_targets([Target("a.open", at_most=0.0)])
    assert (points(0.0, never.full, never.none), points(0.01, never.full, never.none)) == (100.0, 0.0)


def test_a_target_that_every_value_keeps_has_full_points() -> None:
    (scale,) = scales_of_targets([Target("hall.no_visit", None, 0.0, "share")])
    assert points(0.3, scale.full, scale.none) == 100.0
    assert points(0.0, scale.full, scale.none) == 100.0


def test_the_total_by_hand() -> None:
    made = result("baseline", {"cost": [80.0, 80.0], "a.on_time": [0.9, 0.9], "a.steps": [4.0, 4.0]})
    scales = [
        Scale("cost", 50.0, 150.0),  # 70 points, resources
        Scale("a.on_time", 1.0, 0.5),  # 80 points, public
        Scale("a.steps", 2.0, 10.0),  # 75 points, process
        Scale("training", 92.0, 52.0, "learning", recorded=Text("training", "培训"), value=68.0),  # 40 points
    ]
    found = card(made, Scorecard(), scales, 0.95)
    assert found.halves["results"].value == pytest.approx(75.0)
    assert found.halves["process"].value == pytest.approx(57.5)
    assert found.total.value == pytest.approx(0.6 * 75 + 0.4 * 57.5)
    assert found.total.half_width == pytest.approx(0.0, abs=1e-9)
    other = card(made, Scorecard(0.5, {"resources": 3.0, "public": 1.0, "process": 1.0, "learning": 0.0}), scales, 0.95)
    assert other.total.value == pytest.approx(0.5 * (0.75 * 70 + 0.25 * 80) + 0.5 * 75)


def test_the_weight_of_what_is_missing_goes_to_its_half_then_to_the_other() -> None:
    assert dimension_weights(Scorecard(), {"resources": 1, "public": 1, "process": 1}) == pytest.approx(
        {"resources": 0.3, "public": 0.3, "process": 0.4, "learning": 0.0}
    )
    assert dimension_weights(Scorecard(), {"public": 1})["public"] == 1.0
    made = result("baseline", {"a.on_time": [0.9]})
    found = card(made, Scorecard(), [Scale("a.on_time", 1.0, 0.5), Scale("satisfaction", 90.0, 60.0)], 0.95)
    assert found.missing == ("satisfaction",)
    assert found.empty == ("resources", "process", "learning")
    assert found.total.value == pytest.approx(80.0)


def test_points_of_a_lower_bound_are_an_upper_bound() -> None:
    made = result("baseline", {"a.time.mean": [50.0, 50.0]}, bounds=["a.time.mean"])
    (scored,) = card(made, Scorecard(), [Scale("a.time.mean", 0.0, 100.0)], 0.95).scored
    assert scored.at_most
    assert scored.points.value == 50.0


# Benchmarking ---------------------------------------------------------------------------------------------------------

LEADER = Benchmark(Text("Leader", "标杆"), {"a.days.mean": 8.7}, {"a.days.mean": "workdays"})


def test_the_gap_and_the_reform_that_closes_most_of_it() -> None:
    before = result("baseline", {"a.days.mean": [15.0, 15.6]})
    small = result("small", {"a.days.mean": [14.0, 14.6]})
    large = result("large", {"a.days.mean": [12.0, 12.0]})
    (gap,) = gaps(before, [small, large], LEADER, 0.95)
    assert gap.gap.value == pytest.approx(6.6)
    assert gap.behind
    assert gap.closed["large"].value == pytest.approx(3.3 / 6.6)
    assert gap.closed["small"].value == pytest.approx(1.0 / 6.6)
    assert gap.best == "large"
    assert share_closed(15.3, 8.7, 8.7) == 1.0


def test_reforms_that_cannot_be_told_apart_are_named_together() -> None:
    before = result("baseline", {"a.days.mean": [15.0, 16.0, 15.0, 16.0]})
    one = result("one", {"a.days.mean": [12.0, 13.1, 12.0, 13.0]})
    two = result("two", {"a.days.mean": [12.1, 13.0, 12.2, 12.9]})
    bad = result("bad", {"a.days.mean": [14.0, 15.1, 14.0, 15.0]})
    (gap,) = gaps(before, [one, two, bad], LEADER, 0.95)
    assert gap.best == "one"
    assert gap.ties == ("two",)


def test_an_overloaded_reform_never_looks_best() -> None:
    before = result("baseline", {"a.days.mean": [15.0, 15.6]})
    good = result("good", {"a.days.mean": [12.0, 12.5]})
    stuck = result("stuck", {"a.days.mean": [3.0, 3.1]}, bounds=["a.days.mean"])
    (gap,) = gaps(before, [good, stuck], LEADER, 0.95)
    assert gap.best == "good"
    assert gap.ties == ()
    assert gap.closed["stuck"].lower_bound


def test_who_leads_has_nothing_to_close() -> None:
    (gap,) = gaps(result("baseline", {"a.days.mean": [5.0]}), [result("lean", {"a.days.mean": [4.0]})], LEADER, 0.95)
    assert not gap.behind
    assert gap.closed == {}
    assert gap.best is None


# Lights ---------------------------------------------------------------------------------------------------------------

YEAR = Schedule("a.days.mean", "workdays", ((DAY(2026, 1, 1), 20.0), (DAY(2026, 1, 11), 10.0)))


def test_the_schedule_is_a_straight_line_between_milestones() -> None:
    days = [DAY(2025, 1, 1), DAY(2026, 1, 1), DAY(2026, 1, 4), DAY(2026, 1, 11), DAY(2027, 1, 1)]
    assert [scheduled(YEAR.milestones, day) for day in days] == [20.0, 20.0, 17.0, 10.0, 10.0]


@pytest.mark.parametrize(
    ("value", "colour"), [(9.4, "green"), (9.5, "yellow"), (10.0, "yellow"), (10.5, "yellow"), (10.6, "red")]
)
def test_colours_begin_beyond_the_bands(value: float, colour: str) -> None:
    assert light(YEAR, "x", DAY(2026, 2, 1), Estimate(value)).colour == colour


def test_more_is_better_turns_the_lights_round() -> None:
    share = Schedule("a.on_time", "share", ((DAY(2026, 1, 1), 0.8),))
    assert light(share, "x", DAY(2026, 1, 1), Estimate(0.9)).colour == "green"
    assert light(share, "x", DAY(2026, 1, 1), Estimate(0.7)).colour == "red"


def test_an_interval_across_a_threshold_is_uncertain() -> None:
    assert light(YEAR, "x", DAY(2026, 2, 1), Estimate(10.0, 0.6)).uncertain
    assert not light(YEAR, "x", DAY(2026, 2, 1), Estimate(10.0, 0.4)).uncertain
    assert light(YEAR, "x", DAY(2026, 2, 1), Estimate(5.0, 0.0, lower_bound=True)).uncertain


def test_more_than_a_lower_bound_may_be_for_the_better() -> None:
    """An open case has no points yet: behind so far may turn out ahead, ahead already stays so."""
    points = Schedule("satisfaction", "points", ((DAY(2026, 1, 1), 80.0),))
    assert light(points, "x", DAY(2026, 1, 1), Estimate(60.0, 0.0, lower_bound=True)).uncertain
    assert not light(points, "x", DAY(2026, 1, 1), Estimate(90.0, 0.0, lower_bound=True)).uncertain


def test_lights_of_scenarios_on_a_date() -> None:
    made = [result("baseline", {"a.days.mean": [20.0, 20.0]}), result("lean", {"a.days.mean": [9.0, 9.0]})]
    assert [one.colour for one in lights([YEAR], made, DAY(2026, 1, 11), 0.95)] == ["red", "green"]


# Ranks ----------------------------------------------------------------------------------------------------------------


def measured(office: str, values: list[float], draws: str = "") -> Measured:
    return Measured(office, mean_value(np.array(values)), draws)


def test_far_apart_offices_have_one_rank_each() -> None:
    offices = [measured("c", [30.0, 31.0, 29.0, 30.5]), measured("a", [10.0, 11.0, 9.0, 10.5])]
    found = ranked([*offices, measured("b", [20.0, 21.0, 19.0, 20.5])], True, 0.95)
    assert [(one.office, one.best, one.worst) for one in found] == [("a", 1, 1), ("b", 2, 2), ("c", 3, 3)]
    assert [one.office for one in ranked(offices, False, 0.95)] == ["c", "a"]


def test_ties_are_shown_as_ties() -> None:
    offices = [
        measured("a", [10.0, 12.0, 9.0, 11.0]),
        measured("b", [10.5, 11.0, 10.0, 11.5]),
        measured("c", [30.0, 33.0, 31.0, 32.0]),
    ]
    found = ranked(offices, True, 0.95)
    assert [(one.office, one.best, one.worst) for one in found] == [("a", 1, 2), ("b", 1, 2), ("c", 3, 3)]


def test_pairing_tells_apart_what_independent_intervals_do_not() -> None:
    luck = [1.0, 9.0, 4.0, 16.0, 7.0]
    one, other = [10.0 + x for x in luck], [11.0 + x for x in luck]
    paired = ranked([measured("a", one, "same"), measured("b", other, "same")], True, 0.95)
    apart = ranked([measured("a", one), measured("b", other)], True, 0.95)
    assert [(x.best, x.worst) for x in paired] == [(1, 1), (2, 2)]
    assert [(x.best, x.worst) for x in apart] == [(1, 2), (1, 2)]


def test_one_replication_ranks_nobody() -> None:
    found = ranked([measured("a", [1.0]), measured("b", [100.0])], True, 0.95)
    assert [(one.best, one.worst) for one in found] == [(1, 2), (1, 2)]


def test_all_intervals_of_ranks_hold_at_once() -> None:
    """Of 400 experiments at 90 %, with true ties among the offices, at most 10 % and chance may miss any rank."""
    random = np.random.default_rng(7)
    truth = np.array([10.0, 10.0, 10.4, 11.0, 13.0])
    missed = 0
    for _ in range(400):
        draws = random.normal(size=(12, 1)) * 3.0 + truth + random.normal(size=(12, 5))
        offices = [measured(str(i), draws[:, i].tolist(), "same") for i in range(5)]
        for one in ranked(offices, True, 0.90):
            value = truth[int(one.office)]
            low, high = 1 + int((truth < value).sum()), int((truth <= value).sum())
            if not (one.best <= low and high <= one.worst):
                missed += 1
                break
    assert missed <= 400 * 0.10 + 3 * math.sqrt(400 * 0.1 * 0.9)


# All together ---------------------------------------------------------------------------------------------------------


def test_what_is_lacking_is_said_way_by_way() -> None:
    found = judged(runs(result("baseline", {"a.visits": [1.0, 2.0]})), Judging())
    assert [way for way, _ in found.lacks] == [
        "four_es", "scorecard", "benchmark", "lights", "ratings", "ranking", "control", "promise",
    ]  # fmt: skip
    for _, text in found.lacks:
        assert text.en
        assert any("\u4e00" <= sign <= "\u9fff" for sign in text.zh)


def test_scenarios_are_ranked_by_a_kpi() -> None:
    made = runs(
        result("baseline", {"a.days.mean": [15.0, 15.5, 15.2]}), result("lean", {"a.days.mean": [14.0, 14.4, 14.3]})
    )
    (table,) = judged(made, Judging(rankings=(Ranking("a.days.mean"),))).rankings
    assert [(one.office, one.best, one.worst) for one in table.ranks] == [("lean", 1, 1), ("baseline", 2, 2)]


def test_scenarios_that_cannot_be_paired_are_refused() -> None:
    one, other = result("baseline", {"a.visits": [1.0, 2.0]}), result("lean", {"a.visits": [1.0]})
    with pytest.raises(StoreError, match="lean has other replications"):
        judged(runs(one, other), Judging())


def test_places_are_ranked_by_what_they_share() -> None:
    here = runs(result("baseline", {"a.days.mean": [15.0, 15.5, 15.2]}))
    there = runs(result("baseline", {"a.days.mean": [8.0, 8.5, 8.2]}))
    found = judged(here, Judging(benchmark=LEADER), places=[("here", here), ("there", there)])
    (table,) = found.rankings
    assert [one.office for one in table.ranks] == ["there", "here"]
    assert list(itertools.chain(*((one.best, one.worst) for one in table.ranks))) == [1, 1, 2, 2]
