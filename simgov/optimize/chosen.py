"""What a design stands for in the words of a plan: posts by pool, and by pattern where there is a roster, the options
taken, places to wait and speeds. A value, kept as JSON under the same names in everything that tells of designs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from simgov.optimize.equipment import ROOM, SPEED, column


@dataclass(frozen=True)
class Chosen:
    """``staff`` by pool, those of a roster on all its patterns together; ``rosters`` by pool and pattern.

    ``reforms`` are the options taken, by name. ``room`` and ``speed`` are places to wait before pools and how many
    times as fast these work.
    """

    staff: Mapping[str, int] = field(default_factory=dict)
    reforms: tuple[str, ...] = ()
    rosters: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    room: Mapping[str, int] = field(default_factory=dict)
    speed: Mapping[str, int] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """All numbers by name: ``pool``, ``pool.pattern`` of a roster, ``room.pool``, ``speed.pool``."""
        return {
            **{pool: count for pool, count in self.staff.items() if pool not in self.rosters},
            **{f"{pool}.{name}": n for pool, patterns in self.rosters.items() for name, n in patterns.items()},
            **{column(ROOM, pool): count for pool, count in self.room.items()},
            **{column(SPEED, pool): count for pool, count in self.speed.items()},
        }

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "staff": dict(self.staff),
            "reforms": list(self.reforms),
            "rosters": {pool: dict(patterns) for pool, patterns in self.rosters.items()},
            "room": dict(self.room),
            "speed": dict(self.speed),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Chosen:
        """What ``to_json`` wrote, from data that may hold more."""
        return cls(
            dict(data["staff"]),
            tuple(data["reforms"]),
            {pool: dict(patterns) for pool, patterns in data.get("rosters", {}).items()},
            dict(data.get("room", {})),
            dict(data.get("speed", {})),
        )
