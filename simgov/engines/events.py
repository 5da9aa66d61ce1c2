"""The event table: what happened, one row per task, and one row per case.

Both engines return it, equal to the last bit. Times are float64 minutes since the first day, 00:00; nan where an
instant was not reached. Rows stand in the order in which tasks joined their queues.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from simgov.arrays import Booleans, Floats, Integers

if TYPE_CHECKING:
    import pandas

    from simgov.network import Network

TASK_OUTCOMES = (
    "done",
    "returned",
    "reneged",
    "sent_home",
    "cancelled",
    "open",
    "refused",
    "revoked",
    "balked",
    "wasted",
    "passed",
)
"""done; done and the case sent back; patience ran out; sent home at closing; the case had ended; still under way; done
and the matter refused; done and the decision revoked; did not join; finished after the case had ended;
waited before the step, for a session or to be taken in hand, and passed."""

DONE, RETURNED, RENEGED, SENT_HOME, CANCELLED, OPEN, REFUSED, REVOKED, BALKED, WASTED, PASSED = range(11)

CASE_OUTCOMES = (
    "finished",
    "refused",
    "withdrawn",
    "cancelled",
    "reneged",
    "balked",
    "no_show",
    "deemed",
    "revoked",
    "open",
)
"""How a case ended. ``reneged`` left a queue unserved, because patience ran out or the hall closed."""

(
    CASE_FINISHED,
    CASE_REFUSED,
    CASE_WITHDRAWN,
    CASE_CANCELLED,
    CASE_RENEGED,
    CASE_BALKED,
    CASE_NO_SHOW,
    CASE_DEEMED,
    CASE_REVOKED,
    CASE_OPEN,
) = range(10)


@dataclass(frozen=True, eq=False)
class EventTable:
    """What happened in one replication. M tasks, N cases."""

    case: Integers  # [M] index of the case, int64
    step: Integers  # [M] index into network.steps, int32
    visit: Integers  # [M] 0 for the first visit, int32
    pool: Integers  # [M] -1: outside every pool, int32
    server: Integers  # [M] officer within the pool, -1: none, int32
    ready: Floats  # [M] joined the queue
    start: Floats  # [M]
    finish: Floats  # [M] or the instant at which it left unserved
    work: Floats  # [M] minutes of work
    outcome: Integers  # [M] index into TASK_OUTCOMES, int8
    case_service: Integers  # [N]
    case_index: Integers  # [N] order within the service; backlog counts down from -1
    case_group: Integers  # [N] place of the label, -1: none
    case_channel: Integers  # [N]
    applied: Floats  # [N]
    accepted: Floats  # [N]
    decided: Floats  # [N]
    left: Floats  # [N]
    promise_due: Floats  # [N] nan without a promise or before acceptance
    stopped_days: Integers  # [N] legal workdays on which the clock stood still
    case_outcome: Integers  # [N] index into CASE_OUTCOMES, int8
    measured: Booleans  # [N] applied inside the measuring window
    window_start: float
    window_end: float
    stopped_at: float
    capacity: Network | None = None  # the network as this replication drew it; None where nothing of it is drawn

    def tasks_frame(self, network: Network) -> pandas.DataFrame:
        """A row per task: task, case, service, step, visit, pool, server, ready, start, finish, work, outcome."""
        import pandas as pd

        service = np.array([name for name, _ in network.steps], object)
        step = np.array([name for _, name in network.steps], object)
        pool = np.array([*network.pools, ""], object)
        columns = {
            "task": np.arange(len(self.case)),
            "case": self.case,
            "service": service[self.step],
            "step": step[self.step],
            "visit": self.visit,
            "pool": pool[self.pool],
            "server": self.server,
            "ready": self.ready,
            "start": self.start,
            "finish": self.finish,
            "work": self.work,
            "outcome": np.array(TASK_OUTCOMES, object)[self.outcome],
        }
        return pd.DataFrame(columns)

    def cases_frame(self, network: Network) -> pandas.DataFrame:
        """A row per case: case, service, channel, group, applied, accepted, decided, left, promise_due, outcome."""
        import pandas as pd

        columns = {
            "case": np.arange(len(self.applied)),
            "service": np.array(network.services, object)[self.case_service],
            "channel": self._labels(network, "channels", self.case_channel),
            "group": self._labels(network, "groups", self.case_group),
            "applied": self.applied,
            "accepted": self.accepted,
            "decided": self.decided,
            "left": self.left,
            "promise_due": self.promise_due,
            "outcome": np.array(CASE_OUTCOMES, object)[self.case_outcome],
        }
        return pd.DataFrame(columns)

    def _labels(self, network: Network, kind: str, places: Integers) -> Integers:
        named = np.full(len(places), "", object)
        for s, service in enumerate(network.scenario.services):  # labels are alike in all versions
            shares = getattr(service, kind)
            if shares:
                own = self.case_service == s
                named[own] = np.array([name for name, _ in shares], object)[places[own]]
        return named


def same(first: EventTable, second: EventTable) -> list[str]:
    """The names of the columns in which two tables differ in any bit; nan equals nan."""
    return [
        field.name
        for field in fields(EventTable)
        if field.name != "capacity"
        and not np.array_equal(
            np.asarray(getattr(first, field.name)),
            np.asarray(getattr(second, field.name)),
            equal_nan=np.asarray(getattr(first, field.name)).dtype.kind == "f",
        )
    ]
