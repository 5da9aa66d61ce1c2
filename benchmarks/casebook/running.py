"""Running cases over processes: each row is kept as soon as it is finished, and Ctrl-C loses none."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import time
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from pathlib import Path

from benchmarks.casebook.row import Row, run_case
from benchmarks.casebook.table import verdict
from simgov.errors import SimgovError


def run(folders: Sequence[Path], results: Path, draws: int, workers: int) -> int:
    """Run cases over processes; each that is finished is kept at once."""
    (results / "cases").mkdir(parents=True, exist_ok=True)
    began, code, done = time.monotonic(), 0, 0
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=_leave_interrupts) as pool:
        futures: dict[Future[Row], Path] = {pool.submit(run_case, folder, draws): folder for folder in folders}
        try:
            for future in as_completed(futures):
                done += 1
                folder = futures[future]
                try:
                    row = future.result()
                except SimgovError as error:
                    print(f"{folder.name}: {error}", file=sys.stderr)
                    code = 3
                    continue
                code = 3 if row.failure else code
                (results / "cases" / f"{row.id}.json").write_text(
                    row.model_dump_json(indent=1) + "\n", encoding="utf-8"
                )
                _tell(row, done, len(folders), time.monotonic() - began)
        except KeyboardInterrupt:
            print(f"interrupted; {done} finished cases are kept", file=sys.stderr)
            for process in list(pool._processes.values()):
                process.terminate()
            pool.shutdown(wait=False, cancel_futures=True)
            return 130
    return code


def _leave_interrupts() -> None:
    """Ctrl-C is the business of the process that keeps the results."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _tell(row: Row, done: int, all_of_them: int, seconds: float) -> None:
    said = "; ".join(verdict(figure, row, "en").split("\n")[0] for figure in row.figures) or row.failure
    print(f"{done}/{all_of_them}  {seconds:4.0f} s  {row.id}: {said.replace('**', '')}", file=sys.stderr, flush=True)
