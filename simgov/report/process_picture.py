"""The process of each service as a drawing: one lane per pool, steps from left to right, returns as dashed arcs.

``process_picture(scenario, lang)`` gives one SVG of all services, which needs no font, script or network of its own.
A step stands in the column after the last of its predecessors, so that time runs to the right; within a lane, steps
of one column are stacked; what does not fit into one row goes on in the next. With ``before``, steps that a reform
removed, changed or added are marked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from simgov.distributions import Distribution
from simgov.scenario.value import Pool, Scenario, Service, Step, Text

Language = Literal["zh", "en"]
Mark = Literal["", "removed", "changed", "added"]

BOX_HEIGHT = 70
ROW_GAP = 34
LANE_PADDING = 32
COLUMN_GAP = 56
NARROWEST_BOX = 104
HEAD_HEIGHT = 28.0
WIDEST_ROW = 1240.0
LANE_NAME_CELLS = 20
NAME_CELLS = 24
END = 1_000_000
"""The column of what lies to the right of all steps."""

CELL = 6.6
"""Width in pixels of one Latin letter of the step's name; a Chinese character takes two."""

WORDS: dict[str, tuple[str, str]] = {
    "applied": ("applied", "申请"),
    "left": ("done", "办结"),
    "some_cases": ("{share} of cases; the others go another way", "{share} 的办件；其余办件按另一流程办理"),
    "outside": ("outside the office", "不占用人员"),
    "accepted": ("accepted", "受理"),
    "decision": ("decided", "决定"),
    "collected": ("collected", "领取"),
    "special": ("clock stopped", "特殊环节"),
    "statutory": ("statutory", "法定环节"),
    "returned": ("returned", "退回"),
    "of cases": ("of cases", "的办件"),
    "windows": ("windows", "个窗口"),
    "officers": ("officers", "人"),
    "removed": ("removed", "已取消"),
    "changed": ("changed", "有变化"),
    "added": ("new", "新增"),
    "workdays": ("workdays", "个工作日"),
    "promise": ("promise", "承诺"),
    "before": ("Before", "改革前"),
    "after": ("After", "改革后"),
}

STYLE = """
  .lane { fill: #f6f8fa; stroke: #d0d7de; } .lane.odd { fill: #ffffff; }
  text { font-family: system-ui, "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", sans-serif; fill: #1f2328; }
  .title { font-size: 17px; font-weight: 600; } .lane-name { font-size: 12px; fill: #57606a; }
  .name { font-size: 13px; font-weight: 600; text-anchor: middle; }
  .note { font-size: 11px; fill: #57606a; text-anchor: middle; }
  .milestone { font-size: 11px; fill: #0b5394; text-anchor: middle; }
  .box { fill: #ffffff; stroke: #57606a; stroke-width: 1.2; } .box.in-person { stroke: #0b5394; stroke-width: 2; }
  .box.removed { fill: #f6f8fa; stroke: #cf222e; stroke-dasharray: 5 4; }
  .name.removed { fill: #cf222e; text-decoration: line-through; }
  .box.changed { fill: #fff8c5; } .box.added { fill: #dafbe1; }
  .edge { fill: none; stroke: #57606a; stroke-width: 1.2; marker-end: url(#simgov-arrow); }
  .return { fill: none; stroke: #bc4c00; stroke-width: 1.2; stroke-dasharray: 5 4; }
  .return { marker-end: url(#simgov-return-arrow); }
  .share { font-size: 11px; fill: #57606a; } .return-note { font-size: 11px; fill: #bc4c00; text-anchor: middle; }
  .share, .return-note { paint-order: stroke; stroke: #ffffff; stroke-width: 3px; }
  .end { fill: #1f2328; }
"""


@dataclass(frozen=True)
class Box:
    """Where a step is drawn, in pixels of its service's band."""

    step: Step
    mark: Mark
    column: int
    x: float
    y: float
    width: float

    @property
    def middle(self) -> float:
        return self.y + BOX_HEIGHT / 2

    @property
    def right(self) -> float:
        return self.x + self.width


@dataclass(frozen=True)
class Lane:
    """A pool's strip (None: outside every pool), in pixels of its service's band."""

    name: str
    top: float
    height: float


def process_picture(scenario: Scenario, lang: Language = "en", before: Scenario | None = None) -> str:
    """One SVG with the process of every service of ``scenario``; what differs from ``before`` is marked."""
    drawing, width, height = bands(scenario, scenario.services, lang, before)
    return svg(drawing, width + 24, height, spoken(scenario.name, lang), lang)


