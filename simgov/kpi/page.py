"""The table of KPIs as Markdown, for ``docs/measures.md``: ``python -m simgov.kpi.page`` prints it."""

from __future__ import annotations

from simgov.kpi.definition import Scope
from simgov.kpi.table import DEFINITIONS

_SECTIONS: tuple[tuple[Scope, str], ...] = (
    ("service", "Services"),
    ("pool", "Pools"),
    ("hall", "The whole hall"),
    ("plan", "The plan"),
)
_BETTER = {"lower": "lower", "higher": "higher", "neither": "–"}


def measures_page() -> str:
    """The definitions, section by section; the text between the marks of the page."""
    lines: list[str] = []
    for scope, title in _SECTIONS:
        lines += [f"\n### {title}\n", "| KPI | unit | better | what it is | 含义 |", "|---|---|---|---|---|"]
        for row in DEFINITIONS:
            if row.scope == scope:
                name = row.pattern.replace("|", "\\|")
                unit = row.unit.replace("money", "CNY")
                source = f" ({row.source})" if row.source else ""
                label = f"**{row.label.en}.** {row.meaning.en}{source}", f"**{row.label.zh}。**{row.meaning.zh}"
                lines.append(f"| `{name}` | {unit} | {_BETTER[row.direction]} | {label[0]} | {label[1]} |")
    return "\n".join(lines).lstrip("\n") + "\n"


if __name__ == "__main__":
    print(measures_page(), end="")
