"""Cases that a measure has sent back beside those that go back anyhow: where to, and after what time."""

from __future__ import annotations

from simgov.distributions import Distribution
from simgov.reforms.measure import Refusal, step_of
from simgov.reforms.shaping import sent_back_more
from simgov.scenario.checks import ancestors
from simgov.scenario.value import Scenario, Service, Step


def also_sent_back(
    scenario: Scenario, service: Service, step: Step, share: float, back_to: str | None, delay: Distribution | None
) -> Step:
    """``step`` of which a further ``share`` of visits goes back to the step that ``back_to`` names, after ``delay``.

    A step sends back in one way only: where it does so already, that way holds, and ``back_to`` and ``delay`` may not
    say otherwise. Where it does not, they go back to ``step`` itself unless said. Raises ``Refusal`` at these two keys.
    """
    returns = step.returns
    back = step.id if returns is None else returns.to
    if back_to is not None:
        back = step_of(scenario, service.id, back_to, ("back_to",)).id
    if returns is not None and back != returns.to:
        message = f"{step.id} sends cases back to {returns.to} already, not to {back}"
        raise Refusal(message, f"write {returns.to}, or leave it out", ("back_to",))
    if returns is not None and delay is not None and delay != returns.delay:
        message = f"{step.id} sends cases back already, and after another time"
        raise Refusal(message, "leave delay out", ("delay",))
    if back not in ancestors(service)[step.id] | {step.id}:
        raise Refusal(f"{back} does not come before {step.id}", "name that step or one before it", ("back_to",))
    return sent_back_more(step, share, back, delay)
