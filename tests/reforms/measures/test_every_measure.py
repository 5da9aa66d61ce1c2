"""What holds for each measure alike: its example works, its page is printed, an uptake of 0 % changes nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from simgov.reforms.page import page
from simgov.reforms.registry import MEASURES
from simgov.scenario.differences import differences
from tests.reforms.example_office import pair, problems, study

PAGE = Path(__file__).parents[3] / "docs" / "reform-measures.md"
EXAMPLES = [pytest.param(kind.example, id=key) for key, kind in MEASURES.items()]


def test_the_page_is_what_the_measures_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


@pytest.mark.parametrize("key", list(MEASURES))
def test_both_languages_say_everything(key: str) -> None:
    kind = MEASURES[key]
    for text in (kind.name, kind.effect, kind.catch, *(parameter.meaning for parameter in kind.parameters)):
        assert text.en.isascii()
        assert any("\u4e00" <= letter <= "\u9fff" for letter in text.zh), text
    neutral = ("", "0 %", "100 %", "0", "1", "false", "true")
    assert [p.key for p in kind.parameters if p.default not in neutral and not p.source] == [], (
        "defaults without a source"
    )


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_example_changes_the_office(example: str) -> None:
    before, after = pair(example)
    assert after != before
    assert [str(difference) for difference in differences(before, after)]


@pytest.mark.parametrize("example", EXAMPLES)
def test_taken_up_by_nobody_it_changes_nothing(example: str) -> None:
    before, after = pair(f"{example}, uptake: 0 %")
    assert after == before


@pytest.mark.parametrize("example", EXAMPLES)
def test_before_its_date_it_has_not_begun(example: str) -> None:
    """Unless it does away with pools that cases from before it still need."""
    refused = problems(f"{example}, from: 2026-03-16")
    if refused:
        assert "cases that applied before still need it" in refused[0].message
        return
    before, after = pair(f"{example}, from: 2026-03-16")
    assert replace(after, phases=(), currency=before.currency) == before
    assert after.phases[0].start.isoformat() == "2026-03-16"


@pytest.mark.parametrize("example", EXAMPLES)
def test_it_can_be_phased_in(example: str) -> None:
    """Case by case or at a share of its strength; or it is taken up as a whole, or would leave cases unserved."""
    phased = f"{example}, phase_in: {{2026-03-16: 40 %, 2026-04: 100 %}}"
    refused = problems(phased)
    if refused:
        assert any(said in refused[0].message for said in ("taken up as a whole", "still need it"))
        return
    assert study(phased).reform("changed").phases[0].start.isoformat() == "2026-03-16"
