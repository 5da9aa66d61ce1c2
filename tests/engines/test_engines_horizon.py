"""Where a run ends: at the cap, with everybody in the table who applied until then."""

from __future__ import annotations

import numpy as np
import pytest

from simgov.calendars import Calendar
from simgov.distributions import Constant
from simgov.engines import simulate
from simgov.network import compile_network
from simgov.scenario.value import PoissonArrivals, Pool, RunSettings, Scenario, Service, Shift, Step, Text
from simgov.units import Duration, Rate
from simgov.workload import sample

MONDAYS = (((540, 600),), (), (), (), (), (), ())


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_whoever_applies_up_to_the_cap_is_in_the_table(engine: str) -> None:
    """Open on Mondays alone. Who comes after 10:00 waits beyond the cap, so nothing happens for days but arrivals."""
    step = Step("review", Text("review", "review"), "permit/review", at="desk", time=Constant(10.0))
    scenario = Scenario(
        name=Text("Mondays", "Mondays"),
        calendar=Calendar(week=MONDAYS),
        pools=(Pool("desk", Text("desk", "desk"), "department", (Shift(1, MONDAYS),)),),
        services=(Service("permit", Text("permit", "permit"), (step,), PoissonArrivals(Rate(1 / 60), always=True)),),
        run=RunSettings(period=Duration(1440.0), cap=Duration(4 * 1440.0)),
    )
    network = compile_network(scenario)
    events = simulate(network, 3, 0, engine=engine)
    assert events.stopped_at == 5 * 1440.0
    everybody = sample(network, 3, 0, network.cap).applied
    assert np.array_equal(events.applied, everybody[everybody <= events.stopped_at])
    assert events.applied[-1] > 4 * 1440.0
