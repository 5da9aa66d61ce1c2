"""The table of judgements as Markdown, for ``docs/judging.md``: ``python -m simgov.judging.page`` prints it."""

from __future__ import annotations

from simgov.judging.table import DIMENSIONS, ES, STANDS_FOR, TERMS, WAYS


def judging_page() -> str:
    """The definitions way by way, and which KPIs stand for what; the text between the marks of the page."""
    lines: list[str] = []
    for way, title in WAYS.items():
        lines += [f"\n### {title.en} ({title.zh})\n", "| term | what it is | 含义 | source |", "|---|---|---|---|"]
        for term in TERMS:
            if term.way == way:
                label = f"**{term.label.en}** ({term.label.zh})"
                lines.append(f"| {label} | {term.meaning.en} | {term.meaning.zh} | {term.source} |")
    lines += ["\n### Which KPI stands for what (指标归类)\n", "| KPI | E | dimension |", "|---|---|---|"]
    for end, e, dimension in STANDS_FOR:
        stands = f"{ES[e].en} ({ES[e].zh})" if e is not None else "–"
        lines.append(f"| `{end}` | {stands} | {DIMENSIONS[dimension].en} ({DIMENSIONS[dimension].zh}) |")
    return "\n".join(lines).lstrip("\n") + "\n"


if __name__ == "__main__":
    print(judging_page(), end="")
