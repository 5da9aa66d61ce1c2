"""``simgov explain`` and ``simgov optimize --explain``: what the plan is made of, in sentences."""

from __future__ import annotations

import time as clock
from pathlib import Path
from typing import TYPE_CHECKING

from simgov.cli.ending import INTERRUPTED, Ending
from simgov.cli.searching import searching
from simgov.cli.showing import name
from simgov.cli.terminal import Terminal

if TYPE_CHECKING:
    from simgov.optimize import Plan
    from simgov.optimize.explain import Explanation
    from simgov.study import Study
    from simgov.units import Duration

HEADINGS = {
    "options": "Each measure kept or dropped:",
    "posts": "One post more or fewer, all else chosen anew:",
    "near": "Other plans that keep the targets at little more:",
    "demand": "With more or fewer applicants:",
    "steps": "What steps cost that nobody offers to remove (a reckoning, no proposal):",
    "changes": "One thing otherwise, all else as in the plan:",
    "budgets": "With more or less money:",
}
PARTS = {
    "options": "each measure",
    "posts": "one post more or fewer",
    "near": "other plans",
    "demand": "other demand",
    "steps": "what steps cost",
    "changes": "one thing otherwise",
    "budgets": "more or less money",
}
WHY_SHORT = {
    "time": "Time is up, so the plan is explained in part.",
    "simulations": "The number of simulations is used up, so the plan is explained in part.",
    "interrupted": "Interrupted, so the plan is explained in part.",
}


def explain_plan(
    terminal: Terminal,
    folder: Path,
    scenario: Path | None,
    *,
    out: Path | None,
    simulations: int | None,
    time: Duration | None,
    workers: int | None,
) -> None:
    """Explain the plan kept in ``folder``, keep that in ``out`` or beside it, and print it."""
    from simgov.optimize import load
    from simgov.study import load as load_study

    plan = load(folder)
    study = load_study(Path(plan.scenario) if scenario is None else scenario)
    seconds = None if time is None else time.amount * 60.0
    place = out or (folder if folder.is_dir() else folder.parent)
    explanation = explained(terminal, study, plan, place, simulations=simulations, seconds=seconds, workers=workers)
    terminal.result(explanation.to_json())
    if explanation.stopped == "interrupted":
        raise Ending(INTERRUPTED)


def explained(
    terminal: Terminal,
    study: Study,
    plan: Plan,
    folder: Path,
    *,
    simulations: int | None,
    seconds: float | None,
    workers: int | None,
) -> Explanation:
    """Explain ``plan`` with progress, keep that in ``folder`` and print it."""
    from simgov.optimize.explain import explain

    last_words = terminal.words("Interrupted before anything was explained.")
    with searching(terminal, last_words) as (stop, doing):
        explanation = explain(
            study,
            plan,
            simulations=simulations,
            time=seconds,
            workers=workers,
            progress=lambda so_far: doing(
                terminal.words(
                    "explaining {part}; designs simulated: {simulations}",
                    part=terminal.words(PARTS[so_far.part]),
                    simulations=so_far.simulations,
                )
            ),
            stop=stop,
        )
        place = explanation.save(folder)
    print_explanation(terminal, explanation)
    terminal.say("The explanation is kept in {file}", file=place)
    return explanation


def explained_after(
    terminal: Terminal,
    study: Study,
    plan: Plan,
    folder: Path,
    *,
    simulations: int | None,
    ends: float | None,
    workers: int | None,
) -> Explanation:
    """The same for a plan just found, with the simulations that it left and until ``ends`` (of ``time.monotonic``)."""
    left = None if simulations is None else max(0, simulations - plan.simulations)
    seconds = None if ends is None else max(0.0, ends - clock.monotonic())
    return explained(terminal, study, plan, folder, simulations=left, seconds=seconds, workers=workers)


def print_explanation(terminal: Terminal, explanation: Explanation) -> None:
    """The explanation for people."""
    if terminal.json:
        return
    for section, sentences in explanation.sentences():
        terminal.show()
        terminal.headline(HEADINGS[section])
        for sentence in sentences:
            terminal.show(f"  {name(sentence, terminal.words)}")
    if explanation.notes:
        terminal.show()
    for note in explanation.notes:
        terminal.show(name(note, terminal.words))
    if explanation.stopped:
        terminal.headline(WHY_SHORT[explanation.stopped])
    if explanation.unanswered:
        parts = ("、" if terminal.words.lang == "zh" else ", ").join(
            terminal.words(PARTS[part]) for part in explanation.unanswered
        )
        terminal.show(terminal.words("Not answered to the end: {parts}.", parts=parts))
    terminal.headline("{count} designs were simulated to explain the plan.", count=explanation.simulations)
