"""From an event log to what a run takes from it: who came when, which way each case went, and how long its work was.

What the log says conditions the draws, by the names of their streams, so that reforms find it where they would find a
draw; what it does not say is drawn as usual. ``docs/semantics.md`` has the rules. Everything is done column by column.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from simgov.arrays import Booleans, Floats, Integers
from simgov.calendars import Calendar, Week, day_table, open_intervals, workday_minutes
from simgov.errors import Problem
from simgov.scenario.eventlog import EventLog
from simgov.scenario.fields import nearest
from simgov.scenario.instants import minutes_since
from simgov.scenario.profiles import MOST_PROBLEMS
from simgov.scenario.value import Known, Pool, Recorded, Service, Step
from simgov.units import shown

BACKLOG_NUMBER = 1 << 60
LONGEST_LOG = 36525
"""Days from the first day on in which working time is counted."""

A_MOMENT = 1e-9
"""Minutes that a log does not tell apart."""


@dataclass(frozen=True, eq=False)
class Office:
    """What a service is part of: the scenario's calendar, its pools, and the first day of a run."""

    calendar: Calendar
    pools: Mapping[str, Pool]
    start: datetime.date

    def work(self, step: Step, start: Floats, end: Floats) -> Floats:
        """Minutes of work between two instants: the pool's hours where it lays work down overnight, otherwise all."""
        pool = self.pools.get(step.at or "")
        if step.at is None:
            return self.delay(end, start, in_workdays=step.time is not None and step.time.base == "workday")
        if pool is None or pool.at_closing != "pause" or pool.always or self.calendar.always:
            return end - start
        return self.open_minutes(end, *(shift.week for shift in pool.shifts)) - self.open_minutes(
            start, *(shift.week for shift in pool.shifts)
        )

    def delay(self, end: Floats, start: Floats, *, in_workdays: bool) -> Floats:
        """Minutes between two instants, of the calendar's working time where delays are in workdays."""
        if not in_workdays or self.calendar.always:
            return end - start
        return self.open_minutes(end, self.calendar.week) - self.open_minutes(start, self.calendar.week)

    def open_minutes(self, instant: Floats, *weeks: Week) -> Floats:
        """Minutes before each instant in which one of ``weeks`` is open, from the first day on."""
        table = day_table(self.calendar, self.start, LONGEST_LOG)
        lists = [open_intervals(week, table, False) for week in weeks]
        opens = np.concatenate([opening for opening, _ in lists])
        closes = np.concatenate([closing for _, closing in lists])
        order = np.argsort(opens, kind="stable")
        opens, closes = opens[order], np.maximum.accumulate(closes[order])
        begins = np.maximum(opens, np.concatenate(([0.0], closes))[:-1])  # what an earlier one covers counts once
        before = np.concatenate(([0.0], np.cumsum(np.maximum(closes - begins, 0.0))))
        last = np.searchsorted(opens, instant, side="right") - 1
        inside = np.clip(np.minimum(instant, closes[last]) - begins[last], 0.0, None)
        return np.where(last < 0, 0.0, before[last] + inside)


