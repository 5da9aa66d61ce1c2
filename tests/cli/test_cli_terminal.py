"""Output: tables align with Chinese text, JSON has no nan, and no console crashes on a sign it lacks."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest

from simgov.cli.language import Words
from simgov.cli.quantities import in_words, number, percent
from simgov.cli.standard_streams import plainly
from simgov.cli.terminal import Terminal, as_json, table_lines
from simgov.kpi import Estimate


def test_a_table_aligns_chinese_and_latin() -> None:
    assert table_lines(["pool", "n"], [["综合窗口", "6"], ["police", "12"]], numbers=(1,)) == [
        "pool       n",
        "────────  ──",
        "综合窗口   6",
        "police    12",
    ]


def test_json_is_alone_on_stdout(capsys) -> None:
    terminal = Terminal(Words("en"), json=True)
    terminal.headline("No errors.")
    terminal.table(["pool"], [["a"]])
    terminal.say("Picture: {file}", file="a.svg")
    terminal.result({"a": 1})
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"a": 1}
    assert captured.err == "Picture: a.svg\n"


def test_without_json_the_result_is_for_people(capsys) -> None:
    terminal = Terminal(Words("en"))
    terminal.headline("No errors.")
    terminal.result({"a": 1})
    assert capsys.readouterr().out == "No errors.\n"


def test_undefined_numbers_are_null() -> None:
    assert json.loads(as_json({"a": float("nan"), "b": [np.float64("inf"), np.int32(3)]})) == {
        "a": None,
        "b": [None, 3],
    }


def test_what_a_console_lacks_is_said_plainly() -> None:
    import codecs

    codecs.register_error("simgov.plainly", plainly)
    assert "−5 ± 1 窗口".encode("gbk", "simgov.plainly").decode("gbk") == "-5 ± 1 窗口"
    assert "≥ 3 → 窗".encode("ascii", "simgov.plainly") == b">= 3 -> ?"


@pytest.mark.parametrize("environment", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "gbk"}, {"PYTHONIOENCODING": "ascii"}])
def test_no_console_crashes_on_chinese(environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "simgov", "run", "--help", "--lang", "zh"],
        capture_output=True,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(sys.path)} | environment,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert b"--targets" in done.stdout


@pytest.mark.parametrize(
    ("value", "text"),
    [(12.3456, "12.35"), (0.87123, "0.8712"), (1204300.4, "1,204,300"), (float("nan"), "–"), (5.0, "5")],
)
def test_numbers_have_as_many_digits_as_one_reads(value: float, text: str) -> None:
    assert number(value) == text


def test_estimates_are_said_in_one_unit_and_in_both_languages() -> None:
    values = [Estimate(300.0, 6.0, False), Estimate(45.0, 3.0, True)]
    sure, bound = in_words("min", values, Words("en"))
    unit = sure.split()[-1]
    assert unit in ("min", "h")
    assert re.fullmatch(rf"[\d.]+ ± [\d.]+ {unit}", sure)
    assert re.fullmatch(rf"at least [\d.]+ ± [\d.]+ {unit}", bound)
    assert in_words("min", values[:1], Words("zh"))[0].split()[-1] in ("分钟", "小时")
    assert in_words("min", [Estimate(float("nan"), float("nan"), False)], Words("en")) == ["–"]


def test_a_tolerance_is_said_in_percent() -> None:
    assert percent(0.015) == "1.5 %"
