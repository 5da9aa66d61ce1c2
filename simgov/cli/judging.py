"""``simgov judge`` and ``simgov promise``: how the field would judge an office, as tables."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simgov.cli.comparing import is_run, labels_of, with_reforms
from simgov.cli.interrupts import stoppable
from simgov.cli.measure_tables import head, names_of, spoken_kpi
from simgov.cli.options import run_folder, scenario_file
from simgov.cli.quantities import against_limit, in_words, percent
from simgov.cli.showing import name
from simgov.cli.terminal import Terminal
from simgov.errors import InputError, Problem, SimgovError
from simgov.kpi import Estimate
from simgov.report.numbers import number as signed_number

if TYPE_CHECKING:
    from simgov.experiment import Runs
    from simgov.judging.judge import Judgement
    from simgov.judging.promise import Promise
    from simgov.judging.scorecard import Card
    from simgov.scenario.value import Scenario
    from simgov.study import Study


def judge_sources(
    terminal: Terminal,
    sources: Sequence[Path],
    out: Path | None,
    *,
    reforms: Sequence[str],
    date: datetime.date | None,
    replications: int | None,
    seed: int | None,
    workers: int | None,
) -> None:
    """Judge the first source; the others are offices that it is ranked with."""
    from simgov.judging.judge import judged
    from simgov.judging.rows import judgement_data

    found: list[tuple[str, Runs]] = []
    several = sum(not is_run(source) for source in sources) > 1
    for source, label in zip(sources, labels_of(sources), strict=True):
        folder = run_folder(None, source) if out is None else out / run_folder(None, source).name if several else out
        found.append((label, runs_of(terminal, source, folder, reforms, replications, seed, workers)))
    study = study_of(terminal, sources[0], found[0][1])
    runs = found[0][1]
    if not runs.replications:
        raise InputError((Problem((), "not one replication of this run was finished", "run it again"),))
    places = found if len(found) > 1 else []
    if study is None:
        from simgov.judging.schema import Judging

        judgement = judged(runs, Judging(), date=date, places=places)
    else:
        judgement = judged(runs, study.judging, study.targets, scenario=study.baseline, date=date, places=places)
    terminal.result({"scenario": sources[0].as_posix(), **judgement_data(judgement)})
    if not terminal.json:
        print_judgement(terminal, judgement, None if study is None else study.baseline)


def runs_of(
    terminal: Terminal,
    source: Path,
    folder: Path,
    reforms: Sequence[str],
    replications: int | None,
    seed: int | None,
    workers: int | None,
) -> Runs:
    """What is kept in a folder, or the simulated baseline with the reforms asked for, or all of them."""
    from simgov import experiment

    if is_run(source):
        return experiment.load_run(source)
    return with_reforms(terminal, source, folder, reforms, replications, seed, workers)


def study_of(terminal: Terminal, source: Path, runs: Runs) -> Study | None:
    """The file that says by what to judge; None, which is said, where the run's file is gone."""
    from simgov import study

    path = scenario_file(source)
    if is_run(source):
        path = Path(str(runs.settings.get("source", "")))
        if not path.is_file():
            terminal.say("The scenario file of this run cannot be read; judged without its section judging.")
            return None
    try:
        return study.load(path)
    except SimgovError:
        if is_run(source):
            terminal.say("The scenario file of this run cannot be read; judged without its section judging.")
            return None
        raise


def print_judgement(terminal: Terminal, found: Judgement, scenario: Scenario | None) -> None:
    """Each way that found something as a table, then what is lacking."""

    def spoken(kpi: str) -> str:
        """The KPI in the user's language, where the scenario knows it."""
        try:
            return kpi if scenario is None else spoken_kpi(kpi, scenario, terminal)
        except ValueError:
            return kpi

    print_es(terminal, found)
    print_cards(terminal, found, spoken)
    print_gaps(terminal, found, spoken)
    print_lights(terminal, found, spoken)
    print_ranks(terminal, found, spoken, {} if scenario is None or terminal.words.lang == "en" else names_of(scenario))
    print_ratings(terminal, found)
    print_watched(terminal, found, spoken)
    print_within(terminal, found, {} if scenario is None or terminal.words.lang == "en" else names_of(scenario))
    from simgov.judging.table import WAYS

    if found.lacks:
        terminal.headline("To judge by more, it lacks:")
        for way, text in found.lacks:
            lack = name(text, terminal.words)
            terminal.show("  " + terminal.words("{way}: {lack}", way=name(WAYS[way], terminal.words), lack=lack))


