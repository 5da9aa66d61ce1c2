"""A scenario file as plain data, with the line and column of every key and value.

YAML 1.2 (``9:00`` is a text, ``yes`` is a text, a key written twice is an error) read node by node, so that each fault
has its place and none hides another.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from simgov.errors import PathPart, Problem
from simgov.scenario.fields import full_width_hint
from simgov.units import shown

PathTuple = tuple[PathPart, ...]
LARGEST_FILE = 5_000_000
MOST_NODES = 200_000
DEEPEST = 40
TAG_PREFIX = "tag:yaml.org,2002:"
PLAIN_TAGS = {
    TAG_PREFIX + name for name in ("str", "int", "float", "bool", "null", "timestamp", "map", "seq", "merge", "value")
}
INTEGER = re.compile(r"[-+]?[0-9]{1,30}")
FLOAT = re.compile(r"[-+]?(\.[0-9]{1,30}|[0-9]{1,30}(\.[0-9]{0,30})?)([eE][-+]?[0-9]{1,4})?")
NOTHING = ("", "~", "null", "Null", "NULL")


@dataclass(frozen=True)
class Place:
    """Line and column, from 1, of a value and of the key it stands behind."""

    line: int
    column: int
    key_line: int
    key_column: int


@dataclass
class Document:
    """What a file holds: plain ``data`` (None where it is no YAML), places by path, and the faults of its writing."""

    file: str
    data: Any = None
    places: dict[PathTuple, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def located(self, problem: Problem) -> Problem:
        """The problem with file, line and column: of its path, or of the nearest place above it that is in the file."""
        if problem.file:
            return problem
        path = problem.path
        while path not in self.places and path:
            path = path[:-1]
        place = self.places.get(path, Place(1, 1, 1, 1))
        at_key = problem.on_key or path != problem.path
        line, column = (place.key_line, place.key_column) if at_key else (place.line, place.column)
        return Problem(
            problem.path, problem.message, problem.hint, self.file, line, column, problem.on_key, problem.warning
        )


def read_document(path: Path, file: str) -> Document:
    """The file at ``path``; ``file`` is its name in messages. Never raises for what is in it."""
    document = Document(file)
    try:
        if path.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        if path.stat().st_size > LARGEST_FILE:
            raise OSError(27, f"it is larger than {LARGEST_FILE // 1_000_000} MB")
        content = path.read_bytes()
    except FileNotFoundError:
        document.problems.append(Problem((), "there is no such file", file=file, line=1, column=1))
        return document
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        document.problems.append(Problem((), f"the file cannot be read: {reason}", file=file, line=1, column=1))
        return document
    return parse_document(content, file)


def parse_document(content: bytes, file: str) -> Document:
    """The document that ``content`` writes."""
    document = Document(file)
    text, fault = decode(content)
    root: Node | None = None
    if fault is None:
        root, fault = compose(text)
    if fault is None and root is None:
        fault = Fault(1, 1, "the file is empty", "a scenario begins with simgov: 1")
    if fault is not None:
        document.problems.append(Problem((), fault.message, fault.hint, file, fault.line, fault.column))
    elif root is not None:
        Reader(document).read_root(root)
    return document


@dataclass(frozen=True)
class Fault:
    """Why a text cannot be read at all, and where."""

    line: int
    column: int
    message: str
    hint: str = ""


def decode(content: bytes) -> tuple[str, Fault | None]:
    """The text of a file in UTF-8, with or without a byte order mark."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "", Fault(1, 1, "the file is written in UTF-16", "save it as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        try:
            content.decode("gb18030")
        except UnicodeDecodeError:
            return "", Fault(line, column, "the file is not a text in UTF-8", "save it as UTF-8")
        return "", Fault(
            line, column, "the file is written in GBK, not in UTF-8", "save it as UTF-8 (另存为 UTF-8 编码)"
        )
    strange = re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text)
    if strange:
        before_text = text[: strange.start()]
        line, column = before_text.count("\n") + 1, strange.start() - before_text.rfind("\n")
        return "", Fault(line, column, f"there is a control character here (code {ord(strange[0])})", "delete it")
    return text, None


