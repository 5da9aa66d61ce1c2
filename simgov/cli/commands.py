"""The commands of simgov. Each imports what it needs when it runs, so that ``simgov --help`` answers at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simgov import __version__
from simgov.cli.ending import BAD_INPUT, NOT_MET, Ending, EndingGroup
from simgov.cli.interrupts import stoppable
from simgov.cli.options import (
    AT_LEAST_ONE,
    DATE,
    LANGUAGE,
    MONEY,
    PATH,
    SEED,
    SHARE,
    TIME,
    Precise,
    SpokenCommand,
    Tolerance,
    for_all,
    help_words,
    languages_asked_for,
    option,
    run_folder,
    scenario_file,
)
from simgov.cli.roadmap_options import BUDGET, QUARTER, SLIPPED
from simgov.cli.terminal import Terminal

if TYPE_CHECKING:
    from simgov.optimize.roadmap.quarters import Quarter
    from simgov.study import Study
    from simgov.units import Money


class Simgov(EndingGroup):
    """The ``simgov`` command."""

    command_class = SpokenCommand

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(help_words()(self.help or ""))


@click.group(
    cls=Simgov,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help="Simulate public services from a scenario file, and find the cheapest plan that keeps its promised times.",
)
@click.version_option(__version__, prog_name="simgov")
@LANGUAGE
def simgov(lang: str | None) -> None:
    """The group of all commands; a command's own ``--lang`` comes before this one."""


@simgov.command(help="Report every error of a scenario file at once, each with its place and what to write instead.")
@click.argument("scenario", type=PATH)
@for_all
def check(terminal: Terminal, scenario: Path, out: Path | None) -> None:
    """Every error of a file, for people or for machines."""
    from simgov import study

    problems, warnings = study.check(scenario_file(scenario))
    terminal.result({"errors": [located(p) for p in problems], "warnings": [located(w) for w in warnings]})
    for problem in (*problems, *warnings):
        terminal.show(str(problem))
    if problems:
        raise Ending(BAD_INPUT)
    terminal.headline("No errors.")


@simgov.command(help="Print the JSON Schema of a scenario file, for editors.")
@for_all
def schema(terminal: Terminal, out: Path | None) -> None:
    """The JSON Schema, printed or written."""
    from simgov import study
    from simgov.cli.terminal import as_json

    text = as_json(study.schema())
    if out is None:
        print(text)
    else:
        out.mkdir(parents=True, exist_ok=True)
        (out / "scenario.schema.json").write_text(text + "\n", encoding="utf-8")
        terminal.message(str(out / "scenario.schema.json"))


@simgov.command(help="Show the process as text and picture; with --reform, what the reform changes.")
@click.argument("scenario", type=PATH)
@option("--reform", metavar="NAME", help="Show this reform of the file, as a difference.")
@option("-o", "picture", type=PATH, metavar="FILE.svg", help="Write the process as a picture.")
@for_all
def show(terminal: Terminal, scenario: Path, reform: str | None, picture: Path | None, out: Path | None) -> None:
    """The process, and what a reform changes in it."""
    from simgov.cli import showing

    study = loaded(terminal, scenario)
    baseline = study.baseline
    shown = baseline if reform is None else study.reform(reform)
    changes = showing.changes(baseline, shown)
    terminal.result(showing.as_data(shown) | ({} if reform is None else {"differences": changes}))
    if not terminal.json:
        for line in showing.lines(shown, changes if reform is not None else None, terminal.words):
            terminal.show(line)
    if picture is None and out is not None:
        picture = out / "process.svg"
    if picture is not None:
        from simgov.report.process_picture import process_picture

        picture.parent.mkdir(parents=True, exist_ok=True)
        drawing = process_picture(shown, terminal.words.lang, None if reform is None else baseline)
        picture.write_text(drawing, encoding="utf-8")
        terminal.say("Picture: {file}", file=picture)


@simgov.command(help="List every kind of measure, or explain one with its effect on an example office.")
@click.argument("name", required=False)
@option("-o", "picture", type=PATH, metavar="FILE.svg", help="Draw the example's process before and after.")
@for_all
def measures(terminal: Terminal, name: str | None, picture: Path | None, out: Path | None) -> None:
    """All measures in short, or one in full."""
    from simgov.cli.explaining import explain, list_measures

    if name is None and picture is not None:
        raise click.UsageError(
            "-o draws the example of one measure; name it, as in simgov measures parallel -o FILE.svg"
        )
    if name is None:
        list_measures(terminal, languages_asked_for())
        return
    explain(terminal, name, out / "process.svg" if picture is None and out is not None else picture)


