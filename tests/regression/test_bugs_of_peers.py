"""Bugs that other simulators shipped, and what their users missed: each as a test that simgov does not have it.

The number after a name is the issue, or pull request, in the tracker of that project.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from time import thread_time

import numpy as np
import pytest
from ruamel.yaml import YAML

import simgov
from simgov.engines import simulate
from simgov.engines.compiled import run_compiled
from simgov.engines.events import EventTable
from simgov.engines.reference import run_reference
from simgov.errors import InputError
from simgov.experiment import load_run
from simgov.network import Network, compile_network
from simgov.units import UnitError, parse_duration
from simgov.workload import Workload, sample
from tests.equivalence.test_semantics_examples import DAYS, Example, network_of, tasks_of, workload_of

Engine = Callable[[Network, Workload, np.ndarray], EventTable]
ENGINES = pytest.mark.parametrize("engine", [run_reference, run_compiled])

OFFICE = """\
simgov: 1
name: Office
calendar: {hours: ["09:00-17:00"]}
pools:
  window: {kind: window, count: 2, cost: 35 CNY/h}
  files: {kind: department, count: 2, at_closing: pause}
services:
  permit:
    arrivals: {poisson: {rate: 6 /h}}
    steps:
      counter: {at: window, time: {exponential: {mean: 12 min}}, in_person: true}
      review: {at: files, time: {gamma: {mean: 15 min, cv: 0.8}}, decision: true}
  question:
    arrivals: {poisson: {rate: 4 /h}}
    steps: {answer: {at: window, time: {exponential: {mean: 4 min}}, in_person: true}}
reforms:
  nothing: [{staff: {window: 2}}]
  more: [{staff: {window: 3}}]
run: {period: 5 workdays, replications: 4, seed: 3}
"""


@pytest.fixture
def study(tmp_path: Path) -> simgov.Study:
    return loaded(tmp_path, OFFICE)


def loaded(folder: Path, text: str) -> simgov.Study:
    path = folder / "office.yaml"
    path.write_text(text, encoding="utf-8")
    return simgov.load(path)


def happened(engine: Engine, folder: Path, applies: str, scenario: str) -> list[tuple[str, str, str, str, str]]:
    """Case, step, start, finish and outcome of every task, as docs/semantics.md writes them."""
    comers = sorted(
        (DAYS.index(when[:3]) * 1440.0 + int(when[4:6]) * 60 + int(when[7:]), name)
        for name, instants in YAML(typ="safe").load(applies).items()
        for when in instants
    )
    example = Example(0, tuple((name, when, "") for when, name in comers), scenario, [], [])
    network = network_of(example, folder)
    rows = tasks_of(network, engine(network, workload_of(network, example), np.zeros(1, np.int64)))
    return [(row["case"], row["step"], row["start"], row["finish"], row["outcome"]) for row in rows]


# Seeds ----------------------------------------------------------------------------------------------------------------


def test_mesa_2841_replications_of_one_seed_are_not_the_same_run_again(study: simgov.Study) -> None:
    """mesa#2841: with one seed and several iterations, all iterations gave the same results."""
    runs = simgov.run(study.baseline, replications=6, seed=42)
    result = runs.result("baseline")
    assert len(set(result.values[:, result.place["hall.wait.mean"]])) == 6


def test_mesa_1060_parallel_runs_can_be_seeded(study: simgov.Study) -> None:
    """mesa#1060: no seed for the batch runner, least of all with processes. Here threads, processes and one agree."""
    one = simgov.run(study.baseline, seed=8, workers=1)
    threads = simgov.run(study.baseline, seed=8, workers=3)
    with ProcessPoolExecutor(2) as pool:
        processes = simgov.run(study.baseline, seed=8, executor=pool)
    assert one.kpis.equals(threads.kpis)
    assert one.kpis.equals(processes.kpis)


