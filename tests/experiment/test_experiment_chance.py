"""Scenarios that chance makes anew in each replication: run, measured, kept and shown as what each replication drew."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

import simgov
from simgov.chance import Changed, drawn_network, drawn_scenario
from simgov.engines import simulate
from simgov.experiment import estimate, run
from simgov.experiment.batch import one_replication
from simgov.experiment.store import scenario_hash
from simgov.kpi import names
from simgov.network import compile_network
from simgov.report.breakdown import breakdown
from simgov.scenario.value import Gate, Pool, Scenario, Step, staffed
from simgov.streams import uniforms

sys.path.insert(0, str(Path(__file__).parent))
from test_experiment_run import hall, text

SEED, COUNT = 7, 8


@dataclass(frozen=True)
class Either:
    """One scenario in half of the replications, another in the others."""

    one: Scenario
    other: Scenario

    def drawn(self, seed: int, replication: int) -> Scenario:
        first = uniforms(seed, replication, "either", np.array([0]))[0] < 0.5
        return self.one if first else self.other

    def with_staff(self, posts: Mapping[str, int]) -> Either:
        return Either(self.one.with_staff(posts), self.other.with_staff(posts))


def planned() -> Scenario:
    """As planned the review waits for a session and a third pool prints; it may come to nothing."""
    before = hall("risky")
    service = before.services[0]
    printed = Step("print", text("Print"), "passport.print", at="press", time=service.steps[1].time, after=("review",))
    steps = (service.steps[0], replace(service.steps[1], gate=Gate(every=60.0)), printed)
    press = Pool("press", text("Press"), "department", before.pools[1].shifts)
    after = replace(before, services=(replace(service, steps=steps),), pools=(press, *before.pools))
    return replace(after, chance=Either(before, after))


def outcome(replication: int) -> Scenario:
    return drawn_scenario(planned(), SEED, replication)


def test_each_replication_is_that_of_the_scenario_it_draws() -> None:
    asked = [kpi.name for kpi in names(hall()) if "overtime" not in kpi.name]
    found = run(planned(), replications=COUNT, seed=SEED, kpis=asked).results[0]
    kinds = set()
    for row, replication in enumerate(found.replications.tolist()):
        own = outcome(replication)
        kinds.add(own.services)
        plain = one_replication(compile_network(own), SEED, replication, "compiled", asked, None)
        assert np.array_equal(found.values[row], plain.values, equal_nan=True)  # type: ignore[union-attr]
    assert len(kinds) == 2


def test_the_number_of_workers_changes_no_bit() -> None:
    one, two = (run([hall(), planned()], replications=COUNT, seed=SEED, workers=n) for n in (1, 2))
    for first, second in zip(one.results, two.results, strict=True):
        assert np.array_equal(first.values, second.values, equal_nan=True)
        assert first.pooled == second.pooled or all(
            first.pooled[name].estimate(0.95) == second.pooled[name].estimate(0.95) for name in first.pooled
        )


def test_the_kpis_are_those_of_the_plan() -> None:
    found = run(planned(), replications=COUNT, seed=SEED).results[0]
    columns = [column.name for column in found.columns]
    assert columns == [kpi.name for kpi in names(planned())]
    gate, press = columns.index("passport.left_at_gate"), columns.index("press.utilisation")
    gone = np.array([len(outcome(replication).pools) == 2 for replication in found.replications.tolist()])
    assert 0 < gone.sum() < COUNT
    assert np.array_equal(np.isnan(found.values[:, press]), gone)
    assert not np.isnan(found.values[:, gate]).any()
    assert (found.values[gone, gate] == 0.0).all()


def test_estimates_are_those_of_a_run() -> None:
    kpis = ("passport.time.mean", "passport.time.p90")
    summary = {
        row["kpi"]: row["mean"] for row in run(planned(), replications=COUNT, seed=SEED, kpis=kpis).summary_rows()
    }
    found = estimate(planned(), kpis, COUNT, SEED)
    assert {name: one.value for name, one in found.items()} == summary


def test_posts_set_afterwards_hold_whatever_is_drawn() -> None:
    more = planned().with_staff({"desk": 5})
    assert {drawn_scenario(more, SEED, r).pool("desk").count for r in range(COUNT)} == {5}
    changed = replace(more, chance=Changed(more.chance, lambda one: one.with_pool(staffed(one.pool("office"), 3))))
    assert {drawn_scenario(changed, SEED, r).pool("office").count for r in range(COUNT)} == {3}
    assert {drawn_scenario(changed.with_staff({"desk": 7}), SEED, r).pool("desk").count for r in range(COUNT)} == {7}


def test_what_was_set_for_the_run_afterwards_holds_too() -> None:
    longer = replace(planned(), run=replace(planned().run, seed=99, replications=3), label="other")
    own = drawn_scenario(longer, SEED, 0)
    assert (own.run, own.label, own.chance) == (longer.run, "other", None)


def test_controls_belong_to_the_pools_of_the_plan() -> None:
    found = run(planned(), replications=COUNT, seed=SEED, control_variates=True).results[0]
    assert found.controls is not None
    assert found.controls.shape == (COUNT, 3)
    for row, replication in enumerate(found.replications.tolist()):
        own = compile_network(outcome(replication))
        plain = one_replication(own, SEED, replication, "compiled", (), None, True).controls  # type: ignore[union-attr]
        by_pool = dict(zip(own.pools, plain.tolist(), strict=True))  # type: ignore[union-attr]
        assert found.controls[row].tolist() == [by_pool.get(pool, 0.0) for pool in ("press", "desk", "office")]


def test_tables_of_one_replication_are_of_the_scenario_it_draws() -> None:
    for replication in range(4):
        own = outcome(replication)
        for engine in ("compiled", "reference"):
            frame = simgov.cases(planned(), seed=SEED, replication=replication, engine=engine)
            assert frame.equals(simgov.cases(own, seed=SEED, replication=replication))
        tasks = simgov.events(planned(), seed=SEED, replication=replication)
        assert set(tasks["pool"]) == {pool.id for pool in own.pools} | ({""} if len(own.pools) == 3 else set())


def test_where_the_time_goes_is_counted_over_what_was_drawn() -> None:
    ordered = sorted(range(COUNT), key=lambda replication: len(outcome(replication).pools))
    both = [ordered[0], ordered[-1]]
    found = breakdown([planned()], seed=SEED, replications=both).steps
    visits = dict(zip(found["step"], found["visits"], strict=True))
    network = compile_network(planned())
    own = [drawn_network(network, SEED, replication) for replication in both]
    tables = [simulate(one, SEED, replication) for one, replication in zip(own, both, strict=True)]
    cases = sum(int(table.measured.sum()) for table in tables)
    printed = sum(
        int(table.measured[table.case[one.steps.index(("passport", "print")) == table.step]].sum())
        for one, table in zip(own, tables, strict=True)
        if ("passport", "print") in one.steps
    )
    assert 0 < printed < cases
    assert visits["print"] == pytest.approx(printed / cases)
    (without,) = set(breakdown([planned()], seed=SEED, replications=both[:1]).steps.query("step == 'print'")["visits"])
    assert without == 0.0


def test_a_run_is_kept_as_one_with_chance(tmp_path: Path) -> None:
    risky = planned()
    assert scenario_hash(risky) != scenario_hash(replace(risky, chance=None))
    kept = run(risky, replications=2, seed=SEED, out=tmp_path)
    from simgov.experiment import load_run

    loaded = load_run(tmp_path)
    assert loaded.results[0].scenario_hash == kept.results[0].scenario_hash == scenario_hash(risky)
    assert pickle.loads(pickle.dumps(risky)) == risky


def test_a_replication_whose_scenario_cannot_be_made_fails_by_itself() -> None:
    @dataclass(frozen=True)
    class Impossible(Either):
        def drawn(self, seed: int, replication: int) -> Scenario:
            if replication == 1:
                raise ValueError("two measures exclude each other")
            return self.one

    risky = replace(planned(), chance=Impossible(hall(), hall()))
    with pytest.raises(Exception, match="two measures exclude each other") as raised:
        run(risky, replications=3, seed=SEED)
    assert raised.value.runs.replications == 2  # type: ignore[attr-defined]
