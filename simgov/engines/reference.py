"""The reference engine: what happens to applicants, cases and officers, written in SimPy to be read.

This is the specification. The compiled engine must give the same event table to the last bit.

At one instant things happen in this order: officers finish; officers come on and off duty, pools close for the day and
gates open; cases arrive and tasks become ready; patience and legal limits run out and cases are withdrawn; and when
nothing more is pending, officers take waiting tasks (a *dispatch*). What a dispatch brings about at the same instant
starts the order again. Among things of one kind the order is that of case, step and visit.

The life of a task is the SimPy process ``Run.task``: it becomes ready, waits for an officer, is worked on, and then
either sends the case back or tells the steps that follow it.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from itertools import count
from typing import Any

import numpy as np
import simpy

from simgov.applications import NO_SHOW
from simgov.arrays import Integers
from simgov.duty import CLOSING, DOWN, GATE, MINUTES_PER_DAY, ON, UP
from simgov.engines.actors import Case, Held, Job, OrderedEnvironment, Pool, StepState, Task
from simgov.engines.arithmetic import advance, next_open, workday_closing, workdays_upto
from simgov.engines.dispatcher import Dispatcher
from simgov.engines.events import (
    BALKED,
    CANCELLED,
    CASE_BALKED,
    CASE_DEEMED,
    CASE_FINISHED,
    CASE_NO_SHOW,
    CASE_OPEN,
    CASE_REFUSED,
    CASE_RENEGED,
    CASE_REVOKED,
    CASE_WITHDRAWN,
    DONE,
    PASSED,
    REFUSED,
    RENEGED,
    RETURNED,
    REVOKED,
    SENT_HOME,
    WASTED,
    EventTable,
)
from simgov.engines.replication import NeedsMore, Stopped, event_table, measured_cases
from simgov.network import SEND_HOME_BACK, SEND_HOME_LOST, SERVE, Network
from simgov.rules import NO_LIMIT
from simgov.workload import (
    CHOICE,
    DELAY,
    FAILURE,
    INFORMED,
    PATIENCE,
    REFUSAL,
    RETRY,
    RETRY_DELAY,
    RETURN,
    REVOCATION,
    SHARE,
    WITHDRAWAL,
    WORK,
    Workload,
)

FINISH, CHANGE, READY, EXPIRY = range(4)


def run_reference(network: Network, workload: Workload, stop: Integers) -> EventTable:
    """Run one workload through one network; see ``simgov.engines.simulate``."""
    return Run(network, workload, stop).table()


class Run:
    """One replication."""

    def __init__(self, network: Network, workload: Workload, stop: Integers) -> None:
        self.network, self.workload, self.stop = network, workload, stop
        self.measured = measured_cases(network, workload)
        self.measured_open = int(np.count_nonzero(self.measured.cases))
        self.environment = OrderedEnvironment()
        self.tasks: list[Task] = []
        self.dispatcher = Dispatcher(network, workload.case_booking, lambda: self.now, self.begin_work, self.queue_up)
        self.pools = self.dispatcher.pools
        self.edges = [self._edges_of(step) for step in range(len(network.steps))]
        self.gates: dict[int, list[Task]] = {int(at): [] for at in network.step_waits_at if at >= 0}
        self.held_back: list[list[Task]] = [[] for _ in network.routes]
        self.in_hand = [0 for _ in network.routes]
        self.cases = [self._case(c) for c in range(len(workload.applied))]

    @property
    def now(self) -> float:
        """The present instant, in minutes."""
        return self.environment.now

    # The course of a run ----------------------------------------------------------------------------------------------

    def table(self) -> EventTable:
        """Run until every measured case has left, or to the cap, and return what happened."""
        self.environment.process(self.arrivals())
        self.environment.process(self.duty_changes())
        stopped_at = self.run()
        return self._event_table(stopped_at)

    def run(self) -> float:
        """Instant by instant; returns the instant at which the run stopped."""
        steps = count(1)
        while True:
            following = self.environment.peek()
            if following > self.now:
                if self.dispatcher.dispatch():
                    continue
                if self.measured_open == 0 and following > self.measured.end:
                    return max(self.now, self.measured.end)
                if following > self.workload.horizon and self.workload.horizon < self.network.cap:
                    raise NeedsMore
                if following > self.network.cap:
                    return self.network.cap
            self.environment.step()
            if next(steps) % 1024 == 0 and self.stop[0]:
                raise Stopped

    def arrivals(self) -> Generator[simpy.Event, None, None]:
        """Backlog cases wait from the start; the others come at their instants."""
        for case in self.cases:
            backlog_step = int(self.workload.case_backlog_step[case.number])
            if backlog_step >= 0:
                self.begin_backlog(case, backlog_step)
                self.expect_end(case)
                continue
            first_step = int(self.network.route_first_step[case.route])
            yield self.environment.at(case.applied, (READY, case.number, first_step, 0))
            if self.workload.case_booking[case.number] == NO_SHOW:
                self.stay_away(case)
                continue
            self.choose_channel(case)
            for step in case.steps:
                if self.network.full_mask[step] == 0:
                    self.announce(case, step, self.now)
            self.expect_end(case)

    def duty_changes(self) -> Generator[simpy.Event, None, None]:
        """Officers come on duty and go off, pools close for the day, and gates open."""
        network = self.network
        for instant, kind, of in zip(network.change_time, network.change_kind, network.change_of, strict=True):
            yield self.environment.at(float(instant), (CHANGE, 0, 0, 0))
            if kind == CLOSING:
                self.close_for_the_day(self.pools[of])
                continue
            if kind == GATE:
                self.open_gate(int(of))
                continue
            if kind in (DOWN, UP):
                self.system_fails(self.pools[of]) if kind == DOWN else self.system_is_back(self.pools[of])
                continue
            pool = self.pools[network.group_pool[of]]
            officers = self._officers(of)
            pool.at_work = pool.at_work | officers if kind == ON else pool.at_work - officers
            pool.touched = True

    # The life of a task -----------------------------------------------------------------------------------------------

    def announce(self, case: Case, step: int, when: float) -> None:
        """The next visit of the case to ``step`` becomes ready at ``when``."""
        state = case.steps[step]
        visit, state.visits = state.visits, state.visits + 1
        state.status = "active"
        case.open_tasks += 1
        self.environment.process(self.task(case, step, visit, when))

    def task(self, case: Case, step: int, visit: int, ready: float) -> Generator[simpy.Event, Any, None]:
        """One visit of a case to a step, from ready to done."""
        network, state, place = self.network, case.steps[step], (case.number, step, visit)
        yield self.environment.at(ready, (READY, *place))
        if case.outcome != CASE_OPEN:
            return
        comes_from, state.comes_from = state.comes_from, None
        if not state.admitted and self.is_skipped(case, step, visit):
            self.back_from_applicant(case, state)
            self.complete(case, step)
            self.close_task(case)
            return
        if not state.admitted and self.must_wait_before(case, step):
            self.back_from_applicant(case, state)
            self.stop_for_special(case, step)
            comes_from = None
            yield self.wait_before(case, step, visit)
            yield self.environment.at(self.now, (READY, *place))
            if case.outcome != CASE_OPEN:
                return
        joins = self.joins_queue_at(case, step)
        while joins > self.now:
            comes_from = None
            yield self.environment.at(joins, (READY, *place))
            if case.outcome != CASE_OPEN:
                return
            joins = self.joins_queue_at(case, step)
        self.back_from_applicant(case, state)
        state.admitted = False

        if network.step_pool[step] < 0:
            outside = self.new_task(case, step, visit)
            outside.start, outside.work = self.now, self.draw(case, step, WORK, visit)
            finish = self.later(outside.work, in_working_time=bool(network.step_in_working_time[step]))
            yield self.environment.at(finish, (FINISH, *place))
            self.finish(outside)
            return
        if comes_from is not None and self.dispatcher.is_full(step):
            held = Held(case, step, visit, comes_from, simpy.Event(self.environment))
            self.dispatcher.hold(held)
            task = yield held.admitted
        else:
            task = self.join_or_balk(case, step, visit)
        while task is not None:
            assert task.granted is not None
            finish = yield task.granted
            if finish is not None:
                yield self.environment.at(finish, (FINISH, *place))
                assert task.job is not None
                task.job.let_go()
                self.finish(task)
                return
            if task.outcome != SENT_HOME or case.outcome != CASE_OPEN:
                return
            next_morning = math.ceil(self.now / MINUTES_PER_DAY) * MINUTES_PER_DAY
            yield self.environment.at(self.doors_open(int(network.step_pool[step]), next_morning), (READY, *place))
            if case.outcome != CASE_OPEN:
                return
            task = self.join_or_balk(case, step, visit)

    def new_task(self, case: Case, step: int, visit: int) -> Task:
        """A visit begins: a new row of the event table. At a special step the legal clock stands still."""
        self.stop_for_special(case, step)
        return self.new_row(case, step, visit, int(self.network.step_pool[step]))

    def new_row(self, case: Case, step: int, visit: int, pool: int) -> Task:
        """A row of the event table, from now on."""
        task = Task(case, step, visit, self.now, pool)
        case.steps[step].task = task
        self.tasks.append(task)
        return task

    def join_or_balk(self, case: Case, step: int, visit: int) -> Task | None:
        """Join the queue, unless too many wait: then the applicant goes away again."""
        if not self.balks(step):
            return self.queue_up(case, step, visit)
        task = self.new_task(case, step, visit)
        task.outcome, task.finish = BALKED, self.now
        self.give_up(task, CASE_BALKED)
        return None

    def queue_up(self, case: Case, step: int, visit: int) -> Task:
        """Join the queue. ``granted`` comes with the instant of finishing, or with None when the task leaves unserved.

        For work that several pools do together there is a row for each of them.
        """
        task = self.new_task(case, step, visit)
        line = self.dispatcher.line_of(task)
        task.beside = [(pool.number, -1) for pool in line.pools[1:]] if line.together else []
        task.granted = simpy.Event(self.environment)
        self.dispatcher.join(task)
        if self.workload.column_start[step, PATIENCE] >= 0:
            patience = self.draw(case, step, PATIENCE, visit)
            expiry = self.environment.at(self.now + patience, (EXPIRY, case.number, step, visit))
            expiry.callbacks.append(lambda _: self.renege(task))
        return task

    def begin_work(self, tasks: list[Task], seats: list[tuple[Pool, int]], factor: float) -> None:
        """Officers begin work on a task, or on a batch, which lasts as long as the longest of its tasks.

        Each of them has finished when he has worked so long himself; all are held until the last has.
        """
        job = Job(seats, len(tasks))
        learning = self.learning_factor(seats[0][0])
        for task in tasks:
            (pool, task.server), *others = seats
            task.pool, task.beside = pool.number, [(other.number, officer) for other, officer in others]
            task.work = self.draw(task.case, task.step, WORK, task.visit) * factor * learning
            task.job, task.start = job, self.now
        longest = max(task.work for task in tasks)
        finish = max(self.finishes(pool, officer, longest) for pool, officer in seats)
        for task in tasks:
            assert task.granted is not None
            task.granted.succeed(finish)

    def finishes(self, pool: Pool, officer: int, work: float) -> float:
        """When an officer who begins now has worked so long. Work begun after closing is never laid down."""
        late = officer not in pool.on_duty
        group = int(self.network.server_group[self.network.server_first[pool.number] + officer])
        goes_on_in = int(self.network.pool_late_work[pool.number] if late else self.network.group_work[group])
        return self.now + work if goes_on_in < 0 else self._advance(goes_on_in, work)

    def learning_factor(self, pool: Pool) -> float:
        """How long work takes in a pool today, of its usual time; work done together goes by the pool named first."""
        learning = self.network.learning
        return float(learning[pool.number, int(self.now // MINUTES_PER_DAY)]) if len(learning) else 1.0

    def finish(self, task: Task) -> None:
        """The work of a task is over: the case goes back, or on."""
        case, step = task.case, task.step
        task.finish, task.outcome = self.now, DONE
        if case.outcome != CASE_OPEN:
            task.outcome = WASTED
            return
        state = case.steps[step]
        if state.special:
            state.special = False
            self.resume_clock(case)
        if self.is_refused(case, step, task.visit):
            task.outcome = REFUSED
            self.refuse(case)
            return
        if self.is_revoked(case, step, task.visit):
            task.outcome = REVOKED
            self.end_case(case, CASE_REVOKED)
            return
        if self.fails(case, step, task.visit):
            case.channel = int(self.network.step_fails_to[step])
            self.pass_on(task, passes=False)
        elif self.goes_back(case, step, task.visit):
            task.outcome = RETURNED
            self.send_back(case, step, task.visit)
        else:
            self.pass_on(task)
        self.close_task(case)

    def pass_on(self, task: Task, passes: bool = True) -> None:
        """The step is over. Before a step of limited room the officers may have to hold on to the case."""
        following = task.case.steps.get(int(self.network.dispatch.step_held_for[task.step]))
        visits = following.visits if following else 0
        self.complete(task.case, task.step, passes=passes)
        if following and following.visits > visits:
            following.comes_from = task.job

    # Routes -----------------------------------------------------------------------------------------------------------

    def is_skipped(self, case: Case, step: int, visit: int) -> bool:
        """Whether the case does without this step: it is removed, not for this channel, or not for every case."""
        channels = int(self.network.step_channels[step])
        if channels and case.channel >= 0 and not channels >> case.channel & 1:
            return True
        share = float(self.network.step_share[step])
        return share <= 0.0 or (share < 1.0 and self.draw(case, step, SHARE, visit) >= share)

    def complete(self, case: Case, step: int, alive: bool = True, passes: bool = True) -> None:
        """Pass the step's milestones and tell its successors; a successor that has heard from all becomes ready.

        A branch that was not chosen is told as well, and passes that on, until a branch that is alive joins it. A case
        that comes again takes the same branch. An attempt that failed ``passes`` no milestone.
        """
        state = case.steps[step]
        state.status = "over"
        chosen = 0.0
        if alive:
            accepted = not math.isnan(case.accepted)
            if passes:
                self.pass_milestones(case, step, self.now)
            if not accepted and not math.isnan(case.accepted):
                self.expect_deemed_approval(case)
            if self.workload.column_start[step, CHOICE] >= 0:
                chosen = self.draw(case, step, CHOICE, visit=0)
        for successor, mask, low, high in self.edges[step]:
            following = case.steps[successor]
            if following.status != "waiting" or following.heard & mask:
                continue
            following.heard |= mask
            if alive and low <= chosen < high:
                following.alive |= mask
            if following.heard == self.network.full_mask[successor]:
                if following.alive:
                    self.announce(case, successor, self.now)
                else:
                    self.complete(case, successor, alive=False)

    def fails(self, case: Case, step: int, visit: int) -> bool:
        """Whether this attempt comes to nothing."""
        share = float(self.network.step_fails[step])
        return share > 0.0 and self.draw(case, step, FAILURE, visit) < share

    def goes_back(self, case: Case, step: int, visit: int) -> bool:
        """Whether this visit sends the case back."""
        network, times = self.network, case.steps[step].returned
        if network.return_share[step] <= 0.0 or times >= network.return_limit[step]:
            return False
        attempt = min(int(network.attempt_first[step]) + times, int(network.attempt_first[step + 1]) - 1)
        return self.draw(case, step, RETURN, visit) < float(network.attempt_share[attempt])

    def send_back(self, case: Case, step: int, visit: int) -> None:
        """Repeat the way from the step returned to; what has heard from this way before need not hear again."""
        network = self.network
        case.steps[step].returned += 1
        case.steps[step].status = "waiting"
        if math.isnan(case.accepted):
            self.out_of_hand(case)
        target = int(network.return_to[step])
        repeated_already = case.steps[target].status == "active"
        for i in range(network.section_first[step], network.section_first[step + 1]):
            state, mask = case.steps[int(network.section[i])], int(network.section_mask[i])
            if state.status != "active":
                state.status = "waiting"
                state.heard &= ~mask
                state.alive &= ~mask
        if repeated_already:
            return
        when = self.now
        if self.workload.column_start[step, DELAY] >= 0:
            delay = self.draw(case, step, DELAY, visit)
            when = self.later(delay, in_working_time=bool(network.return_in_working_time[step]))
        case.steps[target].with_applicant = self.stop_clock(case)
        self.announce(case, target, when)

    def begin_backlog(self, case: Case, start: int) -> None:
        """Put a backlog case where it waits: what does not follow its step is over, and has told those that do."""
        following, pending = {start}, [start]
        while pending:
            for successor, *_ in self.edges[pending.pop()]:
                if successor not in following:
                    following.add(successor)
                    pending.append(successor)
        for step, state in case.steps.items():
            if step not in following:
                state.status, state.visits = "over", 1
                self.pass_milestones(case, step, case.applied)
                for successor, mask, *_ in self.edges[step]:
                    case.steps[successor].heard |= mask
                    case.steps[successor].alive |= mask
        case.steps[start].heard = case.steps[start].alive = int(self.network.full_mask[start])
        self.announce(case, start, 0.0)

    # What waits before a step -----------------------------------------------------------------------------------------

    def must_wait_before(self, case: Case, step: int) -> bool:
        """Whether a task may not go to its step at once: sessions are held, or too many cases are in hand.

        A case that need not wait to be accepted is in hand from now on.
        """
        if self.network.step_gate[step]:
            return True
        if not self.network.step_accepted[step] or not self.may_hold_back(case):
            return False
        if self.in_hand[self.hand_of(case)] >= self.network.route_in_hand[case.route]:
            return True
        self.take_in_hand(case)
        return False

    def wait_before(self, case: Case, step: int, visit: int) -> simpy.Event:
        """Wait before a step, in a row of its own; the event comes when the case may go on, or has ended."""
        task = self.new_row(case, step, visit, pool=-1)
        gate = int(self.network.step_waits_at[step])
        task.before = self.gates[gate] if gate >= 0 else self.held_back[self.hand_of(case)]
        task.before.append(task)
        task.granted = simpy.Event(self.environment)
        return task.granted

    def open_gate(self, step: int) -> None:
        """A session: so many as may pass do, in the order in which they came, unless too few have come."""
        waiting = self.gates[step]
        if len(waiting) < self.network.gate_least[step]:
            return
        for task in waiting[: self.network.gate_most[step]]:
            self.let_pass(task)

    def let_pass(self, task: Task) -> None:
        """What waited before its step may go on."""
        self.leave(task)
        task.case.steps[task.step].admitted = True
        task.leave_queue(PASSED, self.now)

    def may_hold_back(self, case: Case) -> bool:
        """Whether the case is one that the office may leave unaccepted while it has too many in hand."""
        limited = bool(self.network.route_in_hand[case.route] < NO_LIMIT)
        return limited and not case.in_hand and math.isnan(case.decided)

    def take_in_hand(self, case: Case) -> None:
        """The case will be accepted: it is one of those in hand, until it is decided or has ended."""
        case.in_hand = True
        self.in_hand[self.hand_of(case)] += 1

    def hand_of(self, case: Case) -> int:
        """The first route of the case's service: cases in hand are counted together on all of its routes."""
        return int(self.network.route_hand[case.route])

    def out_of_hand(self, case: Case) -> None:
        """One case less is in hand, and the next of those held back may be accepted."""
        if not case.in_hand:
            return
        case.in_hand = False
        hand = self.hand_of(case)
        self.in_hand[hand] -= 1
        held_back = self.held_back[hand]
        while held_back and self.in_hand[hand] < self.network.route_in_hand[held_back[0].case.route]:
            task = held_back[0]
            self.let_pass(task)
            if self.may_hold_back(task.case):
                self.take_in_hand(task.case)

    # Applicants -------------------------------------------------------------------------------------------------------

    def choose_channel(self, case: Case) -> None:
        """Who is informed takes the channel of the shortest expected time, the first of these in the file."""
        network, route = self.network, case.route
        first_step = int(network.route_first_step[route])
        if network.route_informed[route] <= 0.0:
            return
        if self.draw(case, first_step, INFORMED, visit=0) < network.route_informed[route]:
            channels = range(network.channel_first[route], network.channel_first[route + 1])
            case.channel = min(channels, key=self.expected_time) - channels.start

    def expected_time(self, channel: int) -> float:
        """The mean time of a channel's way, after those who wait at its first pool and after that pool's opening."""
        network, pool_number = self.network, int(self.network.channel_pool[channel])
        rest = float(network.channel_rest[channel])
        if pool_number < 0:
            return rest
        pool = self.pools[pool_number]
        waiting, officers = sum(1 for _ in pool.waiting()), max(1, len(pool.present))
        opening = self.doors_open(pool_number, self.now) - self.now
        return opening + waiting * float(network.channel_work[channel]) / officers + rest

    def balks(self, step: int) -> bool:
        """Whether an applicant who comes to a step now goes away: too many wait at its pool, or in the whole hall."""
        if not self.network.step_in_person[step]:
            return False
        pool = self.pools[self.network.step_pool[step]]
        unserved = self.unserved(pool)
        if unserved < 0:
            return False
        if unserved >= self.network.pool_balks_at[pool.number]:
            return True
        return sum(max(0, self.unserved(other)) for other in self.pools) >= self.network.hall_room

    def unserved(self, pool: Pool) -> int:
        """People waiting in person at a pool, less the officers free to call them; negative where some are left."""
        people = sum(1 for task in pool.waiting() if self.network.step_in_person[task.step])
        return people - len(pool.free & pool.present)

    def give_up(self, task: Task, outcome: int) -> None:
        """The applicant has left unserved, and comes back to the step later, as a further visit, or not at all."""
        case, network = task.case, self.network
        if not self.comes_back(task):
            self.end_case(case, outcome)
            return
        case.retried += 1
        case.open_tasks -= 1
        case.steps[task.step].admitted = True
        delay = self.draw(case, task.step, RETRY_DELAY, task.visit)
        in_working_time = bool(network.route_retry_in_working_time[case.route])
        self.announce(case, task.step, self.later(delay, in_working_time=in_working_time))

    def comes_back(self, task: Task) -> bool:
        """Whether an applicant who has left unserved tries again."""
        route = task.case.route
        share, limit = float(self.network.route_retry_share[route]), self.network.route_retry_limit[route]
        tries = share > 0.0 and task.case.retried < limit
        return tries and self.draw(task.case, task.step, RETRY, task.visit) < share

    # Cases that end early ---------------------------------------------------------------------------------------------

    def is_refused(self, case: Case, step: int, visit: int) -> bool:
        """Whether this visit finds that the matter must be refused."""
        share = float(self.network.step_refuses[step])
        return share > 0.0 and self.draw(case, step, REFUSAL, visit) < share

    def refuse(self, case: Case) -> None:
        """A refusal is a decision, and the end."""
        if math.isnan(case.decided):
            self.decide(case, self.now)
        self.end_case(case, CASE_REFUSED)

    def is_revoked(self, case: Case, step: int, visit: int) -> bool:
        """Whether this visit finds that the decision was wrong. What is not decided cannot be revoked."""
        share = float(self.network.step_revokes[step])
        return share > 0.0 and not math.isnan(case.decided) and self.draw(case, step, REVOCATION, visit) < share

    def expect_end(self, case: Case) -> None:
        """What may end a new case: a withdrawal or, where it is accepted already, its legal limit."""
        self.expect_withdrawal(case)
        if not math.isnan(case.accepted):
            self.expect_deemed_approval(case)

    def expect_withdrawal(self, case: Case) -> None:
        """Some applicants will withdraw after a while, counted from now."""
        first_step = int(self.network.route_first_step[case.route])
        if self.workload.column_start[first_step, WITHDRAWAL] < 0:
            return
        minutes = self.draw(case, first_step, WITHDRAWAL, visit=0)
        in_working_time = bool(self.network.route_withdraws_in_working_time[case.route])
        withdrawal = self.later(minutes, in_working_time=in_working_time)
        if math.isfinite(withdrawal):
            place = (EXPIRY, case.number, len(self.network.steps), 0)
            self.environment.at(withdrawal, place).callbacks.append(lambda _: self.withdraw(case))

    def withdraw(self, case: Case) -> None:
        """The applicant withdraws, unless the matter is decided."""
        if case.outcome == CASE_OPEN and math.isnan(case.decided):
            self.end_case(case, CASE_WITHDRAWN)

    def expect_deemed_approval(self, case: Case) -> None:
        """An undecided case will count as approved when its legal limit ends; a later stop of the clock moves that."""
        end = self.deemed_at(case)
        if math.isnan(case.decided) and math.isfinite(end):
            place = (EXPIRY, case.number, len(self.network.steps) + 1, 0)
            self.environment.at(max(end, self.now), place).callbacks.append(lambda _: self.deem_approved(case))

    def deem_approved(self, case: Case) -> None:
        """The legal limit has passed, unless the clock stands still or stood still meanwhile."""
        undecided = case.outcome == CASE_OPEN and math.isnan(case.decided)
        if undecided and case.stops == 0 and self.deemed_at(case) <= self.now:
            self.decide(case, self.now)
            self.end_case(case, CASE_DEEMED)

    def deemed_at(self, case: Case) -> float:
        """The close of the last workday of the legal limit, later by the workdays on which the clock stood still."""
        limit, table = int(self.network.route_deemed_limit[case.route]), self.network.day_table
        if limit < 0:
            return math.inf
        days = (table.workdays_before, table.past_before, table.workday_close, table.past_workdays)
        return float(workday_closing(case.accepted, limit + case.stopped_days, *days))

    def end_case(self, case: Case, outcome: int) -> None:
        """The case ends before its last task: what waits is cancelled, work under way will finish for nothing."""
        case.outcome, case.left = outcome, self.now
        for state in case.steps.values():
            if state.status == "active" and state.task is not None and state.task.waiting:
                self.leave(state.task)
                state.task.leave_queue(CANCELLED, self.now)
        self.out_of_hand(case)
        self.count_left(case)

    # Milestones and clocks --------------------------------------------------------------------------------------------

    def pass_milestones(self, case: Case, step: int, when: float) -> None:
        """Acceptance, decision and collection, each at the first step that marks it."""
        if self.network.step_accepted[step] and math.isnan(case.accepted):
            case.accepted = when
            if self.may_hold_back(case):
                self.take_in_hand(case)
        if self.network.step_decision[step] and math.isnan(case.decided):
            self.decide(case, when)
        if self.network.step_collected[step] and math.isnan(case.left):
            case.left = when

    def decide(self, case: Case, when: float) -> None:
        """The decision: a case decided without acceptance counts as accepted then."""
        if math.isnan(case.accepted):
            case.accepted = when
        case.decided = when
        if case.stops > 0:
            self.count_stop(case, when)
        self.out_of_hand(case)

    def close_task(self, case: Case) -> None:
        """One task or delay of the case is over; with its last the case is finished."""
        case.open_tasks -= 1
        if case.open_tasks > 0:
            return
        case.outcome = CASE_FINISHED
        if math.isnan(case.decided):
            self.decide(case, self.now)
        if math.isnan(case.accepted):
            case.accepted = self.now
        if math.isnan(case.left):
            case.left = self.now
        self.count_left(case)

    def stop_clock(self, case: Case) -> bool:
        """The legal clock of an accepted, undecided case stands still from now on; whether it does."""
        if math.isnan(case.accepted) or not math.isnan(case.decided):
            return False
        if case.stops == 0:
            case.stopped_since = self.now
        case.stops += 1
        return True

    def resume_clock(self, case: Case) -> None:
        """One reason less for the clock to stand still."""
        case.stops -= 1
        if case.stops == 0 and math.isnan(case.decided):
            self.count_stop(case, self.now)
            self.expect_deemed_approval(case)

    def stop_for_special(self, case: Case, step: int) -> None:
        """A special step stops the clock from when it is ready until it is over."""
        if self.network.step_special[step] and not case.steps[step].special:
            case.steps[step].special = self.stop_clock(case)

    def count_stop(self, case: Case, until: float) -> None:
        """Count the workdays on which the clock stood still; the day on which it stopped is not counted."""
        before = self.network.day_table.workdays_before
        case.stopped_days += workdays_upto(until, before) - workdays_upto(case.stopped_since, before)

    def back_from_applicant(self, case: Case, state: StepState) -> None:
        """The matter is with the office again."""
        if state.with_applicant:
            state.with_applicant = False
            self.resume_clock(case)

    # Officers and queues ----------------------------------------------------------------------------------------------

    def system_fails(self, pool: Pool) -> None:
        """Nobody of the pool takes work until the system is back, and nobody stays late for it."""
        pool.systems_down += 1
        pool.staying_late = set()
        pool.touched = True

    def system_is_back(self, pool: Pool) -> None:
        """One system less that is down."""
        pool.systems_down -= 1
        pool.touched = True

    def close_for_the_day(self, pool: Pool) -> None:
        """Those who wait are sent home, stay, or are served by the officers whose duty ends now."""
        rules = self.network.step_rule
        if not pool.systems_down and any(rules[task.step] == SERVE for task in pool.waiting()):
            own = np.flatnonzero(self.network.group_pool == pool.number)
            closing = [group for group in map(int, own) if self._closes_now(group)]
            pool.staying_late = set().union(*(self._officers(group) for group in closing))
            pool.closed_at = self.now
            pool.touched = True
        for task in list(pool.waiting()):
            if task.waiting and rules[task.step] in (SEND_HOME_BACK, SEND_HOME_LOST):
                self.dispatcher.leave(task)
                task.leave_queue(SENT_HOME, self.now)
                if rules[task.step] == SEND_HOME_LOST:
                    self.end_case(task.case, CASE_RENEGED)

    def renege(self, task: Task) -> None:
        """Patience has run out: who still waits leaves."""
        if task.waiting:
            self.dispatcher.leave(task)
            task.leave_queue(RENEGED, self.now)
            self.give_up(task, CASE_RENEGED)

    def stay_away(self, case: Case) -> None:
        """Who has an appointment and does not come has left when its slot begins."""
        case.outcome, case.left = CASE_NO_SHOW, self.now
        self.count_left(case)

    def leave(self, task: Task) -> None:
        """Leave the queue, or the place where one waits to be let to the step."""
        if task.before is not None:
            task.before.remove(task)
        else:
            self.dispatcher.leave(task)

    def count_left(self, case: Case) -> None:
        """The run ends when every measured case has left."""
        self.measured_open -= int(self.measured.cases[case.number])

    # Time -------------------------------------------------------------------------------------------------------------

    def joins_queue_at(self, case: Case, step: int) -> float:
        """When a task that is ready now joins its queue: in person, when the doors are open; files at once."""
        pool = int(self.network.step_pool[step])
        if pool < 0 or not self.network.step_in_person[step] or not self.network.pool_has_doors[pool]:
            return self.now
        opens = self.doors_open(pool, self.now)
        same_day = opens // MINUTES_PER_DAY == self.now // MINUTES_PER_DAY
        if opens > self.now and self.network.pool_waits_outside[pool] and self.now == case.applied and same_day:
            return self.now
        return opens

    def doors_open(self, pool: int, instant: float) -> float:
        """``instant`` where the doors of the pool are open then, otherwise their next opening."""
        calendars = self.network.calendars
        doors = len(self.network.group_pool) + 1 + pool
        return float(next_open(doors, instant, calendars.first, calendars.open, calendars.close, calendars.day_first))

    def later(self, minutes: float, *, in_working_time: bool) -> float:
        """``minutes`` after now, of wall clock or of the scenario's working time."""
        return self._advance(len(self.network.group_pool), minutes) if in_working_time else self.now + minutes

    def _advance(self, calendar: int, minutes: float) -> float:
        calendars = self.network.calendars
        return float(
            advance(calendar, self.now, minutes, calendars.first, calendars.open, calendars.close, calendars.day_first)
        )

    def _closes_now(self, group: int) -> bool:
        calendars = self.network.calendars
        return self.now in calendars.close[calendars.first[group] : calendars.first[group + 1]]

    # Tables -----------------------------------------------------------------------------------------------------------

    def draw(self, case: Case, step: int, kind: int, visit: int) -> float:
        """A draw of the workload: one case, one visit to a step, one kind."""
        load, slot = self.workload, int(self.workload.case_slot[case.number])
        for _ in range(visit):
            slot = int(load.next_slot[load.route_slot[case.route] + slot])
        return float(load.draws[load.column_start[step, kind] + slot])

    def _edges_of(self, step: int) -> list[tuple[int, int, float, float]]:
        """Its successors: number, mask among its predecessors, and the stretch of the choice that takes it."""
        network = self.network
        return [
            (int(network.successor[e]), int(network.successor_mask[e]), network.choice_low[e], network.choice_high[e])
            for e in range(network.successor_first[step], network.successor_first[step + 1])
        ]

    def _officers(self, group: int) -> set[int]:
        first = self.network.server_first[self.network.group_pool[group]]
        own = range(self.network.group_first_server[group], self.network.group_first_server[group + 1])
        return {int(server - first) for server in own}

    def _case(self, number: int) -> Case:
        route = int(self.workload.case_route[number])
        steps = range(self.network.route_first_step[route], self.network.route_first_step[route + 1])
        applied = float(self.workload.applied[number])
        accepts = any(self.network.step_accepted[step] for step in steps)
        case = Case(number, route, applied, {step: StepState() for step in steps})
        case.accepted = math.nan if accepts else applied
        case.channel = int(self.workload.case_channel[number])
        return case

    def _event_table(self, stopped_at: float) -> EventTable:
        rows = [(task, *seat) for task in self.tasks for seat in ((task.pool, task.server), *task.beside)]
        tasks = [task for task, _, _ in rows]
        return event_table(
            self.network,
            self.workload,
            self.measured,
            tasks={
                "case": np.array([task.case.number for task in tasks], np.int64),
                "step": np.array([task.step for task in tasks], np.int32),
                "visit": np.array([task.visit for task in tasks], np.int32),
                "pool": np.array([pool for _, pool, _ in rows], np.int32),
                "server": np.array([server for _, _, server in rows], np.int32),
                "ready": np.array([task.ready for task in tasks], np.float64),
                "start": np.array([task.start for task in tasks], np.float64),
                "finish": np.array([task.finish for task in tasks], np.float64),
                "work": np.array([task.work for task in tasks], np.float64),
                "outcome": np.array([task.outcome for task in tasks], np.int8),
            },
            cases={
                "accepted": np.array([case.accepted for case in self.cases], np.float64),
                "decided": np.array([case.decided for case in self.cases], np.float64),
                "left": np.array([case.left for case in self.cases], np.float64),
                "stopped_days": np.array([case.stopped_days for case in self.cases], np.int32),
                "channel": np.array([case.channel for case in self.cases], np.int16),
                "outcome": np.array([case.outcome for case in self.cases], np.int8),
            },
            stopped_at=stopped_at,
        )
