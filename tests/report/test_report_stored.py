"""Reports from folders: a stored run and a stored plan give their page; what does not fit is refused with a reason."""

import json
import os
import re
import shutil
import threading
from pathlib import Path

import pytest

from simgov.errors import StoreError
from simgov.experiment import load_run, run
from simgov.kpi import Estimate
from simgov.optimize import optimize
from simgov.report import write_stored
from simgov.report.writing import save
from simgov.study import load


@pytest.fixture
def place(scenario_file: Path, tmp_path: Path) -> Path:
    """A folder with the scenario of its own, so that it may be changed."""
    shutil.copy(scenario_file, tmp_path)
    return tmp_path


def keep_run(place: Path) -> Path:
    study = load(place / "scenario.yaml")
    folder = place / "run"
    run([study.baseline, study.reform("lean")], replications=2, seed=3, workers=1, out=folder, source=str(study.path))
    return folder


def test_a_stored_run_gives_its_page(place: Path) -> None:
    folder = keep_run(place)
    page = write_stored(folder, place / "report.html", lang="zh").read_text(encoding="utf-8")
    estimate = load_run(folder).estimate("lean", "cost")
    assert f'data-key="lean|cost"><data value="{estimate.value}">' in page
    assert '<section id="plan"' not in page


def test_the_versions_are_those_of_the_run(place: Path) -> None:
    folder = keep_run(place)
    described = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    described["versions"]["simgov"] = "0.0.7"
    (folder / "run.json").write_text(json.dumps(described), encoding="utf-8")
    assert "0.0.7" in write_stored(folder, place / "report.html").read_text(encoding="utf-8")


def test_a_scenario_that_changed_since_is_refused(place: Path) -> None:
    folder = keep_run(place)
    scenario = place / "scenario.yaml"
    scenario.write_text(scenario.read_text(encoding="utf-8").replace("rate: 14 /h", "rate: 15 /h"), encoding="utf-8")
    with pytest.raises(StoreError, match="has changed since"):
        write_stored(folder, place / "report.html")
    assert not (place / "report.html").exists()


def test_a_scenario_that_is_gone_is_named(place: Path) -> None:
    folder = keep_run(place)
    (place / "scenario.yaml").unlink()
    with pytest.raises(StoreError, match=r"scenario\.yaml, which is not here"):
        write_stored(folder, place / "report.html")


def test_a_run_without_a_source_says_how_to_get_one(place: Path) -> None:
    study = load(place / "scenario.yaml")
    run([study.baseline], replications=1, seed=3, workers=1, out=place / "run")
    with pytest.raises(StoreError, match="does not say which scenario file"):
        write_stored(place / "run", place / "report.html")


def test_a_folder_without_run_or_plan_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="holds no run"):
        write_stored(tmp_path, tmp_path / "report.html")


def test_a_stored_plan_is_shown_on_the_replications_it_was_validated_with(place: Path) -> None:
    study = load(place / "scenario.yaml")
    plan = optimize(study, seed=3, workers=1, replications=3)
    plan.save(place / "plan")
    page = write_stored(place / "plan", place / "report.html", workers=1).read_text(encoding="utf-8")
    assert plan.feasible
    assert plan.validated
    for target in plan.targets:
        cell = re.search(rf'data-key="plan\|{re.escape(target.kpi)}"[^>]*>.*?<data value="([^"]+)">', page)
        assert cell is not None
        assert float(cell[1]) == pytest.approx(target.value, abs=1e-12)
        values = set(re.findall(rf'data-key="plan\|{re.escape(target.kpi)}"[^>]*>.*?<data value="([^"]+)">', page))
        assert len({round(float(value), 9) for value in values}) == 1
    assert Estimate(plan.targets[0].value).value <= plan.targets[0].limit


def test_a_pipe_is_written_into_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text(encoding="utf-8")), daemon=True)
    reader.start()
    save(pipe, "<html></html>")
    reader.join(timeout=5)
    assert pipe.is_fifo()
    assert read == ["<html></html>"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link.html").symlink_to(tmp_path / "page.html")
    save(tmp_path / "link.html", "<html></html>")
    assert (tmp_path / "link.html").is_symlink()
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == "<html></html>"
