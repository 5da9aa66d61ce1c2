"""The documentation holds: links lead somewhere, every option is described, and the Python of it runs."""

import re
from pathlib import Path

import click
import pytest

from simgov.cli import simgov

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("scenarios/*/*.md"), *ROOT.glob("benchmarks/*.md")]
COMMAND_LINE = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
OFFICE = """\
simgov: 1
name: Office
calendar: {hours: ["09:00-17:00"]}
pools:
  window: {kind: window, count: 2, cost: 35 CNY/h}
services:
  permit:
    arrivals: {poisson: {rate: 6 /h}}
    steps:
      counter: {at: window, time: {exponential: {mean: 12 min}}, in_person: true, decision: true}
      copy: {at: window, time: {constant: 1 min}}
reforms:
  lean: [{remove_step: permit.copy}]
targets:
  - {kpi: hall.wait.mean, at_most: 4 h}
optimize: {minimize: cost, staff: {window: 1..3}}
run: {period: 1 workdays, replications: 3, seed: 1}
"""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    local = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_the_index_names_every_page() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    assert [
        page.name for page in (ROOT / "docs").glob("*.md") if page.name != "index.md" and page.name not in index
    ] == []


def test_every_command_and_option_is_described() -> None:
    assert isinstance(simgov, click.Group)
    for name, command in simgov.commands.items():
        assert f"## {name}\n" in COMMAND_LINE
        options = [max(option.opts, key=len) for option in command.params if isinstance(option, click.Option)]
        synopsis = re.search(rf"^simgov {name} .*\n(?: .*\n)*", COMMAND_LINE, re.MULTILINE)
        assert synopsis is not None
        missing = [o for o in options if o not in synopsis[0] and o not in ("--json", "--lang", "--out")]
        assert missing == [], name


def test_no_option_is_described_that_is_not_there() -> None:
    assert isinstance(simgov, click.Group)
    known = {opt for c in simgov.commands.values() for option in c.params for opt in option.opts}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", COMMAND_LINE)) - known == set()


def test_the_python_of_the_documentation_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = tmp_path / "scenarios" / "district_hall" / "scenario.yaml"
    scenario.parent.mkdir(parents=True)
    scenario.write_text(OFFICE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "python.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) >= 2
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)
    assert type(names["plan"]).__name__ == "Plan"
