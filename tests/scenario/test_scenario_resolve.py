"""From the file to the value: hours, shifts, defaults, names, references, and the checks of a process."""

import datetime
from pathlib import Path

import pytest

from simgov.calendars import ALWAYS
from simgov.distributions import Constant, Empirical, Exponential, Lognormal
from simgov.errors import InputError
from simgov.scenario.applicants import Complaints, FirmCost, Satisfaction
from simgov.scenario.value import Document, Scenario, Shift, Text
from simgov.study import check, load
from simgov.units import Duration, Money

HALL = Path(__file__).parents[1] / "study" / "hall" / "scenario.yaml"
FULL = Path(__file__).parents[1] / "study" / "language" / "scenario.yaml"
HEAD = 'simgov: 1\ncalendar: {hours: ["09:00-12:00", "13:00-17:00"]}\nrun: {period: 5 workdays}\npools:\n'
T = "at: desk, time: {constant: 5 min}"
MORNING, AFTERNOON = (540, 720), (780, 1020)


def written(folder: Path, rest: str) -> Scenario:
    """The baseline of a file with the head above."""
    (folder / "s.yaml").write_text(HEAD + rest)
    return load(folder / "s.yaml").baseline


def said(folder: Path, rest: str) -> str:
    """Errors and warnings of such a file."""
    (folder / "s.yaml").write_text(HEAD + rest)
    errors, warnings = check(folder / "s.yaml")
    return "\n".join(str(problem) for problem in (*errors, *warnings))


@pytest.fixture(scope="module")
def full() -> Scenario:
    """The scenario with all of the language."""
    return load(FULL).baseline


def steps(text: str) -> str:
    """A service of these steps."""
    return (
        "  desk: {kind: window, count: 2}\nservices:\n  a:\n    arrivals: {poisson: {rate: 9 /h}}\n    steps:\n"
        + "".join(f"      {line}\n" for line in text.splitlines())
    )


def test_hours_hold_on_working_days_and_pools_inherit_them(tmp_path: Path) -> None:
    hall = written(tmp_path, steps("x: {at: desk, time: {constant: 5 min}}"))
    week = ((MORNING, AFTERNOON),) * 5 + ((), ())
    assert hall.calendar.week == week
    assert hall.calendar.country is None
    assert hall.pool("desk").shifts == (Shift(2, week),)


def test_hours_by_weekday_dates_and_shifts(full: Scenario) -> None:
    assert full.calendar.country == "CN"
    assert full.calendar.closed == (datetime.date(2026, 3, 12),)
    assert full.calendar.extra == ((datetime.date(2026, 3, 14), 4),)
    assert full.calendar.week[4] == ((540, 960),)
    review = full.pool("review")
    assert [shift.count for shift in review.shifts] == [3, 1]
    assert review.shifts[0].week[3] == ((540, 1020),)
    assert review.shifts[0].week[4] == ()
    assert review.shifts[1].week[4] == ((780, 1050),)
    assert full.pool("server").always
    assert full.pool("server").shifts == (Shift(1, ALWAYS.week),)


def test_lunch_is_two_shifts(full: Scenario) -> None:
    front = full.pool("front")
    assert [shift.count for shift in front.shifts] == [2, 3]
    assert front.shifts[0].week[0] == ((540, 720), (780, 1050))
    assert front.shifts[1].week[0] == ((540, 630), (660, 720), (780, 1050))
    assert front.doors == (525, 1020)
    assert front.cost == Money(3850, "CNY", "h")


def test_lunch_without_anybody_staying_is_one_shift(tmp_path: Path) -> None:
    hall = written(
        tmp_path,
        '  hot: {kind: window, count: 2, lunch: {hours: "10:00-10:30"}}\n'
        + steps("x: {at: desk, time: {constant: 5 min}}"),
    )
    assert hall.pool("hot").shifts == (Shift(2, (((540, 600), (630, 720), AFTERNOON),) * 5 + ((), ())),)


def test_steps_follow_the_one_above_unless_they_say_after(full: Scenario) -> None:
    after = {step.id: step.after for step in full.service("permit").steps}
    assert after["intake"] == ()
    assert after["simple"] == ("intake",)
    assert after["opinion"] == ("review",)
    assert after["decide"] == ("simple", "survey", "opinion")
    assert after["archive"] == ("decide",)


def test_streams_name_service_step_and_part(full: Scenario) -> None:
    review = full.service("permit").step("review")
    assert review.stream == "permit.review"
    assert [part.stream for part in review.parts] == [
        "permit.review.file",
        "permit.review.second",
        "permit.review.stamp",
    ]


def test_times_are_distributions_by_mean_and_cv(full: Scenario) -> None:
    permit = full.service("permit")
    assert permit.step("intake").time == Lognormal(9.0, 0.6)
    assert permit.step("notice").time == Constant(2.0, "workday")
    assert permit.step("simple").time == Constant(0.5)
    assert permit.step("opinion").time == Exponential(20.0)
    sign = permit.step("decide").parts[1]
    assert sign.time == Empirical((4.0, 5.5, 7.0, 12.0, 5.0))
    assert permit.step("collect").time == Empirical((2.0, 3.0, 8.0), (5.0, 2.0, 1.0))


