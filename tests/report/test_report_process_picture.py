"""The process as a picture: well-formed, one box per step, lanes by pool, marks of a reform, both languages."""

from dataclasses import replace
from xml.etree import ElementTree

from simgov.calendars import ALWAYS
from simgov.distributions import Constant
from simgov.report.process_picture import columns, process_picture, wrapped
from simgov.scenario.value import Pool, Returns, RunSettings, Scenario, Service, Shift, Step, Text

SVG = "{http://www.w3.org/2000/svg}"


def step(identifier: str, at: str | None, after: tuple[str, ...], **settings: object) -> Step:
    name = Text(f"{identifier} <&>", f"环节{identifier}")
    return Step(id=identifier, name=name, stream=identifier, at=at, time=Constant(90.0), after=after, **settings)


STEPS = (
    step("counter", "window", (), accepted=True, choose=(("review", 0.7), ("issue", 0.3))),
    step("review", "police", ("counter",), basis="Law art. 6", returns=Returns(0.15, "counter")),
    step("notify", None, ("counter",)),
    step("issue", "window", ("review", "notify", "counter"), decision=True),
)
POOLS = tuple(
    Pool(i, Text(i, z), kind, (Shift(2, ALWAYS.week),))
    for i, z, kind in (("window", "窗口", "window"), ("unused", "无", "window"), ("police", "公安", "department"))
)
HALL = Scenario(
    Text("Hall", "大厅"), ALWAYS, POOLS, (Service("permit", Text("Permit", "许可"), STEPS, promise=5),), RunSettings()
)


def drawn(picture: str, css: str) -> list[ElementTree.Element]:
    return [e for e in ElementTree.fromstring(picture).iter() if css in e.get("class", "").split()]


def test_every_step_has_a_box_and_every_used_pool_a_lane() -> None:
    picture = process_picture(HALL)
    assert len(drawn(picture, "box")) == len(STEPS)
    assert [lane.text for lane in drawn(picture, "lane-name")] == [
        "window · 2 windows",
        "police · 2 officers",
        "outside the office",
    ]


def test_every_way_has_an_arrow() -> None:
    picture = process_picture(HALL)
    start, between, end = 1, sum(len(s.after) for s in STEPS), 1
    assert len(drawn(picture, "edge")) == start + between + end
    assert sorted(str(share.text) for share in drawn(picture, "share")) == ["30 %", "70 %"]
    assert [note.text for note in drawn(picture, "return-note")] == ["15 % returned"]


def test_names_are_spoken_in_both_languages_and_escaped() -> None:
    assert next(e.text for e in drawn(process_picture(HALL, "en"), "name")) == "counter <&>"
    assert next(e.text for e in drawn(process_picture(HALL, "zh"), "name")) == "环节counter"
    assert "许可（承诺 5 个工作日）" in process_picture(HALL, "zh")


def test_a_step_stands_after_all_its_predecessors() -> None:
    assert columns(HALL.services[0]) == {"counter": 0, "review": 1, "notify": 1, "issue": 2}


def test_a_reform_is_marked() -> None:
    reformed = HALL.with_step("permit", replace(STEPS[1], share=0.0)).with_step(
        "permit", replace(STEPS[0], documents=9)
    )
    picture = process_picture(reformed, before=HALL)
    assert len(drawn(picture, "box")) == len(STEPS)
    assert {e.get("class") for e in drawn(picture, "removed")} == {"box removed", "name removed"}
    assert [e.get("class") for e in drawn(picture, "changed")] == ["box changed", "name changed"]
    assert drawn(process_picture(HALL, before=HALL), "changed") == []


def test_boxes_do_not_overlap() -> None:
    boxes = [
        [float(box.get(k, "0")) for k in ("x", "y", "width", "height")] for box in drawn(process_picture(HALL), "box")
    ]
    for i, (x1, y1, w1, h1) in enumerate(boxes):
        for x2, y2, w2, h2 in boxes[i + 1 :]:
            assert x1 + w1 <= x2 or x2 + w2 <= x1 or y1 + h1 <= y2 or y2 + h2 <= y1


def test_a_long_process_goes_on_in_the_next_row() -> None:
    chain = tuple(step(f"s{i:02d}", "window", (f"s{i - 1:02d}",) if i else ()) for i in range(20))
    picture = process_picture(replace(HALL, services=(Service("chain", Text("Chain", "链"), chain),)))
    root = ElementTree.fromstring(picture)
    assert len(drawn(picture, "box")) == 20
    assert len(drawn(picture, "lane")) > 1
    assert float(root.get("width", "inf")) < 1700
    rows_joined = 2 * (len(drawn(picture, "lane")) - 1)
    inside = 19 - (len(drawn(picture, "lane")) - 1)
    assert len(drawn(picture, "edge")) == 1 + inside + rows_joined + 1


def test_long_names_take_two_lines() -> None:
    assert wrapped("Signature of the deputy director") == ["Signature of the deputy", "director"]
    assert wrapped("分管领导对建设项目规划许可进行签批") == ["分管领导对建设项目规划许", "可进行签批"]
    assert wrapped("Counter") == ["Counter"]