@simgov.command(help="List what scenarios may be put under stress by, or explain one stress.")
@click.argument("name", required=False)
@for_all
def stresses(terminal: Terminal, name: str | None, out: Path | None) -> None:
    """All stresses in short, or one in full."""
    from simgov.cli.explaining import explain_stress, list_stresses

    if name is None:
        list_stresses(terminal, languages_asked_for())
    else:
        explain_stress(terminal, name)


REFORM = option("--reform", "reforms", metavar="NAME", multiple=True, help="One more scenario: a reform of the file.")
REPLICATIONS = option("--replications", type=AT_LEAST_ONE, metavar="N", help="How often to repeat; else the file's.")
SEED_OPTION = option("--seed", type=SEED, metavar="S", help="Which random numbers to use; else the file's.")
WORKERS = option("--workers", type=AT_LEAST_ONE, metavar="W", help="How many replications to run at a time.")
TIME_OPTION = option("--time", type=TIME, metavar="T", help="Stop after this long with what is finished, e.g. '60 s'.")


@simgov.command(help="Simulate the baseline and each reform asked for, and give every measure with its interval.")
@click.argument("scenario", type=PATH)
@REFORM
@REPLICATIONS
@SEED_OPTION
@option("--engine", type=click.Choice(["compiled", "reference"]), default="compiled", help="Which engine; both agree.")
@WORKERS
@TIME_OPTION
@option("--precision", type=Precise(), multiple=True, help="Repeat until intervals are this narrow, e.g. '2 %'.")
@option("--most-replications", type=AT_LEAST_ONE, metavar="N", help="With --precision: give up after so many.")
@option("--control-variates", is_flag=True, help="Take the luck in how much work was drawn off the means.")
@option("--plan", type=PATH, metavar="PLAN", help="One more scenario: a plan that optimize kept.")
@option("--stress", "stresses", metavar="NAME", multiple=True, help="Each scenario under this stress as well.")
@option("--targets", is_flag=True, help="Say which targets are met; exit code 1 when one is not.")
@option("--against", type=PATH, metavar="KPIS.json", help="Compare with an earlier run --json; exit code 1 if moved.")
@option("--tolerance", type=Tolerance(), default="0", help="How far a measure may move, relative to what it was.")
@for_all
def run(terminal: Terminal, scenario: Path, out: Path | None, **options: Any) -> None:
    """Replications of the baseline and of reforms."""
    from simgov.cli.running import run_scenario

    run_scenario(terminal, loaded(terminal, scenario), run_folder(out, scenario), **options)


@simgov.command(help="Write one replication as an event log, XES or CSV, for process mining and for replay.")
@click.argument("scenario", type=PATH)
@option("-o", "file", type=PATH, metavar="FILE", required=True, help="The log: .xes or .csv, also .gz, or .parquet.")
@option("--reform", metavar="NAME", help="Of this reform of the file; else of the baseline.")
@option("--replication", type=click.IntRange(min=0), default=0, metavar="N", help="Which replication; the first is 0.")
@SEED_OPTION
@option("--engine", type=click.Choice(["compiled", "reference"]), default="compiled", help="Which engine; both agree.")
@for_all
def log(terminal: Terminal, scenario: Path, file: Path, reform: str | None, out: Path | None, **options: Any) -> None:
    """One replication as an event log."""
    from simgov import logs

    if out is not None:
        file = out / file
    logs.check_suffix(file)
    study = loaded(terminal, scenario)
    shown = study.baseline if reform is None else study.reform(reform)
    written = logs.log(shown, file, lang=terminal.words.lang, **options)
    terminal.result({"log": str(written.file), "cases": written.cases, "tasks": written.tasks})
    terminal.headline("Log: {file} ({cases} cases, {tasks} tasks)", file=file, cases=written.cases, tasks=written.tasks)