def test_documents_are_a_number_or_have_names(full: Scenario, tmp_path: Path) -> None:
    intake = full.service("permit").step("intake")
    assert intake.documents == 3
    assert intake.papers == (
        Document("id_card", Text("Identity card", "身份证"), "居民身份证法"),
        Document("plans", Text("plans", "plans")),
        Document("deed", Text("不动产权证", "不动产权证")),
    )
    named = "x: {at: desk, time: {constant: 5 min}, documents: [身份证, household]}"
    counted = "y: {at: desk, time: {constant: 5 min}, documents: 2}"
    x, y = written(tmp_path, steps(f"{named}\n{counted}")).service("a").steps
    assert ([paper.id for paper in x.papers], x.documents) == (["身份证", "household"], 2)
    assert (y.papers, y.documents) == ((), 2)


def test_a_channel_is_a_share_or_has_hours(full: Scenario) -> None:
    permit = full.service("permit")
    assert permit.channels == (("window", 0.6), ("online", 0.4))
    assert permit.round_the_clock == ("online",)


def test_names_in_one_language_serve_for_both(full: Scenario) -> None:
    assert full.name.zh == "综合示例"
    assert full.service("permit").name.en == full.service("permit").name.zh == "建设许可"
    assert full.pool("review").name.en == "review"


def test_what_a_service_says_of_its_applicants_comes_before_what_holds_for_all(full: Scenario, tmp_path: Path) -> None:
    permit, question, licence = (full.service(name) for name in ("permit", "question", "licence"))
    assert (permit.travel, permit.time_value) == (Duration(90.0), Money(4500, "CNY", "h"))
    assert (permit.fee, permit.firm) == (Money(6000, "CNY"), FirmCost(Money(30000, "CNY", "day"), ("firm",)))
    assert (question.travel, question.time_value, question.fee) == (Duration(40.0), Money(3000, "CNY", "h"), None)
    assert (question.firm, licence.firm) == (FirmCost(Money(5000, "CNY", "week")), None)
    assert full.satisfaction == Satisfaction(93.5, 12.0, 6.0, 0.5, 20.0, 35.0, 78.6)
    assert full.complaints == Complaints(0.08, 0.02, 0.01, 0.04, 0.09, 0.005)
    at_home = steps(f"x: {{{T}}}").replace("    steps:", "    travel: 0 min\n    fee: 0 CNY\n    steps:")
    every = "applicants: {travel: 40 min, fee: 9 CNY, firm: 1 CNY/h}\nsatisfaction: {}\ncomplaints: {late: 1 %}\n"
    near = written(tmp_path, at_home + every)
    assert (near.service("a").travel, near.service("a").fee) == (Duration(0.0), Money(0, "CNY"))
    assert near.service("a").firm == FirmCost(Money(100, "CNY", "h"))
    assert (near.currency, near.satisfaction, near.complaints) == ("CNY", Satisfaction(), Complaints(late=0.01))


def test_the_run_and_the_horizon(full: Scenario) -> None:
    assert full.run.start == datetime.date(2026, 3, 2)
    assert full.run.period == Duration(40, "workday")
    assert full.run.cap == Duration(120 * 1440.0)
    assert full.run.confidence == 0.95
    assert full.horizon == Duration(2 * 525600.0)
    assert full.currency == "CNY"
    assert full.label == "baseline"


def test_the_same_file_gives_the_same_value() -> None:
    assert load(HALL).baseline == load(HALL).baseline
    assert hash(load(HALL).baseline) == hash(load(HALL).baseline)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"x: {{{T}, decision: true}}\ny: {{{T}, accepted: true}}", "comes before this one"),
        (f"x: {{{T}, choose: {{y: 50 %, z: 50 %}}}}\ny: {{{T}, decision: true}}\n"
         f"z: {{after: [x], {T}, decision: true}}", ""),
        (f"x: {{{T}}}\ny: {{after: [x, x], {T}}}", "written twice"),
        (f"x: {{{T}}}\ny: {{{T}, needs: [x]}}", ""),
        (f"x: {{{T}, parts: {{p: {{time: {{constant: 1 min}}}}}}}}", "times of their own"),
    ],
)  # fmt: skip
def test_a_process_is_checked(tmp_path: Path, text: str, message: str) -> None:
    found = said(tmp_path, steps(text))
    assert (message in found) if message else not found


def test_odd_but_possible_things_are_warnings(tmp_path: Path) -> None:
    found = said(tmp_path, steps("x: {at: desk, time: {constant: 5 min}}").replace("count: 2", "count: 0"))
    assert "pools.desk: pool desk has no officer on duty for its work" in found
    assert (
        written(tmp_path, steps("x: {at: desk, time: {constant: 5 min}}").replace("count: 2", "count: 0"))
        .pool("desk")
        .count
        == 0
    )


def test_rates_that_cannot_be_meant(tmp_path: Path) -> None:
    text = steps("x: {at: desk, time: {constant: 5 min}}")
    assert "too many to simulate" in said(tmp_path, text.replace("9 /h", "9000000 /min"))
    assert "could mean two things" in said(tmp_path, text.replace("rate: 9 /h", "rate: 9 /workday, hours: always"))


def test_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    for name in ("none.yaml", ".", "a\0b"):
        with pytest.raises(InputError):
            load(tmp_path / name)
