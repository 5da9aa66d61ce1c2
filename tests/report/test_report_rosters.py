"""The roster of a plan on the page: posts and hours of each pattern, and how many are on duty in each row."""

from __future__ import annotations

from pathlib import Path

from simgov.report.rosters import roster_part
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
