"""One replication as pandas tables: what ``simgov.events`` and ``simgov.cases`` give to people who look closely."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas

    from simgov.engines.events import EventTable
    from simgov.network import Network
    from simgov.scenario.value import Scenario


def events(
    scenario: Scenario, *, seed: int | None = None, replication: int = 0, engine: str = "compiled"
) -> pandas.DataFrame:
    """A row per task and pool seized, in the order in which tasks joined their queues.

    Columns: task, case, service, step, visit (from 0), pool, server, ready, start, finish, work, outcome. Times are
    float minutes since the first day, 00:00; nan where an instant was not reached. ``seed`` is the scenario's unless
    given; ``engine`` is ``compiled`` or ``reference``, and gives the same table.
    """
    network, table = _simulated(scenario, seed, replication, engine)
    return table.tasks_frame(network)


def cases(
    scenario: Scenario, *, seed: int | None = None, replication: int = 0, engine: str = "compiled"
) -> pandas.DataFrame:
    """A row per case, numbered as in ``events``.

    Columns: case, service, channel, group, applied, accepted, decided, left, promise_due (minutes, as in ``events``)
    and outcome: finished, refused, withdrawn, cancelled, reneged, balked, no_show, deemed, revoked or open.
    """
    network, table = _simulated(scenario, seed, replication, engine)
    return table.cases_frame(network)


def _simulated(scenario: Scenario, seed: int | None, replication: int, engine: str) -> tuple[Network, EventTable]:
    from simgov.chance import drawn_network
    from simgov.engines import simulate
    from simgov.network import compile_network

    chosen = scenario.run.seed if seed is None else seed
    network = drawn_network(compile_network(scenario), chosen, replication)
    return network, simulate(network, chosen, replication, engine)
