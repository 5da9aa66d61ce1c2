"""What posts cost in each setting: most settings share their price lists, so each is worked out once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from simgov.kpi.cost import other_posts_cost, posts_cost, shift_cost
from simgov.optimize.equipment import kind_and_pool
from simgov.optimize.rosters import Roster
from simgov.optimize.space import Setting
from simgov.scenario.value import Phase, Pool, Scenario, Shift, staffed


class PriceLists:
    """The bounds and prices of settings.

    ``numbers`` are the columns decided by number, each with its bounds; the rows of ``rosters`` follow.
    """

    def __init__(self, numbers: Mapping[str, tuple[int, int]], rosters: Sequence[Roster] = ()) -> None:
        self._numbers, self._rosters = numbers, rosters
        self._decided = {*numbers, *(roster.pool for roster in rosters)}
        self._lists: dict[object, tuple[object, tuple[int, ...]]] = {}
        self._others: dict[object, tuple[object, int]] = {}

    def setting(self, scenario: Scenario, taken: tuple[bool, ...]) -> Setting:
        """Bounds and prices of one combination of options; a pool that it does away with has no posts."""
        present = {pool.id: pool for pool in scenario.pools}
        columns = [(*kind_and_pool(name), limits) for name, limits in self._numbers.items()]
        bounds = [limits if pool in present else (0, 0) for _, pool, limits in columns]
        prices: tuple[tuple[int, ...], ...] = tuple(
            (0,) * (high - low + 1) if kind or pool not in present else self._prices(scenario, present[pool], low, high)
            for (kind, pool, _), (low, high) in zip(columns, bounds, strict=True)
        )
        for roster in self._rosters:
            there = roster.pool in present
            bounds += roster.bounds if there else [(0, 0)] * len(roster.columns)
            prices += self._row_prices(scenario, roster) if there else ((0,),) * len(roster.columns)
        low, high = tuple(least for least, _ in bounds), tuple(most for _, most in bounds)
        return Setting(taken, low, high, self._other_posts(scenario), prices)

    def _row_prices(self, scenario: Scenario, roster: Roster) -> tuple[tuple[int, ...], ...]:
        """For each row, minor units over the horizon of each number on duty; then what patterns paid apart add."""
        posts = [shift_cost(scenario, roster.pool, Shift(1, row.week)) for row in roster.rows]
        posts += [paid_beside_duty(scenario, roster, place) for place in roster.paid_apart]
        return tuple(
            tuple(post * count for count in range(least, most + 1))
            for post, (least, most) in zip(posts, roster.bounds, strict=True)
        )

    def _prices(self, scenario: Scenario, pool: Pool, least: int, most: int) -> tuple[int, ...]:
        """Minor units over the horizon of each number of posts."""
        key = (pool.id, self._follows_from(scenario, {pool.id}))
        if key not in self._lists:
            prices = tuple(_posts_cost(scenario, pool, count) for count in range(least, most + 1))
            self._lists[key] = (scenario, prices)  # the scenario is kept, so that ids stay those of its pools
        return self._lists[key][1]

    def _other_posts(self, scenario: Scenario) -> int:
        versions: list[Scenario | Phase] = [scenario, *scenario.phases]
        key = self._follows_from(scenario, {p.id for v in versions for p in v.pools if p.id not in self._decided})
        if key not in self._others:
            self._others[key] = (scenario, other_posts_cost(scenario, self._decided))
        return self._others[key][1]

    @staticmethod
    def _follows_from(scenario: Scenario, names: Collection[str]) -> tuple[object, ...]:
        """What tells scenarios apart in which these pools cost something else: the calendar, and the pools by date."""
        dates = tuple(phase.start for phase in scenario.phases)
        versions: list[Scenario | Phase] = [scenario, *scenario.phases]
        pools = tuple((n, id(pool)) for n, one in enumerate(versions) for pool in one.pools if pool.id in names)
        return (id(scenario.calendar), dates, pools)


def paid_beside_duty(scenario: Scenario, roster: Roster, place: int) -> int:
    """What a post on a pattern costs over the horizon beyond its hours on duty at the price of the pool.

    Its hours and its paid breaks at its own price, less what its rows cost.
    """
    pattern = roster.patterns[place]
    rows = [row for row in roster.rows if place in row.patterns]
    on_duty = sum(shift_cost(scenario, roster.pool, Shift(1, row.week)) for row in rows)
    own = shift_cost(scenario, roster.pool, Shift(1, pattern.week), pattern.cost)
    breaks = shift_cost(scenario, roster.pool, Shift(1, pattern.breaks), pattern.cost) if pattern.paid_break else 0
    return max(0, own + breaks - on_duty)


def _posts_cost(scenario: Scenario, pool: Pool, count: int) -> int:
    return posts_cost(scenario, staffed(pool, count) if count != pool.count else pool)
