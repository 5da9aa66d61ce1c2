"""What a post and an option are worth: the cheapest plan where they are otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from simgov.optimize.explain.again import Office
from simgov.optimize.explain.explanation import Answer
from simgov.optimize.space import Design

MOST_POOLS = 8


def posts(office: Office, plan: Design) -> Iterator[tuple[str, int, Answer]]:
    """Pool, change and the cheapest plan with that many posts there: one fewer and one more in each pool.

    The pools whose posts are dearest come first; ``MOST_POOLS`` at most.
    """
    space = office.space
    setting = space.settings[space.setting_of(plan)]

    def price(pool: int) -> int:
        return max((after - before for before, after in pairwise(setting.post_costs[pool])), default=0)

    varied = [pool for pool in range(len(space.pools)) if setting.low[pool] < setting.high[pool]]
    for pool in sorted(varied, key=lambda pool: (-price(pool), pool))[:MOST_POOLS]:
        for change in (-1, 1):
            count = plan.staff[pool] + change
            if setting.low[pool] <= count <= setting.high[pool]:
                nearest = Design((*plan.staff[:pool], count, *plan.staff[pool + 1 :]), plan.options)
                first = (nearest,) if change > 0 else ()
                yield space.pools[pool], change, office.cheapest(posts={space.pools[pool]: count}, first=first)


def options(office: Office, plan: Design) -> Iterator[tuple[str, bool, Answer]]:
    """Name, whether it is forced in (not out), and the cheapest plan then: each option as the plan does not have it."""
    for option, taken in zip(office.space.options, plan.options, strict=True):
        yield option.name, not taken, office.cheapest(forced={option.name: not taken})
