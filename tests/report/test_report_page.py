"""The page as a whole: it parses, asks for nothing, escapes what it is given, and shows the numbers of the runs."""

import html
import json
import math
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from simgov.experiment import Runs, compare
from simgov.report import write
from simgov.study import Study

VOID = {"meta", "link", "br", "input", "img", "hr"}
FETCHING = {"src", "href", "action", "poster", "srcset", "data", "formaction", "background", "ping", "cite", "manifest"}


class Page(HTMLParser):
    """Tags that close in order, with every attribute, the text outside scripts, and what scripts hold."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.stack: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.scripts: list[str] = []
        self.cells: dict[str, str] = {}
        self.key = ""
        self.feed(text)
        self.close()
        assert self.stack == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        if "data-key" in found:
            self.key = found["data-key"] or ""
        if tag == "data" and self.key:
            self.cells.setdefault(self.key, found["value"] or "")
            self.key = ""
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        (self.scripts if self.stack and self.stack[-1] in ("script", "style") else self.texts).append(data)

    def ids(self) -> list[str]:
        return [attrs["id"] or "" for _, attrs in self.tags if "id" in attrs]


@pytest.fixture(scope="module")
def written(study: Study, runs: Runs, tmp_path_factory: pytest.TempPathFactory) -> str:
    place = tmp_path_factory.mktemp("page") / "deep" / "report.html"
    assert write(place, study=study, runs=runs, lang="zh") == place
    return place.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(written: str) -> Page:
    return Page(written)


def test_tags_close_and_ids_are_unique(page: Page) -> None:
    assert len(page.ids()) == len(set(page.ids()))
    assert [tag for tag, _ in page.tags].count("h1") == 1


def test_nothing_is_fetched(page: Page) -> None:
    asked = [(tag, name, value) for tag, attrs in page.tags for name, value in attrs.items() if name in FETCHING]
    assert asked
    assert all(value == "data:," or (value or "").startswith("#") for _, _, value in asked)
    styles = [script for script in page.scripts if "@media" in script]
    assert styles
    assert all("url(" not in style and "@import" not in style for style in styles)
    forbidden = next(attrs["content"] or "" for tag, attrs in page.tags if attrs.get("http-equiv"))
    assert "default-src 'none'" in forbidden
    assert "http" not in forbidden


def test_links_inside_the_page_lead_somewhere(page: Page) -> None:
    targets = {(attrs["href"] or "")[1:] for tag, attrs in page.tags if tag == "a"}
    assert targets
    assert targets <= set(page.ids())


def test_names_are_escaped(written: str, page: Page) -> None:
    assert "<script>alert(1)" not in written
    assert "Hall <b>of" not in written
    assert any("区政务服务大厅<script>alert(1)</script>" in text for text in page.texts)
    assert any('Hall <b>of</b> & "quotes"' in text for text in page.texts)
    assert written.count("</script>") == [tag for tag, _ in page.tags].count("script")


def test_numbers_are_those_of_the_runs(page: Page, runs: Runs) -> None:
    known = {
        f"{row['scenario']}|{row['kpi']}": row["mean"]
        for row in runs.summary().to_dict("records")
        if math.isfinite(row["mean"])
    }
    shown = {key: float(value) for key, value in page.cells.items() if not key.startswith("change|")}
    assert shown == known


def test_changes_are_those_of_the_comparison(page: Page, runs: Runs) -> None:
    rows = compare(runs).differences.to_dict("records")
    known = {f"change|{row['kpi']}": row["mean"] for row in rows if math.isfinite(row["mean"])}
    shown = {key: float(value) for key, value in page.cells.items() if key.startswith("change|")}
    assert shown == known


def test_the_headline_shows_value_interval_and_target(written: str, runs: Runs) -> None:
    estimate = runs.estimate("lean", "hall.wait.mean")
    card = written[written.index('data-key="lean|hall.wait.mean"') :]
    card = card[: card.index("</article>")]
    assert f'<data value="{estimate.value}">' in card
    assert "±" in card
    assert "不超过 15 分钟" in card
    assert "at most 15 min" in card


def test_both_languages_are_there_for_every_sentence(written: str) -> None:
    english = re.findall(r'<span class="en" lang="en">(.*?)</span>', written, re.S)
    chinese = re.findall(r'<span class="zh" lang="zh-CN">(.*?)</span>', written, re.S)
    assert len(english) == len(chinese) > 100
    assert not [text for text in english if re.search(r"[\u4e00-\u9fff]", text)]


def test_the_first_language_is_the_one_asked_for(written: str, study: Study, runs: Runs, tmp_path: Path) -> None:
    assert '<html lang="zh-CN" data-lang="zh">' in written
    english = write(tmp_path / "en.html", study=study, runs=runs, lang="en").read_text(encoding="utf-8")
    assert '<html lang="en" data-lang="en">' in english
    assert len(english) < 1_400_000


def test_the_same_runs_give_the_same_bytes(written: str, study: Study, runs: Runs, tmp_path: Path) -> None:
    again = write(tmp_path / "again.html", study=study, runs=runs, lang="zh")
    assert again.read_bytes() == written.encode("utf-8")


def test_every_chart_has_a_place_and_both_languages(page: Page, written: str) -> None:
    text = re.search(r'<script type="application/json" id="chart-specs">(.*?)</script>', written, re.S)
    assert text is not None
    specs = json.loads(text[1])
    places = {attrs["id"] for tag, attrs in page.tags if attrs.get("class") == "chart"}
    assert set(specs) == places
    assert {"chart-time", "chart-waits", "chart-arrivals", "chart-utilisation"} < places
    assert all(set(spec) == {"en", "zh"} for spec in specs.values())
    assert "<" not in text[1]


def test_tables_say_what_their_rows_and_columns_are(page: Page) -> None:
    tables = [tag for tag, _ in page.tags].count("table")
    assert tables > 8
    assert [tag for tag, _ in page.tags].count("caption") == tables
    assert all("scope" in attrs for tag, attrs in page.tags if tag == "th")


def test_assumptions_name_basis_seed_and_fingerprint(page: Page, runs: Runs) -> None:
    text = "\n".join(page.texts)
    assert "Passport Law art. 6" in text
    assert "Act <i>1</i>" in text
    assert runs.results[0].scenario_hash in text
    assert "模拟次数" in text


def test_a_run_of_the_baseline_alone_has_a_page(study: Study, runs: Runs, tmp_path: Path) -> None:
    from dataclasses import replace

    alone = replace(runs, results=runs.results[:1])
    text = write(tmp_path / "alone.html", study=study, runs=alone).read_text(encoding="utf-8")
    page = Page(text)
    assert "there is nothing to compare" in html.unescape(text)
    assert not [key for key in page.cells if key.startswith("change|")]


def test_what_gets_worse_is_not_hidden_in_an_average(study: Study, tmp_path: Path) -> None:
    from dataclasses import replace

    from simgov.experiment import run
    from simgov.scenario.value import staffed

    fewer = replace(study.baseline.with_pool(staffed(study.baseline.pool("windows"), 1)), label="lean")
    text = write(tmp_path / "fewer.html", study=study, runs=run([study.baseline, fewer], replications=3, workers=1))
    page = html.unescape(re.sub(r"<[^>]+>", "", text.read_text(encoding="utf-8")))
    worse = page[page.index("What gets worse") : page.index("± is half")]
    assert "Identity card: wait in person, mean: from" in worse
    assert "Passport:" not in worse


def test_three_scenarios_stand_side_by_side(study: Study, runs: Runs, tmp_path: Path) -> None:
    from simgov.experiment import run

    three = run([study.baseline, study.reform("lean"), study.reform("quick")], replications=2, seed=7, workers=1)
    page = Page(write(tmp_path / "three.html", study=study, runs=three).read_text(encoding="utf-8"))
    assert "side-by-side" in page.ids()
    assert not [attrs for tag, attrs in page.tags if tag == "article"]
    assert page.cells["quick|cost"] == str(three.estimate("quick", "cost").value)
