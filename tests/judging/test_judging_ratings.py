"""360 degree scores by hand, and files of ratings with everything that may be wrong in them."""

import math
from pathlib import Path

import pytest
from scipy import stats

from simgov.judging.ratings import KINDS, Kind, office_score, office_scores, read_ratings
from simgov.scenario.profiles import TableError

ALIKE: dict[Kind, float] = dict.fromkeys(KINDS, 1.0)


def test_the_score_and_its_interval_by_hand() -> None:
    scores: dict[Kind, tuple[float, ...]] = {"superior": (80.0, 90.0), "public": (60.0, 70.0, 80.0)}
    found = office_score("a", scores, {"superior": 1.0, "public": 3.0, "peer": 0.0, "staff": 0.0}, 0.95)
    # 0.25 x 85 + 0.75 x 70; variance (1/16) 50/2 + (9/16) 100/3 = 1.5625 + 18.75
    assert found.estimate.value == pytest.approx(73.75)
    assert found.error == pytest.approx(math.sqrt(20.3125))
    # Satterthwaite: 20.3125^2 / (1.5625^2 / 1 + 18.75^2 / 2) = 2.3151
    assert found.freedom == pytest.approx(20.3125**2 / (1.5625**2 + 18.75**2 / 2))
    assert found.estimate.half_width == pytest.approx(stats.t.ppf(0.975, 2.31511) * math.sqrt(20.3125), rel=1e-4)
    assert found.missing == ()


def test_the_weight_of_a_missing_kind_goes_to_the_others_and_is_said() -> None:
    found = office_score("a", {"superior": (80.0, 80.0), "public": (60.0, 60.0)}, ALIKE, 0.95)
    assert found.estimate.value == 70.0
    assert found.estimate.half_width == 0.0
    assert found.missing == ("peer", "staff")


def test_one_rating_of_a_kind_has_no_interval_and_none_at_all_no_score() -> None:
    assert math.isnan(office_score("a", {"superior": (80.0,), "public": (60.0, 61.0)}, ALIKE, 0.95).estimate.half_width)
    assert math.isnan(office_score("a", {}, ALIKE, 0.95).estimate.value)


def read(folder: Path, text: str) -> list[str]:
    (folder / "r.csv").write_text(text, encoding="utf-8")
    with pytest.raises(TableError) as raised:
        read_ratings(folder, "r.csv", ("judging", "ratings", "file"), ALIKE, (0.0, 100.0))
    return [f"{one.line}:{one.column}: {one.message}; {one.hint}" for one in raised.value.problems]


def test_a_file_in_chinese_is_read(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(
        "单位,评价主体,得分\n甲局,上级,80\n乙局,公众,70\n甲局,公众,90\n", encoding="gb18030"
    )
    found = read_ratings(tmp_path, "r.csv", (), ALIKE, (0.0, 100.0))
    assert found.scores == {"甲局": {"superior": (80.0,), "public": (90.0,)}, "乙局": {"public": (70.0,)}}
    assert [one.office for one in office_scores(found, 0.95)] == ["甲局", "乙局"]


@pytest.mark.parametrize("column", ["name", "officer", "employee_id", "姓名", "承办人", "工号", "phone"])
def test_columns_that_name_persons_are_refused(tmp_path: Path, column: str) -> None:
    (message,) = read(tmp_path, f"office,{column},rater,score\na,x,public,80\n")
    assert message == f"1:8: the column '{column}' names persons; offices are rated, never persons: delete it"


def test_everything_wrong_is_said_at_once(tmp_path: Path) -> None:
    found = read(tmp_path, "office,rater,score\na,boss,80\na,public,120\n,peer,x\n")
    assert found == [
        "2:3: 'boss' is no kind of rater; write superior, peer, staff or public",
        "3:10: '120' is not a score from 0 to 100; ",
        "4:7: 'x' is not a score from 0 to 100; ",
        "4:1: the office is not named; ",
    ]


def test_unknown_columns_are_refused_too(tmp_path: Path) -> None:
    (message,) = read(tmp_path, "office,rater,score,remark\na,public,80,good\n")
    assert message.startswith("1:20: there is no column 'remark' here")
