"""Every stress as a page of documentation: ``python -m simgov.reforms.stress_page > docs/stress.md``."""

from __future__ import annotations

from collections.abc import Iterator

from simgov.reforms.kind import ASSUMPTION
from simgov.reforms.stress import StressKind
from simgov.reforms.stressing import STRESSES

HEAD = """# Stress tests

What if the data interfaces come late, the budget is cut, or the system fails? A stress is assumed to happen, and any
scenario, reform or plan can be put under it:

```
simgov run SCENARIO --reform lean --plan runs/hall --stress outage --stress budget_cut --targets
```

Every scenario asked for is run as it is and under each stress, with the same applicants and the same work, so that
differences are those of the stress. The scenarios are called `lean+outage`, `plan+outage` and so on; what each stress
acts on is listed; with `--targets` the table says which targets hold under stress.

A stress acts on the measures of a reform that begin (they come late, or fewer take them up), on the scenario that
comes of them, or on both. Where it finds nothing to act on, that is said; where it finds nothing in any of the
scenarios, it is refused. Measures that can only follow one that is late are late with it; one that may not begin late
because of cases that applied before, and would not begin within the run, is left out.

What *may* happen, each time anew, is the `risk` of a measure instead ([reforms](reforms.md)).

A plan can be asked to hold under a stress from the start: name it in a [demand
scenario](scenario-language.md#demand-scenarios) of the optimiser.

From Python, `study.under("outage", reform="lean")` gives the `scenario`, for `simgov.run`, and what is `touched`.

## Parameters of one's own

Each stress is there under its name with the parameters below, printed from the program by
`python -m simgov.reforms.stress_page`. A file may set up others, under names of its own, or give the name itself other
parameters:

```yaml example
stress:
  weak_system:    {outage: {every: 10 days, lasts: 6 h, pools: [police, planning]}}
  posts_cut:      {budget_cut: {posts: 10 %}}
  uniform_limits: {uniform_limits: {returns: 130 %, cut: 30 %}}
```

## The stresses"""


def page() -> str:
    """The page in Markdown."""
    return "\n".join([HEAD, *(line for kind in STRESSES.values() for line in _section(kind))]) + "\n"


def _section(kind: StressKind) -> Iterator[str]:
    yield f"\n### {kind.key} ({kind.name.zh})\n"
    yield f"**{kind.name.en[:1].upper()}{kind.name.en[1:]}.** {kind.effect.en} *Acts on:* {kind.acts_on.en}.\n"
    yield f"**{kind.name.zh}。** {kind.effect.zh}*作用对象：*{kind.acts_on.zh}。\n"
    yield "| parameter | unit | default | what it is | 含义 | source of the default |\n|---|---|---|---|---|---|"
    for parameter in kind.parameters:
        default = f"`{parameter.default}`" if parameter.default else "–"
        source = "assumption, to be set" if parameter.source == ASSUMPTION else parameter.source or "–"
        meaning = parameter.meaning
        yield f"| `{parameter.key}` | {parameter.unit or '–'} | {default} | {meaning.en} | {meaning.zh} | {source} |"


if __name__ == "__main__":
    print(page(), end="")
