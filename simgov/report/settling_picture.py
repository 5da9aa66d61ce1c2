"""How the times of each service settle after the start, as one SVG with the warm-up marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from simgov.arrays import Floats
from simgov.scenario.value import Scenario

if TYPE_CHECKING:
    from simgov.experiment import ServiceWarmUp, WarmUp

MOST_POINTS = 300
DAY = 1440.0
LINE, MARK = "#2f6f8f", "#b5523b"
WORDS = {
    "en": ("days since the start", "hours to the decision, mean over replications"),
    "zh": ("开始后的天数", "平均办理用时（小时）"),
}


def settling_picture(found: WarmUp, scenario: Scenario, lang: str) -> str:
    """One panel per service: its mean time by when people applied, in days, and a rule where the warm-up ends."""
    import altair as alt
    import vl_convert

    names = {service.id: service.name.zh if lang == "zh" else service.name.en for service in scenario.services}
    panels = [_panel(alt, one, names[one.service], lang) for one in found.services]
    if not panels:
        panels = [alt.Chart(alt.InlineData([])).mark_line()]
    spec = alt.vconcat(*panels).resolve_scale(y="independent").to_dict()
    drawing: str = vl_convert.vegalite_to_svg(spec)
    return drawing


def _panel(alt: Any, one: ServiceWarmUp, name: str, lang: str) -> Any:
    days, hours = _thinned(one.applied / DAY), _thinned(one.times / 60.0)
    points = [{"day": float(day), "hours": float(hour)} for day, hour in zip(days, hours, strict=True)]
    across, up = WORDS["zh" if lang == "zh" else "en"]
    line = (
        alt.Chart(alt.InlineData(points))
        .mark_line(color=LINE, strokeWidth=1.5)
        .encode(x=alt.X("day:Q", title=across), y=alt.Y("hours:Q", title=up, scale=alt.Scale(zero=True)))
    )
    end = alt.InlineData([{"day": one.minutes / DAY}])
    mark = alt.Chart(end).mark_rule(color=MARK, strokeWidth=2, strokeDash=[6, 4]).encode(x="day:Q")
    return alt.layer(line, mark).properties(width=640, height=220, title=name)


def _thinned(series: Floats) -> Floats:
    """Means of neighbours, so that at most ``MOST_POINTS`` are drawn."""
    width = max(1, -(-len(series) // MOST_POINTS))
    whole = len(series) // width * width
    return np.asarray(series[:whole].reshape(-1, width).mean(axis=1))
