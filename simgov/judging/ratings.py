"""360 degree scores (360度评价): ratings of offices by superiors, peers, staff and the public, from a file.

Ratings are of offices. A column that could name a person is refused, and so is any column that is not known.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from simgov.errors import PathPart, Problem
from simgov.judging.values import t_value
from simgov.kpi.statistics import Estimate
from simgov.scenario.fields import nearest
from simgov.scenario.profiles import Table, TableError, cell_of, columns_of, read_table, some_of
from simgov.scenario.value import Text
from simgov.units import shown

Kind = Literal["superior", "peer", "staff", "public"]
KINDS: tuple[Kind, ...] = ("superior", "peer", "staff", "public")
KIND_NAMES: dict[Kind, Text] = {
    "superior": Text("superior", "上级"),
    "peer": Text("peer", "同级"),
    "staff": Text("staff", "下属"),
    "public": Text("public", "公众"),
}
WRITTEN: dict[str, Kind] = {
    "superior": "superior", "上级": "superior", "上级机关": "superior",
    "peer": "peer", "同级": "peer", "同级单位": "peer",
    "staff": "staff", "下属": "staff", "下级": "staff", "工作人员": "staff", "职工": "staff",
    "public": "public", "公众": "public", "群众": "public", "企业和群众": "public", "服务对象": "public",
}  # fmt: skip
COLUMNS = {
    "office": "office", "单位": "office", "部门": "office",
    "rater": "rater", "评价主体": "rater", "主体": "rater",
    "score": "score", "得分": "score", "分数": "score", "评分": "score",
    "date": "date", "日期": "date",
}  # fmt: skip
OF_PERSONS = (
    "name", "person", "officer", "employee", "official", "clerk", "leader", "director", "phone", "mobile", "email",
    "id_number", "id_card", "姓名", "人员",
    "工号", "身份证", "证件", "手机", "电话", "职务", "负责人", "承办人", "经办人", "个人",
)  # fmt: skip


@dataclass(frozen=True)
class Ratings:
    """Scores by office and kind of rater, with the weights of the kinds and the lowest and highest score there is."""

    scores: Mapping[str, Mapping[Kind, tuple[float, ...]]]
    weights: Mapping[Kind, float]
    scale: tuple[float, float] = (0.0, 100.0)
    source: str = ""


@dataclass(frozen=True)
class OfficeScore:
    """The score of one office: weighted mean with its interval, the mean of each kind that rated, and who did not.

    ``error`` is the standard error with ``freedom`` degrees of freedom; nan where a kind rated once only.
    """

    office: str
    estimate: Estimate
    means: Mapping[Kind, float]
    counts: Mapping[Kind, int]
    missing: tuple[Kind, ...]
    error: float = math.nan
    freedom: float = math.nan


def office_scores(ratings: Ratings, confidence: float) -> tuple[OfficeScore, ...]:
    """The 360 degree score of each office, in the order of the file."""
    return tuple(office_score(office, scores, ratings.weights, confidence) for office, scores in ratings.scores.items())


def office_score(
    office: str, scores: Mapping[Kind, Sequence[float]], weights: Mapping[Kind, float], confidence: float
) -> OfficeScore:
    """Weighted mean of the kinds' means; t interval with the degrees of freedom of Welch and Satterthwaite.

    Variance: sum of w^2 s^2 / n over the kinds, w adding up to 1 over those that rated. Satterthwaite, *Biometrics
    Bulletin* 2 (1946) 110-114.
    """
    rated = [kind for kind in KINDS if weights.get(kind, 0.0) > 0 and len(scores.get(kind, ())) > 0]
    missing = tuple(kind for kind in KINDS if weights.get(kind, 0.0) > 0 and kind not in rated)
    means = {kind: float(np.mean(scores[kind])) for kind in rated}
    counts = {kind: len(scores[kind]) for kind in rated}
    if not rated:
        return OfficeScore(office, Estimate(math.nan), means, counts, missing)
    total = math.fsum(weights[kind] for kind in rated)
    value = math.fsum(weights[kind] / total * means[kind] for kind in rated)
    if min(counts.values()) < 2:
        return OfficeScore(office, Estimate(value), means, counts, missing)
    parts = [
        ((weights[kind] / total) ** 2 * float(np.var(scores[kind], ddof=1)) / counts[kind], counts[kind] - 1)
        for kind in rated
    ]
    variance = math.fsum(part for part, _ in parts)
    if variance == 0.0:
        return OfficeScore(office, Estimate(value, 0.0), means, counts, missing, 0.0, math.inf)
    freedom = variance**2 / math.fsum(part**2 / each for part, each in parts)
    half_width = t_value(confidence, freedom) * math.sqrt(variance)
    return OfficeScore(office, Estimate(value, half_width), means, counts, missing, math.sqrt(variance), freedom)


def read_ratings(
    folder: Path,
    name: str,
    path: tuple[PathPart, ...],
    weights: Mapping[Kind, float],
    scale: tuple[float, float],
) -> Ratings:
    """The ratings in the file ``name``. Raises ``TableError`` with everything wrong in it."""
    table = read_table(folder, name, path)
    _refuse_columns(table)
    columns = columns_of(table, COLUMNS, needed=("office", "rater", "score"))
    problems: list[Problem] = []
    scores: dict[str, dict[Kind, list[float]]] = {}
    for cells in table.rows:
        found = [cell_of(table, cells, columns[column], problems) for column in ("office", "rater", "score")]
        office, rater, score = found
        if office is None or rater is None or score is None:
            continue
        kind = WRITTEN.get(rater.text.lower())
        if kind is None:
            hint = nearest(rater.text.lower(), WRITTEN) or "write superior, peer, staff or public"
            problems.append(table.problem(rater, f"{shown(rater.text)} is no kind of rater", hint))
        value = _score(score.text)
        if not scale[0] <= value <= scale[1]:
            text = f"{shown(score.text)} is not a score from {scale[0]:g} to {scale[1]:g}"
            problems.append(table.problem(score, text))
        if not office.text:
            problems.append(table.problem(office, "the office is not named"))
        if kind is not None:
            scores.setdefault(office.text, {}).setdefault(kind, []).append(value)
    if problems:
        raise TableError(*some_of(problems, table))
    kept = {office: {kind: tuple(values) for kind, values in kinds.items()} for office, kinds in scores.items()}
    return Ratings(kept, dict(weights), scale, table.file)


def _score(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _refuse_columns(table: Table) -> None:
    """Columns that name persons, and columns that nobody knows: what is not looked at is not read either."""
    problems = []
    for cell in table.header:
        column = cell.text.strip().lower()
        if column in COLUMNS:
            continue
        of_office = re.fullmatch(r"offices?([ _-].*)?", column)
        if of_office is None and any(word in column for word in OF_PERSONS):
            problems.append(
                table.problem(
                    cell, f"the column {shown(cell.text)} names persons", "offices are rated, never persons: delete it"
                )
            )
        else:
            hint = nearest(column, COLUMNS) or "the columns are office,rater,score and, if you like, date"
            problems.append(table.problem(cell, f"there is no column {shown(cell.text)} here", hint))
    if problems:
        raise TableError(*problems)
