"""The text drawing of a process: forks open rails, joins close them, every step has one line."""

import pytest

from simgov.cli.drawing import process_lines
from simgov.scenario.value import Service, Step, Text

NAME = Text("", "")


def service(**after: tuple[str, ...]) -> Service:
    return Service("permit", NAME, tuple(Step(id=i, name=NAME, stream=i, after=a) for i, a in after.items()))


def drawn(process: Service) -> str:
    return "\n".join(process_lines(process, {step.id: (step.id, "") for step in process.steps}, "applied"))


def test_a_chain_is_one_rail() -> None:
    assert drawn(service(counter=(), review=("counter",))) == "○ applied\n● counter\n● review"


def test_a_fork_and_its_join() -> None:
    process = service(counter=(), review=("counter",), notify=("counter",), issue=("review", "notify"))
    assert drawn(process) == "\n".join(
        ["○   applied", "●   counter", "├─╮", "● │ review", "│ ● notify", "├─╯", "●   issue"]
    )


def test_a_rail_that_is_crossed() -> None:
    process = service(a=(), b=("a",), c=("a",), d=("a",), e=("b", "d"), f=("c", "e"))
    text = drawn(process)
    assert "├─┼─╯" in text
    assert text.endswith("├─╯\n●     f")


def test_two_starts_share_the_application() -> None:
    assert drawn(service(a=(), b=())).splitlines()[1] == "├─╮"


def test_a_removed_step_is_crossed_out() -> None:
    process = Service("permit", NAME, (Step(id="recheck", name=NAME, stream="recheck", share=0.0),))
    assert "✕ recheck" in drawn(process)


def test_chinese_names_keep_the_columns() -> None:
    process = service(a=(), b=("a",))
    lines = process_lines(process, {"a": ("窗口", "x"), "b": ("counter", "y")}, "申请")
    assert lines == ["○ 申请", "● 窗口     x", "● counter  y"]


def test_a_cycle_is_refused() -> None:
    with pytest.raises(ValueError, match="wait for each other: a, b"):
        drawn(service(a=("b",), b=("a",)))
