"""The frontier of cost against the limit of one KPI, as one SVG: steps, a dot for each limit asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simgov.kpi.table import find
from simgov.optimize.wording import UNITS
from simgov.scenario.value import Scenario

if TYPE_CHECKING:
    from simgov.optimize.curve import Curve

COLOURS = ("#2f6f8f", "#b5523b", "#5b8c3a", "#7a5ba6", "#8a6d1f", "#3a8c84")


def frontier_picture(curve: Curve, scenario: Scenario, lang: str) -> str:
    """Cost up, the limit across; with a second KPI one line for each of its limits."""
    import altair as alt
    import vl_convert

    rows = [_row(curve, point.limits, point.cost) for point in curve.points if point.cost is not None]
    across = _title(curve, scenario, 0, lang)
    up = f"成本（{curve.unit}）" if lang == "zh" else f"cost ({curve.unit})"
    # What is promised at one limit holds at every looser one, so each step ends where the next plan begins.
    step: Any = "step-after" if curve.senses[0] == "at_most" else "step-before"
    colour: Any = alt.value(COLOURS[0])
    if len(curve.kpis) > 1:
        colour = alt.Color("second:N", title=_title(curve, scenario, 1, lang), scale=alt.Scale(range=list(COLOURS)))
    chart = (
        alt.Chart(alt.InlineData(rows))
        .mark_line(interpolate=step, point=True, strokeWidth=2)
        .encode(
            x=alt.X("limit:Q", title=across, scale=alt.Scale(zero=False)),
            y=alt.Y("cost:Q", title=up, scale=alt.Scale(zero=False)),
            color=colour,
        )
        .properties(width=640, height=320)
    )
    drawing: str = vl_convert.vegalite_to_svg(chart.to_dict())
    return drawing


def _row(curve: Curve, limits: tuple[float, ...], cost: int) -> dict[str, float | str]:
    scaled = [limit * 100 if unit == "share" else limit for limit, unit in zip(limits, curve.units, strict=True)]
    second = f"{scaled[1]:g}" if len(scaled) > 1 else ""
    return {"limit": scaled[0], "second": second, "cost": cost / 100}


def _title(curve: Curve, scenario: Scenario, place: int, lang: str) -> str:
    label = find(scenario, curve.kpis[place]).label
    unit = curve.units[place]
    named = UNITS.get(unit)
    if lang == "zh":
        return f"{label.zh}（{'%' if unit == 'share' else named.zh.removeprefix('个') if named else unit}）"
    return f"{label.en} ({'%' if unit == 'share' else named.en if named else unit})"
