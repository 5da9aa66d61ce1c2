"""What must hold of every event table, whatever the scenario: the rules of docs/semantics.md, read against the table.

``violations`` is independent of the engines: it knows the scenario, the instants at which people applied, and the
table. Each rule is a function that yields what breaks it, in words; ``RULES`` lists them. ``test_checker.py`` shows
that each of them can fail.

Several things may happen at one instant, and only the engine knows in which order; so a rule that compares tasks counts
as waiting only who was there before the instant and after it.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from simgov.arrays import Floats, Integers
from simgov.engines.events import CASE_OUTCOMES, TASK_OUTCOMES, EventTable
from simgov.network import Network
from simgov.scenario.value import Pool, Scenario, Service, Step
from simgov.workload import BOOKED, NO_SHOW, Workload
from tests.invariants.hours import DAY, PoolHours, Stretches, pool_hours, week_hours

TASK_VOCABULARY = {
    "done", "returned", "reneged", "sent_home", "cancelled", "open", "refused", "revoked", "balked", "wasted",
}  # fmt: skip
CASE_VOCABULARY = {
    "finished", "refused", "withdrawn", "cancelled", "reneged", "balked", "no_show", "deemed", "revoked", "open",
}  # fmt: skip
WORKED_ON = {"done", "returned", "refused", "revoked", "wasted"}
UNSERVED = {"reneged", "sent_home", "cancelled", "balked"}

TOLERANCE = 1e-6
"""Minutes by which sums of minutes may differ from rounding; instants are compared exactly."""


@dataclass(frozen=True, eq=False)
class Task:
    """A row of the event table. ``left`` is when it left the queue: its start, its end unserved, or the run's end."""

    row: int
    case: int
    service: Service
    step: Step
    visit: int
    pool: str
    server: int
    ready: float
    start: float
    finish: float
    work: float
    outcome: str
    left: float
    done_with: float
    booked: bool

    @property
    def begun(self) -> bool:
        """Whether an officer took it, or its delay began."""
        return not math.isnan(self.start)

    @property
    def rank(self) -> tuple[int, int]:
        """Its place in the order of service: priority class, then who joined first."""
        priority = self.service.priority if self.step.priority is None else self.step.priority
        appointments = self.service.appointments
        if self.booked and self.step.in_person and appointments is not None and appointments.priority is not None:
            priority = appointments.priority
        return priority, self.row

    def __str__(self) -> str:
        return f"task {self.row} (case {self.case}, {self.service.id}.{self.step.id}, visit {self.visit})"


@dataclass(frozen=True, eq=False)
class Run:
    """A scenario, what its step numbers mean, when people applied and who had booked according to the draws, and the
    table of the run."""

    scenario: Scenario
    steps: Sequence[tuple[Service, Step]]
    applied: Floats
    booking: Integers
    backlog: int
    events: EventTable

    @cached_property
    def tasks(self) -> list[Task]:
        """Every row, with names for numbers."""
        events, steps = self.events, self.steps
        pools = [pool.id for pool in self.scenario.pools]
        found = []
        for row in range(len(events.case)):
            service, step = steps[int(events.step[row])]
            start, finish = float(events.start[row]), float(events.finish[row])
            done_with = events.stopped_at if math.isnan(finish) else finish
            found.append(
                Task(
                    row=row,
                    case=int(events.case[row]),
                    service=service,
                    step=step,
                    visit=int(events.visit[row]),
                    pool=pools[int(events.pool[row])] if events.pool[row] >= 0 else "",
                    server=int(events.server[row]),
                    ready=float(events.ready[row]),
                    start=start,
                    finish=finish,
                    work=float(events.work[row]),
                    outcome=TASK_OUTCOMES[int(events.outcome[row])],
                    left=done_with if math.isnan(start) else start,
                    done_with=done_with,
                    booked=bool(self.booking[int(events.case[row])] == BOOKED),
                )
            )
        return found

    @cached_property
    def at_pool(self) -> Mapping[str, list[Task]]:
        """The tasks of each pool."""
        found: dict[str, list[Task]] = defaultdict(list)
        for task in self.tasks:
            found[task.pool].append(task)
        return found

    @cached_property
    def of_case(self) -> Mapping[int, list[Task]]:
        """The tasks of each case."""
        found: dict[int, list[Task]] = defaultdict(list)
        for task in self.tasks:
            found[task.case].append(task)
        return found

    @cached_property
    def days(self) -> int:
        """Days that the run may reach."""
        last = [task.done_with for task in self.tasks]
        return int(max([self.events.stopped_at, *last]) // DAY) + 15

    @cached_property
    def hours(self) -> Mapping[str, PoolHours]:
        """The hours of each pool."""
        return {pool.id: pool_hours(self.scenario, pool.id, self.days) for pool in self.scenario.pools}

    @property
    def case_outcomes(self) -> list[str]:
        """How each case ended."""
        return [CASE_OUTCOMES[int(outcome)] for outcome in self.events.case_outcome]


def violations(network: Network, drawn: Workload, events: EventTable) -> list[str]:
    """Everything that breaks a rule, with the rule's name in front; ``drawn`` are all who could apply to the end."""
    run = run_of(network, drawn, events)
    lost = [f"{task} belongs to no case" for task in run.tasks if not 0 <= task.case < len(events.applied)]
    if lost:  # the other rules would stumble over them
        return [f"{no_case_is_lost_or_doubled.__name__}: {one}" for one in lost]
    return [f"{name}: {broken}" for name, rule in RULES.items() for broken in rule(run)]


def run_of(network: Network, drawn: Workload, events: EventTable) -> Run:
    """What the rules look at; of the compiled network no more than what its numbers of steps mean."""
    steps = [(service, step) for service in network.routes for step in service.steps]
    backlog = sum(entry.cases for service in network.scenario.services for entry in service.backlog)
    return Run(network.scenario, steps, drawn.applied, drawn.case_booking, backlog, events)


# Cases ----------------------------------------------------------------------------------------------------------------


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
            )


