"""What applicants feel, as values: what a day costs a firm, and the weights of satisfaction and of complaints.

Every default weight here is an ASSUMPTION, made so that a file without figures of its own says something; none is
measured. A file may set each of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from simgov.units import Money

MOST_POINTS = 100.0
"""The best that an office can score."""


@dataclass(frozen=True)
class FirmCost:
    """What a day from application to decision costs a firm; with ``groups``, only cases of these groups."""

    cost: Money
    groups: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Satisfaction:
    """Points out of 100: ``offset`` less what is lost, clipped to 0..100. All weights are points, 0 or more.

    Lost are ``wait`` for each hour waited in person, ``visits`` for each visit beyond the first, ``documents`` for each
    document handed in, ``late`` for a case decided after the promise and ``unserved`` for a case whose applicant left
    unserved. ``observed`` is what the office as it is was found to score; ``offset`` is fitted to it, and to nothing
    else.
    """

    offset: float = 100.0
    wait: float = 10.0
    visits: float = 8.0
    documents: float = 1.0
    late: float = 25.0
    unserved: float = 40.0
    observed: float | None = None


@dataclass(frozen=True)
class Complaints:
    """How many complaints are to be expected of each late case, repeat visit, document handed in again, case sent back
    and case left unserved, and of every case about anything else (``other``): shares.
    """

    late: float = 0.10
    repeat_visit: float = 0.03
    document_again: float = 0.02
    sent_back: float = 0.05
    unserved: float = 0.10
    other: float = 0.0
