"""Options of the commands: help in the user's language, and quantities as scenario files write them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from simgov.cli.language import Language, Words, default_language, language_asked_for
from simgov.cli.terminal import Terminal

Command = TypeVar("Command", bound=Callable[..., Any])


def help_words() -> Words:
    """Help is printed while the arguments are being parsed, so the language is looked up among them."""
    return Words(language_asked_for(sys.argv[1:]))


class SpokenOption(click.Option):
    """An option whose help is a phrase in the user's language."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        record = super().get_help_record(ctx)
        if record is None or self.help is None:
            return record
        return record[0], record[1].replace(self.help, help_words()(self.help))


class SpokenCommand(click.Command):
    """A command whose help is a phrase in the user's language."""

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(help_words()(self.help or ""))

    def get_short_help_str(self, limit: int = 45) -> str:
        return help_words()(self.short_help or self.help or "")


def option(*names: str, **settings: Any) -> Callable[[Command], Command]:
    """``click.option`` with help in the user's language."""
    return click.option(*names, cls=SpokenOption, **settings)


class Quantity(click.ParamType[Any]):
    """A value as a scenario file writes it, read by one of the functions of ``simgov.units``."""

    def __init__(self, name: str, reader: str) -> None:
        self.name = name
        self.reader = reader

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from simgov import units

        if not isinstance(value, str):
            return value
        try:
            read = getattr(units, self.reader)(value)
        except units.UnitError as error:
            self.fail(str(error), param, ctx)
        if getattr(read, "base", "min") == "workday":
            self.fail(f"{value!r} is not a time by the clock; write it as '90 s' or '5 min'", param, ctx)
        return read


class Tolerance(click.ParamType[float]):
    """A relative tolerance: ``0.01`` or ``1 %``."""

    name = "T"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        text = str(value).strip()
        try:
            share = float(text[:-1]) / 100 if text.endswith("%") else float(text)
        except ValueError:
            share = -1.0
        if not 0 <= share < float("inf"):
            self.fail(f"{value!r} is not a tolerance; write 0.01 or 1%", param, ctx)
        return share


class Precise(click.ParamType[Any]):
    """A precision to reach: ``2 %`` of whatever the targets name, or ``hall.wait.mean=2 %``."""

    name = "[KPI=]SHARE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, float]:
        from simgov import units

        if not isinstance(value, str):
            return tuple(value)
        kpi, _, written = value.rpartition("=")
        try:
            share = units.parse_share(written.strip())
        except units.UnitError as error:
            self.fail(str(error), param, ctx)
        if not 0 < share < 1:
            self.fail(f"{value!r} is not a precision; write '2 %' or 'hall.wait.mean=2 %'", param, ctx)
        return kpi.strip(), share


class Date(click.ParamType[Any]):
    """A date: ``2026-03-02``."""

    name = "DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        import datetime

        if not isinstance(value, str):
            return value
        try:
            return datetime.date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a date; write it as 2026-03-02", param, ctx)


class Share(click.ParamType[float]):
    """A share in percent: ``95 %``."""

    name = "SHARE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        from simgov import units

        if not isinstance(value, str):
            return float(value)
        try:
            return units.parse_share(float(value) if value.strip().replace(".", "", 1).isdigit() else value)
        except units.UnitError as error:
            self.fail(str(error), param, ctx)


DATE = Date()
SHARE = Share()
MONEY = Quantity("MONEY", "parse_money")
TIME = Quantity("TIME", "parse_duration")
AT_LEAST_ONE = click.IntRange(min=1)
SEED = click.IntRange(min=0)
PATH = click.Path(path_type=Path)
LANGUAGE = option("--lang", type=click.Choice(["zh", "en"]), help="Language of messages; the locale's unless given.")


def for_all(command: Command) -> Command:
    """The options of every command: ``--json``, ``--lang``, ``--out``; the command takes a ``Terminal`` and ``out``."""
    from functools import wraps

    @option("--json", "json_", is_flag=True, help="Print the result alone, as JSON; messages go to stderr.")
    @LANGUAGE
    @option("--out", type=PATH, metavar="DIR", help="Folder for what is written.")
    @wraps(command)
    def with_terminal(*arguments: Any, json_: bool, lang: str | None, **options: Any) -> Any:
        lang = lang or click.get_current_context().find_root().params.get("lang")
        words = Words("zh" if lang == "zh" else "en" if lang == "en" else default_language())
        return command(Terminal(words, json_), *arguments, **options)

    return with_terminal  # type: ignore[return-value]


def languages_asked_for() -> tuple[Language, ...]:
    """The language of ``--lang``; both where it was not given."""
    context = click.get_current_context()
    asked = context.params.get("lang") or context.find_root().params.get("lang")
    return ("en", "zh") if asked is None else ("zh",) if asked == "zh" else ("en",)


def scenario_file(path: Path) -> Path:
    """The scenario file that ``path`` means: itself, or ``scenario.yaml`` in the folder it names."""
    return path / "scenario.yaml" if path.is_dir() else path


def run_folder(out: Path | None, scenario: Path) -> Path:
    """Where a command keeps its results: ``--out``, or ``runs/`` and the scenario's name."""
    if out is not None:
        return out
    file = scenario_file(scenario).resolve()
    return Path("runs") / (file.parent.name if file.stem == "scenario" else file.stem)