@simgov.command("warm-up", help="Estimate how long the start is felt, which is what run: warm_up should leave out.")
@click.argument("scenario", type=PATH)
@REPLICATIONS
@SEED_OPTION
@WORKERS
@option("-o", "picture", type=PATH, metavar="FILE.svg", help="Draw how times settle, with the warm-up.")
@for_all
def warm_up(
    terminal: Terminal,
    scenario: Path,
    out: Path | None,
    replications: int | None,
    seed: int | None,
    workers: int | None,
    picture: Path | None,
) -> None:
    """The warm-up by MSER-5."""
    from simgov.cli.settling import show_warm_up

    study = loaded(terminal, scenario)
    if picture is None and out is not None:
        picture = out / "warm_up.svg"
    show_warm_up(terminal, study, replications=replications, seed=seed, workers=workers, picture=picture)


@simgov.command(help="Find the offset of satisfaction with which the office as it is scores what was observed.")
@click.argument("scenario", type=PATH)
@REPLICATIONS
@SEED_OPTION
@WORKERS
@for_all
def satisfaction(terminal: Terminal, scenario: Path, out: Path | None, **options: Any) -> None:
    """The offset that fits what was observed."""
    from simgov.cli.fitting import show_satisfaction

    show_satisfaction(terminal, loaded(terminal, scenario), **options)


@simgov.command(help="Give the differences between runs, or between a scenario and its reforms, paired by replication.")
@click.argument("sources", metavar="RUN|SCENARIO ...", type=PATH, nargs=-1, required=True)
@REFORM
@REPLICATIONS
@SEED_OPTION
@WORKERS
@for_all
def compare(terminal: Terminal, sources: tuple[Path, ...], out: Path | None, **options: Any) -> None:
    """Paired differences."""
    from simgov.cli.comparing import compare_sources

    compare_sources(terminal, sources, out, **options)


@simgov.command(help="Find the cheapest staffing and reforms that meet the targets, and say how far that is proved.")
@click.argument("scenario", type=PATH)
@option("--max-cost", type=MONEY, metavar="MONEY", help="Spend no more than this, e.g. '2000000 CNY'.")
@option("--simulations", type=AT_LEAST_ONE, metavar="N", help="Simulate no more designs than this.")
@TIME_OPTION
@SEED_OPTION
@WORKERS
@option("--explain", is_flag=True, help="Explain the plan too, with what simulations and time it leaves.")
@for_all
def optimize(terminal: Terminal, scenario: Path, out: Path | None, **settings: Any) -> None:
    """The cheapest plan, or the proof that there is none."""
    from simgov.cli.planning import optimize_scenario

    study = loaded(terminal, scenario)
    feasible = optimize_scenario(terminal, study, run_folder(out, scenario), **settings)
    if not feasible:
        raise Ending(NOT_MET)


@simgov.command(
    help="Find which reforms begin in which quarter, and the posts of each year, so that milestones are kept."
)
@click.argument("scenario", type=PATH)
@option("--simulations", type=AT_LEAST_ONE, metavar="N", help="Simulate no more states and years than this.")
@option("--from", "before", type=PATH, metavar="DIR", help="Plan this earlier roadmap anew; what has begun stays.")
@option(
    "--today", type=QUARTER, metavar="QUARTER", help="The quarter from whose first day on everything is decided anew."
)
@option(
    "--slipped",
    type=SLIPPED,
    metavar="NAME:N",
    multiple=True,
    help="A measure that is so many quarters late, e.g. lean:2.",
)
@option(
    "--budget",
    "budgets",
    type=BUDGET,
    metavar="YEAR=MONEY",
    multiple=True,
    help="Another budget for a year, e.g. '2028=2000000 CNY'.",
)
@TIME_OPTION
@SEED_OPTION
@WORKERS
@for_all
def roadmap(
    terminal: Terminal,
    scenario: Path,
    out: Path | None,
    before: Path | None,
    today: Quarter | None,
    slipped: tuple[tuple[str, int], ...],
    budgets: tuple[tuple[int, Money], ...],
    **options: Any,
) -> None:
    """The cheapest programme over years, or what conflicts."""
    from simgov.cli.programming import replanning, roadmap_scenario

    anew = replanning(before, today, dict(slipped), dict(budgets))
    study = loaded(terminal, scenario)
    if not roadmap_scenario(terminal, study, run_folder(out, scenario), anew=anew, **options):
        raise Ending(NOT_MET)


