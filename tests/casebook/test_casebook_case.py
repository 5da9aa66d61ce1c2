"""What a case file says, and what is said of one that is wrong: everything at once, each with its place."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from benchmarks.casebook import scale
from benchmarks.casebook.__main__ import CASES
from benchmarks.casebook.case import Case, load
from benchmarks.casebook.predict import Predicted
from benchmarks.casebook.takes import what_it_takes
from benchmarks.casebook.verdict import Verdict, judged
from simgov.errors import InputError
from tests.casebook.conftest import CASE

FOLDERS = sorted(path.parent for path in CASES.glob("*/case.yaml"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_case_can_be_read(folder: Path) -> None:
    case = load(folder)
    assert case.question.reform is None or case.question.office.scenario((), case.question.reform)


def test_the_example_of_the_documentation_is_a_case(tmp_path: Path) -> None:
    page = (CASES.parents[1] / "docs" / "cases.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(case: 1\n.*?)```", page, re.DOTALL)
    folder = tmp_path / "hall-wait"
    shutil.copytree(CASES / "hall-wait", folder)
    (folder / "case.yaml").write_text(example, encoding="utf-8")
    assert load(folder).question.figures[0].before == 42.0


def wrong(folder: Path, *changes: tuple[str, str]) -> list[str]:
    """What is said of the small case after some replacements."""
    text = CASE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "case.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        load(folder)
    return [str(problem).split("case.yaml:")[1] for problem in error.value.problems]


def test_a_malformed_case_is_told_everything_at_once(folder: Path) -> None:
    found = wrong(
        folder,
        ("kind: prediction", "kind: guess"),
        ("reading:", "reeding:"),
        ("assumption: {zh: 测试, en: for the test}", "colour: blue"),
    )
    assert [int(line.split(":")[0]) for line in found] == [4, 6, 22]
    said = "\n".join(found)
    assert "kind: " in said
    assert "unknown key 'reeding'" in said
    assert "unknown key 'colour'" in said


def test_what_does_not_fit_the_scenario_is_told_with_its_place(folder: Path) -> None:
    found = wrong(
        folder,
        ("id: office", "id: offices"),
        ("reform: lean", "reform: leen"),
        ("quick: {zh", "slow: {zh"),
        ("steps.recheck.time", "steps.reczech.time"),
        ("kpi: permit.time.mean", "kpi: permit.tim.mean"),
    )
    assert len(found) == 5
    said = "\n".join(found)
    assert "2:5: id: the id is offices, the folder is office" in said
    assert "there is no reform 'leen'; did you mean lean?" in said
    assert "there is no reform 'slow'" in said
    assert "there is no key 'reczech' in services.permit.steps; did you mean recheck?" in said
    assert "figures[0].kpi" in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("before: 60 min", "before: 60 workdays", "wall-clock time"),
        ("after: 51 min", "after: efficiency +85 %", "give it before: 100 %"),
        ("before: 60 min", "before: 100 %", "give level:"),
        ("    low: 5 min", "    low: 20 min", "write the smaller one as low"),
        ("default: 10 min", "default: 50 min", "is not between"),
        ("default: 10 min", "default: 10 h", "is not between"),
        ("steps.recheck.time.constant", "steps.recheck.decision", "no number"),
        ("steps.recheck.time", "steps.review.time", "is set by something else too"),
        ("en: for the test}", "en: for the test}\n    source: a book", "either a source or is an assumption"),
        ("takes: {", "takes: {a: a, b: b, c: c, d: d, e: e, ", "takes"),
        ("case: 1", "case: 2", "begin it with case: 1"),
        ("reform: lean", "reform: leen+outage", "there is no reform 'leen'"),
        ("reform: lean", "reform: lean+outege", "there is no stress 'outege'; did you mean outage?"),
        ("reform: lean", "reform: baseline+staff_acceptance", "finds nothing to act on"),
    ],
)  # fmt: skip
def test_each_fault_says_what_to_write(folder: Path, old: str, new: str, said: str) -> None:
    assert said in "\n".join(wrong(folder, (old, new)))


def test_a_faulty_scenario_is_told_too(folder: Path) -> None:
    path = folder / "scenario.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("rate: 4 /h", "rate: 4"), encoding="utf-8")
    with pytest.raises(InputError, match=r"scenario.yaml:8:\d+: .*4 has no unit"):
        load(folder)


# Verdicts -----------------------------------------------------------------------------------------------------------


def read(folder: Path, after: str, before: str = "60 min", kind: str = "prediction") -> Case:
    """The small case with another published figure."""
    text = CASE.replace("after: 51 min", f"after: {after}").replace("kind: prediction", f"kind: {kind}")
    if before == "100 %":
        head, _, tail = text.replace("before: 60 min", "before: 100 %").partition("    calibrate:")
        text = head + tail[tail.index("reform:") :]
    (folder / "case.yaml").write_text(text, encoding="utf-8")
    return load(folder)


def said(case: Case, low: float, median: float, high: float) -> list[Verdict]:
    """The verdicts on a prediction."""
    found = Predicted(60.0, 0.0, median, low, median, high, 0.0, ())
    return [judged(case.kind, case.question.figures[0], claim, found) for claim in case.published[0].claims]


def test_verdicts_by_the_interval_and_the_share(folder: Path) -> None:
    case = read(folder, "50 min")
    assert said(case, 48, 52, 56) == [Verdict("explained", 0.8)]
    assert said(case, 50, 52, 56) == [Verdict("explained", 0.8)]
    assert said(case, 51, 55, 57) == [Verdict("partly", 0.5)]
    assert said(case, 57, 59.5, 59.9)[0].word == "none"
    assert said(case, 61, 62, 65)[0].word == "none"
    assert said(case, 30, 40, 49) == [Verdict("more", 2.0)]


def test_at_most_is_explained_by_any_of_the_interval(folder: Path) -> None:
    case = read(folder, "at most 50 min")
    assert said(case, 20, 30, 40)[0].word == "explained"
    assert said(case, 49, 52, 56)[0].word == "explained"
    assert said(case, 51, 55, 57)[0].word == "partly"


def test_goals_are_in_reach_or_not(folder: Path) -> None:
    case = read(folder, "at most 50 min", kind="goal")
    assert [said(case, *three)[0].reached for three in ((30, 40, 50), (40, 45, 55), (51, 55, 60))] == [
        "reached", "possible", "missed"
    ]  # fmt: skip
    assert said(case, 30, 40, 50)[0].word == "goal"


def test_an_efficiency_has_two_readings(folder: Path) -> None:
    case = read(folder, "efficiency +85 %", before="100 %")
    first, second = case.published[0].claims
    assert first.value == pytest.approx(0.15)
    assert second.value == pytest.approx(1 / 1.85)
    assert "time −45.9 %" in second.text.en
    words = [verdict.word for verdict in said(case, 0.5, 0.55, 0.6)]
    assert words == ["partly", "explained"]


def test_what_it_would_take_is_the_fewest_measures(folder: Path) -> None:
    from benchmarks.casebook.predict import predict

    for after, possible, reforms in (("45 min", True, ("quick",)), ("1 min", True, ("lean", "quick"))):
        case = read(folder, after)
        prediction = predict(case.question, draws=8)
        found = what_it_takes(case, 0, case.published[0].claims[0], prediction)
        assert found is not None
        assert (found.possible, found.reforms, found.designs) == (possible, reforms, 4)


def test_the_generated_platform_is_what_its_file_says() -> None:
    path = CASES / "service-scale" / "scenario.yaml"
    assert path.read_text(encoding="utf-8") == scale.scenario()
