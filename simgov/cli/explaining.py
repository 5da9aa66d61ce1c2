"""``simgov measures`` and ``simgov stresses``: every kind as a list, or one explained; a measure with its effect on the
example office."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simgov.cli.language import Language, Words
from simgov.cli.terminal import Terminal
from simgov.errors import InputError, Problem
from simgov.reforms.registry import MEASURES

if TYPE_CHECKING:
    from simgov.experiment import Runs
    from simgov.reforms.kind import Kind, Parameter
    from simgov.scenario.value import Reach, Scenario, Service, Text
    from simgov.study import Study

REPLICATIONS = 20
MOST_KPIS = 12
LEAST_CHANGE = 0.005
"""Smaller relative changes are not worth telling, however sure."""

SERVICE_KPIS = (
    *("time.mean", "days.mean", "on_time", "wait.mean", "visits", "documents", "steps"),
    *("corrections", "returns", "throughput", "open"),
)
POOL_KPIS = ("utilisation", "overtime")
OF_ALL = ("hall.wait.mean", "cost", "cost_per_case")
EFFECT_HEADS = ["measure", "before the measure", "after the measure", "difference"]


def both(text: Text) -> dict[str, str]:
    """A text for machines."""
    return {"en": text.en, "zh": text.zh}


def list_measures(terminal: Terminal, languages: Sequence[Language]) -> None:
    """Every kind: its key, its name and what it does, in these languages."""
    rows = [{"key": k.key, "name": both(k.name), "effect": both(k.effect)} for k in MEASURES.values()]
    terminal.result({"measures": rows})
    print_list(terminal, languages, [(kind.key, kind.name, kind.effect) for kind in MEASURES.values()])


def print_list(terminal: Terminal, languages: Sequence[Language], rows: Sequence[tuple[str, Text, Text]]) -> None:
    """Keys with a name and an effect for people, a line for each language."""
    if terminal.json:
        return
    width = max(len(key) for key, _, _ in rows)
    for key, name, effect in rows:
        for place, lang in enumerate(languages):
            head = key if place == 0 else ""
            mark = "：" if lang == "zh" else ": "
            terminal.show(f"{head:<{width}}  {spoken(name, lang)}{mark}{spoken(effect, lang)}")


def explain(terminal: Terminal, key: str, picture: Path | None) -> None:
    """One kind: what it does, its parameters, its example, and what that changes in the example office."""
    from simgov.cli.showing import changes
    from simgov.study.example import REFORM, example_of

    kind = kind_called(key)
    study = example_of(kind)
    before, after = study.baseline, study.reform(REFORM)
    differences = changes(before, after)
    terminal.show("\n".join(told(kind, terminal.words)))
    terminal.headline("What the example changes:")
    for difference in differences:
        terminal.show(f"  {difference[terminal.words.lang]}")
    if not terminal.json:
        for line in routes(before, after, terminal.words):
            terminal.show(line)
    effect = effect_of(simulated(terminal, before, after), study)
    print_effect(terminal, before, effect)
    if picture is not None:
        from simgov.report.process_picture import before_and_after

        picture.parent.mkdir(parents=True, exist_ok=True)
        picture.write_text(before_and_after(before, after, terminal.words.lang), encoding="utf-8")
        terminal.say("Picture: {file}", file=picture)
    terminal.result(as_data(kind) | {"differences": differences, "replications": REPLICATIONS, "kpis": effect})


def list_stresses(terminal: Terminal, languages: Sequence[Language]) -> None:
    """Every kind of stress: its key, its name and what it does, in these languages."""
    from simgov.reforms.stressing import STRESSES, as_data

    terminal.result({"stresses": [as_data(kind) for kind in STRESSES.values()]})
    print_list(terminal, languages, [(kind.key, kind.name, kind.effect) for kind in STRESSES.values()])


def explain_stress(terminal: Terminal, key: str) -> None:
    """One kind of stress: what it does, what it acts on, and its parameters, in both languages."""
    from simgov.reforms.stressing import STRESSES, as_data, built_in, called

    kind = STRESSES[called(built_in(), key).kind.key]
    terminal.result(as_data(kind))
    lines = [f"{kind.key}  {kind.name.en} / {kind.name.zh}", "", kind.effect.en, kind.effect.zh, ""]
    lines += [f"{terminal.words('Acts on')}: {kind.acts_on.en}", kind.acts_on.zh, "", terminal.words("Parameters")]
    for parameter in kind.parameters:
        lines += told_parameter(parameter, terminal.words)
    for line in lines:
        terminal.show(line)


def kind_called(key: str) -> Kind:
    """The kind of that key. Raises ``InputError`` with the nearest."""
    from simgov.scenario.fields import unknown

    if key not in MEASURES:
        raise InputError((Problem((), *unknown("measure", key, MEASURES)),))
    return MEASURES[key]


def as_data(kind: Kind) -> dict[str, Any]:
    """A kind for machines."""
    return {
        "key": kind.key,
        "name": both(kind.name),
        "effect": both(kind.effect),
        "catch": both(kind.catch),
        "parameters": [
            {
                "key": parameter.key,
                "meaning": both(parameter.meaning),
                "unit": parameter.unit,
                "needed": parameter.needed,
                "default": parameter.default,
                "source": parameter.source,
            }
            for parameter in kind.parameters
        ],
        "prerequisites": list(kind.prerequisites),
        "example": kind.example,
    }


def told(kind: Kind, words: Words) -> Iterator[str]:
    """A kind for people, in both languages: what it does, its catch, its parameters and its example."""
    yield f"{kind.key}  {kind.name.en} / {kind.name.zh}"
    yield ""
    yield kind.effect.en
    yield kind.effect.zh
    yield ""
    yield f"{words('Catch')}{'：' if words.lang == 'zh' else ': '}{kind.catch.en}"
    yield kind.catch.zh
    if kind.prerequisites:
        yield ""
        yield words(
            "Mostly comes after: {measures}", measures=("、" if words.lang == "zh" else ", ").join(kind.prerequisites)
        )
    if kind.parameters:
        yield ""
        yield words("Parameters")
        for parameter in kind.parameters:
            yield from told_parameter(parameter, words)
    yield ""
    yield words("Example")
    yield f"  reforms: {{example: [{{{kind.example}}}]}}"
    yield ""


def told_parameter(parameter: Parameter, words: Words) -> Iterator[str]:
    """A parameter with its unit, its default and what that rests on."""
    facts = [parameter.unit] if parameter.unit else []
    if parameter.needed:
        facts.append(words("must be given"))
    elif parameter.default:
        facts.append(words("default {value}", value=parameter.default))
    if parameter.source:
        facts.append(words("source: {source}", source=spoken_source(parameter.source, words)))
    told = ("；" if words.lang == "zh" else "; ").join(facts)
    yield f"  {parameter.key}" + ("" if not facts else f"（{told}）" if words.lang == "zh" else f"  ({told})")
    yield f"      {parameter.meaning.en}"
    if parameter.meaning.zh != parameter.meaning.en:
        yield f"      {parameter.meaning.zh}"


def spoken_source(source: str, words: Words) -> str:
    """What a default rests on; an assumption is called one."""
    from simgov.reforms.kind import ASSUMPTION

    return words("an assumption, to be set") if source == ASSUMPTION else source


def spoken(text: Text, lang: Language) -> str:
    """A text in one language."""
    return text.zh if lang == "zh" else text.en


# The example before and after -----------------------------------------------------------------------------------------


def routes(before: Scenario, after: Scenario, words: Words) -> Iterator[str]:
    """The routes of the services that change, as they were and as they will be, each way that cases go."""
    old = {service.id: service for service in before.services}
    for reach, services in after.ways:
        for service in services:
            if service == old.get(service.id):
                continue
            brackets = "（{}）" if words.lang == "zh" else " ({})"
            who = "" if len(after.ways) == 1 else brackets.format(spoken_reach(reach, words))
            yield ""
            if service.id in old and reach == after.reach:
                yield from drawn(old[service.id], words("before the measure"), words)
            yield from drawn(service, words("after the measure") + who, words)
    yield ""


def spoken_reach(reach: Reach, words: Words) -> str:
    """Which cases go a way."""
    from simgov.units import format_share

    if reach.everybody:
        return words("all other cases")
    said = [words("{share} of cases", share=format_share(reach.upto))] if reach.upto < 1 else []
    return ("、" if words.lang == "zh" else ", ").join([*said, *(reach.groups or ())])


def drawn(service: Service, title: str, words: Words) -> Iterator[str]:
    """A service as ``simgov show`` draws it."""
    from simgov.cli.drawing import process_lines
    from simgov.cli.showing import named, step_columns

    yield f"{named(service.id, service.name, words)}{'，' if words.lang == 'zh' else ', '}{title}"
    columns = {step.id: step_columns(step, words) for step in service.steps}
    yield from process_lines(service, columns, words("applied"))


def simulated(terminal: Terminal, before: Scenario, after: Scenario) -> Runs:
    """The office before and after, which meet the same applicants with the same work."""
    from simgov import experiment

    with terminal.progress("replications") as progress:
        return experiment.run([before, after], replications=REPLICATIONS, progress=progress)


def effect_of(runs: Runs, study: Study) -> list[dict[str, Any]]:
    """What moves most: KPIs whose paired interval leaves 0 out, the largest relative change first."""
    from simgov.experiment import compare

    baseline, reform = runs.scenarios
    levels = {(row["scenario"], row["kpi"]): row for row in runs.summary_rows()}
    rows: list[tuple[float, dict[str, Any]]] = []
    for moved in compare(runs).differences.to_dict("records"):
        kpi, mean, half = str(moved["kpi"]), float(moved["mean"]), float(moved["half_width"])
        if kpi not in told_kpis(study.baseline) or not abs(mean) > half or math.isnan(half):
            continue
        was = levels[baseline, kpi]["mean"]
        share = abs(mean / was) if was else math.inf
        if share < LEAST_CHANGE:
            continue
        told = {"kpi": kpi, "unit": moved["unit"], "confidence": runs.confidence}
        told |= {
            name: {"mean": row["mean"], "half_width": row["half_width"]}
            for name, row in (
                ("before", levels[baseline, kpi]),
                ("after", levels[reform, kpi]),
                ("difference", moved),
            )
        }
        rows.append((share, told))
    ordered = sorted(rows, key=lambda row: -row[0])
    return [told for _, told in ordered[:MOST_KPIS]]


def told_kpis(scenario: Scenario) -> frozenset[str]:
    """The KPIs among which the effect of a measure is looked for."""
    of_services = [f"{service.id}.{kpi}" for service in scenario.services for kpi in SERVICE_KPIS]
    of_pools = [f"{pool.id}.{kpi}" for pool in scenario.pools for kpi in POOL_KPIS]
    return frozenset((*of_services, *of_pools, *OF_ALL))


def print_effect(terminal: Terminal, office: Scenario, effect: Sequence[Mapping[str, Any]]) -> None:
    """The KPIs before and after, in a table."""
    from simgov.cli.measure_tables import spoken_kpi
    from simgov.kpi import Estimate
    from simgov.report.numbers import figures, scale_of

    if terminal.json:
        return
    if not effect:
        terminal.headline("No KPI moves for sure in {count} replications.", count=REPLICATIONS)
        return
    terminal.headline(
        "Effect on the example office ({count} replications, paired; what moves most):", count=REPLICATIONS
    )
    rows = []
    for row in effect:
        before, after, moved = (
            Estimate(row[name]["mean"], row[name]["half_width"]) for name in ("before", "after", "difference")
        )
        scale = scale_of(row["unit"], [before.value, after.value])
        shown = [*figures(row["unit"], [before, after], scale=scale)]
        shown += figures(row["unit"], [moved], signed=True, scale=scale)
        cells = [spoken(figure.full, terminal.words.lang) for figure in shown]
        rows.append([spoken_kpi(row["kpi"], office, terminal), *cells])
    terminal.table(EFFECT_HEADS, rows, numbers=(1, 2, 3))
