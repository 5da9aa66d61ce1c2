"""Charts: specifications that Vega-Lite accepts, in both languages, drawn from the numbers they were given."""

import json
from typing import Any

import pytest
import vl_convert

from simgov.report import charts
from simgov.report.charts import ShareBar, TimeBar, WaitPoint
from simgov.scenario.value import Text

SERIES = [Text("Today", "现状"), Text("Plan", "方案")]
SAID = Text("A chart", "一张图")
BARS = [
    TimeBar(0, Text("Review", "审查"), 0, 30.0, 12.0, 0.0),
    TimeBar(0, Text("Review", "审查"), 1, 10.0, 12.0, 0.0),
    TimeBar(1, Text("Second <b>review</b>", "复核"), 0, 5.0, 8.0, 3.0),
    TimeBar(1, Text("Second <b>review</b>", "复核"), 1, 0.0, 0.0, 0.0, dropped=True),
]
POINTS = [WaitPoint(minute, series, 12.0, 8.0 + series, 20.0) for series in (0, 1) for minute in (540, 570, 780)]


def specs(lang: Any) -> dict[str, charts.Spec]:
    return {
        "time": charts.time_bars(BARS, SERIES, lang, SAID),
        "one": charts.time_bars([BARS[0]], SERIES[:1], lang, SAID),
        "share": charts.share_bars([ShareBar(0, Text("Windows", "窗口"), s, 0.7) for s in (0, 1)], SERIES, lang, SAID),
        "wait": charts.wait_lines(POINTS, SERIES, lang, SAID, limit=15.0, limit_p90=30.0),
        "arrivals": charts.arrival_bars(POINTS, lang, SAID),
    }


def rows(spec: charts.Spec) -> list[dict[str, Any]]:
    return [row for values in spec["datasets"].values() for row in values]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", ["time", "one", "share", "wait", "arrivals"])
def test_vega_lite_compiles_the_chart(name: str, lang: str) -> None:
    compiled = vl_convert.vegalite_to_vega(specs(lang)[name])
    assert compiled["marks"]
    assert compiled["description"] == ("一张图" if lang == "zh" else "A chart")


def test_the_languages_differ_in_words_alone() -> None:
    for name, english in specs("en").items():
        chinese = specs("zh")[name]
        numbers = [
            [{k: v for k, v in row.items() if not isinstance(v, str)} for row in rows(one)]
            for one in (english, chinese)
        ]
        assert numbers[0] == numbers[1], name
        assert "现状" not in json.dumps(english, ensure_ascii=False)


def test_bars_are_as_long_as_the_minutes_and_stand_end_to_end() -> None:
    drawn = [row for row in rows(specs("en")["time"]) if "from" in row and "kind" in row]
    today = [(row["from"], row["to"]) for row in drawn if row["place"] == 1 and row["slot"] == 1]
    assert today == [(0.0, 5.0), (5.0, 13.0), (13.0, 16.0)]


def test_totals_and_dropped_steps_are_written_beside_the_bars() -> None:
    labels = [row["label"] for row in rows(specs("en")["time"]) if "middle" in row and "label" in row]
    assert labels == ["42.0 min", "22.0 min", "16.0 min", "dropped"]


def test_a_gap_in_the_day_breaks_the_line() -> None:
    lines = {row["line"] for row in rows(specs("en")["wait"]) if row.get("measure") == "mean" and row["slot"] == 1}
    assert lines == {"mean 0 0", "mean 0 1"}


def test_a_chart_asks_for_nothing_from_outside() -> None:
    text = json.dumps([spec for lang in ("en", "zh") for spec in specs(lang).values()])
    assert '"url"' not in text
    assert '"href"' not in text


@pytest.mark.parametrize(
    "colour", [charts.WAITING, charts.WORKING, charts.OUTSIDE, *charts.SERIES, charts.QUIET, charts.TARGET]
)
def test_colours_stand_out_from_white(colour: str) -> None:
    assert contrast_with_white(colour) >= 3.0


def test_text_is_dark_enough_to_read() -> None:
    for colour in (charts.INK, charts.QUIET, charts.TARGET):
        assert contrast_with_white(colour) >= 4.5


def contrast_with_white(colour: str) -> float:
    """The contrast ratio of WCAG 2.1."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)