@dataclass(eq=False)
class Replay:
    """The rows of one service in a log, by step, put in the order of cases and time."""

    log: EventLog
    service: Service
    office: Office
    activities: Mapping[str, str]
    ignores_others: bool
    problems: list[Problem] = field(default_factory=list)

    def recorded(self, source: str) -> Recorded | None:
        """What a run takes from the log; None where something is wrong, which is in ``problems``."""
        rows, step = self.rows_by_step()
        if self.problems or not len(rows):
            if not self.problems:
                message = f"the log has no event of a step of {self.service.id}"
                self.problems.append(Problem(self.log.path, message))
            return None
        self.arrange(rows, step)
        if not len(self.cases):
            self.note_other_days()
            return None
        self.number_visits()
        return self.read(source)

    # Rows -------------------------------------------------------------------------------------------------------------

    def rows_by_step(self) -> tuple[Integers, Integers]:
        """The rows that belong to the service, and the number of each one's step."""
        services, names = self.log.texts["service"]
        own = np.ones(len(self.log), np.bool_)
        if names != [""]:
            wanted = {number for number, name in enumerate(names) if name in (self.service.id, "")}
            own = np.isin(services, sorted(wanted))
        step = self.steps_by_text("step", own)
        other = own & (step < 0)
        step = np.where(other, self.steps_by_text("activity", other), step)
        strange = own & (step < 0)
        if strange.any() and not self.ignores_others:
            self.note_strange(strange)
        rows = np.flatnonzero(own & (step >= 0))
        return rows, step[rows]

    def steps_by_text(self, role: str, among: Booleans) -> Integers:
        """The step that each row names in a column: by the scenario's mapping, its id, or its name; -1 for none."""
        numbers, texts = self.log.texts[role]
        known: dict[str, int] = {}
        for place, step in enumerate(self.service.steps):
            for name in (step.name.zh, step.name.en, step.id):
                known[name] = place
        ids = {step.id: place for place, step in enumerate(self.service.steps)}
        known |= {activity: ids[step] for activity, step in self.activities.items() if step in ids}
        places = np.array([known.get(text, -1) for text in texts], np.int64)
        return np.where(among, places[numbers], -1)

    def note_strange(self, strange: Booleans) -> None:
        """Activities that are no step, each once, with how often they are there."""
        numbers, texts = self.log.texts["activity"]
        names = [name for step in self.service.steps for name in (step.id, step.name.en, step.name.zh)]
        found, first, count = np.unique(numbers[strange], return_index=True, return_counts=True)
        for number, at, times in sorted(zip(found, first, count, strict=True), key=lambda one: int(one[1])):
            activity = texts[number]
            hint = nearest(activity, names) or "say which step it is under steps:, or write others: ignore"
            message = f"the activity {shown(activity)} ({times} rows) is no step of {self.service.id}"
            self.problems.append(self.log.problem(int(np.flatnonzero(strange)[at]), message, hint))
        if len(self.problems) > MOST_PROBLEMS:
            more = len(self.problems) - MOST_PROBLEMS
            self.problems = [
                *self.problems[:MOST_PROBLEMS],
                Problem(self.log.path, f"{more} more activities are no step"),
            ]

    def note_other_days(self) -> None:
        """Nobody in the log comes in a run."""
        day = self.office.start + datetime.timedelta(days=int(np.nanmin(self.applied) // 1440))
        message = f"nothing in the log happens on {self.office.start}, the first day of the run, or later"
        self.problems.append(Problem(self.log.path, message, f"write run: {{start: {day}, ...}}"))

    def arrange(self, rows: Integers, step: Integers) -> None:
        """Put rows in the order of cases and time, and leave out what was over when the run starts."""
        log, start = self.log, self.office.start
        begun, end, ready = (minutes_since(start, times[rows]) for times in (log.start, log.end, log.enabled))
        case = log.case[rows]
        first = np.fmin(np.fmin(ready, begun), end)
        self.applied = np.full(len(log.cases), np.inf)
        np.fmin.at(self.applied, case, first)
        said = minutes_since(start, log.applied[rows])
        self.applied[case[~np.isnan(said)]] = said[~np.isnan(said)]
        kept = ~(end < 0.0)
        order = np.lexsort((np.arange(len(rows)), first, case))
        order = order[kept[order]]
        self.case, self.step, self.row = case[order], step[order], rows[order]
        self.ready, self.begun, self.end = ready[order], begun[order], end[order]
        self.first = first[order]
        self.served = log.served[self.row].astype(np.bool_)
        self.cases = self.cases_in_order()

    def cases_in_order(self) -> Integers:
        """The cases that are left: those who wait already in the order of the log, then the others as they applied."""
        here = np.unique(self.case)
        waits = self.applied[here] < 0.0
        rest = here[~waits]
        return np.concatenate((here[waits], rest[np.argsort(self.applied[rest], kind="stable")]))

    def number_visits(self) -> None:
        """Visits to a step that returns may bring about again are counted; at others all rows are one visit."""
        count = len(self.service.steps)
        place = self.case * count + self.step
        order = np.argsort(place, kind="stable")
        again = np.concatenate(([False], place[order][1:] == place[order][:-1]))
        served = self.served[order]
        new = np.where(again, np.concatenate(([False], served[:-1])), False)  # who left unserved comes for the same
        counted = np.cumsum(new)
        begins = np.flatnonzero(~again)
        base = np.repeat(counted[begins], np.diff(np.append(begins, len(order))))
        visit = np.empty(len(order), np.int64)
        visit[order] = counted - base
        visit += self.done_before()
        said = self.log.visit[self.row]
        visit = np.where(said >= 0, said, visit)
        self.visit = np.where(np.isin(self.step, sorted(self.repeated())), visit, 0)

    def done_before(self) -> Integers:
        """1 for rows of a step that was over when the run starts: who waits behind it has done it once already."""
        first = np.full(len(self.log.cases), -1, np.int64)
        first[self.case[::-1]] = self.step[::-1]
        first[self.applied >= 0.0] = -1
        _, after = self.neighbours()
        again = np.zeros(len(self.case), np.int64)
        for step in np.unique(first[first >= 0]).tolist():
            behind = ~np.isin(self.step, sorted(_reach(step, after)))
            again[(first[self.case] == step) & behind] = 1
        return again

    def neighbours(self) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
        """The numbers of the steps before and after each step."""
        ids = {step.id: place for place, step in enumerate(self.service.steps)}
        before = {place: [ids[name] for name in step.after] for place, step in enumerate(self.service.steps)}
        return before, {place: [v for v, sources in before.items() if place in sources] for place in before}

    def repeated(self) -> set[int]:
        """The steps to which some return brings cases again."""
        return {place for j, step in enumerate(self.service.steps) if step.returns for place in self.section(j)}

    def section(self, j: int) -> set[int]:
        """The steps on a way from the one that step j returns to up to it."""
        returns = self.service.steps[j].returns
        assert returns is not None
        before, after = self.neighbours()
        target = [step.id for step in self.service.steps].index(returns.to)
        return _reach(j, before) & _reach(target, after)

    # What is known ----------------------------------------------------------------------------------------------------

    def read(self, source: str) -> Recorded:
        """Everything that a run takes from the rows."""
        waiting = int(np.count_nonzero(self.applied[self.cases] < 0.0))
        self.number = np.full(len(self.log.cases), -1, np.int64)
        self.number[self.cases[:waiting]] = BACKLOG_NUMBER + np.arange(waiting)
        self.number[self.cases[waiting:]] = np.arange(len(self.cases) - waiting)
        self.complete = self.complete_cases()
        self.known: dict[str, Known] = {}
        self.usual: dict[str, Known] = {}
        self.means: dict[str, float] = {}
        for j, step in enumerate(self.service.steps):
            self.read_share(j, step)
            self.read_work(j, step)
            if step.choose:
                self.read_choice(step)
            if self.service.patience is not None and step.in_person and step.at is not None:
                self.read_patience(j, step)
            if step.returns is not None:
                self.read_returns(j, step)
        recorded = Recorded(
            source=source,
            digest="",
            applied=self.applied[self.cases],
            waits_at=self.waiting_steps(self.cases[:waiting]),
            labels={kind: self.labels(kind) for kind in ("group", "channel")},
            known=self.known,
            usual=self.usual,
            means=self.means,
            replays=True,
        )
        return signed(recorded)

    def complete_cases(self) -> Booleans:
        """Cases of which the log has the whole way: nothing is open, and nobody left for good unserved."""
        place = (self.case * len(self.service.steps) + self.step) * (1 + int(self.visit.max(initial=0))) + self.visit
        came_back = np.isin(place, place[self.served])
        ended = ~np.isnan(self.end) & (self.served | came_back)
        complete = np.ones(len(self.log.cases), np.bool_)
        complete[self.case[~ended]] = False
        numbers, texts = self.log.texts["ending"]
        still_open = np.array([text == "open" for text in texts])[numbers[self.row]]
        complete[self.case[still_open]] = False
        return complete

    def put(self, stream: str, rows: Integers, low: Floats, high: Floats) -> None:
        """Note what rows say of a stream, visit by visit; of several rows of a visit the last holds."""
        for visit in np.unique(self.visit[rows]).tolist():
            own = rows[self.visit[rows] == visit]
            mask = self.visit[rows] == visit
            self.put_at(f"{stream}@{visit}", self.case[own], low[mask], high[mask])

    def put_at(self, place: str, cases: Integers, low: Floats, high: Floats) -> None:
        """Note what is known of cases at one place."""
        numbers = self.number[cases]
        order = np.argsort(numbers, kind="stable")
        last = np.append(np.diff(numbers[order]) > 0, True) if len(order) else np.empty(0, np.bool_)
        chosen = order[last]
        self.known[place] = Known(numbers[chosen], low[chosen], high[chosen])

    def otherwise(self, stream: str, low: float) -> None:
        """What complete cases say of a stream wherever they have nothing else to say."""
        numbers = np.sort(self.number[self.cases[self.complete[self.cases]]])
        self.usual[stream] = Known(numbers, np.full(len(numbers), low), np.ones(len(numbers)))

    def read_share(self, j: int, step: Step) -> None:
        """Who did the step, and who did not."""
        rows = np.flatnonzero(self.step == j)
        case, visit, did = self.case[rows], self.visit[rows], np.ones(len(rows), np.bool_)
        if step.share < 1.0:
            case, visit, did = self.with_skipped(j, step)
        for number in np.unique(visit).tolist():
            own = visit == number
            low, high = np.where(did[own], 0.0, step.share), np.where(did[own], step.share, 1.0)
            self.put_at(f"{step.stream}/share@{number}", case[own], low, high)
        self.otherwise(f"{step.stream}/share", step.share)

    def with_skipped(self, j: int, step: Step) -> tuple[Integers, Integers, Booleans]:
        """Case and visit of those who did the step, and of those of whom more is told than without it could be.

        Of a case that is not complete in the log, visits were skipped where a step behind is there for them, and the
        first one where all steps before are done and nobody had to come.
        """
        rows = np.flatnonzero(self.step == j)
        last = self.last_visit(rows)
        before, after = self.neighbours()
        behind = np.isin(self.step, sorted(_reach(j, after)))
        upto = self.last_visit(np.flatnonzero(behind))
        if not step.in_person:
            over = np.ones(len(self.log.cases), np.bool_)
            for other in before[j]:
                over &= self.is_done(other)
            upto = np.maximum(upto, np.where(over, 0, -1))
        upto[self.complete] = -1
        counts = np.maximum(upto + 1, 0)[self.cases]
        case = np.repeat(self.cases, counts)
        visit = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        width = 2 + max(int(last.max(initial=-1)), int(upto.max(initial=-1)))
        missing = ~np.isin(case * width + visit, self.case[rows] * width + self.visit[rows])
        case, visit = (
            np.concatenate((self.case[rows], case[missing])),
            np.concatenate((self.visit[rows], visit[missing])),
        )
        return case, visit, np.arange(len(case)) < len(rows)

    def last_visit(self, rows: Integers) -> Integers:
        """The highest visit of each case among ``rows``; -1 where it has none."""
        last = np.full(len(self.log.cases), -1, np.int64)
        np.maximum.at(last, self.case[rows], self.visit[rows])
        return last

    def is_done(self, j: int) -> Booleans:
        """Whether each case has done step j and was not sent back the last time."""
        rows = np.flatnonzero(self.step == j)
        done = np.zeros(len(self.log.cases), np.bool_)
        ended = self.served[rows] & ~np.isnan(self.end[rows]) & ~self.outcome("returned")[rows]
        done[self.case[rows]] = ended  # in the order of time, so that the last one holds
        return done

    def read_work(self, j: int, step: Step) -> None:
        """The minutes of work: as the log says, or from start to end; of several rows of one visit together."""
        rows = np.flatnonzero((self.step == j) & self.served & ~np.isnan(self.end))
        start = self.begun[rows]
        if step.at is None:
            start = np.where(np.isnan(self.ready[rows]), start, self.ready[rows])
        between = self.office.work(step, np.maximum(start, 0.0), self.end[rows])
        said = self.log.work[self.row[rows]]
        minutes = np.where(np.isnan(said), between, said)
        rows, minutes = rows[~np.isnan(minutes)], np.maximum(minutes[~np.isnan(minutes)], 0.0)
        if not len(rows):
            return
        for stream, share, mean in self.streams_of(step):
            self.means[stream] = mean
            self.put_sums(stream, rows, minutes * share)

    def put_sums(self, stream: str, rows: Integers, minutes: Floats) -> None:
        """Note the minutes of each visit, those of its rows added up."""
        for visit in np.unique(self.visit[rows]).tolist():
            mask = self.visit[rows] == visit
            cases, place = np.unique(self.case[rows[mask]], return_inverse=True)
            total: Floats = np.bincount(place, minutes[mask], len(cases)).astype(np.float64)
            self.put_at(f"{stream}@{visit}", cases, total, total)

    def streams_of(self, step: Step) -> list[tuple[str, float, float]]:
        """The streams of the step's work, what to multiply it by to get their draws, and the mean of these."""
        minutes = workday_minutes(self.office.calendar)
        if step.time is not None:
            factor = step.slowdown * (1.0 - sum(part.share or 0.0 for part in step.parts if not part.kept))
            mean = step.time.mean * (minutes if step.time.base == "workday" else 1.0)
            return [(f"{step.stream}/work", 1.0 / factor, mean)] if factor > 0.0 else []
        means = [
            (f"{part.stream}/work", part.time.mean * (minutes if part.time.base == "workday" else 1.0))
            for part in step.parts
            if part.time is not None and part.kept
        ]
        total = sum(mean for _, mean in means) * step.slowdown
        return [(stream, mean / total if total else 1.0 / len(means), mean) for stream, mean in means]

    def read_choice(self, step: Step) -> None:
        """The branch of each case: the first of which it did a step that no other branch leads to.

        Where there is none, the one whose first step it did, if it did that of no other.
        """
        ids = {one.id: place for place, one in enumerate(self.service.steps)}
        _, after = self.neighbours()
        reached = [_reach(ids[name], after) for name, _ in step.choose]
        alone = [own.difference(*(other for other in reached if other is not own)) for own in reached]
        branch = np.full(len(self.log.cases), -1, np.int64)
        for place in reversed(range(len(alone))):
            branch[self.case[np.isin(self.step, sorted(alone[place]))]] = place
        firsts = np.zeros((len(step.choose), len(self.log.cases)), np.bool_)
        for place, (name, _) in enumerate(step.choose):
            firsts[place, self.case[self.step == ids[name]]] = True
        only = (branch < 0) & (firsts.sum(axis=0) == 1)
        branch[only] = firsts[:, only].argmax(axis=0)
        ends = np.cumsum(np.array([share for _, share in step.choose]))
        cases = np.flatnonzero((branch >= 0) & (self.number >= 0))
        high = np.minimum(ends[branch[cases]], 1.0)
        low = np.where(branch[cases] > 0, ends[branch[cases] - 1], 0.0)
        self.put_at(f"{step.stream}/choice@0", cases, low, high)

    def read_patience(self, j: int, step: Step) -> None:
        """How long people waited before they left, or at least were ready to wait."""
        waited = np.where(np.isnan(self.begun), self.end, self.begun) - self.ready
        left = ~self.served & (self.outcome("reneged") | (self.outcome("")))
        rows = np.flatnonzero((self.step == j) & ~np.isnan(waited))
        high = np.where(left[rows], waited[rows], np.inf)
        self.put(f"{step.stream}/patience", rows, waited[rows], high)

    def outcome(self, word: str) -> Booleans:
        """Rows with that outcome."""
        numbers, texts = self.log.texts["outcome"]
        return np.isin(numbers[self.row], [number for number, text in enumerate(texts) if text == word])

    def read_returns(self, j: int, step: Step) -> None:
        """Which visits sent the case back, and for how long it was away."""
        returns = step.returns
        assert returns is not None
        rows = np.flatnonzero((self.step == j) & self.served & ~np.isnan(self.end))
        sent_back, back_at = self.sent_back(rows, sorted(self.section(j)), returns.to)
        if self.log.texts["outcome"][1] != [""]:
            told = ~self.outcome("")[rows]
            sent_back = np.where(told, self.outcome("returned")[rows], sent_back)
        low = np.where(sent_back, 0.0, returns.share)
        high = np.where(sent_back, returns.share, 1.0)
        self.put(f"{step.stream}/return", rows, low, high)
        self.otherwise(f"{step.stream}/return", returns.share)
        away = rows[sent_back & ~np.isnan(back_at)]
        if returns.delay is not None and len(away):
            until = back_at[sent_back & ~np.isnan(back_at)]
            at_the_door = self.service.step(returns.to).in_person & (until % 1.0 == 0.0) & (self.end[away] % 1.0 != 0.0)
            until = np.where(at_the_door, until - A_MOMENT, until)  # they came while it was closed
            minutes = self.office.delay(until, self.end[away], in_workdays=returns.delay.base == "workday")
            self.put(f"{step.stream}/delay", away, minutes, minutes)
            in_workdays = returns.delay.base == "workday"
            self.means[f"{step.stream}/delay"] = returns.delay.mean * (
                workday_minutes(self.office.calendar) if in_workdays else 1.0
            )

    def sent_back(self, rows: Integers, section: list[int], to: str) -> tuple[Booleans, Floats]:
        """For each visit whether the case was at ``to`` again before it was here again, and when it came back.

        The step returned to is the first of the section that is repeated; where it was skipped, another of it counts.
        """
        sent = np.zeros(len(rows), np.bool_)
        back_at = np.full(len(rows), np.nan)
        repeats = np.flatnonzero(np.isin(self.step, section) & (self.visit > 0))
        if not len(repeats):
            return sent, back_at
        comes = np.where(np.isnan(self.ready), self.first, self.ready)
        order = repeats[np.lexsort((comes[repeats], self.case[repeats]))]
        first = np.searchsorted(self.case[order], self.case[rows], side="left")
        end = np.searchsorted(self.case[order], self.case[rows], side="right")
        following = self.next_end(rows)
        for k in np.flatnonzero(end > first).tolist():
            own = order[first[k] : end[k]]
            later = own[(own > rows[k]) & (comes[own] >= self.end[rows[k]]) & (comes[own] <= following[k])]
            if len(later):
                sent[k], back_at[k] = True, comes[later[0]]
        return sent, back_at

    def next_end(self, rows: Integers) -> Floats:
        """For each row the end of the next one of its case and step; inf for the last."""
        following = np.full(len(rows), np.inf)
        same = self.case[rows][1:] == self.case[rows][:-1]
        following[:-1][same] = self.end[rows][1:][same]
        return following

    def labels(self, kind: str) -> Integers:
        """The place of each case's label among those of the service; -1 where the log has none."""
        numbers, texts = self.log.texts[kind]
        names = [name for name, _ in getattr(self.service, f"{kind}s")]
        places = np.array([names.index(text) if text in names else -1 for text in texts], np.int64)
        found = np.full(len(self.log.cases), -1, np.int64)
        found[self.log.case] = places[numbers]
        return found[self.cases]

    def waiting_steps(self, cases: Integers) -> tuple[str, ...]:
        """Where those who wait already are: at the first of their steps that is not over."""
        first = np.searchsorted(self.case, cases, side="left")
        return tuple(self.service.steps[int(self.step[row])].id for row in first)


def _reach(start: int, neighbours: Mapping[int, list[int]]) -> set[int]:
    seen, stack = {start}, [start]
    while stack:
        for v in neighbours[stack.pop()]:
            if v not in seen:
                seen.add(v)
                stack.append(v)
    return seen


def signed(recorded: Recorded) -> Recorded:
    """The same with the digest of all that it holds, by which two are equal."""
    from dataclasses import replace

    digest = hashlib.blake2b(digest_size=16)
    digest.update(repr((recorded.waits_at, sorted(recorded.means.items()))).encode())
    digest.update(np.ascontiguousarray(recorded.applied).tobytes())
    for kind, places in sorted(recorded.labels.items()):
        digest.update(kind.encode() + places.tobytes())
    for known in (recorded.known, recorded.usual):
        for place, what in sorted(known.items()):
            digest.update(place.encode() + what.numbers.tobytes() + what.low.tobytes() + what.high.tobytes())
    return replace(recorded, digest=digest.hexdigest())
