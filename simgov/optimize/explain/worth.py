"""What a post and an option are worth: the cheapest plan where they are otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from simgov.optimize.explain.again import Office
from simgov.optimize.explain.explanation import Answer
from simgov.optimize.space import Design, Limit, Roster, Space

MOST_POOLS = 8


def posts(office: Office, plan: Design, rostered: Sequence[tuple[str, int]] = ()) -> Iterator[tuple[str, int, Answer]]:
    """Pool, change and the cheapest plan with that many posts there: one fewer and one more in each pool.

    First the pools with a roster, named in ``rostered`` in the order of the space with the posts of the plan on all
    patterns; then those whose posts are dearest; ``MOST_POOLS`` at most.
    """
    space = office.space
    setting = space.settings[space.setting_of(plan)]

    def price(column: int) -> int:
        return max((after - before for before, after in pairwise(setting.post_costs[column])), default=0)

    for number, (pool, count) in enumerate(rostered[:MOST_POOLS]):
        for change in (-1, 1):
            if count + change in _posts_of(space.rosters[number]):
                yield pool, change, office.cheapest(limits=(_exactly(space, number, count + change),))
    varied = [column for column in space.plain if setting.low[column] < setting.high[column]]
    for column in sorted(varied, key=lambda one: (-price(one), one))[: MOST_POOLS - len(rostered)]:
        for change in (-1, 1):
            count = plan.staff[column] + change
            if setting.low[column] <= count <= setting.high[column]:
                nearest = Design((*plan.staff[:column], count, *plan.staff[column + 1 :]), plan.options)
                first = (nearest,) if change > 0 else ()
                yield space.pools[column], change, office.cheapest(posts={space.pools[column]: count}, first=first)


def _posts_of(roster: Roster) -> range:
    """How many posts all patterns of a roster may have together."""
    return range(sum(roster.low), sum(roster.high) + 1)


def _exactly(space: Space, roster: int, count: int) -> Limit:
    """So many posts on the patterns of one roster together."""
    of_rosters = tuple(int(number == roster) for number in range(len(space.rosters)))
    return Limit((0,) * len(space.pools), count, count, of_rosters)


def options(office: Office, plan: Design) -> Iterator[tuple[str, bool, Answer]]:
    """Name, whether it is forced in (not out), and the cheapest plan then: each option as the plan does not have it."""
    for option, taken in zip(office.space.options, plan.options, strict=True):
        yield option.name, not taken, office.cheapest(forced={option.name: not taken})
