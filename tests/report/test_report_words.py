"""Every sentence of the report is there in English and in Chinese, says the same values, and is used."""

import ast
import re
import string
from pathlib import Path

import pytest

import simgov.report
from simgov.report.words import MESSAGES, joined, paragraph, plain, say, tight
from simgov.scenario.value import Text

ROOM = Path(simgov.report.__file__).parent
SAME_IN_BOTH = {"times_over"}
PATTERNS = [
    re.compile(pattern)
    for pattern in (
        r"day_[0-6]|nav_\w+|group_\w+|(set_up|running)_cost|read_\w+|not_modelled_\w+|wait_(mean|p90)|stopped_\w+",
        r"target_(at_most|at_least)|at_(most|least)|proof_(enumerated|guarded)(_parts)?(_infeasible)?|band_(sharing|elsewhere)|engine_\w+",
    )
]
"""Keys that the code puts together."""


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def code() -> list[ast.AST]:
    files = [file for file in ROOM.glob("*.py") if not file.name.endswith("words.py")]
    return [node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))]


def texts_in_code() -> set[str]:
    return {node.value for node in code() if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def said_in_code() -> set[str]:
    calls = [node for node in code() if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    first = [call.args[0] for call in calls if call.func.id == "say" and call.args]  # type: ignore[attr-defined]
    return {one.value for one in first if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def quoted_in_templates() -> set[str]:
    pages = [file.read_text(encoding="utf-8") for file in (ROOM / "templates").iterdir()]
    return {key for page in pages for key in re.findall(r"""["'](\w+)["']""", page)}


@pytest.mark.parametrize("key", MESSAGES)
def test_a_message_says_the_same_in_both_languages(key: str) -> None:
    english, chinese = MESSAGES[key]
    assert english.strip()
    assert chinese.strip()
    assert fields(english) == fields(chinese)
    assert not re.search(r"[\u4e00-\u9fff]", english)
    in_chinese = re.search(r"[\u4e00-\u9fff]", chinese) is not None
    assert in_chinese or key in SAME_IN_BOTH or re.sub(r"\{\w+\}|\W|P90", "", chinese) == ""


def test_chinese_uses_chinese_punctuation() -> None:
    western = re.compile(r"[\u4e00-\u9fff][,;:?!()]|[,;:?!(][\u4e00-\u9fff]")
    wrong = {key for key, (_, chinese) in MESSAGES.items() if western.search(chinese)}
    assert wrong == set()


def test_every_key_that_is_said_exists() -> None:
    assert len(said_in_code()) > 60
    assert said_in_code() <= set(MESSAGES)


def test_no_message_is_left_over() -> None:
    used = texts_in_code() | quoted_in_templates()
    made = {key for key in MESSAGES if any(pattern.fullmatch(key) for pattern in PATTERNS)}
    assert set(MESSAGES) - used - made == set()


def test_values_are_filled_in_by_language() -> None:
    assert say("quoted", name=Text("one", "一")) == Text("“one”", "“一”")
    with pytest.raises(KeyError):
        say("no_such_message")


def test_lists_and_paragraphs_read_as_each_language_writes_them() -> None:
    items = [Text("a", "甲"), Text("b", "乙"), Text("c", "丙")]
    assert joined(items) == Text("a, b and c", "甲、乙和丙")
    assert joined(items[:1]) == Text("a", "甲")
    assert joined(items, clauses=True) == Text("a; b; c", "甲；乙；丙")
    assert paragraph(items) == Text("a b c", "甲乙丙")
    assert plain("x") == Text("x", "x")


def test_no_space_is_left_between_two_chinese_signs() -> None:
    assert tight("由 42.1 分钟 变为 14 分钟。") == "由 42.1 分钟变为 14 分钟。"