def title(terminal: Terminal, way: str) -> None:
    """The name of a way of judging, above its table."""
    from simgov.judging.table import WAYS

    terminal.show(name(WAYS[way], terminal.words))  # type: ignore[index]


def points_text(estimate: Estimate, at_most: bool = False) -> str:
    """Points or an index to one decimal, with the interval where there is one."""
    if math.isnan(estimate.value):
        return "–"
    half = estimate.half_width
    text = f"{estimate.value:.1f}" + (f" ± {half:.1f}" if math.isfinite(half) and half >= 0.05 else "")
    return f"≤ {text}" if at_most else text


def print_es(terminal: Terminal, found: Judgement) -> None:
    """A row per scenario, a column per E."""
    from simgov.judging.table import ES

    scenarios = list(dict.fromkeys(index.scenario for index in found.four_es))
    if not scenarios:
        return
    by_place = {(index.scenario, index.e): index for index in found.four_es}
    title(terminal, "four_es")
    terminal.headline("Baseline 100; over 100 is better.")
    heads = [terminal.words("scenario"), *(name(text, terminal.words) for text in ES.values())]
    rows = [[scenario, *(index_text(by_place[scenario, e].index) for e in ES)] for scenario in scenarios]
    terminal.lines(heads, rows, numbers=range(1, 5))
    if any(index.index.lower_bound for index in found.four_es):
        terminal.headline("*: a measure behind it is only known to be at least so much.")
    terminal.show()


def index_text(index: Estimate) -> str:
    """An index, marked where a measure behind it is only a lower bound."""
    return points_text(index) + ("*" if index.lower_bound else "")


MOST_BESIDE = 4
"""So many scenarios fit beside each other; of more, the measures' own points are in ``--json`` alone."""


def print_cards(terminal: Terminal, found: Judgement, spoken: Callable[[str], str]) -> None:
    """Points of each KPI by scenario, then of dimensions, of results and process, and in all."""
    if not found.cards:
        return
    title(terminal, "scorecard")
    sums = sum_rows(terminal, found.cards)
    if len(found.cards) > MOST_BESIDE:
        heads = [terminal.words("scenario"), *(row[0] for row in sums)]
        rows = [[card.scenario, *(row[2 + place] for row in sums)] for place, card in enumerate(found.cards)]
        terminal.lines(heads, rows, numbers=range(1, len(heads)))
    else:
        heads = [terminal.words("measure"), terminal.words("dimension"), *(card.scenario for card in found.cards)]
        terminal.lines(
            heads, [*score_rows(terminal, found.cards, spoken), *sums], numbers=range(2, 2 + len(found.cards))
        )
    terminal.show()


def score_rows(terminal: Terminal, cards: Sequence[Card], spoken: Callable[[str], str]) -> list[list[str]]:
    """A row per KPI: what it is, its dimension, and its points in each scenario."""
    from simgov.judging.table import DIMENSIONS

    rows = []
    for kpi in dict.fromkeys(scored.scale.kpi for card in cards for scored in card.scored):
        own = [next((s for s in card.scored if s.scale.kpi == kpi), None) for card in cards]
        first = next(scored for scored in own if scored is not None)
        recorded = first.scale.recorded
        label = spoken(kpi) if recorded is None else name(recorded, terminal.words)
        cells = ["–" if scored is None else points_text(scored.points, scored.at_most) for scored in own]
        rows.append([label, name(DIMENSIONS[first.dimension], terminal.words), *cells])
    return rows


