"""``simgov verify``: the checks of a plan, one line each, and whether it stands."""

from __future__ import annotations

from pathlib import Path

from simgov.cli.ending import INTERRUPTED, Ending
from simgov.cli.interrupts import stoppable
from simgov.cli.showing import name
from simgov.cli.terminal import Terminal


def verify_plan(terminal: Terminal, plan: Path, scenario: Path | None, *, sample: int, workers: int | None) -> bool:
    """Check the plan and print each check; whether all of them hold."""
    from simgov.optimize import load
    from simgov.optimize.roadmap import plan as roadmaps
    from simgov.optimize.roadmap.verify import verify as verify_roadmap
    from simgov.optimize.search import Halt
    from simgov.optimize.verify import verify
    from simgov.study import load as load_study

    roadmap = roadmaps.is_roadmap(plan)
    made_for = (roadmaps.load(plan) if roadmap else load(plan)).scenario
    study = load_study(Path(made_for) if scenario is None else scenario)
    last_words = terminal.words("Interrupted before the plan was checked.")
    with (
        stoppable(lambda: last_words, raises=False) as stop,
        terminal.progress("designs simulated") as progress,
    ):
        try:
            verified = verify_roadmap if roadmap else verify
            verdict = verified(plan, study, sample=sample, workers=workers, progress=progress, stop=stop)
        except Halt:
            terminal.message(last_words)
            raise Ending(INTERRUPTED) from None
    for check in verdict.checks:
        mark = "✓" if check.passed else "✗"
        terminal.show(f"  {mark} {name(check.found, terminal.words)}")
    terminal.headline("The plan stands." if verdict.passed else "The plan does not stand.")
    terminal.result(verdict.to_json())
    return verdict.passed