def test_ciw_70_what_was_drawn_before_does_not_matter(study: simgov.Study) -> None:
    """Ciw#70: seeds that repeat, or depend on what else has drawn from the same global generator."""
    network = compile_network(study.baseline)
    before = simulate(network, 5, 2)
    np.random.seed(0)
    np.random.random(1000)
    simulate(network, 6, 0)
    after = simulate(network, 5, 2)
    assert before.start.tobytes() == after.start.tobytes()


def test_numba_4452_threads_do_not_share_a_generator(study: simgov.Study) -> None:
    """numba#4452 and ConcurrentSim#64: seeding of what runs in parallel."""
    network = compile_network(study.baseline)
    alone = [sample(network, 9, k, 2 * 1440.0).draws.tobytes() for k in range(8)]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda k: sample(network, 9, k, 2 * 1440.0).draws.tobytes(), range(8)))
    assert together == alone
    assert len(set(alone)) == 8


def test_hsma_66_the_distributions_of_a_replication_are_not_in_step(study: simgov.Study) -> None:
    """hsma6_des_book#66: in run 0 all distributions had the same seed, so that long gaps came with long services."""
    network = compile_network(study.baseline)
    first, second = (
        events.work[events.step == network.steps.index(step)]
        for events in [simulate(network, 1, 0)]
        for step in (("permit", "counter"), ("question", "answer"))
    )
    count = min(len(first), len(second))
    assert abs(np.corrcoef(first[:count], second[:count])[0, 1]) < 5 / np.sqrt(count)


def test_covasim_373_a_policy_does_not_change_the_noise(study: simgov.Study) -> None:
    """covasim#373 and starsim#299: a policy changed the noise. Here it changes no draw."""
    hall, more = (simulate(compile_network(one), 4, 0) for one in (study.baseline, study.reform("more")))
    both_applied = min(len(hall.applied), len(more.applied))  # the one run may go on for longer
    assert both_applied > 300
    assert hall.applied[:both_applied].tobytes() == more.applied[:both_applied].tobytes()

    def drawn(events: EventTable) -> dict[tuple[int, int, int], float]:
        return dict(zip(zip(events.case, events.step, events.visit, strict=True), events.work, strict=True))

    before, after = drawn(hall), drawn(more)
    both = [task for task in before.keys() & after.keys() if not np.isnan(before[task] + after[task])]
    assert len(both) > 100
    assert all(before[task] == after[task] for task in both)


def test_policyengine_903_a_reform_that_changes_nothing_has_no_effect(study: simgov.Study) -> None:
    """PolicyEngine#903: a reform that changes nothing had an effect. Here every difference is exactly 0."""
    runs = simgov.run([study.baseline, study.reform("nothing")])
    differences = simgov.compare(runs).differences
    assert (differences["mean"].dropna() == 0.0).all()
    assert (differences["half_width"].dropna() == 0.0).all()


def test_pypsa_1627_two_runs_can_be_compared(study: simgov.Study) -> None:
    """PyPSA#1627: no way to compare two runs. Here by replication, with an interval."""
    runs = simgov.run([study.baseline, study.reform("more")], replications=20)
    moved = simgov.compare(runs).differences.set_index("kpi").loc["hall.wait.mean"]
    assert moved["mean"] + moved["half_width"] < 0.0


# Files and units ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "place", "hint"),
    [
        (("count: 2, cost", "cuont: 2, cost"), "pools.window.cuont", "count"),
        (("at: files", "at: flies"), "services.permit.steps.review.at", "files"),
        (("rate: 6 /h", "rate: 6"), "services.permit.arrivals.poisson.rate", "6 /h"),
        (("mean: 12 min", "mean: 12"), "services.permit.steps.counter.time.exponential.mean", "12 min"),
        (("cv: 0.8", "cv: 0.8 min"), "services.permit.steps.review.time.gamma.cv", ""),
    ],
)
def test_calliope_207_what_is_mistyped_is_found_with_its_place(
    tmp_path: Path, wrong: tuple[str, str], place: str, hint: str
) -> None:
    """calliope#207: a typo was ignored. openfisca-core#398, #1107 and Prosimos#9: errors without a place or a hint.

    salabim#18, starsim#711 and calliope#662: numbers without a unit, or in another than was thought.
    """
    assert wrong[0] in OFFICE
    with pytest.raises(InputError) as caught:
        loaded(tmp_path, OFFICE.replace(*wrong, 1))
    problem = caught.value.problems[0]
    assert problem.dotted == place
    assert problem.line == next(n for n, line in enumerate(OFFICE.split("\n"), 1) if wrong[0] in line)
    assert hint in str(problem)


