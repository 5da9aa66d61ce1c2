"""Whom a KPI is about where that is not one service: several services, all of them, or one group of their applicants.

The first word of its name says so: ``permit+passport.time.p90``, ``all.time.mean``, ``permit/elderly.wait.mean``,
``all/elderly.on_time``. Cases of all services count alike, so that a service to which more come weighs more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simgov.scenario.fields import unknown
from simgov.scenario.value import Scenario, Service, Text

ALL = "all"

OF_GROUPS = frozenset(
    {"time", "days", "door_to_door", "on_time", "wait", "visits", "no_visit", "one_visit", "documents", "steps"}
    | {"corrections", "returns", "reneged", "no_shows", "refused", "withdrawn", "balked", "open", "travel"}
    | {"applicant_cost"}
)
"""Quantities that measured cases have one by one, so that they can be taken of some of them."""

TOGETHER = OF_GROUPS | {"throughput"}
"""Quantities of several services together."""


@dataclass(frozen=True)
class Selection:
    """The cases of ``services``, or those of a ``group`` of applicants among them."""

    services: tuple[str, ...]
    group: str = ""

    def label(self, scenario: Scenario, every: bool) -> Text:
        """What to call it: ``Permit + Passport, elderly``; ``every``: these are all services."""
        names = [scenario.service(name).name for name in self.services]
        english = "All services" if every else " + ".join(name.en for name in names)
        chinese = "全部事项" if every else "、".join(name.zh for name in names)
        if not self.group:
            return Text(english, chinese)
        return Text(f"{english}, {self.group}", f"{chinese}（{self.group}）")


class NotSelected(ValueError):
    """The first word of a name selects nothing: ``message`` says why, ``hint`` what to write."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


def is_selection(owner: str) -> bool:
    """Whether the first word of a name selects cases, and is no service or pool."""
    return owner.partition("/")[0] == ALL or "+" in owner or "/" in owner


def selection(scenario: Scenario, owner: str, has: Callable[[Service], bool]) -> Selection:
    """What ``owner`` selects; ``all`` is every service that has what is measured. Raises ``NotSelected``."""
    head, slash, group = owner.partition("/")
    known = {service.id: service for service in scenario.services}
    if slash and not group:
        raise NotSelected("no group is named after /", f"write {head}/ and one of its groups")
    if head == ALL:
        chosen = [one for one in known.values() if has(one) and (not group or group in dict(one.groups))]
        if not chosen and group:
            groups = dict.fromkeys(name for one in known.values() for name, _ in one.groups)
            raise NotSelected(*unknown("group", group, groups))
        if not chosen:
            raise NotSelected("no service has that")
        return Selection(tuple(one.id for one in chosen), group)
    names = head.split("+")
    for name in names:
        if name not in known:
            raise NotSelected(*unknown("service", name, known))
        if names.count(name) > 1:
            raise NotSelected(f"{name} is named twice", "name each service once")
        if not has(known[name]):
            raise NotSelected(f"{name} has no such KPI")
        if group and group not in dict(known[name].groups):
            raise NotSelected(*unknown(f"group of {name}", group, [one for one, _ in known[name].groups]))
    return Selection(tuple(names), group)
