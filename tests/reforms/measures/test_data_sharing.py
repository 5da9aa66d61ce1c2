"""Data sharing: fewer documents and corrections; batches wait for the next run; a platform that fails stops work."""

from __future__ import annotations

import pytest

from tests.reforms.example_office import means, pair, problems

NAMED = (
    (
        "documents: 8",
        "documents: {form: {name: 申请表}, map: {name: 地形图}, deed: {name: 权属证明, basis: 城乡规划法}}",
    ),
)

FAILING = "system: {every: {constant: 3 days}, lasts: {constant: 1 h}}"


def test_fewer_documents_and_corrections() -> None:
    before, after = pair("data_sharing: {step: permit.counter, documents: 5, corrections: 80 %}")
    rows = means((before, after), "permit.documents", "permit.corrections", "permit.visits", "permit.door_to_door.mean")
    assert rows[0][0] / rows[0][1] > 8  # 8 documents, again for each correction
    assert rows[1][0] == pytest.approx(rows[0][0] * 3 / 8, rel=0.25)
    assert rows[1][1] == pytest.approx(rows[0][1] * 0.2, abs=0.05)
    assert rows[1][2] < rows[0][2]
    assert rows[1][3] < rows[0][3]


def test_documents_by_name_are_fetched_even_where_the_law_asks_for_them() -> None:
    _, after = pair("data_sharing: {step: permit.counter, documents: [deed, map]}", replaced=NAMED)
    step = after.service("permit").step("counter")
    assert (step.documents, [paper.id for paper in step.papers]) == (1, ["form"])


def test_batches_make_the_file_wait_for_half_a_period() -> None:
    """Who comes at any time waits 30 minutes for an exchange every hour: the mean of a uniform time."""
    _, at_once = pair("data_sharing: {step: permit.counter, documents: 5}")
    _, batches = pair("data_sharing: {step: permit.counter, documents: 5, batch: {every: 1 h}}")
    (waited,) = means((batches,), "permit.gate_wait")[0:1]
    assert waited[0] == pytest.approx(30.0, abs=2.5)
    rows = means((at_once, batches), "permit.time.mean")
    assert rows[1][0] > rows[0][0]


def test_a_query_takes_its_time() -> None:
    _, at_once = pair("data_sharing: {step: id_card.counter, documents: 1}")
    _, asked = pair("data_sharing: {step: id_card.counter, documents: 1, fetch: {constant: 3 min}}")
    assert [step.id for step in asked.service("id_card").steps] == ["fetch_counter", "counter"]  # it decides
    rows = means((at_once, asked), "id_card.time.mean")
    assert rows[1][0] > rows[0][0] + 2.0


def test_while_the_platform_is_down_nobody_is_served() -> None:
    plain = "data_sharing: {step: permit.counter, documents: 5"
    failing = f"{plain}, system: {{every: {{exponential: {{mean: 2 days}}}}, lasts: {{constant: 4 h}}}}}}"
    _, sound = pair(plain + "}")
    _, failing_office = pair(failing)
    rows = means((sound, failing_office), "hall.wait.mean")
    assert rows[1][0] > rows[0][0] + 1.0
    before, nobody = pair(f"{failing}, uptake: 0 %")
    assert nobody == before


def test_the_platform_is_there_where_the_measure_begins_later() -> None:
    measure = f"data_sharing: {{step: permit.counter, documents: 5, {FAILING}}}"
    _, after = pair(f"{measure}, from: 2026-03-16")
    assert [system.pools for system in after.systems] == [("general",)]


def test_nothing_shared_changes_nothing() -> None:
    before, after = pair("data_sharing: {step: permit.counter, documents: 0, corrections: 0 %}")
    assert after == before
    before, after = pair("data_sharing: {step: permit.counter, documents: []}")
    assert after == before


@pytest.mark.parametrize(
    ("measure", "path", "said"),
    [
        ("{step: permit.conter, documents: 1}", "step", "did you mean counter?"),
        ("{step: permit.counter, documents: 9}", "documents", "8 documents are handed in at permit.counter"),
        ("{step: permit.counter, documents: [map]}", "documents", "have no names; write how many are shared"),
        ("{step: permit.counter, batch: {weekly: {sat: '09:00'}}}", "batch.weekly", "closed on sat"),
        (
            "{step: permit.counter, system: {every: {constant: 9 h}, lasts: {constant: 1 h}, pools: [genral]}}",
            "system.pools[0]",
            "there is no pool 'genral'; did you mean general?",
        ),
        (
            "{step: permit.report, system: {every: {constant: 9 h}, lasts: {constant: 1 h}}}",
            "system",
            "permit.report is at no pool that could stand still",
        ),
    ],
)
def test_what_it_refuses(measure: str, path: str, said: str) -> None:
    (problem,) = problems(f"data_sharing: {measure}")
    assert problem.dotted == f"reforms.changed[0].data_sharing.{path}"
    assert said in f"{problem.message}; {problem.hint}"


@pytest.mark.parametrize(
    ("documents", "path", "said"),
    [
        ("[map, dead]", "documents[1]", "there is no document of permit.counter 'dead'; did you mean deed?"),
        ("2", "documents", "name those that are shared: form, map, deed"),
    ],
)
def test_documents_with_names_are_named(documents: str, path: str, said: str) -> None:
    (problem,) = problems(f"data_sharing: {{step: permit.counter, documents: {documents}}}", replaced=NAMED)
    assert problem.dotted == f"reforms.changed[0].data_sharing.{path}"
    assert said in f"{problem.message}; {problem.hint}"


def test_one_platform_for_a_step() -> None:
    measure = f"data_sharing: {{step: permit.counter, documents: 1, {FAILING}}}"
    (problem,) = problems(measure, measure)
    assert problem.dotted == "reforms.changed[1].data_sharing.system"
    assert "through a system that fails already" in problem.message
