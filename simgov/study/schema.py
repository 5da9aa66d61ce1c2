"""The language of a whole file: each room's section under its key, and the JSON Schema of all for editors."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from simgov.judging.schema import Spec as JudgingSpec
from simgov.kpi.targets import Spec as TargetSpec
from simgov.optimize.roadmap.schema import Spec as RoadmapSpec
from simgov.optimize.schema import Spec as OptimizeSpec
from simgov.reforms.phases import PhaseSpec
from simgov.reforms.reform import ReformsField
from simgov.reforms.stressing import StressField
from simgov.scenario.schema import ScenarioSpec

VERSION = 1


class StudySpec(ScenarioSpec):
    """A scenario file of simgov."""

    simgov: int = Field(description="Version of the scenario language: 1")
    reforms: ReformsField = Field(
        default_factory=dict, description="By name, the measures of each reform, or other reforms"
    )
    phases: list[PhaseSpec] = Field(
        default_factory=list, description="Dates from which reforms hold in the scenario itself"
    )
    stress: StressField = Field(default_factory=dict, description="By name, stresses with parameters of one's own")
    targets: list[TargetSpec] = Field(default_factory=list, description="Limits that KPIs have to keep")
    optimize: OptimizeSpec | None = Field(None, description="What the optimiser may decide")
    roadmap: RoadmapSpec | None = Field(None, description="What may begin in which quarter, and the milestones")
    judging: JudgingSpec | None = Field(None, description="By what the office is judged")


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a scenario file, descriptions included."""
    found = without_null(StudySpec.model_json_schema(by_alias=True))
    found["required"] = ["simgov", *StudySpec.NEEDED]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "simgov scenario", **found}


def without_null(part: Any) -> Any:
    """A schema without the nulls by which pydantic writes what may be left out: no value in a file is null."""
    if isinstance(part, list):
        return [without_null(item) for item in part]
    if not isinstance(part, dict):
        return part
    clean = {key: without_null(value) for key, value in part.items() if not (key == "default" and value is None)}
    choices = clean.get("anyOf")
    if isinstance(choices, list) and {"type": "null"} in choices:
        rest = [choice for choice in choices if choice != {"type": "null"}]
        del clean["anyOf"]
        clean.update(rest[0] if len(rest) == 1 else {"anyOf": rest})
    return clean