@simgov.command(help="Say where a reform may be tried, and for how many weeks until its effect can be told from noise.")
@click.argument("scenario", type=PATH)
@option("--reform", metavar="NAME", required=True, help="The reform of the file to try.")
@option(
    "--kpi", "kpis", metavar="KPI", multiple=True, help="A measure to tell it by; else those of targets and milestones."
)
@option(
    "--power", type=SHARE, default=0.8, metavar="SHARE", help="How surely the effect is to be seen; 80 % unless given."
)
@option(
    "--weeks-most", type=AT_LEAST_ONE, default=52, metavar="N", help="The longest pilot to look at; 52 unless given."
)
@option(
    "--replications",
    type=click.IntRange(min=20),
    default=200,
    metavar="N",
    help="How many pilots of each length to simulate; 200 unless given.",
)
@SEED_OPTION
@WORKERS
@for_all
def pilot(terminal: Terminal, scenario: Path, out: Path | None, **options: Any) -> None:
    """How long a pilot has to be."""
    from simgov.cli.piloting import show_pilot

    if not 0 < options["power"] < 1:
        raise click.BadParameter("write a share between 0 and 1, e.g. 80 %", param_hint="--power")
    show_pilot(terminal, loaded(terminal, scenario), **options)


@simgov.command(help="Say what a plan is made of: what each measure, post and step is worth, and what else would do.")
@click.argument("plan", type=PATH)
@click.argument("scenario", type=PATH, required=False)
@option("--simulations", type=AT_LEAST_ONE, metavar="N", help="Simulate no more designs than this.")
@TIME_OPTION
@WORKERS
@for_all
def explain(terminal: Terminal, plan: Path, scenario: Path | None, out: Path | None, **settings: Any) -> None:
    """A plan explained in sentences."""
    from simgov.cli.plan_explaining import explain_plan

    explain_plan(terminal, plan, scenario, out=out, **settings)


@simgov.command(help="Find what each limit of a target costs: the cheapest plan at each, all simulations shared.")
@click.argument("scenario", type=PATH)
@option("--kpi", required=True, metavar="KPI", help="The KPI whose limit varies; it replaces a target of the file.")
@option("--limits", metavar="LIMITS", help="The limits, e.g. '3, 4, 5 workdays'.")
@option("--from", "first", metavar="LIMIT", help="Limits at equal distances from this one,")
@option("--to", "last", metavar="LIMIT", help="to this one,")
@option("--points", type=AT_LEAST_ONE, metavar="N", default=11, help="so many of them; default 11.")
@option("--second", metavar="KPI", help="A second KPI, for every combination of its limits with those of the first.")
@option("--second-limits", metavar="LIMITS", help="The limits of the second KPI, e.g. '80 %, 90 %'.")
@option("--max-cost", type=MONEY, metavar="MONEY", help="Spend no more than this, e.g. '2000000 CNY'.")
@option("--simulations", type=AT_LEAST_ONE, metavar="N", help="Simulate no more designs than this.")
@TIME_OPTION
@SEED_OPTION
@WORKERS
@for_all
def frontier(terminal: Terminal, scenario: Path, out: Path | None, **options: Any) -> None:
    """The frontier of cost against a target."""
    from simgov.cli.tracing import trace_frontier

    if not trace_frontier(terminal, loaded(terminal, scenario), run_folder(out, scenario), **options):
        raise Ending(NOT_MET)


@simgov.command(help="Check a plan again from its files: costs, simulations, cuts, and that nothing cheaper is left.")
@click.argument("plan", type=PATH)
@option("--scenario", type=PATH, metavar="FILE", help="The scenario file, where it is not where the plan says.")
@option("--sample", type=AT_LEAST_ONE, metavar="N", help="So many excluded designs are simulated; default 50.")
@WORKERS
@for_all
def verify(
    terminal: Terminal, plan: Path, out: Path | None, scenario: Path | None, sample: int | None, workers: int | None
) -> None:
    """Whether a plan's certificate holds."""
    from simgov.cli.verifying import verify_plan

    if not verify_plan(terminal, plan, scenario, sample=50 if sample is None else sample, workers=workers):
        raise Ending(NOT_MET)


