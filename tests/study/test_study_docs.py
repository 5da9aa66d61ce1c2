"""The examples in the documentation: every block of YAML is read, its reforms applied, its messages compared."""

from __future__ import annotations

import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from simgov.study import check, load
from simgov.study.document import parse_document

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = ("scenario-language", "reforms")


def blocks(page: str, language: str) -> list[tuple[str, str]]:
    """(what stands behind the language, text) of the page's blocks in a language."""
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    return [(info.strip(), body) for name, info, body in BLOCK.findall(text) if name == language]


def over(base: Any, change: Any) -> Any:
    """``base`` with the mappings of ``change`` laid over it."""
    if not (isinstance(base, dict) and isinstance(change, dict)):
        return change
    return {**base, **{key: over(base.get(key), value) for key, value in change.items()}}


def write(folder: Path, page: str, body: str) -> Path:
    """A whole file of an example: itself, or laid over the page's first one; JSON is YAML."""
    for name, table in blocks(page, "csv"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(table, encoding="utf-8")
    first = parse_document(blocks(page, "yaml")[0][1].encode(), "first").data
    example = parse_document(body.encode(), "example").data
    assert example is not None
    path = folder / "scenario.yaml"
    whole = {**over(first, example), **{key: example[key] for key in ("calendar", "run") if key in example}}
    path.write_text(json.dumps(whole, ensure_ascii=False), encoding="utf-8")
    return path


EXAMPLES = [(page, info, body) for page in PAGES for info, body in blocks(page, "yaml")]


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 20


@pytest.mark.parametrize(("page", "info", "body"), EXAMPLES, ids=[f"{p}-{i}" for i, (p, _, _) in enumerate(EXAMPLES)])
def test_the_example_is_read_and_its_reforms_apply(tmp_path: Path, page: str, info: str, body: str) -> None:
    path = write(tmp_path, page, body)
    if info == "wrong":
        (messages,) = [text for _, text in blocks(page, "text") if "has no unit" in text]
        found = [str(problem).split(": ", 1)[1] for problem in check(path)[0]]
        assert sorted(found) == sorted(messages.splitlines())
        return
    study = load(path)
    assert study.warnings == ()
    for name in study.reforms:
        assert study.reform(name) != study.baseline


def test_the_python_example_prints_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    ((_, code),) = blocks("reforms", "python")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "docs/reforms.md", "exec"), {})
    assert printed.getvalue() == "pools.intake.count: 5 → 6\n"


def test_every_measure_and_every_section_has_its_page() -> None:
    from simgov.reforms.registry import MEASURES
    from simgov.study.schema import StudySpec

    reforms = (ROOT / "docs" / "reform-measures.md").read_text(encoding="utf-8")
    language = (ROOT / "docs" / "scenario-language.md").read_text(encoding="utf-8")
    assert all(f"### {measure} " in reforms for measure in MEASURES)
    assert all(f"\n{key}:" in language for key in StudySpec.model_fields)


def test_every_key_of_the_language_is_in_the_reference() -> None:
    """No key can be added without a word about it."""
    from simgov.study import schema

    text = "".join(
        (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8") for page in (*PAGES, "reform-measures", "stress")
    )
    keys = {key for part in (schema(), *schema()["$defs"].values()) for key in part.get("properties", {})}
    assert [key for key in sorted(keys) if not re.search(rf"\b{re.escape(key)}\b", text)] == []
