"""Bad scenario files: each gives exactly the messages on file, located, all at once, and never a traceback."""

from pathlib import Path

import pytest

from simgov.errors import InputError
from simgov.study import check, load

HERE = Path(__file__).parent / "malformed"
FILES = sorted(path.name for path in HERE.glob("*.yaml"))


def test_there_are_enough_of_them() -> None:
    assert len(FILES) >= 90


@pytest.mark.parametrize("name", FILES)
def test_messages_are_those_on_file(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE)
    errors, _ = check(name)
    expected = (HERE / name).with_suffix(".txt").read_text(encoding="utf-8")
    assert "\n".join(str(error) for error in errors) + "\n" == expected
    assert errors, "a malformed file must have an error"


@pytest.mark.parametrize("name", FILES)
def test_load_raises_the_same_errors(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE)
    with pytest.raises(InputError) as raised:
        load(name)
    assert raised.value.problems == check(name)[0]
    for problem in raised.value.problems:
        assert problem.file
        assert problem.line >= 1
        assert problem.column >= 1


def test_every_error_points_at_what_it_speaks_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """Line and column lead to the text that the message quotes."""
    monkeypatch.chdir(HERE)
    errors, _ = check("many_at_once.yaml")
    lines = Path("many_at_once.yaml").read_text(encoding="utf-8").splitlines()
    pointed = [lines[error.line - 1][error.column - 1 :] for error in errors]
    starts = ("three", "generel", "25}", "permit.rechek", "permit.days.p9,", "generla", "sed")
    assert len(pointed) == len(starts)
    for found, start in zip(pointed, starts, strict=True):
        assert found.replace(", cv: 0.8", "").startswith(start)
