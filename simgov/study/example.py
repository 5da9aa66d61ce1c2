"""The example office with the example of one measure as its reform: what ``simgov measures`` shows."""

from __future__ import annotations

from pathlib import Path

from simgov.errors import InputError
from simgov.reforms import registry
from simgov.reforms.kind import Kind
from simgov.study.document import parse_document
from simgov.study.reading import Study, interpret

OFFICE = Path(registry.__file__).parent / "office.yaml"
REFORM = "example"


def example_of(kind: Kind) -> Study:
    """The example office, whose one reform ``example`` is the example of this kind of measure."""
    text = f"{OFFICE.read_text(encoding='utf-8')}\nreforms:\n  {REFORM}: [{{{kind.example}}}]\n"
    study, problems = interpret(parse_document(text.encode(), OFFICE.name), OFFICE)
    errors = tuple(problem for problem in problems if not problem.warning)
    if errors or study is None:
        raise InputError(errors)
    return study
