"""From the plain data of a file to a ``Spec``, with every fault found, each in the words of the person who wrote it.

Where something is wrong it is reported, taken out, and the rest is read again: so that all errors are found at once,
and what is sound can still be checked against the rest of the file.
"""

from __future__ import annotations

import copy
import types
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, Tag, ValidationError
from pydantic_core import ErrorDetails

from simgov.errors import PathPart, Problem
from simgov.scenario.fields import Spec, full_width_hint, nearest
from simgov.units import kind_of, plain, shown

SpecT = TypeVar("SpecT", bound=Spec)
Path = tuple[PathPart, ...]
MOST_ROUNDS = 50


@dataclass(frozen=True)
class Validated(Generic[SpecT]):
    """What could be read: ``spec`` (None where nothing could), and what was wrong with the rest.

    ``shortened`` are the lists that lost items, each with their positions in the file.
    """

    spec: SpecT | None
    problems: tuple[Problem, ...]
    shortened: Mapping[Path, tuple[int, ...]]

    def in_file(self, path: Path) -> Path:
        """Where in the file a place of ``spec`` stands: positions behind an item that was taken out move up."""
        place: Path = ()
        for part in path:
            for gone in self.shortened.get(place, ()):
                if isinstance(part, int) and gone <= part:
                    part += 1
            place += (part,)
        return place


def validate(model: type[SpecT], data: object, path: Path = ()) -> Validated[SpecT]:
    """Read ``data`` as ``model``; ``path`` is where it stands in the file."""
    sound = copy.deepcopy(data)
    result: Validated[SpecT] = Validated(None, (), {})
    reported: list[Path] = []
    for _ in range(MOST_ROUNDS):
        try:
            return replace(result, spec=model.model_validate(sound))
        except ValidationError as error:
            faults = error.errors(include_url=False)
        fresh = []
        for fault in without_twins(faults, model):
            place = result.in_file(place_of(fault))
            if not any(there[: len(place)] == place for there in reported):
                fresh.append(problem_of(fault, model))
        problems = [replace(problem, path=path + result.in_file(problem.path)) for problem in fresh]
        result = replace(result, problems=result.problems + tuple(problems))
        reported += [result.in_file(place_of(fault)) for fault in faults]
        if any(not taken_out(fault) for fault in faults):
            return result
        result = replace(result, shortened=take_out(sound, {taken_out(fault) for fault in faults}, result))
    return result


def take_out(data: Any, places: set[Path], before: Validated[Any]) -> dict[Path, tuple[int, ...]]:
    """Take what stands at ``places`` out of ``data``, later ones first; the lists that are shorter for it."""
    shortened = dict(before.shortened)
    for place in sorted(places, key=lambda place: [(isinstance(part, str), part) for part in place], reverse=True):
        holder = data
        try:
            for part in place[:-1]:
                holder = holder[part]
            del holder[place[-1]]
        except (KeyError, IndexError, TypeError):
            continue
        if isinstance(holder, list):
            *there, position = before.in_file(place)
            shortened[tuple(there)] = tuple(sorted((*shortened.get(tuple(there), ()), int(position))))
    return shortened


def place_of(fault: ErrorDetails) -> Path:
    """The keys and positions of pydantic's location, without its own marks."""
    return tuple(part for part in fault["loc"] if not is_tag(part))


def taken_out(fault: ErrorDetails) -> Path:
    """What has to go: the value at fault, or the mapping that lacks something."""
    return place_of(fault)[:-1] if fault["type"] == "missing" else place_of(fault)


def without_twins(faults: list[ErrorDetails], model: type[Spec]) -> list[ErrorDetails]:
    """Without the missing keys that are only misspelt: the unknown key says so already."""
    unknown = {(fault["loc"][:-1], str(fault["loc"][-1])) for fault in faults if fault["type"] == "extra_forbidden"}

    def misspelt(fault: ErrorDetails) -> bool:
        keys = keys_at(model, fault["loc"][:-1])
        return any(
            where == fault["loc"][:-1]
            and (nearest(key, keys) == nearest(str(fault["loc"][-1]), keys) or full_width_hint(key))
            for where, key in unknown
        )

    return [fault for fault in faults if not (fault["type"] == "missing" and misspelt(fault))]


def is_tag(part: PathPart) -> bool:
    """Whether a part of pydantic's location is a mark of its own and not a key of the file."""
    return isinstance(part, str) and (part == "[key]" or (part.startswith("<") and part.endswith(">")))


def problem_of(fault: ErrorDetails, model: type[Spec]) -> Problem:
    """The fault in our own words."""
    place = place_of(fault)
    kind, value, context = fault["type"], fault["input"], fault.get("ctx", {})
    if kind == "simgov":
        return Problem(place, context["message"], context["hint"], on_key=fault["loc"][-1:] == ("[key]",))
    if kind == "extra_forbidden":
        key = str(fault["loc"][-1])
        keys = keys_at(model, fault["loc"][:-1])
        hint = full_width_hint(key) or nearest(key, keys) or ("known: " + ", ".join(keys) if keys else "")
        return Problem(place, f"unknown key {shown(key)}", hint, on_key=True)
    if kind == "missing":
        return Problem(place[:-1], f"needs {fault['loc'][-1]}", on_key=True)
    message, hint = MESSAGES.get(kind, unexpected)(value, context)
    wanted = spec_at(model, fault["loc"])
    if kind in ("model_type", "dict_type") and isinstance(value, str):
        hint = full_width_hint(value) or getattr(wanted, "written_as", "") or hint
    return Problem(place, message, hint)