def sum_rows(terminal: Terminal, cards: Sequence[Card]) -> list[list[str]]:
    """A row per dimension with its weight, per half, and for the total: what it is, "", and its points by scenario."""
    from simgov.judging.table import DIMENSIONS, HALVES

    nothing = Estimate(math.nan)
    rows = []
    for dimension, text in DIMENSIONS.items():
        if any(dimension in card.dimensions for card in cards):
            label = f"{name(text, terminal.words)} ({percent(cards[0].weights[dimension])})"
            rows.append([label, "", *(points_text(card.dimensions.get(dimension, nothing)) for card in cards)])
    for half, text in HALVES.items():
        if any(half in card.halves for card in cards):
            label = terminal.words("{half} in all", half=name(text, terminal.words))
            rows.append([label, "", *(points_text(card.halves.get(half, nothing)) for card in cards)])
    return [*rows, [terminal.words("total"), "", *(points_text(card.total) for card in cards)]]


def print_gaps(terminal: Terminal, found: Judgement, spoken: Callable[[str], str]) -> None:
    """A row per KPI: own, leader, gap, and the reform that closes most of it."""
    if not found.gaps or found.leader is None:
        return
    title(terminal, "benchmark")
    terminal.headline("Leader: {leader}", leader=name(found.leader, terminal.words))
    rows = []
    for gap in found.gaps:
        leader, own = against_limit(gap.unit, gap.leader, [gap.own], terminal.words)
        best = "–"
        if gap.best is not None:
            others = f" (≈ {', '.join(gap.ties)})" if gap.ties else ""
            best = f"{gap.best}: {share_text(gap.closed[gap.best])}{others}"
        elif not gap.behind:
            best = terminal.words("no gap")
        rows.append([spoken(gap.kpi), own, leader, in_words(gap.unit, [gap.gap], terminal.words, signed=True)[0], best])
    terminal.table(["measure", "own", "leader", "gap", "closes most"], rows, numbers=(1, 2, 3))
    terminal.show()


def share_text(estimate: Estimate) -> str:
    """A share in percent with its interval."""
    half = estimate.half_width
    interval = f" ± {100 * half:.0f}" if math.isfinite(half) and half >= 0.005 else ""
    return f"{signed_number(100 * estimate.value)}{interval} %"


def print_lights(terminal: Terminal, found: Judgement, spoken: Callable[[str], str]) -> None:
    """A row per light."""
    if not found.lights:
        return
    title(terminal, "lights")
    rows = []
    for light in found.lights:
        plan, value = against_limit(light.unit, light.scheduled, [light.value], terminal.words)
        shown = terminal.words(COLOURS_HEADS[COLOURS.index(light.colour)])
        ahead = f"{signed_number(100 * light.ahead, signed=True)} %"
        uncertain = terminal.words("uncertain") if light.uncertain else ""
        rows.append([light.source, spoken(light.kpi), light.date.isoformat(), plan, value, ahead, shown, uncertain])
    terminal.table(["source", "measure", "date", "scheduled", "value", "ahead", "light", ""], rows, numbers=(3, 4, 5))
    terminal.show()


COLOURS = ("red", "yellow", "green")
COLOURS_HEADS = ["red", "yellow", "green"]


def print_ranks(terminal: Terminal, found: Judgement, spoken: Callable[[str], str], names: Mapping[str, str]) -> None:
    """A table per ranking: the ranks that are possible, the office, and its value."""
    for table in found.rankings:
        title(terminal, "ranking")
        by = terminal.words("360 degree score") if table.by == "360" else head(spoken(table.by), terminal)
        where = f" ({table.scenario})" if table.scenario else ""
        terminal.headline("By {quantity}{where}:", quantity=by, where=where)
        rows = []
        for one in table.ranks:
            (cell,) = in_words(table.unit, [one.estimate], terminal.words)
            ranks = f"{one.best}" if one.best == one.worst else f"{one.best}–{one.worst}"
            rows.append([ranks, names.get(one.office, one.office), cell])
        terminal.table(["rank", "office", "value"], rows, numbers=(0, 2))
        terminal.show()


def print_ratings(terminal: Terminal, found: Judgement) -> None:
    """A row per office: the mean of each kind of rater, and the score."""
    if not found.ratings:
        return
    from simgov.judging.ratings import KINDS

    title(terminal, "ratings")
    rows = []
    for one in found.ratings:
        means = [f"{one.means[kind]:.1f} ({one.counts[kind]})" if kind in one.means else "–" for kind in KINDS]
        rows.append([one.office, *means, points_text(one.estimate)])
    terminal.table(["office", "superior", "peer", "staff", "public", "score"], rows, numbers=range(1, 6))
    terminal.show()


