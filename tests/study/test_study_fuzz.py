"""Whatever is done to a valid file, reading it gives located problems or a study, and never another exception."""

import copy
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from simgov.errors import InputError
from simgov.study import check, load

HALL = Path(__file__).parent / "hall" / "scenario.yaml"
FULL = Path(__file__).parent / "language" / "scenario.yaml"
TEXTS = {path: path.read_text(encoding="utf-8") for path in (HALL, FULL)}
SIGNS = """\t|:|: |：|，|％|{|}|[|]|- |&a |*a|!!x |#|'|"|>|%|\n|\n  |---\n|? |<<: |0|-|1e9|~|null"""
ODD_SIGNS = "\0|\ufeff|\x85|\u2028|@|`|é|许"
PIECES = st.one_of(st.text(max_size=4), st.sampled_from([*SIGNS.split("|"), *ODD_SIGNS.split("|"), "|"]))
WORDS = """6 min|-1 min|0 min|2 workdays|1e11 h|15 %|100 %|0 %|35 CNY/h|7 EUR|9 /h|0 /h|1e11 /h|09:00-12:00|always
general|passport|counter|passport.review|passport.recheck|1..4|2026-02-30|one_window|both|arrivals/id_card.csv|..|/|a\0b"""
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=6))
NODES = st.sampled_from([[], {}, [[1], {"a": 2}], *WORDS.replace("\n", "|").split("|")]).map(copy.deepcopy)
VALUES = st.one_of(SCALARS, NODES)
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read(folder: Path, content: bytes) -> None:
    """Read a file of that content; where it is accepted its reforms must apply."""
    place = folder / "scenario.yaml"
    place.write_bytes(content)
    errors, _ = check(place)
    assert all(problem.file and problem.line >= 1 and problem.column >= 1 for problem in errors)
    if errors:
        with pytest.raises(InputError):
            load(place)
        return
    study = load(place)
    for name in study.reforms:
        study.reform(name)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the CSV files of both scenarios."""
    place = tmp_path_factory.mktemp("fuzz")
    for source in (HALL, FULL):
        for table in source.parent.glob("**/*.csv"):
            target = place / table.relative_to(source.parent)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(table.read_bytes())
    return place


@QUICK
@given(data=st.data())
def test_random_characters(folder: Path, data: st.DataObject) -> None:
    text = TEXTS[data.draw(st.sampled_from(list(TEXTS)))]
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = start + data.draw(st.integers(0, 6))
        text = text[:start] + data.draw(PIECES) + text[end:]
    read(folder, text.encode("utf-8", "surrogatepass"))


@QUICK
@given(data=st.data())
def test_random_bytes(folder: Path, data: st.DataObject) -> None:
    content = TEXTS[data.draw(st.sampled_from(list(TEXTS)))].encode()
    start = data.draw(st.integers(0, len(content)))
    read(folder, content[:start] + data.draw(st.binary(max_size=4)) + content[start + data.draw(st.integers(0, 4)) :])


@QUICK
@given(data=st.data())
def test_random_nodes(folder: Path, data: st.DataObject) -> None:
    """Values exchanged, deleted, moved to other places and put under other keys."""
    root = YAML(typ="safe", pure=True).load(TEXTS[data.draw(st.sampled_from(list(TEXTS)))])
    for _ in range(data.draw(st.integers(1, 3))):
        holder, key = data.draw(st.sampled_from(places(root)))
        action = data.draw(st.sampled_from(["delete", "exchange", "rename", "copy"]))
        if action == "delete":
            del holder[key]
        elif action == "exchange":
            holder[key] = data.draw(VALUES)
        elif action == "copy" and places(root):
            other, where = data.draw(st.sampled_from(places(root)))
            holder[key] = copy.deepcopy(other[where])
        elif isinstance(holder, dict):
            holder[data.draw(st.text(max_size=4))] = holder.pop(key)
        if not places(root):
            break
    stream = io.StringIO()
    try:
        YAML(typ="safe", pure=True).dump(root, stream)
    except Exception:  # not every random text can be written as YAML
        return
    read(folder, stream.getvalue().encode("utf-8", "surrogatepass"))


def places(node: Any) -> list[tuple[Any, Any]]:
    """Every (holder, key) in a tree."""
    if isinstance(node, dict):
        return [pair for key, value in node.items() for pair in ((node, key), *places(value))]
    if isinstance(node, list):
        return [pair for position, value in enumerate(node) for pair in ((node, position), *places(value))]
    return []


@QUICK
@given(data=st.data())
def test_random_profiles(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """What is wrong in a CSV is located in the CSV or is no fault."""
    place = tmp_path_factory.mktemp("csv")
    content = (HALL.parent / "arrivals" / "id_card.csv").read_bytes()
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content)))
        piece = data.draw(
            st.one_of(st.binary(max_size=3), st.sampled_from([b",", b"\n", b'"', b";", b"-", b"nan", b"1e999"]))
        )
        content = content[:start] + piece + content[start + data.draw(st.integers(0, 5)) :]
    (place / "arrivals").mkdir()
    (place / "arrivals" / "id_card.csv").write_bytes(content)
    read(place, HALL.read_bytes())
