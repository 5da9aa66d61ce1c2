"""Totals of a run: the same however it is cut; the compiled look-ups against plain ones."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simgov
from simgov.engines import simulate
from simgov.engines.events import EventTable
from simgov.kpi import statistics, tally
from simgov.kpi.duty import duty_of, pool_duty
from simgov.kpi.measures import measure, measure_slices
from simgov.kpi.statistics import Sample, none_censored, quantiles
from simgov.network import Network, compile_network

SCENARIOS = Path(__file__).parents[2] / "scenarios"
CASE_COLUMNS = ("applied", "accepted", "decided", "left", "promise_due", "stopped_days", "measured")


@pytest.fixture(scope="module", params=["tandem", "provincial_approval", "district_hall"])
def simulated(request: Any) -> tuple[Network, EventTable]:
    network = compile_network(simgov.load(SCENARIOS / request.param / "scenario.yaml").baseline)
    return network, simulate(network, 5, 0)


def part(events: EventTable, cases: Any) -> EventTable:
    """The table with these cases (bool[N]) alone, renumbered, and their tasks."""
    number, tasks = np.cumsum(cases) - 1, cases[events.case]
    of_cases = {f.name for f in fields(EventTable) if f.name.startswith("case_")} | set(CASE_COLUMNS)
    columns: dict[str, Any] = {}
    for f in fields(EventTable):
        value = getattr(events, f.name)
        if isinstance(value, np.ndarray):
            columns[f.name] = value[cases if f.name in of_cases else tasks]
    return replace(events, **columns | {"case": number[events.case[tasks]]})


@pytest.mark.parametrize("slices", [2, 7])
def test_a_run_measures_the_same_however_it_is_cut(simulated: tuple[Network, EventTable], slices: int) -> None:
    network, events = simulated
    of = np.random.default_rng(slices).integers(0, slices, len(events.applied))
    whole = measure(network, events)
    cut = measure_slices(network, [part(events, of == number) for number in range(slices)])
    np.testing.assert_allclose(cut.values, whole.values, rtol=1e-12)
    assert cut.lower_bound.tolist() == whole.lower_bound.tolist()
    for name, sample in whole.samples.items():
        assert np.array_equal(np.sort(cut.samples[name].values), np.sort(sample.values)), name
        assert cut.samples[name].censored.sum() == sample.censored.sum()


def test_what_is_not_asked_for_is_not_needed(simulated: tuple[Network, EventTable]) -> None:
    network, events = simulated
    whole = measure(network, events)
    for place, kpi in enumerate(whole.kpis):
        alone = measure(network, events, [kpi.name]).values[0]
        assert alone == whole.values[place] or (np.isnan(alone) and np.isnan(whole.values[place])), kpi.name


@pytest.mark.parametrize("draw", ["exponential", "whole", "constant", "signed", "zeros"])
def test_order_statistics_are_those_of_a_sort(draw: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    values = {
        "exponential": rng.exponential(30.0, 5000),
        "whole": np.floor(rng.exponential(4.0, 5000)),
        "constant": np.full(100, 7.0),
        "signed": np.concatenate((rng.normal(0.0, 3.0, 4000), [-0.0, 0.0, -np.inf, np.inf])),
        "zeros": np.concatenate((np.zeros(50), [5e-324, 1e-300, 1.0, 1e300])),
    }[draw]
    monkeypatch.setattr(statistics, "LEAST_BINNED", 1)
    percents = (1, 50, 50, 90, 95, 100)
    found = quantiles(Sample(values, none_censored(len(values))), percents)
    ordered = np.sort(values)
    assert [value for value, _ in found] == [ordered[statistics.rank(p, len(values)) - 1] for p in percents]


def test_the_duty_that_the_pass_looks_up_is_duty(simulated: tuple[Network, EventTable]) -> None:
    """Utilisation, overtime and queues of the compiled pass, from ``Duty`` alone."""
    network, events = simulated
    start, end = events.window_start, min(events.window_end, events.stopped_at)
    totals = tally.Tally(network, {"work", "queue"})
    totals.add(events)
    group = 0
    for pool in range(len(network.pools)):
        own = (events.pool == pool) & (events.ready < end) & ~(events.finish <= start)
        joined, left = np.maximum(events.ready[own], start), events.start[own]
        left = np.fmin(np.where(np.isnan(left), events.finish[own], left), end)
        duty = pool_duty(network, pool)
        waited = (duty.upto(left) - duty.upto(joined))[left > joined].sum()
        assert totals.queued[pool] == pytest.approx(waited, rel=1e-12, abs=1e-9)
        first = 0
        for shift in duty_of(network, pool):
            served = (events.server[own] >= first) & (events.server[own] < first + shift.officers)
            begin = np.maximum(events.start[own][served], start)
            done = np.fmin(events.finish[own][served], end)
            kept = done > begin
            on_duty = (shift.upto(done) - shift.upto(begin))[kept].sum()
            assert totals.worked[group, 0] == pytest.approx(on_duty, rel=1e-12, abs=1e-9)
            first, group = first + shift.officers, group + 1


def test_a_long_run_is_measured_within_a_thousandth(
    simulated: tuple[Network, EventTable], monkeypatch: pytest.MonkeyPatch
) -> None:
    network, events = simulated
    whole = measure(network, events)
    monkeypatch.setattr(tally, "MOST_EXACT", 500)
    of = np.arange(len(events.applied)) * 9 // len(events.applied)
    cut = measure_slices(network, [part(events, of == number) for number in range(9)])
    np.testing.assert_allclose(cut.values, whole.values, rtol=1e-3)
    read_off = [kpi.kind == "quantile" or kpi.name.endswith(".gini") for kpi in whole.kpis]
    exact = np.flatnonzero(~np.array(read_off))
    np.testing.assert_allclose(cut.values[exact], whole.values[exact], rtol=1e-12)
    assert any(sample.counts is not None for sample in cut.samples.values())
