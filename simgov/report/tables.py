"""The parts a page is made of, as plain values: tables, facts, lists. Their looks are the template's business."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from simgov.report.numbers import Figure
from simgov.scenario.value import Text

Tone = Literal["", "good", "bad", "quiet", "warn"]


@dataclass(frozen=True)
class Cell:
    """One cell. ``value`` is the number behind the text, for machines; ``fill`` (0 to 100) draws a meter below it,
    ``note`` is a smaller second line, in the cell's tone."""

    text: Text
    value: float | None = None
    tone: Tone = ""
    badge: Text | None = None
    fill: float | None = None
    note: Text | None = None
    key: str = ""


ABSENT = Cell(Text("–", "–"))
"""A cell for what is not there."""


@dataclass(frozen=True)
class Column:
    """A column and whether its cells are numbers, which stand to the right."""

    name: Text
    numeric: bool = False


@dataclass(frozen=True)
class Row:
    """One row; its first cell is its heading. ``total`` sets it apart as a sum."""

    cells: tuple[Cell, ...]
    total: bool = False


@dataclass(frozen=True)
class Group:
    """Rows under one heading, or under none."""

    rows: tuple[Row, ...]
    name: Text | None = None


@dataclass(frozen=True)
class Table:
    """A table; its caption is read out even where it is not shown."""

    caption: Text
    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    show_caption: bool = False
    id: str = ""

    @property
    def short(self) -> bool:
        """Whether it should stay on one printed page."""
        return sum(len(group.rows) for group in self.groups) <= 16


@dataclass(frozen=True)
class Fact:
    """A name and what holds for it; ``code`` for fingerprints and the like."""

    name: Text
    text: Text
    code: bool = False


@dataclass(frozen=True)
class Item:
    """A line of a list, with a badge behind it where one is given; ``repeats``: the same line again is one more."""

    text: Text
    badge: Text | None = None
    repeats: bool = False


@dataclass(frozen=True)
class ItemGroup:
    """Lines under one heading."""

    name: Text
    items: tuple[Item, ...] = field(default_factory=tuple)


def columns(names: Sequence[Text], numeric: Sequence[bool]) -> tuple[Column, ...]:
    """Columns from their names; ``numeric`` in the same order."""
    return tuple(Column(name, flag) for name, flag in zip(names, numeric, strict=True))


def words(text: Text, tone: Tone = "") -> Cell:
    """A cell of words."""
    return Cell(text, tone=tone)


def amount(figure: Figure, tone: Tone = "", *, key: str = "") -> Cell:
    """A cell of a number with its interval."""
    value = figure.estimate.value
    return Cell(figure.full, value=float(value) if math.isfinite(value) else None, tone=tone, key=key)