def who_leaves_unserved_ends_the_case(run: Run) -> Iterator[str]:
    """A reneged task ends its case at that instant, and cancels what else of it waits at the same instant."""
    outcomes = run.case_outcomes
    for task in run.tasks:
        left = float(run.events.left[task.case])
        if task.outcome == "reneged" and (outcomes[task.case] != "reneged" or task.finish != left):
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
                again = before.outcome == "sent_home"
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


# Officers -------------------------------------------------------------------------------------------------------------


def no_officer_does_two_things_at_once(run: Run) -> Iterator[str]:
    """An officer's jobs follow each other."""
    for pool in run.scenario.pools:
        jobs: dict[int, list[Task]] = defaultdict(list)
        for task in run.at_pool[pool.id]:
            if task.begun:
                jobs[task.server].append(task)
        for officer, own in jobs.items():
            if not 0 <= officer < len(run.hours[pool.id].duty):
                yield f"{pool.id} has no officer {officer}"
            own.sort(key=lambda task: (task.start, task.done_with))
            for before, after in pairwise(own):
                if after.start < before.done_with:
                    yield f"officer {officer} of {pool.id} begins {after} at {after.start}, during {before}"


def work_is_done_in_hours(run: Run) -> Iterator[str]:
    """Work begins on duty, or after closing for those to be served still; it lasts as long as it must.

    Where the pool pauses, what began on duty takes its minutes of duty and no more. Other work ends its minutes later.
    """
    for pool in run.scenario.pools:
        hours = run.hours[pool.id]
        for task in run.at_pool[pool.id]:
            if not task.begun or not 0 <= task.server < len(hours.duty):
                continue
            duty = hours.duty[task.server]
            on_duty = duty.hold(task.start)
            if not on_duty and not _is_served_late(task, pool, hours):
                yield f"{task} begins at {task.start}, when officer {task.server} of {pool.id} is not on duty"
            if task.outcome == "open":
                continue
            if pool.at_closing == "pause" and on_duty:
                duty = hours.work(task.server)
                worked = duty.minutes(task.start, task.finish)
                over = task.work > 0 and not any(opens < task.finish <= close for opens, close in duty)
                if abs(worked - task.work) > TOLERANCE or over:
                    yield f"{task} takes {task.work} min of duty, but {worked} lie between its start and its finish"
            elif task.finish != task.start + task.work:
                yield f"{task} takes {task.work} min from {task.start}, but ends at {task.finish}"


def _is_served_late(task: Task, pool: Pool, hours: PoolHours) -> bool:
    """Whether it was there when the pool closed, is to be served, and its officer's duty ended with that closing."""
    if rule_of(task.step, pool) != "serve":
        return False
    closed = [(instant, officers) for instant, officers in hours.closings if instant <= task.start]
    return bool(closed) and task.ready < closed[-1][0] and task.server in closed[-1][1]


def rule_of(step: Step, pool: Pool) -> str:
    """What becomes of who waits for this step at closing: serve, send_home or stay."""
    if pool.waiting_at_closing is None:
        return "serve" if step.in_person else "stay"
    if pool.waiting_at_closing == "send_home" and not step.in_person:
        return "stay"
    return pool.waiting_at_closing


def delays_take_their_time(run: Run) -> Iterator[str]:
    """Outside every pool: on the wall clock, or in the calendar's working time where given in workdays."""
    scenario = run.scenario
    open_hours = week_hours(scenario, scenario.calendar.week, run.days, scenario.calendar.always)
    for task in run.at_pool[""]:
        if task.start != task.ready or task.server != -1:
            yield f"{task} is a delay, but does not begin at once"
        if task.outcome == "open":
            continue
        if task.step.time is not None and task.step.time.base == "workday":
            worked = open_hours.minutes(task.start, task.finish)
            if abs(worked - task.work) > TOLERANCE:
                yield f"{task} takes {task.work} min of working time, but {worked} lie between"
        elif task.finish != task.start + task.work:
            yield f"{task} takes {task.work} min from {task.start}, but ends at {task.finish}"