def unexpected(value: Any, context: Mapping[str, Any]) -> tuple[str, str]:
    """For the kinds of fault that have no words of their own."""
    return f"{kind_of(value)} cannot stand here", ""


def should_be(what: str, advice: str = "") -> Any:
    """The words for a value of the wrong kind."""
    return lambda value, context: (f"should be {what}, not {kind_of(value)}", advice)


def not_text(value: Any, context: Mapping[str, Any]) -> tuple[str, str]:
    """A number or true where a text belongs: quotes make it one."""
    quoted = f'write "{str(value).lower()}"' if isinstance(value, bool | int | float) else ""
    return f"should be a text, not {kind_of(value)}", quoted


def not_a_list(value: Any, context: Mapping[str, Any]) -> tuple[str, str]:
    """One value where a list belongs: brackets make it one."""
    brackets = f"write [{value}]" if isinstance(value, str | int | float) else ""
    hint = full_width_hint(value) if isinstance(value, str) else ""
    return f"should be a list, not {kind_of(value)}", hint or brackets


def not_a_whole_number(value: Any, context: Mapping[str, Any]) -> tuple[str, str]:
    """A text or a fraction where a count belongs."""
    return f"should be a whole number, not {kind_of(value)}", full_width_hint(value) if isinstance(value, str) else ""


def not_known(value: Any, context: Mapping[str, Any]) -> tuple[str, str]:
    """A word that is none of the words allowed here."""
    words = [word.strip("'") for word in str(context["expected"]).replace(" or ", ", ").split(", ")]
    hint = nearest(str(value), words) if isinstance(value, str) else ""
    if len(words) == 1:
        return f"should be {words[0]}, not {kind_of(value)}", hint
    return f"{shown(value) if isinstance(value, str) else kind_of(value)} is none of {', '.join(words)}", hint


def not_true_or_false(value: Any, context: Mapping[str, Any]) -> tuple[str, str]:
    """``yes`` and ``no`` are texts in YAML 1.2."""
    word = {"yes": "true", "on": "true", "是": "true", "no": "false", "off": "false", "否": "false"}.get(
        str(value).lower()
    )
    return f"should be true or false, not {kind_of(value)}", f"write {word}" if word else ""


def not_a_form(value: Any, context: Mapping[str, Any]) -> tuple[str, str]:
    """None of the forms (text, list, mapping) that a field takes."""
    forms = [form.strip("'<>") for form in str(context.get("expected_tags", "")).split(", ")]
    return f"should be {' or '.join('a ' + form for form in forms)}, not {kind_of(value)}", ""


def beyond(sign: str) -> Any:
    """The words for a number that is out of bounds."""
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    return lambda value, context: (f"{value} is out of range; it must be {words[sign]} {plain(context[sign])}", "")


def too_short(value: Any, context: Mapping[str, Any]) -> tuple[str, str]:
    """An empty text, list or mapping where something is needed."""
    return "is empty", ""


MESSAGES: Mapping[str, Any] = {
    "model_type": should_be("a mapping"),
    "dict_type": should_be("a mapping"),
    "list_type": not_a_list,
    "string_type": not_text,
    "int_type": not_a_whole_number,
    "int_from_float": not_a_whole_number,
    "int_parsing_size": should_be("a smaller number"),
    "float_type": should_be("a number"),
    "finite_number": should_be("a number"),
    "bool_type": not_true_or_false,
    "literal_error": not_known,
    "union_tag_invalid": not_a_form,
    "union_tag_not_found": not_a_form,
    "greater_than_equal": beyond("ge"),
    "greater_than": beyond("gt"),
    "less_than_equal": beyond("le"),
    "less_than": beyond("lt"),
    "too_short": too_short,
    "string_too_short": too_short,
}


# What the language knows at a place -----------------------------------------------------------------------------------


def keys_at(model: type[Spec], place: tuple[PathPart, ...]) -> list[str]:
    """The keys that the mapping at ``place`` may have."""
    found = spec_at(model, place)
    if not (isinstance(found, type) and issubclass(found, BaseModel)):
        return []
    return [field.alias or name for name, field in found.model_fields.items()]


def spec_at(model: type[Spec], place: tuple[PathPart, ...]) -> Any:
    """The type of what stands at ``place``; None where the language has nothing there."""
    found: Any = model
    for part in place:
        if part == "[key]":
            return None
        found = inside(found, part)
    return bare(found)


def inside(annotation: Any, part: PathPart) -> Any:
    """The type behind one key, position or form mark."""
    if is_tag(part):
        forms = [
            form
            for form in get_args(bare(annotation, keep_union=True))
            if Tag(str(part)) in getattr(form, "__metadata__", ())
        ]
        return forms[0] if forms else None
    holder = bare(annotation)
    if isinstance(holder, type) and issubclass(holder, BaseModel):
        for name, field in holder.model_fields.items():
            if part == (field.alias or name):
                return field.annotation
        return None
    arguments = get_args(holder)
    return arguments[-1] if get_origin(holder) in (dict, list) and arguments else None


def bare(annotation: Any, keep_union: bool = False) -> Any:
    """The type without its ``Annotated`` and its ``None``."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) in (Union, types.UnionType):
            members = [member for member in get_args(annotation) if member is not type(None)]
            if keep_union and len(members) > 1:
                return annotation
            annotation = members[0] if len(members) == 1 else None
            if annotation is None:
                return None
        else:
            return annotation
