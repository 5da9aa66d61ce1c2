"""What people are told of a kind of measure, in both languages: what it does, its catch, and every parameter.

A module of ``measures/`` holds one ``KIND``. Parameters are told in its ``Spec`` by ``given``, so that the schema of
the file, the documentation and ``simgov measures`` cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field

from simgov.reforms.measure import Measure
from simgov.scenario.value import Text

NEEDED: Any = ...
"""The default of a parameter that must be given."""

ASSUMPTION = "assumption"
"""The source of a default that nobody has measured."""


def given(default: Any, en: str, zh: str, unit: str = "", source: str = "", **more: Any) -> Any:
    """A parameter of a measure: its meaning in both languages, its unit as people write it, and what its default
    rests on (a source, or ``ASSUMPTION``). A default of ``NEEDED`` has to be given; a neutral one needs no source.
    """
    told: dict[str, Any] = {"zh": zh, "unit": unit, "source": source}
    return Field(default, description=en, json_schema_extra=told, **more)


@dataclass(frozen=True)
class Parameter:
    """One parameter. ``default`` is as the file would write it, "" where it must be given or is left out."""

    key: str
    meaning: Text
    unit: str
    needed: bool
    default: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of measure, called ``key`` in the file.

    ``spec`` is what the file writes behind the key and ``read`` turns it into a ``Measure``; ``parameters_of`` is the
    mapping whose fields are the parameters (``spec`` itself where it is one). ``example`` is the measure as a reform of
    the example office writes it. ``prerequisites`` are kinds that mostly have to come first. ``place`` orders the list.
    """

    key: str
    place: int
    name: Text
    effect: Text
    catch: Text
    spec: Any
    read: Callable[..., Measure]
    example: str
    parameters_of: type[BaseModel] | None = None
    prerequisites: tuple[str, ...] = ()

    @property
    def meaning(self) -> str:
        """For editors."""
        return f"{self.name.en[:1].upper()}{self.name.en[1:]} ({self.name.zh}): {self.effect.en}"

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Every parameter, in the order of the file."""
        return parameters_told(self.parameters_of or self.spec)


def parameters_told(model: Any) -> tuple[Parameter, ...]:
    """The fields of a mapping as parameters; () where it is none."""
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return ()
    return tuple(_parameter(field.alias or name, field) for name, field in model.model_fields.items())


def _parameter(key: str, field: Any) -> Parameter:
    told = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    english = field.description or ""
    unit = str(told.get("unit", ""))
    default = "" if field.is_required() or field.default is None else _as_written(field.default, unit)
    meaning = Text(english, str(told.get("zh", english)))
    return Parameter(key, meaning, unit, field.is_required(), default, str(told.get("source", "")))


def _as_written(default: Any, unit: str) -> str:
    """A default as the file would write it."""
    from simgov.units import Duration, Money, format_duration, format_share

    if isinstance(default, bool):
        return "true" if default else "false"
    if isinstance(default, float) and unit == "%":
        return format_share(default)
    if isinstance(default, Duration):
        return format_duration(default)
    if isinstance(default, Money):
        return f"{default.minor / 100:g} {default.currency}"
    return "" if default in ((), [], {}) else f"{default:g}" if isinstance(default, float) else str(default)
