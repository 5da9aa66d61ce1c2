"""The one table of definitions: the page is printed from it, in both languages, with a source for every term."""

from pathlib import Path

from simgov.judging.page import judging_page
from simgov.judging.table import STANDS_FOR, TERMS, WAYS, definition_of, lower_is_better, stands_for
from simgov.kpi.table import DEFINITIONS

PAGE = Path(__file__).parents[2] / "docs" / "judging.md"


def test_the_page_is_printed_from_the_table() -> None:
    text = PAGE.read_text(encoding="utf-8")
    between = text.split("<!-- table: begin -->\n")[1].split("<!-- table: end -->")[0]
    assert between == judging_page()


def test_every_way_has_terms_and_every_term_a_source_in_two_languages() -> None:
    assert {term.way for term in TERMS} == set(WAYS)
    for term in TERMS:
        assert term.source
        assert any("\u4e00" <= sign <= "\u9fff" for sign in term.meaning.zh)
        assert term.meaning.en != term.meaning.zh


def test_names_lead_to_their_definition() -> None:
    assert lower_is_better("permit.days.p90") is True
    assert lower_is_better("permit.on_time") is False
    assert lower_is_better("hall.wait.mean") is True
    assert lower_is_better("window.queue.mean") is True
    assert lower_is_better("window.utilisation") is None
    assert lower_is_better("cost") is True
    assert lower_is_better("nonsense") is None
    assert definition_of("a.cost") is None
    for row in DEFINITIONS:
        owner = {"service": "a.", "pool": "a.", "hall": "hall.", "plan": ""}[row.scope]
        for statistic in row.statistics or ("",):
            assert definition_of(owner + row.quantity + (f".{statistic}" if statistic else "")) is row


def test_what_stands_for_what() -> None:
    assert stands_for("cost") == ("economy", "resources")
    assert stands_for("permit.wait.gini") == ("equity", "public")
    assert stands_for("satisfaction") == ("effectiveness", "public")
    assert stands_for("permit.steps") == (None, "process")
    assert stands_for("permit.days.p95") == (None, "public")
    assert len({end for end, _, _ in STANDS_FOR}) == len(STANDS_FOR)