@simgov.command(help="Judge an office the way the field does: four Es, scorecard, benchmark, lights, ranks, ratings.")
@click.argument("sources", metavar="RUN|SCENARIO ...", type=PATH, nargs=-1, required=True)
@REFORM
@option("--date", type=DATE, metavar="DATE", help="The day that is held against schedules; else the run's first.")
@REPLICATIONS
@SEED_OPTION
@WORKERS
@for_all
def judge(terminal: Terminal, sources: tuple[Path, ...], out: Path | None, **options: Any) -> None:
    """An office judged by all that applies."""
    from simgov.cli.judging import judge_sources

    judge_sources(terminal, sources, out, **options)


@simgov.command(help="Find the shortest promise in workdays that the office can keep, and its share of the limit.")
@click.argument("scenario", type=PATH)
@REFORM
@option("--share", "shares", type=SHARE, multiple=True, help="The cases that it has to cover, e.g. '99 %'.")
@REPLICATIONS
@SEED_OPTION
@WORKERS
@for_all
def promise(terminal: Terminal, scenario: Path, out: Path | None, **options: Any) -> None:
    """The shortest promise of each service."""
    from simgov.cli.judging import show_promises

    show_promises(terminal, loaded(terminal, scenario), **options)


@simgov.command(
    help="Watch a measure against its standard; after a quarter in which it drifts, find the cheapest plan."
)
@click.argument("scenario", type=PATH)
@option("--kpi", metavar="NAME", help="The measure that is watched; else the file's, where it watches one.")
@option("--series", type=PATH, metavar="FILE", help="What was measured: CSV with date,value and, if counted, cases.")
@option("--simulate", type=click.Choice(["week", "month"]), help="Play the loop on a simulated office instead.")
@option("--quarters", type=click.IntRange(1, 400), metavar="N", help="With --simulate: for so many quarters; else 4.")
@option("--standard", metavar="VALUE", help="What the measure should be, e.g. '12 min'; else the file's.")
@option("--spread", metavar="VALUE", help="Standard deviation of one value, e.g. '3 min'; else the file's.")
@option("--first", type=click.IntRange(min=5), metavar="N", help="Without these: from so many first values; else 12.")
@option("--chart", type=click.Choice(["ewma", "cusum"]), help="Which control chart; else the file's, or EWMA.")
@option("--run-length", type=float, metavar="N", help="Set the limits for a false signal every N values.")
@option("--no-plans", is_flag=True, help="Do not ask the optimiser after a quarter with a signal.")
@option("-o", "picture", type=PATH, metavar="FILE.svg|FILE.png", help="Draw the chart.")
@option("--simulations", type=AT_LEAST_ONE, metavar="N", help="Simulate no more designs than this.")
@TIME_OPTION
@REPLICATIONS
@SEED_OPTION
@WORKERS
@for_all
def control(terminal: Terminal, scenario: Path, out: Path | None, **options: Any) -> None:
    """The control loop."""
    from simgov.cli.controlling import control_scenario

    control_scenario(terminal, loaded(terminal, scenario), out, **options)


@simgov.command(help="Write a run, a plan or a roadmap as one HTML page that works offline, in Chinese and English.")
@click.argument("source", metavar="RUN|PLAN|ROADMAP", type=PATH)
@option("-o", "page", type=PATH, metavar="FILE.html", required=True, help="The page to write.")
@for_all
def report(terminal: Terminal, source: Path, page: Path, out: Path | None) -> None:
    """A run or a plan as a page."""
    if out is not None:
        page = out / page
    from simgov import report as reports

    last_words = terminal.words("Interrupted; no page was written.")
    with stoppable(lambda: last_words), terminal.progress("replications") as progress:
        try:
            written = reports.write_stored(source, page, lang=terminal.words.lang, progress=progress)
        except KeyboardInterrupt:
            terminal.message(last_words)
            raise
    terminal.result({"report": str(written)})
    terminal.headline("Report: {file}", file=written)


def loaded(terminal: Terminal, path: Path) -> Study:
    """The study in a file; its warnings are said. Raises ``InputError``."""
    from simgov import study

    found = study.load(scenario_file(path))
    for warning in found.warnings:
        terminal.message(str(warning))
    return found


def located(problem: Any) -> dict[str, Any]:
    """A problem for machines."""
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "path": problem.dotted,
        "message": problem.message,
        "hint": problem.hint,
    }
