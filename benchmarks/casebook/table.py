"""The table of all cases: Markdown in two languages, and one web page with both."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

from benchmarks.casebook.case import as_text
from benchmarks.casebook.plot import tornado
from benchmarks.casebook.predict import DRAWS
from benchmarks.casebook.row import FigureRow, ReadingRow, Row
from benchmarks.casebook.words import (
    COLON,
    HEADS,
    KINDS,
    MARKDOWN,
    REACHED,
    SEMICOLON,
    VERDICTS,
    aside,
    quantity,
    shown,
)

Cells = tuple[str, ...]


def picture_name(row: Row, place: int, lang: str) -> str:
    """The file of a figure's picture."""
    number = f"-{place + 1}" if len(row.figures) > 1 else ""
    return f"{row.id}{number}{'.zh' if lang == 'zh' else ''}.svg"


# What stands in the cells -------------------------------------------------------------------------------------------


def cells(row: Row, figure: FigureRow, lang: str, stale: bool) -> Cells:
    """The seven cells of a figure; lines within a cell are parted by line breaks."""
    words = MARKDOWN[lang]
    name = row.id + (words["stale"] if stale else "")
    return (
        f"{name}\n{figure.name.said(lang)}",
        published(figure, lang),
        row.reading.said(lang),
        before(figure, lang),
        predicted(figure, lang),
        explained(figure, lang),
        verdict(figure, row, lang),
    )


def published(figure: FigureRow, lang: str) -> str:
    """Before → after, as published."""
    none = MARKDOWN[lang]["none"]
    first = none if figure.before is None else figure.before.said(lang)
    if figure.readings:
        return f"{first} → " + "\n".join(one.text.said(lang) for one in figure.readings)
    if figure.after is not None:
        return (
            figure.after.said(lang) if figure.before is None else f"{first}{SEMICOLON[lang]}{figure.after.said(lang)}"
        )
    return f"{first} → {none}"


def before(figure: FigureRow, lang: str) -> str:
    """What is simulated before, and by which number it was hit."""
    simulated = quantity(figure.simulated, figure.kpi_unit, lang)
    if not figure.hit:
        simulated += f"\n**{MARKDOWN[lang]['missed']}**"
    if figure.calibrated is None:
        return f"{simulated}\n{aside(MARKDOWN[lang]['construction'], lang)}" if figure.before is not None else simulated
    found = _said(figure.calibrated.found, lang)
    return f"{simulated}\n{aside(f'{figure.calibrated.name.said(lang)} = {found}', lang)}"


def predicted(figure: FigureRow, lang: str) -> str:
    """The median and the interval."""
    text = quantity(figure.median, figure.unit, lang)
    text += f"\n[{shown(figure.low, figure.unit)}, {shown(figure.high, figure.unit)}]"
    if figure.extrapolated < 1.0:
        share = quantity(figure.extrapolated, "share", lang)
        text += "\n" + MARKDOWN[lang]["extrapolated"].format(share=share)
    return text


def explained(figure: FigureRow, lang: str) -> str:
    """How much of the published change the median explains."""
    shares = [
        MARKDOWN[lang]["none"] if one.share is None else quantity(one.share, "share", lang) for one in figure.readings
    ]
    return "\n".join(shares) or MARKDOWN[lang]["none"]


def verdict(figure: FigureRow, row: Row, lang: str) -> str:
    """The word, what it would take, and what is doubtful."""
    lines = []
    for one in figure.readings:
        lines.append(_verdict(one, lang, len(figure.readings) > 1))
        if one.takes is not None:
            lines.append(takes(one, figure, lang))
    if not figure.readings:
        lines.append(VERDICTS["input"][lang == "zh"])
    if row.doubt is not None:
        lines.append(f"{MARKDOWN[lang]['doubt']}{COLON[lang]}{row.doubt.said(lang)}")
    return "\n".join(lines)


def _verdict(one: ReadingRow, lang: str, several: bool) -> str:
    chinese = lang == "zh"
    word = VERDICTS[one.word][chinese]
    if one.word in ("partly", "more") and one.share is not None:
        word += aside(quantity(one.share, "share", lang), lang, " ")
    if one.reached:
        word += ("，" if chinese else ", ") + REACHED[one.reached][chinese]
    word = f"**{word}**"
    return f"{one.text.said(lang)}{COLON[lang]}{word}" if several else word


def takes(one: ReadingRow, figure: FigureRow, lang: str) -> str:
    """What the optimiser found."""
    assert one.takes is not None
    words, found = MARKDOWN[lang], one.takes
    reforms = words["and"].join(name.said(lang) for name in found.reforms) or words["nothing"]
    text = words["takes" if found.possible else "never"]
    return text.format(reforms=reforms, value=quantity(found.value, figure.unit, lang), designs=found.designs)


