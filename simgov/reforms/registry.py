"""Every measure by its key in the scenario file: one row each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from simgov.reforms import automate, merge_steps, parallel, pool_windows, remove_step, staff
from simgov.reforms.measure import Measure


@dataclass(frozen=True)
class Kind:
    """A kind of measure: what the file writes behind its key, and how that is read. ``meaning`` is for editors."""

    meaning: str
    spec: Any
    read: Callable[..., Measure]


MEASURES: Mapping[str, Kind] = {
    "remove_step": Kind("Remove a step without a legal basis (减环节)", remove_step.Spec, remove_step.read),
    "merge_steps": Kind(
        "Make one step of several that follow each other (合并环节)", merge_steps.Spec, merge_steps.read
    ),
    "parallel": Kind("Let steps run side by side (并联审批)", parallel.Spec, parallel.read),
    "pool_windows": Kind("Put windows together (一窗受理)", pool_windows.Spec, pool_windows.read),
    "staff": Kind("Set the posts of pools, or move posts (编制周转池)", staff.Spec, staff.read),
    "automate": Kind("Decide a share of cases at once (秒批)", automate.Spec, automate.read),
}
