"""The roster of a plan: how many posts work each pattern, and how many are on duty hour by hour beside who comes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simgov.optimize.rosters import in_chinese
from simgov.report.numbers import number
from simgov.report.roster_picture import WeekPicture, week_picture
from simgov.report.tables import Cell, Group, Row, Table, columns, words
from simgov.report.words import plain, say
from simgov.scenario.value import Scenario, Text

if TYPE_CHECKING:
    from simgov.optimize.rosters import Roster


@dataclass(frozen=True)
class RosterPart:
    """The patterns of one pool, the hours with how many are on duty in them, and pictures of the week."""

    heading: Text
    patterns: Table
    cover: Table
    week: WeekPicture


def roster_part(scenario: Scenario, roster: Roster, posts: Mapping[str, int]) -> RosterPart:
    """What the page shows of a roster with so many ``posts`` on each pattern."""
    heading = say("roster", pool=scenario.pool(roster.pool).name)
    return RosterPart(heading, _patterns(heading, roster, posts), _cover(roster, posts), week_picture(roster, posts))


def _patterns(heading: Text, roster: Roster, posts: Mapping[str, int]) -> Table:
    rows = [
        Row(
            (
                words(pattern.name),
                words(pattern.told),
                Cell(plain(number(pattern.minutes / 60)), value=pattern.minutes / 60),
                Cell(plain(number(posts.get(pattern.id, 0))), value=posts.get(pattern.id, 0)),
            )
        )
        for pattern in roster.patterns
    ]
    names = [say(key) for key in ("pattern", "pattern_hours", "hours_a_week", "posts_on_pattern")]
    return Table(heading, columns(names, [False, False, True, True]), (Group(tuple(rows)),), id=f"roster-{roster.pool}")


def _cover(roster: Roster, posts: Mapping[str, int]) -> Table:
    """The rows of the roster, each with a bar as long as its number on duty."""
    on_duty = roster.on_duty([posts.get(pattern.id, 0) for pattern in roster.patterns])
    most = max(on_duty, default=1) or 1
    rows = [
        Row((words(_hours(row.hours)), Cell(plain(number(count)), value=count, fill=round(100 * count / most, 1))))
        for row, count in zip(roster.rows, on_duty, strict=True)
    ]
    names = [say(key) for key in ("pattern_hours", "cover")]
    return Table(say("cover"), columns(names, [False, True]), (Group(tuple(rows)),), id=f"cover-{roster.pool}")


def _hours(hours: str) -> Text:
    return Text(hours, in_chinese(hours))
