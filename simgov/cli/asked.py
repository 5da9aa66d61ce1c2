"""The scenarios that ``simgov run`` is asked for: the baseline, reforms, a plan, and each of them under stress."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simgov.cli.terminal import Terminal
from simgov.errors import InputError, Problem, ReformError

if TYPE_CHECKING:
    from simgov.optimize.plan import Plan
    from simgov.reforms.stressing import Stressed
    from simgov.scenario.value import Scenario, Text
    from simgov.study import Study


@dataclass(frozen=True)
class Asked:
    """Scenarios in their order: each by itself, then under every stress. ``touched``: by label, what these act on."""

    scenarios: tuple[Scenario, ...]
    touched: dict[str, tuple[Text, ...]]

    def scenario(self, label: str) -> Scenario:
        """The scenario of that label."""
        return next(scenario for scenario in self.scenarios if scenario.label == label)


def asked_for(
    terminal: Terminal, study: Study, reforms: Sequence[str], plan: Plan | None, stresses: Sequence[str]
) -> Asked:
    """The scenarios to run. Raises ``InputError`` where a stress finds nothing to act on in any of them."""
    plain = [study.baseline, *(study.reform(name) for name in dict.fromkeys(reforms))]
    strained: list[Callable[[str], Stressed]] = [
        lambda stress, reform=reform: study.under(stress, reform)  # type: ignore[misc]
        for reform in (None, *dict.fromkeys(reforms))
    ]
    if plan is not None:
        plain.append(planned(study, plan))
        strained.append(under_plan(study, plan))
    scenarios: list[Scenario] = []
    touched: dict[str, tuple[Text, ...]] = {}
    idle: dict[str, list[str]] = {stress: [] for stress in stresses}
    for scenario, put_under in zip(plain, strained, strict=True):
        scenarios.append(scenario)
        for stress in idle:
            try:
                made = put_under(stress)
            except ReformError as error:
                idle[stress].append(str(error))
                continue
            scenarios.append(made.scenario)
            touched[made.scenario.label] = made.touched
    refuse_idle(terminal, idle, len(plain))
    return Asked(tuple(scenarios), touched)


def planned(study: Study, plan: Plan) -> Scenario:
    """The scenario of the plan."""
    from simgov.optimize.taken import PLAN_LABEL, labelled

    if PLAN_LABEL in study.reforms:
        message = f"the file has a reform called {PLAN_LABEL}, as the plan is"
        raise InputError((Problem(("reforms", PLAN_LABEL), message, "give the reform another name", str(study.path)),))
    return labelled(study, PLAN_LABEL, plan)


def under_plan(study: Study, plan: Plan) -> Callable[[str], Stressed]:
    """What the plan becomes under a stress."""
    from simgov.optimize.taken import plan_under

    return lambda stress: plan_under(study, plan, stress)


def refuse_idle(terminal: Terminal, idle: dict[str, list[str]], scenarios: int) -> None:
    """Say where a stress acts on nothing; refuse one that acts on nothing anywhere."""
    problems = [Problem((), said) for refused in idle.values() if len(refused) == scenarios for said in refused]
    if problems:
        raise InputError(tuple(problems))
    for refused in idle.values():
        for said in refused:
            terminal.message(said)


def print_touched(terminal: Terminal, touched: dict[str, tuple[Text, ...]], most: int = 12) -> None:
    """What each stress acts on, line by line."""
    for label, lines in touched.items():
        terminal.headline("{label} acts on:", label=label)
        for line in lines[:most]:
            terminal.show(f"  {line.zh if terminal.words.lang == 'zh' else line.en}")
        if len(lines) > most:
            terminal.headline("  and {count} more", count=len(lines) - most)
    if touched:
        terminal.show()


def load_plan(path: Path | None) -> Plan | None:
    """The plan at ``path``. Raises ``StoreError``."""
    from simgov.optimize import load

    return None if path is None else load(path)


def keep_plan(plan: Plan, folder: Path) -> None:
    """Put the plan beside the run, for its page."""
    import json

    from simgov.optimize.taken import PLAN_OF_RUN

    text = json.dumps(plan.to_json(), ensure_ascii=False, indent=1, allow_nan=False)
    (folder / PLAN_OF_RUN).write_text(text + "\n", encoding="utf-8")
