"""Running cases over processes: each row is kept as soon as it is finished, and Ctrl-C loses none."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from pathlib import Path

from benchmarks.casebook.row import Row, run_case
from benchmarks.casebook.table import verdict
from simgov.errors import SimgovError


def run(folders: Sequence[Path], results: Path, draws: int, workers: int) -> int:
    """Run cases and keep each in ``results``. 0, or 3 where one failed, or 130 where Ctrl-C ended it."""
    kept = results / "cases"
    kept.mkdir(parents=True, exist_ok=True)
    began, code, done = time.monotonic(), 0, 0
    rows = _one_by_one(folders, draws) if workers == 1 else _side_by_side(folders, draws, workers)
    try:
        for folder, found in rows:
            done += 1
            if isinstance(found, SimgovError):
                print(f"{folder.name}: {found}", file=sys.stderr)
                code = 3
                continue
            code = 3 if found.failure else code
            keep(kept / f"{found.id}.json", found.model_dump_json(indent=1) + "\n")
            _tell(found, done, len(folders), time.monotonic() - began)
    except KeyboardInterrupt:
        print(f"interrupted; {done} finished cases are kept", file=sys.stderr)
        return 130
    return code


def keep(path: Path, text: str) -> None:
    """Write a file whole or not at all: on a full disk what was kept before stays. Raises ``OSError``."""
    half = path.with_name(path.name + ".part")
    try:
        half.write_text(text, encoding="utf-8")
        half.replace(path)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from None


def _one_by_one(folders: Sequence[Path], draws: int) -> Iterator[tuple[Path, Row | SimgovError]]:
    """Each case in turn, in this process."""
    for folder in folders:
        try:
            yield folder, run_case(folder, draws)
        except SimgovError as error:
            yield folder, error


def _side_by_side(folders: Sequence[Path], draws: int, workers: int) -> Iterator[tuple[Path, Row | SimgovError]]:
    """Each case as it is finished by one of the processes; they are ended when the caller goes no further."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, initializer=_leave_interrupts)
    before = set(multiprocessing.active_children())
    try:
        futures: dict[Future[Row], Path] = {pool.submit(run_case, folder, draws): folder for folder in folders}
        for future in as_completed(futures):
            try:
                yield futures[future], future.result()
            except SimgovError as error:
                yield futures[future], error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - before:
            process.terminate()


def _leave_interrupts() -> None:
    """Ctrl-C is the business of the process that keeps the results."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _tell(row: Row, done: int, all_of_them: int, seconds: float) -> None:
    said = "; ".join(verdict(figure, row, "en").split("\n")[0] for figure in row.figures) or row.failure
    print(f"{done}/{all_of_them}  {seconds:4.0f} s  {row.id}: {said.replace('**', '')}", file=sys.stderr, flush=True)
