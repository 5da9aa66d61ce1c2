"""What a report says that its numbers rest on, where the file says what applicants feel."""

from dataclasses import replace
from pathlib import Path

import simgov
from simgov.report.assumptions import not_modelled, settings
from simgov.scenario.applicants import Satisfaction
from simgov.units import Duration

OFFICE = simgov.load(Path(__file__).parents[2] / "scenarios" / "tandem" / "scenario.yaml").baseline


def test_weights_are_named_as_assumed_and_the_way_is_left_out_only_where_it_is() -> None:
    services = tuple(replace(service, travel=Duration(40.0)) for service in OFFICE.services)
    judged = replace(OFFICE, satisfaction=Satisfaction(wait=12.0), services=services)
    (weights,) = [fact for fact in settings(judged) if "assumed" in fact.name.en]
    assert weights.name.zh == "满意度权重（假设）"
    assert "wait 12, visits 8" in weights.text.en
    assert "每等候一小时 12，每多跑一次 8" in weights.text.zh
    assert not [fact for fact in settings(OFFICE) if "assumed" in fact.name.en]
    plain, told = (" ".join(text.en for text in not_modelled(one)) for one in (OFFICE, judged))
    assert "journey" in plain
    assert "journey" not in told
    assert "satisfaction, integrity" in plain
    assert "by assumed weights" in told