def before_and_after(before: Scenario, after: Scenario, lang: Language = "en") -> str:
    """One SVG with what ``after`` changes in ``before``: of each service above as it was, below as it will be, marked.

    Only the services that differ are drawn; where officers alone differ, those that they serve.
    """
    olds, news = ({service.id: service for service in one.services} for one in (before, after))
    drawn: list[str] = []
    width, top = 0.0, 0.0
    for name in changed_services(before, after):
        for key, there, scenario, earlier in (("before", olds, before, None), ("after", news, after, before)):
            if name not in there:
                continue
            drawing, one_width, height = bands(scenario, [there[name]], lang, earlier)
            drawn.append(f'<g transform="translate(0 {top:g})">{head(key, lang)}')
            drawn.append(f'<g transform="translate(0 {HEAD_HEIGHT:g})">{drawing}</g></g>')
            width, top = max(width, one_width), top + HEAD_HEIGHT + height
    return svg("".join(drawn), width + 24, top, spoken(after.name, lang), lang)


def head(key: str, lang: Language) -> str:
    """What stands over each half of a comparison."""
    return f'<text class="title" x="12" y="22">{escape(word(key, lang))}</text>'


def changed_services(before: Scenario, after: Scenario) -> list[str]:
    """The services whose process differs; where there is none, those whose pools do, and otherwise all."""
    names = list(dict.fromkeys(service.id for scenario in (before, after) for service in scenario.services))
    old = {service.id: service for service in before.services}
    new = {service.id: service for service in after.services}
    found = [name for name in names if old.get(name) != new.get(name)]
    moved = {pool.id for pool in {*before.pools} ^ {*after.pools}}
    served = [s.id for s in after.services if any(moved & {*step.pools} for step in s.steps)]
    return found or served or names


def bands(
    scenario: Scenario, services: Sequence[Service], lang: Language, before: Scenario | None = None
) -> tuple[str, float, float]:
    """The drawings of services one below the other, with their width and height in pixels."""
    drawn: list[str] = []
    width, top = 0.0, 12.0
    for service in services:
        marks = step_marks(service, before)
        drawing, band_width, height = service_band(scenario, service, marks, lang)
        drawn.append(f'<g transform="translate(12 {top:g})">{drawing}</g>')
        width, top = max(width, band_width), top + height + 26
    return "".join(drawn), width, top


