"""Every KPI of simulated offices, against plain loops over the public tables of the same replication."""

from __future__ import annotations

import datetime
import math
from dataclasses import replace
from typing import Any

import holidays
import numpy as np
import pytest

import simgov
from simgov.calendars import Calendar
from simgov.distributions import Exponential, Gamma, Lognormal
from simgov.engines import simulate
from simgov.kpi import measure, plan_cost
from simgov.network import Network, compile_network
from simgov.scenario.applicants import Complaints, FirmCost, Satisfaction
from simgov.scenario.value import PoissonArrivals, Pool, Returns, RunSettings, Scenario, Service, Shift, Step, Text
from simgov.units import Duration, Money, Rate

EARLY, LATE = ((540, 720), (780, 1020)), ((540, 780), (810, 1020))
SHORT = ((540, 720),)


def week(day: tuple[tuple[int, int], ...]) -> Any:
    return (day,) * 4 + (SHORT,) + ((), ())


def text(name: str) -> Text:
    return Text(name, name)


def step(name: str, at: str | None, mean: float, **given: Any) -> Step:
    return Step(name, text(name), name, at=at, time=given.pop("time", Lognormal(mean, 0.7)), **given)


def lively(cap: float, patience: float) -> Scenario:
    """Lunch in two shifts, a pool that pauses, people sent home, returns on both sides of acceptance, a holiday."""
    passport = Service(
        "passport", text("Passport"),
        (
            step("counter", "desk", 12.0, in_person=True, documents=3,
                 returns=Returns(0.3, "counter", Exponential(400.0), 3)),
            step("accept", "desk", 4.0, after=("counter",), in_person=True, accepted=True, documents=1),
            step("review", "office", 60.0, after=("accept",), returns=Returns(0.2, "review", Exponential(900.0), 2)),
            step("expert", None, 1.0, after=("review",), special=True, share=0.4, time=Gamma(1.5, 0.5, "workday")),
            step("decide", "office", 10.0, after=("expert",), decision=True),
            step("collect", "desk", 5.0, after=("decide",), in_person=True, collected=True),
        ),
        PoissonArrivals(Rate(6.0 / 60)), patience=Exponential(patience), promise=3,
    )  # fmt: skip
    query = Service(
        "query", text("Query"), (step("ask", "desk", 6.0, in_person=True),), PoissonArrivals(Rate(4.0 / 60))
    )
    pools = (
        Pool(
            "desk", text("Desk"), "window", (Shift(2, week(EARLY)), Shift(1, week(LATE))),
            cost=Money(3500, "CNY", "h"), overtime_cost=Money(6000, "CNY", "h"),
            waiting_at_closing="send_home", sent_home="back_tomorrow",
        ),
        Pool(
            "office", text("Office"), "department", (Shift(6, week(EARLY)),),
            cost=Money(6000, "CNY", "h"), at_closing="pause",
        ),
    )  # fmt: skip
    passport = replace(
        passport,
        travel=Duration(40.0),
        time_value=Money(3000, "CNY", "h"),
        fee=Money(6000, "CNY"),
        firm=FirmCost(Money(30000, "CNY", "day"), ("firm",)),
        groups=(("citizen", 0.7), ("firm", 0.3)),
    )
    settings = RunSettings(
        start=datetime.date(2026, 1, 1),
        period=Duration(6, "workday"),
        warm_up=Duration(1, "workday"),
        cap=Duration(cap),
    )
    return Scenario(
        text("Hall"), Calendar(week(EARLY), country="PL"), pools, (passport, query), settings, currency="CNY",
        satisfaction=Satisfaction(offset=110.0), complaints=Complaints(other=0.01),
    )  # fmt: skip


def overlap(start: float, end: float, opens: Any, closes: Any) -> float:
    return sum(
        max(0.0, min(end, closing) - max(start, opening)) for opening, closing in zip(opens, closes, strict=True)
    )