def counted(rows: Sequence[Row], lang: str) -> str:
    """How many verdicts there are of each kind; one a reading."""
    words: Counter[str] = Counter(one.word for row in rows for figure in row.figures for one in figure.readings)
    words["input"] += sum(not figure.readings for row in rows for figure in row.figures)
    text = MARKDOWN[lang]["count"]
    found = [text.format(count=words[w], word=VERDICTS[w][lang == "zh"]) for w in VERDICTS if words[w]]
    return MARKDOWN[lang]["counted"] + ("、" if lang == "zh" else ", ").join(found) + ("。" if lang == "zh" else ".")


def error(row: Row, figure: FigureRow, lang: str) -> str:
    """How large the simulation's own error is, and how many draws failed."""
    words = MARKDOWN[lang]
    width = figure.high - figure.low
    share = None if figure.error is None or width <= 0.0 else figure.error / width
    text = words["error"].format(
        error=quantity(figure.error, figure.unit, lang),
        share=quantity(share, "share", lang),
        replications=row.replications,
        draws=row.draws,
    )
    text += "" if figure.precise else words["rough"]
    text += words["open"] if figure.open_cases else ""
    text += words["unreachable"].format(count=row.unreachable) if row.unreachable else ""
    return text + ("。" if lang == "zh" else ".")


# Markdown -----------------------------------------------------------------------------------------------------------


def markdown(rows: Sequence[Row], stale: Mapping[str, bool], lang: str) -> str:
    """The page in one language: the table, then each case with its assumptions."""
    words = MARKDOWN[lang]
    lines = [words["title"], "", words["other"], "", words["written"].format(draws=DRAWS), "", counted(rows, lang), ""]
    lines += ["| " + " | ".join(HEADS[lang]) + " |", "|" + "---|" * len(HEADS[lang])]
    for row in rows:
        if row.failure:
            lines.append(f"| [{row.id}](#{row.id}) | | {_cell(row.reading.said(lang))} | | | | {words['failed']} |")
        for figure in row.figures:
            first, *rest = cells(row, figure, lang, stale.get(row.id, False))
            linked = first.replace(row.id, f"[{row.id}](#{row.id})", 1)
            lines.append("| " + " | ".join(_cell(text) for text in (linked, *rest)) + " |")
    for row in rows:
        lines += ["", *_section(row, lang)]
    return "\n".join(lines) + "\n"


def _section(row: Row, lang: str) -> list[str]:
    words, colon, stop = MARKDOWN[lang], COLON[lang], "。" if lang == "zh" else ". "
    kind = KINDS[row.kind][lang == "zh"]
    lines = [
        f"## {row.id}", "",
        f"**{row.name.said(lang)}**{aside(kind, lang, ' ')}. {words['source']}{colon}{row.source.said(lang)}. "
        f"{words['measure']}{colon}{row.measure.said(lang)}. {words['read']}{colon}{row.reading.said(lang)}",
    ]  # fmt: skip
    if lang == "zh":
        lines[2] = _chinese_stops(lines[2])
    if row.failure:
        return [*lines, "", f"{words['failed']}{colon}{row.failure}"]
    for place, figure in enumerate(row.figures):
        found = figure.calibrated
        calibrated = ""
        if found is not None:
            span = f"{_said(found.low, lang)} … {_said(found.high, lang)}"
            bounds = _said(found.found, lang) + aside(span, lang, " ")
            calibrated = f"{words['found']}{colon}{found.name.said(lang)} `{found.place}` = {bounds}{stop}"
        named = f"**{figure.name.said(lang)}**" + aside(f"`{figure.kpi}`", lang, " ") + stop
        lines += ["", named + calibrated + error(row, figure, lang)]
        if figure.moves:
            lines += ["", f"![{words['picture']}](cases/{picture_name(row, place, lang)})"]
    if row.assumptions:
        heads = (words["assumption"], words["range"], words["why"])
        lines += ["", "| " + " | ".join(heads) + " |", "|---|---|---|"]
        for one in row.assumptions:
            why = (words["assumed"] if one.assumed else "") + one.why.said(lang)
            span = f"{_said(one.low, lang)} … {_said(one.high, lang)}" + aside(_said(one.default, lang), lang, " ")
            lines.append(f"| {_cell(one.name.said(lang))} | {_cell(span)} | {_cell(why)} |")
    return lines


