"""The process of a service as a drawing in text: one line per step, rails on the left for what runs side by side.

    ○ applied
    ● counter    general   11 min
    ├─╮
    ● │ review   police    25 min    decided
    │ ● notify             1 h
    ├─╯
    ● issue      general   5 min

The rails are kept in a list: each place holds the step that the rail leads to, or None where it is free.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from simgov.scenario.value import Service, Step

Rails = list[str | None]


def process_lines(service: Service, words: Mapping[str, Sequence[str]], applied: str) -> list[str]:
    """The drawing of one service; ``words`` gives each step's columns of text (after the rails), by its id."""
    drawn: list[tuple[str, Sequence[str]]] = []
    successors = {step.id: [s.id for s in service.steps if step.id in s.after] for step in service.steps}
    rails: Rails = []
    drawn.append(("○", (applied,)))
    drawn += [(row, ()) for row in fork(rails, 0, [step.id for step in service.steps if not step.after])]
    for step in drawing_order(service):
        drawn += [(row, ()) for row in join(rails, step.id)]
        place = rails.index(step.id)
        sign = "✕" if step.removed else "●"
        drawn.append((" ".join(sign if i == place else "│" if r else " " for i, r in enumerate(rails)), words[step.id]))
        drawn += [(row, ()) for row in fork(rails, place, successors[step.id])]
    return aligned(drawn)


def drawing_order(service: Service) -> list[Step]:
    """The steps so that each comes after its predecessors, and as soon after the last of them as can be."""
    left = {step.id: step for step in service.steps}
    position: dict[str, int] = {}
    while left:
        ready = [step for step in left.values() if all(previous in position for previous in step.after)]
        if not ready:
            raise ValueError(f"the steps of {service.id} wait for each other: {', '.join(left)}")
        nearest = max(ready, key=lambda step: max((position[p] for p in step.after), default=-1))
        position[nearest.id] = len(position)
        del left[nearest.id]
    return sorted(service.steps, key=lambda step: position[step.id])


def join(rails: Rails, step_id: str) -> Iterable[str]:
    """Bring all rails that lead to ``step_id`` into the first of them; the row that shows it, if there is one."""
    places = [i for i, rail in enumerate(rails) if rail == step_id]
    if len(places) < 2:
        return ()
    row = bridge(rails, places[0], places[1:], last="╯", inner="┴")
    for place in places[1:]:
        rails[place] = None
    return (trimmed(rails, row),)


def fork(rails: Rails, place: int, targets: Sequence[str]) -> Iterable[str]:
    """Let the rail at ``place`` go on to the first of ``targets`` and open one to the right for each other."""
    if place == len(rails):
        rails.append(None)
    rails[place] = targets[0] if targets else None
    opened: list[int] = []
    for target in targets[1:]:
        free = next((i for i in range(place + 1, len(rails)) if rails[i] is None and i not in opened), len(rails))
        if free == len(rails):
            rails.append(None)
        rails[free] = target
        opened.append(free)
    row = bridge(rails, place, opened, last="╮", inner="┬") if opened else None
    while rails and rails[-1] is None:
        rails.pop()
    return () if row is None else (row,)


def bridge(rails: Rails, left: int, others: Sequence[int], last: str, inner: str) -> str:
    """A row that ties the rail at ``left`` to those at ``others``, crossing what lies between."""
    right = max(others)
    row = ""
    for i, rail in enumerate(rails):
        if i == left:
            sign = "├"
        elif i in others:
            sign = last if i == right else inner
        elif left < i < right:
            sign = "┼" if rail else "─"
        else:
            sign = "│" if rail else " "
        row += sign + ("─" if left <= i < right else " ")
    return row.rstrip()


def trimmed(rails: Rails, row: str) -> str:
    """``row``, with free places at the right end given up."""
    while rails and rails[-1] is None:
        rails.pop()
    return row


def aligned(drawn: Sequence[tuple[str, Sequence[str]]]) -> list[str]:
    """Rows of rails and columns of text as lines, each column as wide as its widest cell."""
    from rich.cells import cell_len

    rail_width = max(cell_len(rails) for rails, _ in drawn)
    full = [columns for _, columns in drawn if len(columns) > 1]
    widths = [max(map(cell_len, cells)) for cells in zip(*full, strict=True)] if full else []
    lines = []
    for rails, columns in drawn:
        text = rails + " " * (rail_width - cell_len(rails) + 1)
        padded = [cell + " " * (width - cell_len(cell)) for cell, width in zip(columns, widths, strict=False)]
        lines.append((text + "  ".join(padded if len(columns) > 1 else columns)).rstrip())
    return lines