def compose(text: str) -> tuple[Node | None, Fault | None]:
    """The YAML nodes of a text, or why it is no YAML."""
    yaml = YAML(typ="safe", pure=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return yaml.compose(text), None
    except MarkedYAMLError as error:
        return None, syntax_fault(text, error)
    except RecursionError:
        return None, Fault(1, 1, "the file is nested too deeply")
    except (
        YAMLError,
        ValueError,
        IndexError,
        TypeError,
        AttributeError,
        AssertionError,
        OverflowError,
        KeyError,
    ) as error:
        # The scanner lets some malformed escapes and directives through as plain Python errors.
        return None, Fault(1, 1, "the file is not valid YAML: " + " ".join(str(error).split())[:120])


def syntax_fault(text: str, error: MarkedYAMLError) -> Fault:
    """Where YAML could not be read on, in the words of who wrote the line."""
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    lines = text.splitlines() or [""]
    written = lines[min(line, len(lines) - 1)]
    message = " ".join(str(error.problem or error.context or "it breaks off").split())
    opened = error.context_mark
    if "\t" in written[: len(written) - len(written.lstrip())]:
        return Fault(line + 1, written.index("\t") + 1, "this line is indented with a tab", "indent with spaces")
    if "undefined alias" in message:
        return Fault(
            line + 1, column + 1, message.replace("found undefined alias", "there is no anchor"), "write it out instead"
        )
    if "single document" in str(error.context):
        return Fault(line + 1, column + 1, "a second document begins here", "one file is one scenario; delete the ---")
    full_width = full_width_fault(lines, line, opened.line if opened is not None else line)
    hint = syntax_hint(message, opened)
    return full_width or Fault(line + 1, column + 1, f"this is not valid YAML: {message}", hint)


def full_width_fault(lines: list[str], line: int, opened: int) -> Fault | None:
    """The full-width sign in the line that cannot be read, or in the one where what is not closed begins."""
    for number in (line, opened):
        written = lines[number].split("#")[0] if number < len(lines) else ""
        column = min((written.index(sign) for sign in "：，“”【（" if sign in written), default=-1)
        if column >= 0:
            return Fault(number + 1, column + 1, "this is not valid YAML", full_width_hint(written))
    return None


def syntax_hint(message: str, opened: Any) -> str:
    """What most often is the matter in a line like this."""
    if "mapping values are not allowed" in message:
        return "check the indentation, and put a text with a colon in quotes"
    if "cannot start any token" in message:
        return "put the text in quotes"
    if opened is not None and ("expected ',' or" in message or "end of stream" in message or "end>" in message):
        return f"what begins in line {opened.line + 1} is not closed or not indented alike"
    return ""


class Reader:
    """Turns nodes into plain data and notes every place and every fault on the way."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.nodes = 0
        self.open: list[int] = []

    def read_root(self, root: Node) -> None:
        """Fill the document; at the top there must be a mapping."""
        start = root.start_mark
        place = Place(start.line + 1, start.column + 1, start.line + 1, start.column + 1)
        if not isinstance(root, MappingNode):
            what = "a list" if isinstance(root, SequenceNode) else "a text"
            hint = full_width_hint(str(root.value)) if isinstance(root, ScalarNode) else ""
            self.note(
                (),
                place,
                f"a scenario is a mapping of keys and values, this is {what}",
                hint or "it begins with simgov: 1",
            )
            return
        self.document.data = self.read(root, (), place)
        if self.nodes > MOST_NODES:
            self.document.data = None
            self.document.problems = [p for p in self.document.problems if "anchors" in p.message]

    def note(self, path: PathTuple, place: Place, message: str, hint: str = "") -> None:
        """Add a problem at a place."""
        self.document.problems.append(Problem(path, message, hint, self.document.file, place.line, place.column))

    def read(self, node: Node, path: PathTuple, place: Place) -> Any:
        """The plain data of a node; None where it has none, which is noted."""
        self.document.places[path] = place
        self.nodes += 1
        if self.nodes > MOST_NODES:
            if self.nodes == MOST_NODES + 1:
                self.note((), place, "the file is too large with its anchors (&, *) written out")
            return None
        if node.tag is not None and str(node.tag) not in PLAIN_TAGS:
            self.note(
                path, place, f"the tag {shown(str(node.tag).replace(TAG_PREFIX, '!!'))} means nothing here", "delete it"
            )
            return None
        if isinstance(node, ScalarNode):
            return self.scalar(node, path, place)
        if id(node) in self.open or len(self.open) >= DEEPEST:
            self.note(path, place, "this contains itself" if id(node) in self.open else "this is nested too deeply")
            return None
        self.open.append(id(node))
        data = self.mapping(node, path) if isinstance(node, MappingNode) else self.sequence(node, path)
        self.open.pop()
        return data

    def scalar(self, node: ScalarNode, path: PathTuple, place: Place) -> Any:
        """A number, true, false or text. Nothing at all is a fault: a key without a value says nothing."""
        text = str(node.value)
        if node.style is not None:
            return text
        if text in NOTHING:
            last = path[-1] if path else ""
            hint = full_width_hint(last) if isinstance(last, str) else ""
            if not hint and isinstance(last, str) and ":" in last:
                hint = "write a space behind the colon"
            self.note(path, place, "there is no value here", hint or "write one, or delete the key")
            return None
        if INTEGER.fullmatch(text):
            return int(text)
        if FLOAT.fullmatch(text):
            return float(text)
        return {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}.get(
            text, text
        )

    def sequence(self, node: Node, path: PathTuple) -> list[Any]:
        """A list; items without data are left out, once noted."""
        items = []
        for position, item in enumerate(node.value):
            mark = item.start_mark
            place = Place(mark.line + 1, mark.column + 1, mark.line + 1, mark.column + 1)
            data = self.read(item, (*path, position), place)
            items.append(data)
        return items

    def mapping(self, node: Node, path: PathTuple) -> dict[str, Any]:
        """A mapping; keys are texts, each there once."""
        data: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key, place, value in self.keys(node, path):
            if key in lines:
                self.note(
                    (*path, key),
                    Place(place.key_line, place.key_column, 0, 0),
                    f"{shown(key)} is written twice",
                    f"it is in line {lines[key]} already",
                )
                continue
            lines[key] = place.key_line
            read = self.read(value, (*path, key), place)
            if read is not None:
                data[key] = read
        return data

    def keys(self, node: Node, path: PathTuple) -> Iterator[tuple[str, Place, Node]]:
        """The keys of a mapping as text, each with its place and its value."""
        for key, value in node.value:
            at, behind = key.start_mark, value.start_mark
            place = Place(behind.line + 1, behind.column + 1, at.line + 1, at.column + 1)
            key_place = Place(at.line + 1, at.column + 1, 0, 0)
            if not isinstance(key, ScalarNode):
                self.note(
                    path,
                    key_place,
                    "a key must be a text, not a list or a mapping",
                    "put braces or brackets behind a colon",
                )
            elif key.style is None and key.value == "<<":
                self.note(path, key_place, "mappings cannot be merged with <<", "write the keys out")
            elif key.style is None and key.value in NOTHING:
                self.note(path, key_place, "there is no key before this colon")
            else:
                yield str(key.value), place, value