def svg(drawing: str, width: float, height: float, title: str, lang: Language) -> str:
    """A drawing as one SVG."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" role="img" lang="{lang}">'
        f"<title>{escape(title)}</title><style>{STYLE}</style>"
        f"<defs>{arrow('simgov-arrow', '#57606a')}{arrow('simgov-return-arrow', '#bc4c00')}</defs>"
        f"{drawing}</svg>\n"
    )


def service_band(
    scenario: Scenario, service: Service, marks: Mapping[str, Mark], lang: Language
) -> tuple[str, float, float]:
    """The drawing of one service, row below row, with its width and height in pixels."""
    out = [f'<text class="title" x="0" y="17">{escape(service_title(scenario, service, lang))}</text>']
    width, top = 0.0, 28.0
    for steps in rows_of_steps(service, lang):
        lanes, boxes = layout(scenario, service, steps, marks, lang)
        name_width = max(cells(lane.name) for lane in lanes) * 6.2 + 24
        right = max(box.right for box in boxes)
        row_width = name_width + 44 + right + 70
        out.append(f'<g transform="translate(0 {top:g})">')
        for number, lane in enumerate(lanes):
            odd = " odd" if number % 2 else ""
            size = f'width="{row_width:g}" height="{lane.height:g}"'
            out.append(f'<rect class="lane{odd}" x="0" y="{lane.top:g}" {size}/>')
            out.append(f'<text class="lane-name" x="10" y="{lane.top + 18:g}">{escape(lane.name)}</text>')
        out.append(f'<g transform="translate({name_width + 44:g} 0)">')
        out.extend(edges(service, boxes, lang))
        out.extend(returns(boxes, lang))
        out.extend(box_drawing(box, lang) for box in boxes)
        out.append("</g></g>")
        width, top = max(width, row_width), top + lanes[-1].top + lanes[-1].height + ROW_GAP / 2
    return "".join(out), width, top


def rows_of_steps(service: Service, lang: Language) -> list[list[Step]]:
    """The steps of each row: as many columns as fit, so that a long process reads like lines of text."""
    column_of = columns(service)
    rows: list[list[Step]] = []
    room = 0.0
    for column in range(1 + max(column_of.values(), default=-1)):
        steps = [step for step in service.steps if column_of[step.id] == column]
        needed = max(box_width(step, lang) for step in steps) + COLUMN_GAP
        if not rows or needed > room:
            rows.append([])
            room = WIDEST_ROW
        rows[-1].extend(steps)
        room -= needed
    return rows


def layout(
    scenario: Scenario, service: Service, steps: list[Step], marks: Mapping[str, Mark], lang: Language
) -> tuple[list[Lane], list[Box]]:
    """Lanes from top to bottom and the boxes of ``steps``, which make up one row."""
    column_of = columns(service)
    order = [pool.id for pool in scenario.pools]
    used = sorted({step.at for step in steps if step.at is not None}, key=order.index)
    keys: list[str | None] = [*used, *([None] if any(step.at is None for step in steps) else [])]
    widths: dict[int, float] = {}
    for step in steps:
        column = column_of[step.id]
        widths[column] = max(widths.get(column, 0.0), box_width(step, lang))
    left: dict[int, float] = {}
    x = 0.0
    for column in sorted(widths):
        left[column] = x
        x += widths[column] + COLUMN_GAP
    lanes: list[Lane] = []
    boxes: list[Box] = []
    top = 0.0
    for key in keys:
        stacked: dict[int, int] = {}
        for step in (step for step in steps if step.at == key):
            column = column_of[step.id]
            place = stacked.get(column, 0)
            stacked[column] = place + 1
            y = top + LANE_PADDING + place * (BOX_HEIGHT + ROW_GAP)
            boxes.append(Box(step, marks.get(step.id, ""), column, left[column], y, widths[column]))
        most = max(stacked.values())
        height = 2 * LANE_PADDING + most * BOX_HEIGHT + (most - 1) * ROW_GAP
        lanes.append(Lane(lane_name(scenario, key, lang), top, height))
        top += height
    return lanes, boxes


def columns(service: Service) -> dict[str, int]:
    """The column of each step: one more than the last of its predecessors."""
    by_id = {step.id: step for step in service.steps}
    found: dict[str, int] = {}

    def column(step_id: str) -> int:
        if step_id not in found:
            found[step_id] = 1 + max((column(p) for p in by_id[step_id].after), default=-1)
        return found[step_id]

    for step in service.steps:
        column(step.id)
    return found


def edges(service: Service, boxes: list[Box], lang: Language) -> list[str]:
    """Arrows between the boxes of one row, from the start, to the end, and from and to the rows above and below."""
    by_id = {box.step.id: box for box in boxes}
    followers = {box.step.id: [s.id for s in service.steps if box.step.id in s.after] for box in boxes}
    firsts = [box for box in boxes if not box.step.after]
    lasts = [box for box in boxes if not followers[box.step.id]]
    right = max(box.right for box in boxes)
    out: list[str] = []
    if firsts:
        y = sum(box.middle for box in firsts) / len(firsts)
        out.append(terminus(-34, y, word("applied", lang)))
        out.extend(f'<path class="edge" d="{curve(-29, y, box.x, box.middle)}"/>' for box in firsts)
    if lasts:
        y = sum(box.middle for box in lasts) / len(lasts)
        out.append(terminus(right + 36, y, word("left", lang)))
        out.extend(f'<path class="edge" d="{past(box, right + 30, y, END, boxes)}"/>' for box in lasts)
    for box in boxes:
        for previous in box.step.after:
            out.extend(edge(by_id[previous], box, boxes) if previous in by_id else [from_above(box)])
        if any(follower not in by_id for follower in followers[box.step.id]):
            out.append(f'<path class="edge" d="{past(box, right + 36, box.middle, END, boxes)}"/>')
    return out


def edge(previous: Box, box: Box, boxes: list[Box]) -> list[str]:
    """The arrow from one box to a later one, with the share of cases that goes this way where there is a choice."""
    out = [f'<path class="edge" d="{past(previous, box.x, box.middle, box.column, boxes)}"/>']
    chosen = dict(previous.step.choose).get(box.step.id)
    if chosen is not None:
        x, y = (previous.right + box.x) / 2 + 6, (previous.middle + box.middle) / 2 - 6
        out.append(f'<text class="share" x="{x:g}" y="{y:g}">{percent(chosen)}</text>')
    return out


def from_above(box: Box) -> str:
    """The arrow that comes from the row above."""
    return f'<path class="edge" d="{curve(-36, box.middle, box.x, box.middle)}"/>'


def terminus(x: float, y: float, name: str) -> str:
    """The dot where cases come in or leave."""
    dot = f'<circle class="end" cx="{x:g}" cy="{y:g}" r="5"/>'
    return f'{dot}<text class="note" x="{x:g}" y="{y + 20:g}">{escape(name)}</text>'


def past(box: Box, x: float, y: float, column: int, boxes: list[Box]) -> str:
    """A path from ``box`` to (x, y) that goes over the boxes of the columns between, if any stand in its way."""
    high, low = min(box.middle, y) - 40, max(box.middle, y) + 40
    between = [b for b in boxes if box.column < b.column < column and high < b.middle < low]
    if not between:
        return curve(box.right, box.middle, x, y)
    over = min(b.y for b in between) - 12
    first, last = min(b.x for b in between), max(b.right for b in between)
    return f"{curve(box.right, box.middle, first, over)} L {last:g} {over:g} {curve(last, over, x, y, move=False)}"


def returns(boxes: list[Box], lang: Language) -> list[str]:
    """A dashed arc under the boxes for each share of cases that is sent back."""
    by_id = {box.step.id: box for box in boxes}
    out: list[str] = []
    for box in boxes:
        if box.step.returns is None or box.mark == "removed":
            continue
        target = by_id.get(box.step.returns.to)
        note = escape(f"{percent(box.step.returns.share)} {word('returned', lang)}")
        above = escape(box.step.returns.to)
        if target is None:
            x, y = box.x + box.width / 2, box.y + BOX_HEIGHT
            out.append(f'<path class="return" d="M {x:g} {y:g} v 14"/>')
            out.append(f'<text class="return-note" x="{x:g}" y="{y + 27:g}">{note} ↑ {above}</text>')
            continue
        x1, x2 = box.x + box.width * 0.62, target.x + target.width * 0.38
        low = max(box.y, target.y) + BOX_HEIGHT
        y1, y2 = box.y + BOX_HEIGHT, target.y + BOX_HEIGHT
        arc = f"M {x1:g} {y1:g} C {x1:g} {low + 21:g}, {x2:g} {low + 21:g}, {x2:g} {y2:g}"
        out.append(f'<path class="return" d="{arc}"/>')
        out.append(f'<text class="return-note" x="{(x1 + x2) / 2:g}" y="{low + 27:g}">{note}</text>')
    return out


def box_drawing(box: Box, lang: Language) -> str:
    """The box of a step: its name, its time, and its milestones or mark."""
    step, centre = box.step, box.x + box.width / 2
    classes = " ".join(c for c in ("box", "in-person" if step.in_person else "", box.mark) if c)
    name = spoken(step.name, lang)
    tooltip = "; ".join(filter(None, [name, step_note(step, lang), milestones(step, lang), step.basis]))
    below = word(box.mark, lang) if box.mark == "removed" else milestones(step, lang)
    texts = [(f"name {box.mark}".strip(), line) for line in wrapped(name)]
    texts += [("note", step_note(step, lang)), ("milestone", below)]
    first = box.middle + 4.5 - 7.5 * (len(texts) - 1 - (not below))
    lines = "".join(
        f'<text class="{css}" x="{centre:g}" y="{first + 15 * place:g}">{escape(line)}</text>'
        for place, (css, line) in enumerate(texts)
    )
    size = f'width="{box.width:g}" height="{BOX_HEIGHT}"'
    return (
        f"<g><title>{escape(tooltip)}</title>"
        f'<rect class="{classes}" x="{box.x:g}" y="{box.y:g}" {size} rx="6"/>{lines}</g>'
    )


def step_marks(service: Service, before: Scenario | None) -> dict[str, Mark]:
    """What happened to each step since ``before``: removed, changed, added or nothing."""
    old = {} if before is None else {s.id: s for b in before.services if b.id == service.id for s in b.steps}
    marks: dict[str, Mark] = {}
    for step in service.steps:
        if step.removed:
            marks[step.id] = "removed"
        elif before is not None and step.id not in old:
            marks[step.id] = "added"
        elif before is not None and step != old[step.id]:
            marks[step.id] = "changed"
    return marks


def step_note(step: Step, lang: Language) -> str:
    """The time of a step and the share of cases that do it: ``25 min · 30 % of cases``."""
    parts = [part.time for part in step.parts if part.kept and part.time is not None]
    times = parts if step.time is None else [step.time]
    text = " + ".join(time_text(time, lang) for time in times)
    if 0 < step.share < 1:
        share = f"{percent(step.share)} {word('of cases', lang)}"
        text = f"{text} · {share}" if text else share
    return text


def milestones(step: Step, lang: Language) -> str:
    """``accepted · decided`` and the like, and whether the law requires the step."""
    signs = (
        ("accepted", step.accepted),
        ("decision", step.decision),
        ("collected", step.collected),
        ("special", step.special),
        ("statutory", bool(step.basis)),
    )
    return " · ".join(word(sign, lang) for sign, shown in signs if shown)


def service_title(scenario: Scenario, service: Service, lang: Language) -> str:
    """The name of a service, with its promise where it has one, and how many of its cases go as drawn if not all do."""
    name = spoken(service.name, lang)
    if service.promise is not None:
        promised = f"{word('promise', lang)} {service.promise} {word('workdays', lang)}"
        name += f"（{promised}）" if lang == "zh" else f" ({promised})"
    drawn = sum(way.share for way in scenario.ways_of(service) if way.service == service)
    return name if drawn > 1.0 - 1e-9 else f"{name} · {word('some_cases', lang).format(share=percent(drawn))}"


def lane_name(scenario: Scenario, key: str | None, lang: Language) -> str:
    """The name of a lane: the pool with its posts, or what is outside every pool."""
    if key is None:
        return word("outside", lang)
    pool: Pool = scenario.pool(key)
    posts = word("windows" if pool.kind == "window" else "officers", lang)
    return f"{shortened(spoken(pool.name, lang), LANE_NAME_CELLS)} · {pool.count} {posts}"


def time_text(time: Distribution, lang: Language) -> str:
    """The mean of a time in the unit people use for it: ``25 min``, ``1.5 h``, ``2 workdays``."""
    if time.base == "workday":
        return f"{time.mean:.3g} {word('workdays', lang)}"
    for size, en, zh in ((1440.0, "d", "天"), (60.0, "h", "小时")):
        if time.mean >= 2 * size or time.mean == size:
            return f"{time.mean / size:.3g} {zh if lang == 'zh' else en}"
    return f"{time.mean:.3g} {'分钟' if lang == 'zh' else 'min'}"


def box_width(step: Step, lang: Language) -> float:
    """Wide enough for the longest line of the box."""
    lines = (*wrapped(spoken(step.name, lang)), step_note(step, lang), milestones(step, lang))
    return max(NARROWEST_BOX, max(cells(line) for line in lines) * CELL + 22)


def curve(x1: float, y1: float, x2: float, y2: float, move: bool = True) -> str:
    """A path that leaves (x1, y1) and reaches (x2, y2) horizontally."""
    bend = max((x2 - x1) / 2, 12)
    start = f"M {x1:g} {y1:g} " if move else ""
    return f"{start}C {x1 + bend:g} {y1:g}, {x2 - bend:g} {y2:g}, {x2:g} {y2:g}"


def arrow(name: str, colour: str) -> str:
    """The head of an arrow, as an SVG marker."""
    return (
        f'<marker id="{name}" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M 0 0 L 8 4 L 0 8 z" fill="{colour}"/></marker>'
    )


def spoken(text: Text, lang: Language) -> str:
    """The name in one language."""
    return text.zh if lang == "zh" else text.en


def word(key: str, lang: Language) -> str:
    """One of the drawing's own words in one language."""
    return WORDS[key][1 if lang == "zh" else 0]


def percent(share: float) -> str:
    """A share as people write it: ``15 %``, ``2.5 %``."""
    return f"{100 * share:.3g} %"


def wrapped(text: str) -> list[str]:
    """``text`` on one line, or on two of at most ``NAME_CELLS`` cells, broken at a space where there is one."""
    if cells(text) <= NAME_CELLS:
        return [text]
    fitting = [i for i in range(1, len(text)) if cells(text[:i]) <= NAME_CELLS]
    cut = max((i for i in fitting if text[i] == " "), default=fitting[-1])
    return [text[:cut], shortened(text[cut:].strip())]


def shortened(text: str, most: int = NAME_CELLS) -> str:
    """``text`` cut to ``most`` cells, with an ellipsis where something is cut."""
    if cells(text) <= most:
        return text
    kept = ""
    for letter in text:
        if cells(kept + letter) > most - 1:
            break
        kept += letter
    return kept + "…"


def cells(text: str) -> int:
    """How wide ``text`` is in Latin letters; Chinese characters count two."""
    return sum(2 if ord(letter) >= 0x2E80 else 1 for letter in text)
