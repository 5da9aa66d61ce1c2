"""What ``simgov roadmap`` reads beside the scenario: quarters, measures that are late, budgets of years."""

from __future__ import annotations

import re
from typing import Any

import click


class QuarterType(click.ParamType[Any]):
    """A quarter: ``2028-Q2``."""

    name = "QUARTER"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from simgov.optimize.roadmap.quarters import parse_quarter
        from simgov.units import UnitError

        if not isinstance(value, str):
            return value
        try:
            return parse_quarter(value)
        except UnitError as error:
            self.fail(str(error), param, ctx)


class SlippedType(click.ParamType[Any]):
    """A measure and by how many quarters it is late: ``lean:2``."""

    name = "NAME:N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        name, _, late = value.partition(":")
        if not name or not re.fullmatch(r"\d{1,2}", late):
            self.fail(f"{value!r} does not say which measure is how many quarters late; write lean:2", param, ctx)
        return name, int(late)


class BudgetType(click.ParamType[Any]):
    """A year and its budget: ``2028=2000000 CNY``."""

    name = "YEAR=MONEY"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from simgov.units import UnitError, parse_money

        if not isinstance(value, str):
            return value
        year, _, amount = value.partition("=")
        if not re.fullmatch(r"\d{4}", year.strip()):
            self.fail(f"{value!r} does not begin with a year; write '2028=2000000 CNY'", param, ctx)
        try:
            return int(year), parse_money(amount)
        except UnitError as error:
            self.fail(str(error), param, ctx)


QUARTER = QuarterType()
SLIPPED = SlippedType()
BUDGET = BudgetType()
