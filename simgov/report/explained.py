"""What explains the plan, on its page: the sentences of an explanation kept beside it, and its cost over demand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simgov.report.charts import Lang, Spec, cost_over_demand
from simgov.report.numbers import money, number
from simgov.report.tables import Cell, Group, Row, Table, columns, words
from simgov.report.words import joined, plain, say
from simgov.scenario.value import Text

if TYPE_CHECKING:
    from simgov.optimize.explain import Explanation

CHART = "chart-demand"
HEADINGS = {
    "options": "explained_options",
    "posts": "explained_posts",
    "near": "explained_near",
    "demand": "explained_demand",
    "steps": "explained_steps",
    "changes": "explained_changes",
    "budgets": "explained_budgets",
}
TODAY = 100
_LANGUAGES: tuple[Lang, Lang] = ("en", "zh")


@dataclass(frozen=True)
class Told:
    """One part of the explanation: its heading, its sentences, and a note on how to read them."""

    heading: Text
    sentences: tuple[Text, ...]
    note: Text | None = None
    demand: bool = False


@dataclass(frozen=True)
class Explained:
    """All parts, with the table and the chart of demand where there is one."""

    parts: tuple[Told, ...]
    notes: tuple[Text, ...]
    demand: Table | None
    charts: Mapping[str, Mapping[Lang, Spec]] = field(default_factory=dict)


def explained(explanation: Explanation) -> Explained:
    """The parts of ``explanation`` that were answered."""
    parts = [
        Told(
            say(HEADINGS[name]),
            sentences,
            say("explained_steps_note") if name == "steps" else None,
            name == "demand",
        )
        for name, sentences in explanation.sentences()
    ]
    note = "explained_best_note" if explanation.changes else "explained_note"
    notes = [say(note, simulations=number(explanation.simulations)), *explanation.notes]
    if explanation.stopped:
        notes.append(say("explained_in_part"))
    if explanation.unanswered:
        notes.append(say("explained_open", parts=joined([say(HEADINGS[name]) for name in explanation.unanswered])))
    if not explanation.demand:
        return Explained(tuple(parts), tuple(notes), None)
    points = [(point.percent, point.answer.cost) for point in explanation.demand if point.answer.cost is not None]
    points = sorted([*points, (TODAY, explanation.cost)])
    stays = None if explanation.stays is None else (explanation.stays.least, explanation.stays.most)
    chart: dict[Lang, Spec] = {lang: cost_over_demand(points, stays, explanation.unit, lang) for lang in _LANGUAGES}
    return Explained(tuple(parts), tuple(notes), _table(explanation), {CHART: chart})


def _table(explanation: Explanation) -> Table:
    """The cheapest plan by demand, with today's between."""
    rows = [(point.percent, point.answer.cost, point.answer.proved) for point in explanation.demand]
    rows = sorted([*rows, (TODAY, explanation.cost, True)], key=lambda row: row[0])
    names = [say(key) for key in ("demand_of_today", "demand_cost", "difference", "demand_proved")]
    shown = [Row(tuple(_cells(explanation, *row))) for row in rows]
    return Table(
        say("demand_cost"), columns(names, [False, True, True, False]), (Group(tuple(shown)),), id="demand-cost"
    )


def _cells(explanation: Explanation, percent: int, cost: int | None, proved: bool) -> list[Cell]:
    name = words(plain(f"{percent}%"))
    if cost is None:
        return [name, Cell(plain("–")), Cell(plain("–")), words(say("demand_none" if proved else "demand_not_found"))]
    moved = money(cost - explanation.cost, explanation.unit, signed=True)
    verdict = say("demand_plan") if percent == TODAY else say("demand_is_proved" if proved else "demand_at_most")
    return [name, Cell(money(cost, explanation.unit), value=cost / 100), words(moved), words(verdict)]
