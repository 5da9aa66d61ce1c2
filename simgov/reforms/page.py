"""Every measure as a page of documentation: ``python -m simgov.reforms.page > docs/reform-measures.md``."""

from __future__ import annotations

from collections.abc import Iterator

from simgov.reforms.kind import ASSUMPTION, Kind
from simgov.reforms.registry import MEASURES

HEAD = """# All measures

Every measure that a reform may be made of, printed from the measures themselves
(`python -m simgov.reforms.page`); a test holds the page and the program together, and applies each example to the
[example office](../simgov/reforms/office.yaml). `simgov measures NAME` explains one with its effect on that office.
[Reforms](reforms.md) says how measures are combined, phased in and paid for."""


def page() -> str:
    """The page in Markdown."""
    return "\n".join([HEAD, *(line for kind in MEASURES.values() for line in _section(kind))]) + "\n"


def _section(kind: Kind) -> Iterator[str]:
    yield f"\n### {kind.key} ({kind.name.zh})\n"
    yield f"**{kind.name.en[:1].upper()}{kind.name.en[1:]}.** {kind.effect.en} *Catch:* {kind.catch.en}\n"
    yield f"**{kind.name.zh}。** {kind.effect.zh}*代价：*{kind.catch.zh}\n"
    if kind.prerequisites:
        yield f"Mostly comes after: {', '.join(f'`{other}`' for other in kind.prerequisites)}.\n"
    yield f"```yaml example\nreforms:\n  example: [{{{kind.example}}}]\n```\n"
    if kind.parameters:
        yield "| parameter | unit | default | what it is | 含义 | source of the default |\n|---|---|---|---|---|---|"
    for parameter in kind.parameters:
        default = "must be given" if parameter.needed else f"`{parameter.default}`" if parameter.default else "–"
        source = "assumption, to be set" if parameter.source == ASSUMPTION else parameter.source or "–"
        meaning = parameter.meaning
        yield f"| `{parameter.key}` | {parameter.unit or '–'} | {default} | {meaning.en} | {meaning.zh} | {source} |"


if __name__ == "__main__":
    print(page(), end="")