def test_starsim_711_a_duration_without_a_unit_is_no_duration() -> None:
    """starsim#711: units confused. A number alone means nothing here."""
    with pytest.raises(UnitError):
        parse_duration("5")


# Progress and memory --------------------------------------------------------------------------------------------------


def test_mesa_314_a_run_says_how_far_it_is(study: simgov.Study) -> None:
    """mesa#314: no progress from long runs."""
    said: list[tuple[int, int]] = []
    simgov.run(study.baseline, replications=4, progress=lambda done, total: said.append((done, total)))
    assert said[-1] == (4, 4)


def test_mesa_1915_results_are_kept_on_the_way_and_not_in_memory_alone(study: simgov.Study, tmp_path: Path) -> None:
    """mesa#1915: results were held in memory. Here what is finished is on disk when the run ends early."""
    stop = np.zeros(1, np.int64)

    def enough(done: int, total: int) -> None:
        stop[0] = int(done >= 2)

    runs = simgov.run(study.baseline, replications=500, out=tmp_path / "kept", stop=stop, progress=enough)
    assert runs.interrupted
    assert 2 <= load_run(tmp_path / "kept").replications < 500


# How a run begins and ends --------------------------------------------------------------------------------------------


@ENGINES
def test_ciw_98_a_run_can_begin_with_people_waiting(engine: Engine, tmp_path: Path) -> None:
    """Ciw#98: the system was always empty at first. Two files wait from midnight; who comes at 9:00 is the third."""
    scenario = """
pools: {desk: {kind: department, count: 1}}
services:
  permit:
    backlog: [{step: review, cases: 2, age: {constant: 1 days}}]
    steps: {review: {at: desk, time: {constant: 20 min}}}
"""
    data = YAML(typ="safe").load(scenario)
    data |= {
        "simgov": 1,
        "name": "Office",
        "calendar": {"hours": ["09:00-17:00"]},
        "run": {"start": "2026-01-05", "period": "1 workdays"},
    }
    path = tmp_path / "backlog.yaml"
    path.write_text(json.dumps(data), encoding="utf-8")
    network = compile_network(simgov.load(path).baseline)
    events = engine(network, sample(network, 1, 0, network.cap), np.zeros(1, np.int64))
    assert events.applied.tolist() == [-1440.0, -1440.0]
    assert events.start.tolist() == [540.0, 560.0]


@ENGINES
def test_ciw_260_whoever_came_is_counted_at_the_end(engine: Engine, tmp_path: Path) -> None:
    """Ciw#260: of 24 arrivals an hour apart, each served for an hour, 22 were in the records.

    Who was still being served, and who came at the last instant, were missing.
    """
    hours = [f"mon {hour:02}:00" for hour in range(9, 17)]
    found = happened(
        engine,
        tmp_path,
        json.dumps({"permit": hours}),
        "calendar: {hours: ['09:00-17:00']}\n"
        "pools: {desk: {kind: window, count: 1}}\n"
        "services: {permit: {steps: {counter: {at: desk, time: {constant: 1 h}, in_person: true}}}}",
    )
    assert [(start, finish) for _, _, start, finish, _ in found] == [
        (f"mon {hour:02}:00", f"mon {hour + 1:02}:00") for hour in range(9, 17)
    ]
    assert {outcome for *_, outcome in found} == {"done"}


