"""What a scenario changes, in words: every measure of the language gives lines that a planner would write."""

from dataclasses import replace

from simgov.report.changes import changes
from simgov.scenario.value import Scenario, Text, staffed
from simgov.study import Study


def lines(study: Study, after: Scenario) -> dict[str, list[str]]:
    """Group name to its lines in English."""
    found = changes(study.baseline, after, Text("x", "x"))
    return {group.name.en: [item.text.en for item in group.items] for group in found.groups}


def chinese(study: Study, after: Scenario) -> list[str]:
    return [item.text.zh for group in changes(study.baseline, after, Text("x", "x")).groups for item in group.items]


def test_nothing_changed_gives_no_line(study: Study) -> None:
    assert changes(study.baseline, replace(study.baseline, label="same"), Text("x", "x")).groups == ()


def test_posts(study: Study) -> None:
    pool = study.baseline.pool("office")
    after = study.baseline.with_pool(staffed(pool, 5))
    assert lines(study, after) == {"Staff": ["Back office: 2 → 5 posts"]}
    (group,) = changes(study.baseline, after, Text("x", "x")).groups
    assert group.items[0].badge == Text("3 more", "增加 3 人")


def test_a_dropped_step_a_dropped_part_and_their_cost(study: Study) -> None:
    assert lines(study, study.reform("lean")) == {
        "Process": ["Identity card: “Copy papers” is no longer done", "Passport: the step “Second review” is dropped"],
        "Cost of the change, and other": [
            "One-off cost of the reform: 48 CNY",
            "Running cost of the reform: 1,200 CNY a year",
        ],
    }
    assert "普通护照：取消“复核”环节" in chinese(study, study.reform("lean"))


def test_pooled_windows_are_told_once(study: Study) -> None:
    assert lines(study, study.reform("one_window")) == {
        "Staff": ["Windows </script>: 2 → 3 posts", "Passport windows becomes part of Windows </script> (1 post)"],
        "Process": ["Windows </script>: every step takes 10\u00a0% longer, since generalists do it"],
    }


def test_steps_side_by_side(study: Study) -> None:
    assert lines(study, study.reform("beside"))["Process"] == [
        "Passport: “Review” and “Second review” now run side by side"
    ]


def test_merged_steps_are_one_line(study: Study) -> None:
    process = lines(study, study.reform("merged"))["Process"]
    assert process[-1] == "Passport: “Review” and “Second review” become one step, “One check”"
    assert not any("dropped" in line for line in process)


def test_automated_steps(study: Study) -> None:
    assert lines(study, study.reform("quick"))["Process"] == [
        "Passport: “Second review” is done for 60\u00a0% of cases instead of 100\u00a0%",
        "Passport: “Second review” takes 10\u00a0% longer",
    ]


def test_what_has_no_sentence_of_its_own_is_still_told(study: Study) -> None:
    service = replace(study.baseline.service("passport"), promise=3)
    assert lines(study, study.baseline.with_service(service)) == {
        "Cost of the change, and other": ["services.passport.promise: 5 → 3"]
    }


def test_equal_lines_of_several_steps_are_counted(study: Study) -> None:
    service = study.baseline.service("passport")
    twins = tuple(replace(step, name=Text("File lies", "文件待办")) for step in service.steps)
    before = study.baseline.with_service(replace(service, steps=twins))
    gone = tuple(replace(step, share=0.0) if step.id in ("recheck", "notify") else step for step in twins)
    (group,) = changes(before, before.with_service(replace(service, steps=gone)), Text("x", "x")).groups
    assert [(item.text.en, item.badge) for item in group.items] == [
        ("Passport: the step “File lies” is dropped", Text("× 2", "× 2"))
    ]


def test_room_before_a_step(study: Study) -> None:
    service = study.baseline.service("passport")
    roomy = [
        replace(
            study.baseline.with_service(
                replace(service, steps=tuple(replace(s, room=room) if s.id == "review" else s for s in service.steps))
            ),
            label=f"room{room}",
        )
        for room in (2, 5)
    ]
    (group,) = changes(*roomy, Text("", "")).groups
    assert group.items[0].text == Text(
        "Passport: 5 instead of 2 may wait before “Review”", "普通护照：“审查”前候办席位由 2 个改为 5 个"
    )
