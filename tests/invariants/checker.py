"""What must hold of every event table, whatever the scenario: the rules of docs/semantics.md, read against the table.

``violations`` is independent of the engines: it knows the scenario, the instants at which people applied, and the
table. Each rule is a function that yields what breaks it, in words; ``RULES`` lists them. ``test_checker.py`` shows
that each of them can fail.

Several things may happen at one instant, and only the engine knows in which order; so a rule that compares tasks counts
as waiting only who was there before the instant and after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from simgov.engines.events import EventTable
from simgov.network import Network
from simgov.workload import Workload
from tests.invariants import rules_of_cases as cases
from tests.invariants import rules_of_officers as officers
from tests.invariants import rules_of_queues as queues
from tests.invariants.table import Run, run_of

RULES: Mapping[str, Callable[[Run], Iterator[str]]] = {
    rule.__name__: rule
    for rule in (
        cases.no_case_is_lost_or_doubled,
        cases.every_outcome_is_in_the_vocabulary,
        cases.a_case_is_over_when_its_tasks_are,
        cases.who_leaves_unserved_ends_the_case,
        cases.who_does_not_come_has_no_task,
        cases.measured_are_who_applied_in_the_window,
        cases.time_never_goes_back,
        cases.a_visit_follows_the_one_before,
        officers.no_officer_does_two_things_at_once,
        officers.no_batch_is_too_large,
        officers.work_is_done_in_hours,
        officers.delays_take_their_time,
        officers.nobody_is_idle_while_a_task_waits,
        queues.the_order_is_kept,
        queues.no_more_wait_than_there_is_room_for,
        queues.people_come_when_the_doors_are_open,
        queues.people_are_sent_home_at_closing,
        queues.patience_is_kept,
    )
}


def violations(network: Network, drawn: Workload, events: EventTable) -> list[str]:
    """Everything that breaks a rule, with the rule's name in front; ``drawn`` are all who could apply to the end."""
    run = run_of(network, drawn, events)
    lost = [f"{task} belongs to no case" for task in run.tasks if not 0 <= task.case < len(events.applied)]
    if lost:  # the other rules would stumble over them
        return [f"{cases.no_case_is_lost_or_doubled.__name__}: {one}" for one in lost]
    return [f"{name}: {broken}" for name, rule in RULES.items() for broken in rule(run)]