@ENGINES
def test_prosimos_64_who_is_urgent_overtakes_nobody_before_they_come(engine: Engine, tmp_path: Path) -> None:
    """Prosimos#64: all cases of the first class were served before any of the second, although they came later."""
    found = happened(
        engine,
        tmp_path,
        '{"urgent": ["mon 09:30", "mon 09:31"], "permit": ["mon 09:00", "mon 09:01", "mon 09:02"]}',
        "pools: {desk: {kind: department, count: 1}}\n"
        "services:\n"
        "  urgent: {priority: 1, steps: {decide: {at: desk, time: {constant: 20 min}}}}\n"
        "  permit: {priority: 9, steps: {review: {at: desk, time: {constant: 20 min}}}}",
    )
    assert [(step, start) for _, step, start, _, _ in found] == [
        ("review", "mon 09:00"),
        ("review", "mon 09:20"),
        ("review", "mon 10:20"),
        ("decide", "mon 09:40"),
        ("decide", "mon 10:00"),
    ]


# Hours ----------------------------------------------------------------------------------------------------------------


@ENGINES
def test_simmer_64_nobody_begins_while_nobody_is_on_duty(engine: Engine, tmp_path: Path) -> None:
    """simmer#64: capacity 1 from 5 to 10, none to 15, then 1; three of 5 minutes came at 0. The second began at 10."""
    found = happened(
        engine,
        tmp_path,
        '{"permit": ["mon 09:00", "mon 09:00", "mon 09:00"]}',
        "pools: {desk: {kind: department, count: 1, hours: ['09:05-09:10', '09:15-12:00']}}\n"
        "services: {permit: {steps: {review: {at: desk, time: {constant: 5 min}}}}}",
    )
    assert [(start, finish) for _, _, start, finish, _ in found] == [
        ("mon 09:05", "mon 09:10"),
        ("mon 09:15", "mon 09:20"),
        ("mon 09:20", "mon 09:25"),
    ]


@ENGINES
def test_simmer_246_fewer_officers_interrupt_nobody_and_begin_nobody(engine: Engine, tmp_path: Path) -> None:
    """simmer#246: three officers, one from 4 on, none from 10 on; those at work stopped, others began in between."""
    found = happened(
        engine,
        tmp_path,
        '{"permit": ["mon 09:00", "mon 09:00", "mon 09:00", "mon 09:00", "mon 09:00"]}',
        "pools:\n"
        "  desk:\n"
        "    kind: department\n"
        "    shifts: [{count: 1, hours: '09:00-09:10'}, {count: 2, hours: '09:00-09:04'}]\n"
        "services: {permit: {steps: {review: {at: desk, time: {constant: 8 min}}}}}",
    )
    assert [(start, finish) for _, _, start, finish, _ in found] == [
        ("mon 09:00", "mon 09:08"),
        ("mon 09:00", "mon 09:08"),
        ("mon 09:00", "mon 09:08"),
        ("mon 09:08", "mon 09:16"),
        ("tue 09:00", "tue 09:08"),
    ]


@ENGINES
def test_simmer_114_an_idle_officer_is_not_kept_from_who_is_urgent(engine: Engine, tmp_path: Path) -> None:
    """simmer#114: an urgent arrival waited although there was room beside those of less priority."""
    found = happened(
        engine,
        tmp_path,
        '{"permit": ["mon 09:00"], "urgent": ["mon 09:01"]}',
        "pools: {desk: {kind: department, count: 2}}\n"
        "services:\n"
        "  permit: {steps: {review: {at: desk, time: {constant: 10 min}}}}\n"
        "  urgent: {priority: 1, steps: {decide: {at: desk, time: {constant: 10 min}}}}",
    )
    assert [start for _, _, start, _, _ in found] == ["mon 09:00", "mon 09:01"]