def print_watched(terminal: Terminal, found: Judgement, spoken: Callable[[str], str]) -> None:
    """A row per series that is watched: its standard, and the signals for the worse."""
    if not found.watched:
        return
    title(terminal, "control")
    rows = []
    for one in found.watched:
        unit, standard = one.series.unit, one.standard
        (shown,) = in_words(unit, [Estimate(standard.value, standard.spread)], terminal.words)
        signals = [day.isoformat() for day in one.worse_on]
        rows.append([spoken(one.series.kpi), shown, str(len(one.points)), ", ".join(signals) or "–"])
    terminal.table(["measure", "standard", "values", "drifts for the worse"], rows, numbers=(1, 2))
    terminal.show()


def print_within(terminal: Terminal, found: Judgement, names: Mapping[str, str]) -> None:
    """A row per scenario and service: within how many workdays so many cases are decided."""
    if not found.promises:
        return
    title(terminal, "promise")
    rows = []
    for one in found.promises:
        (days,) = in_words("workdays", [one.days], terminal.words)
        limit = percent(one.of_statutory) if math.isfinite(one.of_statutory) else "–"
        service = names.get(one.service, one.service)
        rows.append([one.scenario, service, percent(one.share), days, shown_days(one.promised), limit])
    terminal.table(WITHIN_HEADS, rows, numbers=range(2, len(WITHIN_HEADS)))
    terminal.show()


WITHIN_HEADS = ["scenario", "service", "share of cases", "within", "promised now", "of statutory limit"]


def show_promises(
    terminal: Terminal,
    study: Study,
    *,
    reforms: Sequence[str],
    shares: Sequence[float],
    replications: int | None,
    seed: int | None,
    workers: int | None,
) -> None:
    """The shortest promise of each service, of the baseline and of each reform, for each share of cases."""
    from simgov.judging.promise import promises
    from simgov.judging.rows import promise_data

    scenarios = [study.baseline, *(study.reform(label) for label in reforms)]
    found: list[Promise] = []
    last_words = terminal.words("Interrupted; no promise was found.")
    with stoppable(lambda: last_words) as stop, terminal.progress("promises") as progress:
        for scenario in scenarios:
            found += promises(
                scenario,
                shares or (study.judging.promised,),
                replications=replications,
                seed=seed,
                workers=workers,
                stop=stop,
                progress=progress,
            )
    terminal.result({"scenario": study.path.as_posix(), "promises": [promise_data(one) for one in found]})
    print_promises(terminal, study.baseline, found)


PROMISE_HEADS = [
    "scenario",
    "service",
    "share of cases",
    "workdays",
    "interval",
    "on time",
    "promised now",
    "of statutory limit",
    "",
]


def print_promises(terminal: Terminal, scenario: Scenario, found: Sequence[Promise]) -> None:
    """A row per scenario, service and share."""
    if terminal.json:
        return
    title(terminal, "promise")
    spoken = {one.id: one.name.zh if terminal.words.lang == "zh" else one.id for one in scenario.services}
    rows: list[list[Any]] = []
    for one in found:
        interval = f"{shown_days(one.low)}–{shown_days(one.high)}"
        rows.append(
            [
                one.scenario,
                spoken[one.service],
                percent(one.share),
                "–" if one.days is None else str(one.days),
                interval,
                in_words("share", [one.on_time], terminal.words)[0],
                shown_days(one.promised),
                percent(one.of_statutory) if math.isfinite(one.of_statutory) else "–",
                terminal.words("queue before acceptance grows without end") if one.held_up else "",
            ]
        )
    terminal.table(PROMISE_HEADS, rows, numbers=range(2, 8))
    if any(one.days is None for one in found):
        terminal.headline("–: no promise covers so many cases; too many are open when the run stops.")


def shown_days(days: int | None) -> str:
    """Whole days, a dash where there is no such number."""
    return "–" if days is None else str(days)
