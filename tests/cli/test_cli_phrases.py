"""Every phrase the command line says has its Chinese form, with the same values filled in, and none is left over."""

import ast
import re
from pathlib import Path

import simgov.cli
from simgov.cli.language import Words, language_asked_for, language_of
from simgov.cli.phrases import CHINESE
from simgov.cli.plan_explaining import HEADINGS, PARTS, WHY_SHORT
from simgov.cli.planning import BAND_REASONS, WHY_STOPPED

SPEAKERS = {"words", "say", "headline", "progress"}


def literals(node: ast.expr) -> list[str]:
    """The texts that an argument can be: a literal, both sides of ``a if b else c``, a default, all items of a list."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".get"):
        return literals(node.args[1])
    if isinstance(node, ast.IfExp):
        return literals(node.body) + literals(node.orelse)
    if isinstance(node, ast.List | ast.Tuple):
        return [text for item in node.elts for text in literals(item)]
    return []


def phrases_said() -> set[str]:
    said: set[str] = {
        phrase for table in (WHY_STOPPED, BAND_REASONS, HEADINGS, PARTS, WHY_SHORT) for phrase in table.values()
    }
    for module in Path(simgov.cli.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "phrase":
                said.update(literals(node.value))
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).endswith(("_HEADS", "WEEKDAYS")):
                said.update(literals(node.value))
            if not isinstance(node, ast.Call):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if (called in SPEAKERS or called == "table") and node.args:
                said.update(literals(node.args[0]))
            said.update(text for keyword in node.keywords if keyword.arg == "help" for text in literals(keyword.value))
    return {phrase for phrase in said if phrase}


def test_every_phrase_is_there_in_chinese() -> None:
    assert phrases_said() - CHINESE.keys() == set()


def test_no_chinese_phrase_is_left_over() -> None:
    assert CHINESE.keys() - phrases_said() == set()


def test_both_languages_fill_in_the_same_values() -> None:
    for english, chinese in CHINESE.items():
        assert sorted(re.findall(r"\{\w+\}", english)) == sorted(re.findall(r"\{\w+\}", chinese)), english


def test_words_speak_both_languages() -> None:
    assert Words("en")("Picture: {file}", file="a.svg") == "Picture: a.svg"
    assert Words("zh")("Picture: {file}", file="a.svg") == "流程图：a.svg"


def test_the_locale_gives_the_language() -> None:
    assert language_of({"LANG": "zh_CN.UTF-8"}) == "zh"
    assert language_of({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}) == "en"
    assert language_of({}) == "en"
    assert language_of({}, "Chinese (Simplified)_China") == "zh"


def test_the_option_beats_the_locale_in_help_too(monkeypatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert language_asked_for(["run", "--lang", "en"]) == "en"
    assert language_asked_for(["run", "--lang=en"]) == "en"
    assert language_asked_for(["run"]) == "zh"
