"""What a replication draws of the scenario itself (``Scenario.chance``): a measure that begins late, a surge.

``drawn_network(network, seed, replication)`` is the network of the scenario as one replication has it. What is asked
of a run stays what the scenario has as planned, so that every replication gives the same KPIs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from simgov.network import Network, compile_network
from simgov.scenario.value import Chance, Posts, Scenario

KEPT = 32
"""Compiled scenarios that are kept for another replication that draws the same."""


def drawn_scenario(scenario: Scenario, seed: int, replication: int) -> Scenario:
    """The scenario of one replication; the same where nothing of it is left to chance.

    What is measured and how people judge it is as planned, whenever it was set.
    """
    if scenario.chance is None:
        return scenario
    return replace(
        scenario.chance.drawn(seed, replication),
        run=scenario.run,
        label=scenario.label,
        horizon=scenario.horizon,
        satisfaction=scenario.satisfaction,
        complaints=scenario.complaints,
        chance=None,
    )


def drawn_network(network: Network, seed: int, replication: int) -> Network:
    """The network of the scenario that one replication draws; the same where nothing of it is left to chance."""
    if network.scenario.chance is None:
        return network
    return _compiled(drawn_scenario(network.scenario, seed, replication))


@dataclass(frozen=True)
class Changed:
    """A chance whose every outcome is changed in the same way afterwards."""

    chance: Chance
    change: Callable[[Scenario], Scenario]

    def drawn(self, seed: int, replication: int) -> Scenario:
        """The scenario of one replication."""
        return self.change(self.chance.drawn(seed, replication))

    def with_staff(self, posts: Mapping[str, Posts]) -> Changed:
        """The same with so many posts in the pools named."""
        return replace(self, chance=self.chance.with_staff(posts))


@lru_cache(maxsize=KEPT)
def _compiled(scenario: Scenario) -> Network:
    return compile_network(scenario)