def _chinese_stops(text: str) -> str:
    return text.replace("。. ", "。").replace(". ", "。")


def _said(quantity: str, lang: str) -> str:
    """A quantity of the file in a language."""
    text = as_text(quantity)
    return text.zh if lang == "zh" else text.en


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "<br>")


# Web page -----------------------------------------------------------------------------------------------------------


def web_page(rows: Sequence[Row], stale: Mapping[str, bool]) -> str:
    """Both languages in one file that needs nothing else; English is shown first."""
    bodies = "\n".join(
        f'<div lang="{"zh-CN" if lang == "zh" else "en"}" class="{lang}">{_body(rows, stale, lang)}</div>'
        for lang in ("en", "zh")
    )
    return PAGE.replace("@BODY@", bodies)


def _body(rows: Sequence[Row], stale: Mapping[str, bool], lang: str) -> str:
    words = MARKDOWN[lang]
    parts = [
        f"<h1>{escape(words['title'].lstrip('# '))}</h1>",
        f"<p>{_inline(words['written'].format(draws=DRAWS))}</p>",
    ]
    parts.append(f"<p>{escape(counted(rows, lang))}</p>")
    parts.append(
        "<table><thead><tr>" + "".join(f"<th>{escape(head)}</th>" for head in HEADS[lang]) + "</tr></thead><tbody>"
    )
    for row in rows:
        if row.failure:
            why = f"{words['failed']}{COLON[lang]}{escape(row.failure)}"
            parts.append(f"<tr><td>{escape(row.id)}</td><td colspan=6>{why}</td></tr>")
        for figure in row.figures:
            first, *rest = cells(row, figure, lang, stale.get(row.id, False))
            link = f'<a href="#{row.id}-{lang}">{escape(row.id)}</a>'
            head = _inline(first).replace(escape(row.id), link, 1)
            parts.append(f"<tr><td>{head}</td>" + "".join(f"<td>{_inline(text)}</td>" for text in rest) + "</tr>")
    parts.append("</tbody></table>")
    parts += [_details(row, lang) for row in rows]
    return "\n".join(parts)


def _details(row: Row, lang: str) -> str:
    lines = _section(row, lang)
    parts = [f'<section id="{row.id}-{lang}"><h2>{escape(row.id)}</h2><p>{_inline(lines[2])}</p>']
    pictures = iter(row.figures)
    table: list[str] = []
    for line in lines[3:]:
        if line.startswith("!["):
            continue
        if line.startswith("|"):
            table.append(line)
        elif line:
            parts.append(f"<p>{_inline(line)}</p>")
            figure = next(pictures, None)
            if figure is not None and figure.moves:
                parts.append(tornado(figure, lang))
    if table:
        rows = [re.split(r"(?<!\\) \| ", line[2:-2]) for line in (table[0], *table[2:])]
        parts.append("<table>")
        for place, texts in enumerate(rows):
            tag = "th" if place == 0 else "td"
            parts.append("<tr>" + "".join(f"<{tag}>{_inline(text)}</{tag}>" for text in texts) + "</tr>")
        parts.append("</table>")
    return "\n".join(parts) + "</section>"


def _inline(text: str) -> str:
    """Markdown within a line as HTML: bold, code, links and line breaks."""
    text = escape(text.replace("<br>", "\n").replace("\\|", "|"), quote=False)
    text = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", text)
    text = re.sub(r"\*(\w+?)\*", r"<i>\1</i>", text)
    text = re.sub(r"`(.+?)`", r"<code>\1</code>", text)
    text = re.sub(r"\[([^\]]+)\]\(([^)]+)\)", r'<a href="\2">\1</a>', text)
    return text.replace("\n", "<br>")


PAGE = """<!doctype html>
<html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>simgov: published cases · 公开案例检验</title>
<style>
body { font: 15px/1.5 system-ui, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; color: #222;
  margin: 1.5rem auto; max-width: 1300px; padding: 0 1rem }
table { border-collapse: collapse; width: 100%; font-size: 13px; margin: 1rem 0 }
th, td { border: 1px solid #ccd5da; padding: .35rem .5rem; text-align: left; vertical-align: top }
th { background: #eef3f6; position: sticky; top: 0 }
section { border-top: 1px solid #ccd5da; margin-top: 2rem }
svg { max-width: 100%; height: auto }
#chinese:checked ~ .en, #english:checked ~ .zh { display: none }
@media print { th { position: static } }
</style></head><body>
<input type="radio" name="lang" id="english" checked><label for="english">English</label>
<input type="radio" name="lang" id="chinese"><label for="chinese">中文</label>
@BODY@
</body></html>
"""