def statistics(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    if not ordered:
        return dict.fromkeys(("mean", "median", "p90", "p95"), math.nan)
    picked = {
        name: ordered[math.ceil(p * len(ordered) / 100 - 1e-9) - 1]
        for name, p in (("median", 50), ("p90", 90), ("p95", 95))
    }
    return {"mean": sum(ordered) / len(ordered), **picked}


def gini(values: list[float]) -> float:
    """Mean difference of all pairs over twice the mean: the definition, not the formula over order statistics."""
    every = np.array(values)
    total = float(every.sum())
    return float(np.abs(every[:, None] - every).sum()) / (2 * len(every) * total) if total else 0.0


def of_applicants(
    scenario: Scenario, service: Service, own: list[Any], tasks: list[Any], stop: float
) -> tuple[dict[str, float], dict[str, float]]:
    """What the cases ``own`` of a service went through, case by case: its KPIs, and totals for the whole office."""
    steps = {step.id: step for step in service.steps}
    weights, shares = scenario.satisfaction, scenario.complaints
    assert weights is not None
    assert shares is not None
    total = dict.fromkeys(("travel", "money", "points", "closed", "complaints"), 0.0)
    waits_of: dict[str, list[float]] = {}
    times_of: dict[str, list[float]] = {}
    lost: list[float] = []
    for case in own:
        rows = [task for task in tasks if task["case"] == case["case"]]
        ends = [min(t for t in (r["start"], r["finish"], stop) if not math.isnan(t)) for r in rows]
        present = [(row, end) for row, end in zip(rows, ends, strict=True) if steps[row["step"]].in_person]
        waited = sum(end - row["ready"] for row, end in present)
        served = sum(
            stop - row["start"] if math.isnan(row["finish"]) else row["work"]
            for row, _ in present
            if not math.isnan(row["start"])
        )
        days = {t // 1440 for row, _ in present for t in (row["ready"], row["start"]) if not math.isnan(t)}
        begun = [row["step"] for row in rows if not math.isnan(row["start"])]
        papers = [steps[name].documents for name in begun]
        again = sum(papers) - sum(steps[name].documents for name in set(begun))
        back = any(row["outcome"] == "returned" for row in rows)
        is_open, decided = case["outcome"] == "open", not math.isnan(case["decided"])
        late = service.promise is not None and (
            (decided and not case["decided"] <= case["promise_due"])
            or (not decided and is_open and case["promise_due"] < stop)
        )
        unserved = case["outcome"] in ("reneged", "balked")
        further = max(len(days) - 1, 0)
        way = 0.0 if service.travel is None else len(days) * service.travel.amount
        total["travel"] += way
        if service.time_value is not None:
            total["money"] += (waited + served + way) / 60 * service.time_value.minor / 100
        if service.fee is not None and begun:
            total["money"] += service.fee.minor / 100
        if service.firm is not None and case["group"] in (service.firm.groups or ()):
            until = case["decided"] if decided else stop if math.isnan(case["left"]) else case["left"]
            total["money"] += (until - case["applied"]) / 1440 * service.firm.cost.minor / 100
        total["complaints"] += (
            shares.late * late + shares.repeat_visit * further + shares.document_again * again
            + shares.sent_back * back + shares.unserved * unserved + shares.other
        )  # fmt: skip
        if not is_open:
            lost.append(
                weights.wait * waited / 60 + weights.visits * further + weights.documents * sum(papers)
                + weights.late * late + weights.unserved * unserved
            )  # fmt: skip
        waits_of.setdefault(case["group"], []).extend(end - row["ready"] for row, end in present)
        if decided or is_open:
            times_of.setdefault(case["group"], []).append((case["decided"] if decided else stop) - case["applied"])
    if lost:
        total["points"] = len(lost) * min(max(weights.offset - sum(lost) / len(lost), 0.0), 100.0)
    found = {"satisfaction": total["points"] / len(own), "complaints": 100 * total["complaints"] / len(own)}
    if service.travel is not None:
        found |= {"travel": total["travel"] / len(own), "applicant_cost": total["money"] / len(own)}
    if service.groups:
        for name, values in (("time", times_of), ("wait", waits_of)):
            means = [sum(one) / len(one) for one in values.values() if one]
            found[f"{name}.group_gap"] = max(means) - min(means)
    return {f"{service.id}.{name}": value for name, value in found.items()}, total


def by_loops(network: Network, seed: int) -> dict[str, float]:
    """All KPIs of replication 0, from ``simgov.events`` and ``simgov.cases`` and the calendar's own dates."""
    scenario = network.scenario
    tasks = simgov.events(scenario, seed=seed).to_dict("records")
    cases = simgov.cases(scenario, seed=seed).to_dict("records")
    table = simulate(network, seed, 0)
    (start, end), stop = network.window, table.stopped_at
    measured = [case for case in cases if start <= case["applied"] < end]
    numbers = {case["case"] for case in measured}
    workdays = [d for d in range(network.days) if network.day_table.weekday[d] >= 0]
    in_window = sum(start <= d * 1440 < end for d in workdays)
    step_of = {(service.id, step.id): step for service in scenario.services for step in service.steps}
    found: dict[str, float] = {}

    def put(stem: str, values: list[float], wanted: tuple[str, ...]) -> None:
        found.update({f"{stem}.{name}": value for name, value in statistics(values).items() if name in wanted})

    every = ("mean", "median", "p90", "p95")
    all_waits: list[float] = []
    mean_waits: list[float] = []
    totals: list[dict[str, float]] = []
    for service in scenario.services:
        own = [case for case in measured if case["service"] == service.id]
        decided = [case for case in own if not math.isnan(case["decided"])]
        still = [case for case in own if math.isnan(case["decided"]) and case["outcome"] == "open"]
        times = [c["decided"] - c["applied"] for c in decided] + [stop - c["applied"] for c in still]
        put(f"{service.id}.time", times, every)
        found[f"{service.id}.time.gini"] = gini(times)
        days = []
        for case in decided + still:
            until = case["decided"] if case in decided else stop
            since = until if math.isnan(case["accepted"]) else case["accepted"]
            counted = sum(since // 1440 < d <= until // 1440 for d in workdays)
            days.append(float(counted - table.stopped_days[case["case"]]))
        put(f"{service.id}.days", days, every)
        ends = [
            (c["left"] if not math.isnan(c["left"]) else stop) - c["applied"]
            for c in own
            if c["outcome"] in ("finished", "open")
        ]
        put(f"{service.id}.door_to_door", ends, every)
        if service.promise is not None:
            found[f"{service.id}.on_time"] = sum(c["decided"] <= c["promise_due"] for c in decided) / len(
                decided + still
            )
        everybody = [case for case in cases if case["service"] == service.id]
        found[f"{service.id}.throughput"] = sum(start <= c["decided"] < end for c in everybody) / in_window
        waits, days_there = [], set()
        for task in tasks:
            value = step_of[task["service"], task["step"]]
            if task["service"] != service.id or task["case"] not in numbers or not value.in_person:
                continue
            days_there.add((task["case"], task["ready"] // 1440))
            if not math.isnan(task["start"]):
                days_there.add((task["case"], task["start"] // 1440))
            left = next((t for t in (task["start"], task["finish"]) if not math.isnan(t)), stop)
            waits.append(left - task["ready"])
        all_waits += waits
        put(f"{service.id}.wait", waits, ("mean", "p90"))
        found[f"{service.id}.wait.gini"] = gini(waits)
        mean_waits.append(sum(waits) / len(waits))
        of_service, total = of_applicants(scenario, service, own, tasks, stop)
        found |= of_service
        totals.append(total)
        begun = [t for t in tasks if t["service"] == service.id and t["case"] in numbers and not math.isnan(t["start"])]
        back = [t for t in begun if t["outcome"] == "returned"]
        early = [t for t in back if not t["finish"] >= cases[t["case"]]["accepted"]]
        per_case = {
            "visits": len(days_there),
            "steps": len(begun),
            "corrections": len(early),
            "returns": len(back) - len(early),
            "documents": sum(step_of[service.id, t["step"]].documents for t in begun),
        }
        came = [sum(number == c["case"] for number, _ in days_there) for c in decided]
        per_case |= {"no_visit": came.count(0), "one_visit": came.count(0) + came.count(1)}
        for outcome in ("reneged", "refused", "withdrawn", "open"):
            per_case[outcome] = sum(c["outcome"] == outcome for c in own)
        found |= {f"{service.id}.{name}": count / len(own) for name, count in per_case.items()}
    put("hall.wait", all_waits, ("mean", "p90"))
    found["hall.wait.gini"] = gini(all_waits)
    found["hall.wait.service_gap"] = max(mean_waits) - min(mean_waits)
    scores = [found[f"{service.id}.satisfaction"] for service in scenario.services]
    found["satisfaction"] = sum(one["points"] for one in totals) / len(measured)
    found["satisfaction.service_gap"] = max(scores) - min(scores)
    found["complaints"] = 100 * sum(one["complaints"] for one in totals) / len(measured)
    found["applicant_cost"] = sum(one["money"] for one in totals) / len(measured)
    overtime = {}
    for p, pool in enumerate(scenario.pools):
        duty = network.duty(p)
        shift_of = [shift for shift, (officers, *_) in enumerate(duty) for _ in range(officers)]
        busy = beyond = 0.0
        for task in (t for t in tasks if t["pool"] == pool.id and not math.isnan(t["start"])):
            _, opens, closes = duty[shift_of[task["server"]]]
            begin, finish = (
                max(task["start"], start),
                min(task["finish"] if not math.isnan(task["finish"]) else stop, end),
            )
            on_duty = overlap(begin, finish, opens, closes)
            busy += on_duty
            late = not any(o <= task["start"] < c for o, c in zip(opens, closes, strict=True))
            if finish > begin and (pool.at_closing == "finish" or late):
                beyond += finish - begin - on_duty
        found[f"{pool.id}.utilisation"] = busy / sum(n * overlap(start, end, o, c) for n, o, c in duty)
        found[f"{pool.id}.overtime"] = beyond / 60 / in_window
        overtime[pool.id] = beyond
        minutes = np.arange(start, end)
        anybody = np.zeros(len(minutes), bool)
        for _, opens, closes in duty:
            for opening, closing in zip(opens, closes, strict=True):
                anybody |= (minutes >= opening) & (minutes < closing)
        waiting = 0.0
        edges = np.flatnonzero(np.diff(np.concatenate(([0], anybody.astype(int), [0]))))
        spans = [(start + a, start + b) for a, b in edges.reshape(-1, 2)]
        for task in (t for t in tasks if t["pool"] == pool.id):
            left = next((t for t in (task["start"], task["finish"]) if not math.isnan(t)), stop)
            waiting += sum(max(0.0, min(left, b) - max(task["ready"], a)) for a, b in spans)
        found[f"{pool.id}.queue.mean"] = waiting / anybody.sum()
    year = [scenario.run.start + datetime.timedelta(days=d) for d in range(365)]
    closed = holidays.country_holidays("PL", years=(2026,))
    scale = sum(day.weekday() < 5 and day not in closed for day in year) / in_window
    found["burden"] = sum(one["money"] for one in totals) * scale
    found["cost"] = plan_cost(scenario) / 100 + overtime["desk"] / 60 * 60.0 * scale
    found["cost_per_case"] = found["cost"] / (sum(start <= c["decided"] < end for c in cases) * scale)
    return found


@pytest.mark.parametrize(("cap", "patience"), [(60 * 1440.0, 90.0), (1000.0, 25.0), (60 * 1440.0, 1e6)])
@pytest.mark.parametrize("seed", [1, 2])
def test_every_kpi_is_what_plain_loops_count(cap: float, patience: float, seed: int) -> None:
    network = compile_network(lively(cap, patience))
    measured = measure(network, simulate(network, seed, 0))
    expected = by_loops(network, seed)
    assert [kpi.name for kpi in measured.kpis if kpi.name not in expected] == []
    assert len(expected) == len(measured.kpis)
    for kpi, value in zip(measured.kpis, measured.values, strict=True):
        assert value == pytest.approx(expected[kpi.name], rel=1e-9, abs=1e-12, nan_ok=True), kpi.name
    values = dict(zip((kpi.name for kpi in measured.kpis), measured.values, strict=True))
    if cap > 1000.0:
        busy = ["passport.visits", "passport.corrections", "passport.returns", "desk.overtime", "desk.queue.mean"]
        assert all(values[name] > 0 for name in busy)
        assert values["passport.wait.p90"] > 0
        assert 0 < values["passport.satisfaction"] < 100
        assert values["passport.complaints"] > values["query.complaints"] > 0
        assert values["passport.travel"] == pytest.approx(40.0 * values["passport.visits"])
    else:
        assert values["passport.open"] > 0


def test_the_cost_of_posts_is_hours_on_the_calendars_own_dates() -> None:
    scenario = lively(1000.0, 90.0)
    closed = holidays.country_holidays("PL", years=(2026,))
    minutes = {"early": 0, "late": 0}
    for number in range(365):
        day = scenario.run.start + datetime.timedelta(days=number)
        if day.weekday() < 5 and day not in closed:
            minutes["early"] += 180 if day.weekday() == 4 else 420
            minutes["late"] += 180 if day.weekday() == 4 else 450
    desks = 35.0 * (2 * minutes["early"] + minutes["late"]) / 60
    assert plan_cost(scenario) / 100 == pytest.approx(desks + 60.0 * 6 * minutes["early"] / 60, abs=0.05)
    half = replace(scenario, horizon=Duration(0.5 * 365 * 1440.0), running=100_00, set_up=7_00)
    assert plan_cost(half) - plan_cost(replace(half, running=0, set_up=0)) == round(100_00 * 183 / 365) + 7_00
