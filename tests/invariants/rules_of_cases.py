"""Rules about cases: none is lost, every one ends in one way, and its tasks follow each other in time."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np

from simgov.applications import NO_SHOW
from simgov.engines.events import CASE_OUTCOMES, TASK_OUTCOMES
from tests.invariants.table import Run, Task, said

TASK_VOCABULARY = {
    "done", "returned", "reneged", "sent_home", "cancelled", "open", "refused", "revoked", "balked", "wasted", "passed",
}  # fmt: skip
CASE_VOCABULARY = {
    "finished", "refused", "withdrawn", "cancelled", "reneged", "balked", "no_show", "deemed", "revoked", "open",
}  # fmt: skip


def no_case_is_lost_or_doubled(run: Run) -> Iterator[str]:
    """Everybody who applied up to the end is in the table once, in order, under the instant drawn."""
    events = run.events
    until = run.applied[: run.backlog].tolist() + [t for t in run.applied[run.backlog :] if t <= events.stopped_at]
    if events.applied.tolist() != until:
        yield f"{len(until)} applied and {len(events.applied)} are in the table, or at other instants"
    numbers = Counter(zip(events.case_service.tolist(), events.case_index.tolist(), strict=True))
    yield from (
        f"case {number} of service {service} is there {n} times" for (service, number), n in numbers.items() if n > 1
    )


def every_outcome_is_in_the_vocabulary(run: Run) -> Iterator[str]:
    """And the vocabularies are those of docs/semantics.md."""
    if not set(TASK_OUTCOMES) <= TASK_VOCABULARY:
        yield f"unknown outcomes of tasks: {set(TASK_OUTCOMES) - TASK_VOCABULARY}"
    if set(CASE_OUTCOMES) != CASE_VOCABULARY:
        yield f"other outcomes of cases: {set(CASE_OUTCOMES) ^ CASE_VOCABULARY}"
    for outcome in (*run.events.outcome.tolist(), *run.events.case_outcome.tolist()):
        if outcome < 0:
            yield f"outcome {outcome}"


def a_case_is_over_when_its_tasks_are(run: Run) -> Iterator[str]:
    """Who has left has nothing open but work begun before, which finishes for nothing; who is open has not left."""
    for case, outcome in enumerate(run.case_outcomes):
        left, own = float(run.events.left[case]), run.of_case.get(case, [])
        if outcome == "open":
            if any(task.outcome == "cancelled" for task in own):
                yield f"case {case} is open and has a cancelled task"
            continue
        if math.isnan(left):
            yield f"case {case} is {outcome} and has not left"
        still = [task for task in own if task.outcome == "open" and not task.begun]
        yield from (f"{task} waits on although its case is {outcome}" for task in still)
        if outcome == "finished":
            yield from (f"{task} is open although its case is finished" for task in own if task.outcome == "open")
            yield from (
                f"{task} ended as {task.outcome} although its case is finished"
                for task in own
                if task.outcome in ("reneged", "cancelled", "balked")
                and not (task.outcome != "cancelled" and said(task.service, "retries", None) is not None)
            )


def who_leaves_unserved_ends_the_case(run: Run) -> Iterator[str]:
    """A reneged task ends its case at that instant, unless the applicant comes back; what else waits is cancelled."""
    outcomes = run.case_outcomes
    for task in run.tasks:
        left = float(run.events.left[task.case])
        comes_back = said(task.service, "retries", None) is not None
        ends = outcomes[task.case] == "reneged" and task.finish == left
        if task.outcome == "reneged" and not comes_back and not ends:
            yield f"{task} reneged at {task.finish}, but its case is {outcomes[task.case]} and left at {left}"
        if task.outcome == "cancelled" and task.finish != left:
            yield f"{task} is cancelled at {task.finish}, but its case left at {left}"
    for case, outcome in enumerate(outcomes):
        if outcome == "reneged" and not any(
            task.outcome in ("reneged", "sent_home") and task.finish == run.events.left[case]
            for task in run.of_case.get(case, [])
        ):
            yield f"case {case} reneged, but no task of it left unserved then"


def who_does_not_come_has_no_task(run: Run) -> Iterator[str]:
    """Who booked and stays away has left on application, without a task; all others have one, or skip every step."""
    for case, outcome in enumerate(run.case_outcomes):
        absent = bool(run.booking[case] == NO_SHOW)
        if (outcome == "no_show") != (absent and outcome != "open"):
            yield f"case {case} {'stays away' if absent else 'comes'} and is {outcome}"
        if outcome == "no_show" and (case in run.of_case or run.events.left[case] != run.events.applied[case]):
            yield f"case {case} is a no-show with {len(run.of_case.get(case, []))} tasks, left {run.events.left[case]}"


def measured_are_who_applied_in_the_window(run: Run) -> Iterator[str]:
    """No backlog case is measured, and the run stops only when those that are have left, or at its end."""
    events = run.events
    number = np.arange(len(events.applied)) - run.backlog
    if run.scenario.run.cases is None:
        inside = (events.applied >= events.window_start) & (events.applied < events.window_end) & (number >= 0)
        if not np.array_equal(inside, events.measured):
            yield f"{inside.sum()} applied in the window and {events.measured.sum()} are measured"
    else:
        settings = run.scenario.run
        expected = (number >= settings.warm_up_cases) & (number < run.scenario.run.cases)
        if not np.array_equal(expected, events.measured) and len(events.applied) - run.backlog >= settings.cases:
            yield "other cases are measured than those numbered"
    if events.stopped_at < events.window_end and not np.isnan(events.window_end):
        yield f"the run stopped at {events.stopped_at}, inside its window to {events.window_end}"


# Time -----------------------------------------------------------------------------------------------------------------


def time_never_goes_back(run: Run) -> Iterator[str]:
    """Application, ready, start and finish of a task follow each other; rows stand in the order of joining."""
    events = run.events
    for task in run.tasks:
        applied = float(events.applied[task.case])
        if not applied <= task.ready <= task.left <= task.done_with <= events.stopped_at:
            yield f"{task}: applied {applied}, ready {task.ready}, start {task.start}, finish {task.finish}"
    ready = np.array([task.ready for task in run.tasks])
    yield from (f"task {row + 1} joined before task {row}" for row in np.flatnonzero(np.diff(ready) < 0))
    for case in range(len(events.applied)):
        accepted, decided, left = (float(column[case]) for column in (events.accepted, events.decided, events.left))
        known = [t for t in (float(events.applied[case]), accepted, decided) if not math.isnan(t)]
        if known != sorted(known) or known[-1] > events.stopped_at or left > events.stopped_at:
            yield f"case {case}: applied {known[0]}, accepted {accepted}, decided {decided}, left {left}"


def a_visit_follows_the_one_before(run: Run) -> Iterator[str]:
    """A case comes to a step again after it was there, as the next visit; who was sent home keeps the number."""
    for case, own in run.of_case.items():
        by_step: dict[str, list[Task]] = defaultdict(list)
        for task in own:
            by_step[task.step.id].append(task)
        for tasks in by_step.values():
            for before, after in pairwise(tasks):
                again = before.outcome in ("sent_home", "passed")
                if after.visit < before.visit + (0 if again else 1) or (again and after.visit != before.visit):
                    yield f"{after} follows visit {before.visit}, {before.outcome}"
                if after.ready < before.done_with:
                    yield f"{after} is ready at {after.ready}, before visit {before.visit} was over at {before.finish}"
        yield from _steps_in_order(case, by_step, run)


def _steps_in_order(case: int, by_step: Mapping[str, list[Task]], run: Run) -> Iterator[str]:
    """The first visit to a step waits for each predecessor that the case comes through to be done."""
    if case < run.backlog:
        return
    for tasks in by_step.values():
        first = tasks[0]
        for name in first.step.after:
            own = [task for task in by_step.get(name, []) if task.row < first.row]
            done = [task.finish for task in own if task.outcome == "done"]
            # A case that comes again may do without a step, then or the first time: its share is drawn each time.
            skipped = bool(own) and own[0].step.share < 1.0 and (own[-1].outcome == "returned" or own[0].visit > 0)
            if own and not skipped and not any(finish <= first.ready for finish in done):
                yield f"{first} is ready at {first.ready}, before {name} is done"
