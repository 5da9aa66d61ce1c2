"""Which assumption moves a prediction most, as a picture (a tornado)."""

from __future__ import annotations

from html import escape

from benchmarks.casebook.row import FigureRow
from benchmarks.casebook.words import SEMICOLON, shown, unit_of

WIDTH, LABELS, RIGHT, ROW, TOP, BOTTOM = 820, 360, 60, 26, 34, 40
MOST_BARS, MOST_LABEL = 8, 56
BAR, MEDIAN, PUBLISHED, INTERVAL = "#2f6f8f", "#333333", "#b5523b", "#dfe8ee"
WORDS = {
    "en": (
        "mean prediction while an assumption is in the lowest (○) and in the highest (●) fifth of its range",
        "predicted, 95 %", "published",
    ),
    "zh": ("各项假设取其范围内最低五分之一（○）和最高五分之一（●）时的平均预测值", "95% 预测区间", "公布值"),
}  # fmt: skip


def tornado(figure: FigureRow, lang: str) -> str:
    """An SVG: one bar an assumption, the widest first; the interval behind, the published figure dashed."""
    bars = figure.moves[:MOST_BARS]
    published = [one.value for one in figure.readings]
    ends = [figure.low, figure.high, *published, *(x for one in bars for x in (one.in_lowest, one.in_highest))]
    low, high = min(ends), max(ends)
    margin = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
    low, high = low - margin, high + margin
    height = TOP + ROW * max(1, len(bars)) + BOTTOM
    floor = TOP + ROW * max(1, len(bars))

    def across(value: float) -> float:
        return round(LABELS + (value - low) / (high - low) * (WIDTH - LABELS - RIGHT), 1)

    caption, interval, said = WORDS[lang]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'font-family="sans-serif" font-size="12">',
        f"<title>{escape(figure.name.said(lang))}</title>",
        '<rect width="100%" height="100%" fill="white"/>',
        f'<rect x="{across(figure.low)}" y="{TOP}" width="{max(1.0, across(figure.high) - across(figure.low)):.1f}" '
        f'height="{floor - TOP}" fill="{INTERVAL}"><title>{interval}</title></rect>',
        _rule(across(figure.median), TOP, floor, MEDIAN, ""),
    ]
    for value in published:
        parts.append(_rule(across(value), TOP - 6, floor, PUBLISHED, ' stroke-dasharray="5 4"'))
        parts.append(f'<text x="{across(value)}" y="{TOP - 10}" fill="{PUBLISHED}" text-anchor="middle">{said}</text>')
    for place, one in enumerate(bars):
        middle = TOP + ROW * place + ROW // 2
        left, right = across(one.in_lowest), across(one.in_highest)
        parts += [
            f'<text x="{LABELS - 10}" y="{middle + 4}" text-anchor="end">{_label(one.name.said(lang))}</text>',
            f'<rect x="{min(left, right)}" y="{middle - 6}" width="{max(1.0, abs(right - left)):.1f}" height="12" '
            f'fill="{BAR}" fill-opacity="0.75"/>',
            f'<circle cx="{left}" cy="{middle}" r="4" fill="white" stroke="{BAR}" stroke-width="1.5"/>',
            f'<circle cx="{right}" cy="{middle}" r="4" fill="{BAR}"/>',
        ]
    for value in (figure.low, figure.median, figure.high) if figure.high > figure.low else (figure.median,):
        parts.append(
            f'<text x="{across(value)}" y="{floor + 15}" text-anchor="middle">{shown(value, figure.unit)}</text>'
        )
    unit = unit_of(figure.unit, lang)
    axis = f"{escape(unit)}{SEMICOLON[lang]}{caption}" if unit else caption
    parts.append(f'<text x="{WIDTH / 2}" y="{height - 6}" text-anchor="middle" fill="#555">{axis}</text></svg>\n')
    return "\n".join(parts)


def _rule(x: float, top: int, floor: int, colour: str, dashes: str) -> str:
    return f'<line x1="{x}" x2="{x}" y1="{top}" y2="{floor}" stroke="{colour}" stroke-width="1.5"{dashes}/>'


def _label(text: str) -> str:
    """A label; of one that is cut, all of it where one points."""
    short = _short(text)
    return escape(short) if short == text else f"{escape(short)}<title>{escape(text)}</title>"


def _short(text: str) -> str:
    """A label that fits beside the bars; Chinese signs are twice as wide."""
    width, kept = 0, ""
    for sign in text:
        width += 2 if ord(sign) > 0x2E80 else 1
        if width > MOST_LABEL:
            return kept + "…"
        kept += sign
    return kept