def nobody_is_idle_while_a_task_waits(run: Run) -> Iterator[str]:
    """No officer on duty is free while somebody waits at the pool, nor after closing while somebody is to be served."""
    for pool in run.scenario.pools:
        hours, own = run.hours[pool.id], run.at_pool[pool.id]
        waiting = Stretches.of((task.ready, task.left) for task in own)
        late = _served_late(own, pool, hours)
        for officer in range(len(hours.duty)):
            busy = Stretches.of((task.start, task.done_with) for task in own if task.begun and task.server == officer)
            for start, end in hours.duty[officer].both(waiting).without(busy):
                yield f"officer {officer} of {pool.id} is idle from {start} to {end} while somebody waits"
            for start, end in late[officer].without(busy):
                yield f"officer {officer} of {pool.id} is idle from {start} to {end}, with people to be served late"


def _served_late(own: list[Task], pool: Pool, hours: PoolHours) -> list[Stretches]:
    """For each officer: when people wait after closing who are to be served by those whose duty has ended."""
    stretches: list[list[tuple[float, float]]] = [[] for _ in hours.duty]
    ends = [*(instant for instant, _ in hours.closings), math.inf]
    for (closed, officers), following in zip(hours.closings, ends[1:], strict=True):
        for task in own:
            if rule_of(task.step, pool) == "serve" and task.ready < closed < task.left:
                for officer in officers:
                    stretches[officer].append((closed, min(task.left, following)))
    return [Stretches.of(each) for each in stretches]


# Queues ---------------------------------------------------------------------------------------------------------------


def the_order_is_kept(run: Run) -> Iterator[str]:
    """Nobody is taken while somebody before them waits: a better class, or the same and joined earlier.

    Officers who stay after closing take only those they stay for.
    """
    for pool in run.scenario.pools:
        hours = run.hours[pool.id]
        own = sorted(run.at_pool[pool.id], key=lambda task: task.rank)
        for place, task in enumerate(own):
            if not task.begun or not 0 <= task.server < len(hours.duty):
                continue
            after_hours = not hours.duty[task.server].hold(task.start)
            for before in own[:place]:
                overtaken = before.ready < task.start < before.left
                if overtaken and (not after_hours or _is_served_late_at(before, task, pool, hours)):
                    yield f"{task} is taken at {task.start} before {before}, who waits until {before.left}"


def _is_served_late_at(before: Task, task: Task, pool: Pool, hours: PoolHours) -> bool:
    closed = max(instant for instant, _ in hours.closings if instant <= task.start)
    return rule_of(before.step, pool) == "serve" and before.ready < closed


def people_come_when_the_doors_are_open(run: Run) -> Iterator[str]:
    """In person one joins a queue while the doors are open, or waits outside on the day of application."""
    for pool in run.scenario.pools:
        hours = run.hours[pool.id]
        if hours.always:
            continue
        for task in run.at_pool[pool.id]:
            if not task.step.in_person or hours.doors.hold(task.ready):
                continue
            today = [opens for opens in hours.doors.opens if task.ready < opens < (task.ready // DAY + 1) * DAY]
            outside = pool.before_opening == "wait" and task.ready == run.events.applied[task.case] and today
            if not outside:
                yield f"{task} joins at {task.ready}, when the doors of {pool.id} are closed"


def people_are_sent_home_at_closing(run: Run) -> Iterator[str]:
    """Who is sent home leaves when the pool closes; nobody in person is there overnight where all are sent home."""
    for pool in run.scenario.pools:
        closings = [instant for instant, _ in run.hours[pool.id].closings]
        for task in run.at_pool[pool.id]:
            rule = rule_of(task.step, pool)
            if task.outcome == "sent_home" and (rule != "send_home" or task.finish not in closings):
                yield f"{task} is sent home at {task.finish}"
            if rule == "send_home" and any(task.ready < closed < task.left for closed in closings):
                yield f"{task} waits past closing, from {task.ready} to {task.left}"


def patience_is_kept(run: Run) -> Iterator[str]:
    """Only who waits in person for a service whose applicants have patience reneges."""
    for task in run.tasks:
        if task.outcome == "reneged" and (task.service.patience is None or not task.step.in_person or task.begun):
            yield f"{task} reneges and cannot"
        if task.begun != (not math.isnan(task.work)) or (task.outcome in UNSERVED and task.begun):
            yield f"{task} is {task.outcome} with start {task.start} and work {task.work}"
        if task.outcome in WORKED_ON and not task.begun:
            yield f"{task} is {task.outcome} and was never begun"


RULES: Mapping[str, Callable[[Run], Iterator[str]]] = {
    rule.__name__: rule
    for rule in (
        no_case_is_lost_or_doubled,
        every_outcome_is_in_the_vocabulary,
        a_case_is_over_when_its_tasks_are,
        who_leaves_unserved_ends_the_case,
        who_does_not_come_has_no_task,
        measured_are_who_applied_in_the_window,
        time_never_goes_back,
        a_visit_follows_the_one_before,
        no_officer_does_two_things_at_once,
        work_is_done_in_hours,
        delays_take_their_time,
        nobody_is_idle_while_a_task_waits,
        the_order_is_kept,
        people_come_when_the_doors_are_open,
        people_are_sent_home_at_closing,
        patience_is_kept,
    )
}
