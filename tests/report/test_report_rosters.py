"""The roster of a plan on the page: posts and hours of each pattern, and how many are on duty in each row."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from simgov.report.roster_picture import week_picture
from simgov.report.rosters import roster_part
from simgov.scenario.value import Text
from simgov.study import load

HALL = Path(__file__).parents[1] / "optimize" / "files" / "roster.yaml"


def test_the_patterns_and_the_cover_of_a_roster() -> None:
    study = load(HALL)
    assert study.decisions is not None
    part = roster_part(
        study.baseline, study.decisions.rosters["hall"], {"full": 2, "early": 0, "late": 1, "morning": 2}
    )
    assert part.heading.zh == "排班：大厅"
    rows = [row.cells for group in part.patterns.groups for row in group.rows]
    assert [(cells[0].text.zh, cells[2].value, cells[3].value) for cells in rows] == [
        ("全日", 40.0, 2),
        ("早班", 25.0, 0),
        ("晚班", 25.0, 1),
        ("半日", 15.0, 2),
    ]
    cover = [row.cells for group in part.cover.groups for row in group.rows]
    assert [(cells[0].text.zh, cells[1].value, cells[1].fill) for cells in cover] == [
        ("周一至周五 08:00-11:00", 4, 100.0),
        ("周一至周五 11:00-12:00", 2, 50.0),
        ("周一至周五 12:00-13:00", 1, 25.0),
        ("周一至周五 13:00-17:00", 3, 75.0),
    ]


def test_the_week_is_drawn_once_for_days_that_are_alike() -> None:
    study = load(HALL)
    assert study.decisions is not None
    roster = study.decisions.rosters["hall"]
    posts = {"full": 1, "early": 0, "late": 2, "morning": 1}
    week = week_picture(roster, posts)
    assert [day.days for day in week.days] == [Text("Mon–Fri", "周一至周五")]
    assert [name.zh for name, _ in week.legend] == ["全日", "晚班", "半日"]
    assert len({colour for _, colour in week.legend}) == 3
    (chart,) = week.charts.values()
    bars = chart["zh"]["datasets"][chart["zh"]["layer"][0]["data"]["name"]]
    for row, on_duty in zip(roster.rows, roster.on_duty([posts[one.id] for one in roster.patterns]), strict=True):
        start, end = row.week[0][0]
        own = [bar for bar in bars if bar["from"] <= start and end <= bar["to"]]
        assert max((bar["high"] for bar in own), default=0) == on_duty
        assert all(bar["total"] == on_duty for bar in own)


def test_days_with_other_hours_have_a_picture_of_their_own() -> None:
    study = load(HALL)
    assert study.decisions is not None
    roster = study.decisions.rosters["hall"]
    full = roster.patterns[0]
    short = replace(full, id="short", week=(*full.week[:4], ((480, 720),), (), ()))
    week = week_picture(replace(roster, patterns=(short,)), {"short": 2})
    assert [day.days.zh for day in week.days] == ["周一至周四", "周五"]
