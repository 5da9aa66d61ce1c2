"""CSV files beside a scenario: encodings, separators, weekdays, and faults located in the file."""

from pathlib import Path

import pytest

from simgov.scenario.profiles import TableError, read_profile, read_times

CHINESE = "星期,开始,结束,件数\n周一,09:00,12:00,30\n周二至周五,13:00,17:30,21.5\n"
ROWS = ((0, 540, 720, 30.0), *((day, 780, 1050, 21.5) for day in (1, 2, 3, 4)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_every_encoding_that_spreadsheets_write(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "p.csv").write_bytes(CHINESE.encode(encoding))
    assert read_profile(tmp_path, "p.csv", ()) == ROWS


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_separators_and_line_ends(tmp_path: Path, separator: str, newline: str) -> None:
    (tmp_path / "p.csv").write_bytes(CHINESE.replace(",", separator).replace("\n", newline).encode())
    assert read_profile(tmp_path, "p.csv", ()) == ROWS


def test_columns_in_any_order_and_weekdays_in_any_writing(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(
        "cases,to,from,weekday,note\n5,10:00,09:00,Monday,x\n6,10:00,09:00,2,\n7,10:00,09:00,星期天,\n"
    )
    assert read_profile(tmp_path, "p.csv", ()) == ((0, 540, 600, 5.0), (1, 540, 600, 6.0), (6, 540, 600, 7.0))


@pytest.mark.parametrize(
    ("rows", "line", "column", "said"),
    [
        ("mon,09:00,10:00,x", 2, 17, "not a number"),
        ("mon,09:00,10:00,nan", 2, 17, "at least 0"),
        ("\nmon,09:00,25:00,1", 3, 11, "not a time of day"),
        ("mon,10:00,10:00,1", 2, 11, "not after"),
        ("mon,09:00,10:00,1\nmon,09:59,10:30,1", 3, 1, "overlaps"),
        ("mon,09:00,10:00,0", 1, 1, "no cases"),
    ],
)
def test_faults_have_their_place(tmp_path: Path, rows: str, line: int, column: int, said: str) -> None:
    (tmp_path / "p.csv").write_text("weekday,from,to,cases\n" + rows + "\n")
    with pytest.raises(TableError) as raised:
        read_profile(tmp_path, "p.csv", ("services", "a"))
    problem = raised.value.problems[0]
    assert (problem.line, problem.column) == (line, column)
    assert said in problem.message
    assert problem.file.endswith("p.csv")


def test_a_file_read_wrongly_gives_some_problems_and_their_number(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("weekday,from,to,cases\n" + "mon,a,b,c\n" * 100)
    with pytest.raises(TableError) as raised:
        read_profile(tmp_path, "p.csv", ())
    assert len(raised.value.problems) == 21
    assert raised.value.problems[-1].message.startswith("280 more")


def test_no_file_but_one_like_it(tmp_path: Path) -> None:
    (tmp_path / "arrivals").mkdir()
    (tmp_path / "arrivals" / "passport.csv").write_text(CHINESE)
    with pytest.raises(TableError) as raised:
        read_profile(tmp_path, "arrivals/pasport.csv", ("services",))
    assert raised.value.problems[0].hint == "did you mean arrivals/passport.csv?"


def test_observed_times_with_and_without_weights(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("minutes\n4\n5.5\n")
    (tmp_path / "w.csv").write_text("weight,value\n1,4\n3,8\n")
    assert read_times(tmp_path, "t.csv", ()) == ((4.0, 5.5), ())
    assert read_times(tmp_path, "w.csv", ()) == ((4.0, 8.0), (1.0, 3.0))
