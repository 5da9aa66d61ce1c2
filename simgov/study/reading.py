"""Reading a scenario file: every fault at once, located; or the ``Study`` it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from simgov.errors import InputError, Problem
from simgov.experiment import stability
from simgov.judging import schema as judgements
from simgov.judging.schema import Judging
from simgov.kpi import targets
from simgov.kpi.targets import Target
from simgov.optimize import demand as demands
from simgov.optimize import negative_list
from simgov.optimize import schema as decisions
from simgov.optimize.roadmap import schema as roadmaps
from simgov.optimize.roadmap.schema import Roadmap
from simgov.optimize.schema import Decisions
from simgov.reforms import phases, reform, stressing
from simgov.reforms.reform import Reform
from simgov.reforms.stress import Stress
from simgov.reforms.stressing import Stressed
from simgov.scenario import resolve as scenario
from simgov.scenario.fields import nearest, unknown
from simgov.scenario.resolve import keys_of
from simgov.scenario.validate import validate
from simgov.scenario.value import Scenario
from simgov.study.document import Document, read_document
from simgov.study.schema import VERSION, StudySpec


@dataclass(frozen=True)
class Study:
    """What a scenario file holds. ``warnings`` are what looks odd but may be meant."""

    path: Path
    baseline: Scenario
    reforms: dict[str, Reform] = field(default_factory=dict)
    targets: tuple[Target, ...] = ()
    decisions: Decisions | None = None
    judging: Judging = field(default_factory=Judging)
    warnings: tuple[Problem, ...] = ()
    stresses: dict[str, Stress] = field(default_factory=stressing.built_in)
    roadmap: Roadmap | None = None

    def reform(self, name: str) -> Scenario:
        """The scenario that the reform ``name`` makes of the baseline, labelled with it.

        Raises ``InputError`` where the file has no such reform, ``ReformError`` where it may not be applied.
        """
        if name not in self.reforms:
            raise InputError(
                (Problem((), *unknown("reform", name, self.reforms), file=str(self.path), line=1, column=1),)
            )
        return self.reforms[name].apply(self.baseline)

    def under(self, stress: str, reform: str | None = None) -> Stressed:
        """The baseline, or the reform of that name, under a stress: labelled ``NAME+STRESS``, with what it acts on.

        Raises ``InputError`` where there is no such stress or reform, ``ReformError`` where the stress finds nothing to
        act on, or a measure that comes late may not be applied any more.
        """
        chosen = stressing.called(self.stresses, stress)
        if reform is None:
            return stressing.under(chosen, self.baseline)
        self.reform(reform)
        return stressing.under(chosen, self.baseline, self.reforms[reform].measures, label=reform)

    def scenario(self, label: str) -> Scenario:
        """The scenario of that label: ``baseline``, a reform, or either under a stress (``lean+outage``)."""
        name, _, stress = label.partition("+")
        reform = None if name == self.baseline.label else name
        if stress:
            return self.under(stress, reform).scenario
        return self.baseline if reform is None else self.reform(reform)


def load(path: str | Path) -> Study:
    """The study in the file at ``path``. Raises ``InputError`` with every problem found, located by line and column."""
    _, study, problems = read(path)
    errors = tuple(problem for problem in problems if not problem.warning)
    if errors or study is None:
        raise InputError(errors)
    return replace(study, warnings=tuple(problem for problem in problems if problem.warning))


def check(path: str | Path) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """Errors and warnings of the file at ``path``, each in the order of the file; never raises for what is in it.

    A sound file is also told which pools cannot keep up with their work.
    """
    document, study, problems = read(path)
    errors = tuple(problem for problem in problems if not problem.warning)
    if study is not None and not errors:
        problems = in_order(document, (*problems, *stability.warnings(study.baseline)))
    return errors, tuple(problem for problem in problems if problem.warning)


def read(path: str | Path) -> tuple[Document, Study | None, tuple[Problem, ...]]:
    """The document, the study as far as it can be read, and all its problems in the order of the file."""
    place = Path(path)
    document = read_document(place, str(path))
    problems = list(document.problems)
    study = None
    if document.data is not None:
        version = version_problem(document.data)
        if version is not None:
            problems.append(version)
        else:
            study, problems = interpret(document, place)
    return document, study, in_order(document, problems)


def version_problem(data: dict[str, Any]) -> Problem | None:
    """A file of another language, of which nothing more can be said."""
    version = data.get("simgov")
    if version == VERSION and not isinstance(version, bool):
        return None
    if version is None:
        return Problem((), "the file does not say that it is a simgov scenario", f"begin it with simgov: {VERSION}")
    return Problem(
        ("simgov",), f"this simgov reads version {VERSION} of the language, not {version}", f"write simgov: {VERSION}"
    )


def interpret(document: Document, place: Path) -> tuple[Study | None, list[Problem]]:
    """What the data of a file mean, room by room; each room checks its section where what it reads is sound."""
    validated = validate(StudySpec, document.data)
    problems = merged(document.problems, [*validated.problems, *missing_sections(document)])
    spec = validated.spec
    if spec is None:
        return None, problems

    def add(found: Sequence[Problem]) -> None:
        problems[:] = merged(problems, [replace(problem, path=validated.in_file(problem.path)) for problem in found])

    names = scenario.Names.of(document.data, problems)
    baseline, found = scenario.resolve(spec, names, place.parent)
    add(found)
    listed = keys_of(document.data, "reforms")
    reforms, found = reform.resolve(spec.reforms, listed)
    add(found)
    if names.whole:
        baseline, found = phases.resolve(spec.phases, reforms, listed, baseline, untried(problems))
        add(found)
        add(reform.refusals(spec.reforms, reforms, baseline, untried(problems)))
    kept: tuple[Target, ...] = ()
    if names.whole and not at_fault(problems, "services", "promise"):
        kept, faults = targets.resolve(spec.targets, baseline)
        add(faults)
        baseline = replace(baseline, watched=targets.watched(kept))
    stresses = stressing.resolve(spec.stress)
    decided = None
    if spec.optimize is not None and names.whole and not at_fault(problems, "pools", "cost"):
        decided, faults = decisions.resolve(spec.optimize, baseline, dict.fromkeys(listed), stresses=stresses)
        add(faults)
        offered = [reforms[name] for name in decided.reforms if name in reforms]
        add(demands.idle_stresses(decided.demand, baseline, offered))
        add(negative_list.unknown_names(decided.negative_list, baseline, reforms))
        baseline = replace(baseline, horizon=decided.horizon)
    planned = None
    if spec.roadmap is not None and names.whole and not at_fault(problems, "pools", "cost"):
        planned, faults = roadmaps.resolve(spec.roadmap, baseline, reforms)
        add(faults)
    judged = Judging()
    if spec.judging is not None and names.whole and not at_fault(problems, "services", "promise"):
        judged, faults = judgements.resolve(spec.judging, baseline, place.parent)
        add(faults)
    if names.whole:
        add(stressing.unknown_names(spec.stress, baseline, reforms))
    study = Study(place, baseline, reforms, kept, decided, judged, stresses=stresses, roadmap=planned)
    return study, problems


def missing_sections(document: Document) -> list[Problem]:
    """The sections that the file lacks, but for those that are only misspelt or empty, which is said already."""
    keys = list(StudySpec.model_fields)
    written = {nearest(key, keys) for key in document.data} | {
        nearest(str(p.path[0]), keys) for p in document.problems if p.path
    }
    missing = [key for key in StudySpec.NEEDED if key not in document.data and nearest(key, keys) not in written]
    return [Problem((), f"needs {key}", f"there is no section {key}:") for key in missing]


ROUTES = ("after", "choose", "needs", "returns", "parts")
STAFFING = ("count", "shifts", "lunch", "calendar")


def untried(problems: Sequence[Problem]) -> frozenset[str]:
    """The kinds of measure that cannot be tried on a baseline with these faults."""
    routes = any(
        at_fault([replace(p, path=p.path[2:])], "steps", *ROUTES) for p in problems if p.path[:1] == ("services",)
    )
    staffing = at_fault(problems, "pools", *STAFFING)
    return frozenset(("parallel", "merge_steps") if routes else ()) | frozenset(
        ("staff", "pool_windows") if staffing else ()
    )


def at_fault(problems: Sequence[Problem], section: str, *keys: str) -> bool:
    """Whether an error is in one of these keys of an item of a section: more said of them may follow from it."""
    paths = [problem.path for problem in problems if not problem.warning]
    return any(path[:1] == (section,) and len(path) > 2 and path[2] in keys for path in paths)


def merged(before: Sequence[Problem], found: Sequence[Problem]) -> list[Problem]:
    """Both lists without follow-on twins: of what surrounds a fault that is known, nothing more is said."""
    known = [problem.path for problem in before if not problem.warning]
    fresh = [problem for problem in found if not any(path[: len(problem.path)] == problem.path for path in known)]
    return [*before, *fresh]


def in_order(document: Document, problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Located, each once, in the order of the file; those in files beside it come last."""
    located = list(dict.fromkeys(document.located(problem) for problem in problems))
    return tuple(sorted(located, key=lambda p: (p.file != document.file, p.file, p.line, p.column)))