@ENGINES
def test_simmer_187_time_does_not_go_backwards_for_work_laid_down(engine: Engine, tmp_path: Path) -> None:
    """simmer#187: an arrival pre-empted and signalled at once went on at an instant before the present one.

    Here work is laid down overnight, and at the instant at which it goes on another case comes and a third gives up.
    """
    found = happened(
        engine,
        tmp_path,
        '{"permit": ["mon 16:50", "tue 08:50", "tue 09:00"]}',
        "calendar: {hours: ['09:00-17:00']}\n"
        "pools: {desk: {kind: window, count: 1, at_closing: pause, waiting_at_closing: stay}}\n"
        "services:\n"
        "  permit:\n"
        "    patience: {constant: 10 min}\n"
        "    steps: {counter: {at: desk, time: {constant: 15 min}, in_person: true}}",
    )
    assert found == [
        ("0", "counter", "mon 16:50", "tue 09:05", "done"),
        ("1", "counter", "", "tue 09:00", "reneged"),
        ("2", "counter", "tue 09:05", "tue 09:20", "done"),
    ]


@ENGINES
def test_ciw_pr_210_priorities_hold_with_nobody_on_duty(engine: Engine, tmp_path: Path) -> None:
    """Ciw PR#210: with a schedule that goes to zero servers, priorities were forgotten."""
    found = happened(
        engine,
        tmp_path,
        '{"permit": ["mon 12:10"], "urgent": ["mon 12:20"]}',
        "pools: {desk: {kind: department, count: 1}}\n"
        "services:\n"
        "  permit: {steps: {review: {at: desk, time: {constant: 10 min}}}}\n"
        "  urgent: {priority: 1, steps: {decide: {at: desk, time: {constant: 10 min}}}}",
    )
    assert [(step, start) for _, step, start, _, _ in found] == [("review", "mon 13:10"), ("decide", "mon 13:00")]


# Speed, and what is left to the user ----------------------------------------------------------------------------------


def test_ciw_pr_166_time_grows_with_the_cases_and_not_with_their_square(tmp_path: Path) -> None:
    """Ciw PR#166 and salabim#67: slow.

    A queue that is never empty and grows to thousands: ten times the cases may take at most thirty times as long.
    """
    text = OFFICE.replace("rate: 6 /h", "rate: 90 /h").replace("replications: 4", "replications: 1")

    def seconds(days: int) -> float:
        study = loaded(tmp_path, text.replace("period: 5 workdays", f"period: {days} workdays, cap: 1 min"))
        network = compile_network(study.baseline)
        simulate(network, 1, 0)
        took = []
        for replication in range(1, 4):
            began = thread_time()
            simulate(network, 1, replication)
            took.append(thread_time() - began)
        return min(took)

    assert seconds(200) < 30 * seconds(20) + 0.05


def test_hsma_39_the_warm_up_is_not_left_to_guessing(study: simgov.Study) -> None:
    """hsma6_des_book#39: how to choose the warm-up was left to the reader."""
    assert simgov.warm_up(study.baseline, replications=5).duration is not None


def test_hsma_40_nor_is_the_number_of_replications(study: simgov.Study) -> None:
    """hsma6_des_book#40: nor how many runs are enough."""
    runs = simgov.run(study.baseline, precision={"permit.time.mean": 0.3})
    estimate = runs.estimate("baseline", "permit.time.mean")
    assert estimate.half_width <= 0.3 * estimate.value


def test_simgov_does_not_touch_the_global_generators(tmp_path: Path) -> None:
    """Nor does it leave any trace there for the caller: SimPy models seed ``random`` for everybody."""
    (tmp_path / "office.yaml").write_text(OFFICE, encoding="utf-8")
    program = (
        "import random, numpy, simgov\n"
        "random.seed(1); numpy.random.seed(1)\n"
        "before = random.getstate(), numpy.random.get_state()[1].tobytes()\n"
        f"simgov.run(simgov.load({str(tmp_path / 'office.yaml')!r}).baseline, replications=2)\n"
        "print(before == (random.getstate(), numpy.random.get_state()[1].tobytes()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "True", done.stderr
