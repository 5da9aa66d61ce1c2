"""The dispatch of the reference engine: when nothing more is pending at an instant, free officers take what waits."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from itertools import count

from simgov.applications import BOOKED
from simgov.arrays import Integers
from simgov.engines.actors import Case, Held, Line, Pool, Task
from simgov.engines.arithmetic import workday_closing
from simgov.engines.events import CASE_OPEN
from simgov.network import SERVE, Network

Begin = Callable[[list[Task], list[tuple[Pool, int]], float], None]
QueueUp = Callable[[Case, int, int], Task]


class Dispatcher:
    """The pools of a run and their lines.

    ``begin(tasks, seats, factor)`` is called where work begins, ``queue_up(case, step, visit)`` where a case that was
    held joins the queue.
    """

    def __init__(
        self, network: Network, booking: Integers, clock: Callable[[], float], begin: Begin, queue_up: QueueUp
    ) -> None:
        self.network, self.rules, self.booking = network, network.dispatch, booking
        self.clock, self.begin, self.queue_up = clock, begin, queue_up
        self.pools = [self._pool(number) for number in range(len(network.pools))]
        self.lines = [self._line(number) for number in range(len(self.rules.line_together))]
        for pool in self.pools:
            for i in range(self.rules.pool_line_first[pool.number], self.rules.pool_line_first[pool.number + 1]):
                pool.lines.append((int(self.rules.pool_line_rank[i]), self.lines[self.rules.pool_line[i]]))
        self.held: list[list[Held]] = [[] for _ in self.lines]
        self.joined = count()

    # Joining and leaving a line ---------------------------------------------------------------------------------------

    def line_of(self, task: Task) -> Line:
        """The line in which a task waits; who has an appointment may stand in another than the rest."""
        booked = self.booking[task.case.number] == BOOKED
        return self.lines[int((self.rules.step_booked_line if booked else self.rules.step_line)[task.step])]

    def line_before(self, step: int) -> Line:
        """The line before a step of limited room, where all stand in one."""
        return self.lines[int(self.rules.step_line[step])]

    def is_full(self, step: int) -> bool:
        """Whether there is no room for one more to wait at a step of limited room."""
        return len(self.line_before(step).tasks) >= int(self.rules.step_room[step])

    def join(self, task: Task) -> None:
        """Stand at the end of the line. When the task is due is settled now."""
        line = self.line_of(task)
        task.joined = next(self.joined)
        task.due, task.escalates = self.due_times(task, line.pools[0].number)
        line.tasks.append(task)
        for pool in line.pools:
            pool.touched = True

    def leave(self, task: Task) -> None:
        """Leave the line."""
        self.line_of(task).tasks.remove(task)

    def due_times(self, task: Task, pool: int) -> tuple[float, float]:
        """When the case is due, and from when on it goes before all others; a case not accepted yet, as if it were now.

        Days on which the clock stood still count as far as they are known.
        """
        workdays = int(self.rules.step_due_workdays[task.step])
        if not workdays or not (self.rules.pool_by_due[pool] or self.rules.pool_escalates[pool]):
            return math.inf, math.inf
        accepted = task.ready if math.isnan(task.case.accepted) else task.case.accepted
        until = workdays + task.case.stopped_days
        due = self.closing(accepted, until)
        if math.isinf(due) or not self.rules.pool_escalates[pool]:
            return due, math.inf
        ahead = self.closing(accepted, until - int(self.rules.pool_escalate_workdays[pool]))
        return due, ahead - float(self.rules.pool_escalate_minutes[pool])

    def closing(self, instant: float, workdays: int) -> float:
        """When the calendar closes on that workday after the day of an instant."""
        days = self.network.day_table
        tables = (days.workdays_before, days.past_before, days.workday_close, days.past_workdays)
        return float(workday_closing(instant, workdays, *tables))

    def hold(self, held: Held) -> None:
        """There is no room at the next step: the officers who finished the one before hold on to the case."""
        held.job.hold()
        self.held[self.line_before(held.step).number].append(held)

    def admit_held(self) -> bool:
        """Let those join that are held where there is room by now; whether anything changed."""
        changed = False
        for line in self.lines:
            for held in [held for held in self.held[line.number] if held.case.outcome != CASE_OPEN]:
                self.held[line.number].remove(held)
                held.job.let_go()
                held.admitted.succeed(None)
                changed = True
            if self.held[line.number]:
                changed = self.admit(self.held[line.number][0].step) or changed
        return changed

    def admit(self, step: int) -> bool:
        """Who finished first of those held before a step joins the queue, while there is room; whether anybody does."""
        waiting, admitted = self.held[self.line_before(step).number], False
        while waiting and not self.is_full(step):
            held = waiting.pop(0)
            held.job.let_go()
            held.admitted.succeed(self.queue_up(held.case, held.step, held.visit))
            admitted = True
        return admitted

    # Who takes what ---------------------------------------------------------------------------------------------------

    def dispatch(self) -> bool:
        """Officers take waiting tasks, in every pool where anything changed; whether anything did.

        Before that, cases that are held join where there is room. What one pool does may concern those that share lines
        or officers with it, so they take turns until nothing changes.
        """
        admitted = self.admit_held()
        touched = [pool for pool in self.pools if pool.touched]
        linked = self.rules.pool_linked
        if any(linked[pool.number] for pool in touched):
            touched = [pool for pool in self.pools if pool.touched or linked[pool.number]]
        for pool in touched:
            pool.touched, pool.booked, pool.away = False, [], self.helpers(pool)
        while sum(self.serve(pool) for pool in touched):
            pass
        for pool in touched:
            if pool.staying_late and not self.served_late(pool):
                pool.staying_late = set()
            self.turn_tide(pool)
        return admitted or bool(touched)

    def serve(self, pool: Pool) -> bool:
        """Those who are free take what waits, in the order of their pool; whether that changed anything.

        A task that pools do together books an officer in each until all have one; then it begins. Who is booked takes
        nothing else, and those behind it go on with whoever else is free.
        """
        before, pool.booked, served = pool.booked, [], False
        while pool.has_time:
            task = self.next_of(pool)
            if task is None:
                break
            if all(task in other.booked for other in self.others_needed(task, pool)):
                self.take(task, self.line_of(task).tasks, pool, pool.present, pool)
                served = True
            else:
                pool.booked.append(task)
        while pool.free & pool.on_duty & pool.away:
            helped = self.helped_by(pool)
            task = self.next_of(helped, by_helper=True)
            if task is None:
                break
            self.take(task, self.line_of(task).tasks, pool, pool.on_duty & pool.away, helped)
            served = True
        while not pool.free & pool.on_duty and pool.free & pool.staying_late and (late := self.served_late(pool)):
            self.take(self.first(pool, late), late, pool, pool.staying_late, pool)
            served = True
        return served or pool.booked != before

    def next_of(self, pool: Pool, *, by_helper: bool = False) -> Task | None:
        """Who is next at a pool."""
        open_to = [line for _, line in pool.lines if line.tasks and self.may_serve(pool, line, by_helper)]
        waiting = [task for line in open_to for task in self.foremost(line) if by_helper or task not in pool.booked]
        return self.first(pool, waiting) if waiting else None

    def foremost(self, line: Line) -> Iterable[Task]:
        """Who may be next in a line: the first one, unless others may be due before, or an officer is booked for it."""
        pool = line.pools[0].number
        if line.together or self.rules.pool_by_due[pool] or self.rules.pool_escalates[pool]:
            return line.tasks
        return line.tasks[:1]

    def may_serve(self, pool: Pool, line: Line, by_helper: bool) -> bool:
        """Whether a pool takes tasks of a line now: no pool that is preferred to it could, and a stand-in is needed.

        Helpers take what nobody of the pool that they help has time for.
        """
        if by_helper and (line.together or pool.has_time):
            return False
        if line.together:
            return all(other.present for other in line.pools)
        place = line.pools.index(pool)
        preferred = [other for i, other in enumerate(line.pools[:place]) if self.is_needed(line, i)]
        return self.is_needed(line, place) and not any(other.has_time for other in preferred)

    def is_needed(self, line: Line, place: int) -> bool:
        """A stand-in is needed while nobody is on duty in the pools before it; the others always are."""
        return not line.stand_ins[place] or not any(other.present for other in line.pools[:place])

    def first(self, pool: Pool, waiting: Iterable[Task]) -> Task:
        """The first of those who wait, in the order of a pool."""
        return min(waiting, key=lambda task: self.place(pool, task))

    def place(self, pool: Pool, task: Task) -> tuple[float, ...]:
        """The place of a task in the order of a pool, the least is first: those who are due soon; the steps that the
        pool prefers; the priority class, better for who has waited; then who is due first, or who joined first.
        """
        if task.escalates <= self.clock():
            return (0.0, task.due, task.joined)
        line = self.line_of(task)
        rank = next(rank for rank, other in pool.lines if other is line)
        due = task.due if self.rules.pool_by_due[pool.number] else 0.0
        return (1.0, rank, self.aged_class(pool, task, line.priority), due, task.joined)

    def aged_class(self, pool: Pool, task: Task, priority: int) -> int:
        """The priority class, one better for every so much waiting, at best 1."""
        ageing = float(self.rules.pool_ageing[pool.number])
        return max(1, priority - int((self.clock() - task.ready) / ageing)) if ageing else priority

    def others_needed(self, task: Task, pool: Pool) -> list[Pool]:
        """The pools that do the task together with this one."""
        line = self.line_of(task)
        return [other for other in line.pools if other is not pool] if line.together else []

    def take(self, task: Task, among: list[Task], pool: Pool, crew: set[int], at: Pool) -> None:
        """The lowest-numbered free officer of a pool's crew takes a task that waits for the pool ``at``.

        With it go the next of its step, ``among`` whom he may choose, up to the size of a batch.
        """
        line = self.line_of(task)
        seats = [(pool, min(pool.free & crew))]
        if line.together:
            seats = [(other, min(other.free & other.present)) for other in line.pools]
        alike = [other for other in among if self.line_of(other) is line]
        ordered = sorted(alike, key=lambda other: self.place(line.pools[0], other))
        batch = [task, *(other for other in ordered if other is not task)][: self.rules.step_batch[task.step]]
        for taker, officer in seats:
            taker.free.remove(officer)
            if task in taker.booked:
                taker.booked.remove(task)
        for taken in batch:
            line.tasks.remove(taken)
        self.begin(batch, seats, line.factors[line.pools.index(at)])
        self.admit(task.step)

    # After closing, and tides -----------------------------------------------------------------------------------------

    def served_late(self, pool: Pool) -> list[Task]:
        """For whom officers stay on after closing."""
        rules = self.network.step_rule
        return [task for task in pool.waiting() if rules[task.step] == SERVE and task.ready < pool.closed_at]

    def helped_by(self, pool: Pool) -> Pool:
        """The pool at which officers of this one help."""
        return self.pools[int(self.rules.tide_to[pool.number])]

    def helpers(self, pool: Pool) -> set[int]:
        """Who helps at another pool: the highest-numbered of those on duty, while the tide is in."""
        officers = int(self.rules.tide_officers[pool.number])
        return set(sorted(pool.on_duty)[-officers:]) if pool.helping else set()

    def turn_tide(self, pool: Pool) -> None:
        """Officers go to help where many wait, and come back when few do."""
        if self.rules.tide_to[pool.number] < 0:
            return
        waiting = sum(len(line.tasks) for _, line in self.helped_by(pool).lines)
        limits = self.rules.tide_above[pool.number], self.rules.tide_below[pool.number]
        helping = waiting >= limits[1] if pool.helping else waiting > limits[0]
        if helping != pool.helping:
            pool.helping = helping
            pool.touched = True

    # ------------------------------------------------------------------------------------------------------------------

    def _pool(self, number: int) -> Pool:
        officers = self.network.server_first[number + 1] - self.network.server_first[number]
        return Pool(number, free=set(range(officers)))

    def _line(self, number: int) -> Line:
        rules = self.rules
        span = slice(rules.line_first[number], rules.line_first[number + 1])
        return Line(
            number,
            pools=[self.pools[pool] for pool in rules.line_pool[span]],
            factors=[float(factor) for factor in rules.line_factor[span]],
            stand_ins=[bool(stands_in) for stands_in in rules.line_stand_in[span]],
            together=bool(rules.line_together[number]),
            priority=int(rules.line_priority[number]),
        )
