"""The event table of a run as Parquet, written slice by slice, so that it may be larger than memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas
    import pyarrow as pa

    from simgov.engines.events import EventTable
    from simgov.network import Network

SUFFIX = ".parquet"


def cases_file(file: Path) -> Path:
    """Where the cases stand that belong to the tasks in ``file``: ``run.parquet``, ``run.cases.parquet``."""
    return file.with_name(f"{file.name[: -len(SUFFIX)]}.cases{SUFFIX}")


def write_parquet(network: Network, tables: Iterable[EventTable], file: Path) -> tuple[int, int]:
    """Write tasks to ``file`` and cases beside it; how many cases and tasks there are.

    The columns are those of ``simgov.events`` and ``simgov.cases``; a table is a row group. ``case`` and ``task`` count
    through all tables: where a run comes in slices, in the order in which the slices hold them.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    cases = tasks = 0
    with _Writer(file) as of_tasks, _Writer(cases_file(file)) as of_cases:
        for table in tables:
            of_tasks.write(_counting_on(table.tasks_frame(network), {"task": tasks, "case": cases}))
            of_cases.write(_counting_on(table.cases_frame(network), {"case": cases}))
            cases, tasks = cases + len(table.applied), tasks + len(table.case)
    return cases, tasks


def _counting_on(frame: pandas.DataFrame, before: Mapping[str, int]) -> pandas.DataFrame:
    for column, count in before.items():
        frame[column] += count
    return frame


class _Writer:
    """A Parquet file that grows by a table at a time; the first one gives it its columns."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.writer: Any = None
        self.schema: pa.Schema | None = None

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, *_: object) -> None:
        if self.writer is not None:
            self.writer.close()

    def write(self, frame: pandas.DataFrame) -> None:
        """Add the rows of a table."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        if self.writer is None:
            self.schema = pa.schema([(name, _kind(frame[name].dtype.kind)) for name in frame.columns])
            self.writer = pq.ParquetWriter(self.file, self.schema, compression="zstd")
        self.writer.write_table(pa.Table.from_pandas(frame, schema=self.schema, preserve_index=False))


def _kind(numpy_kind: str) -> pa.DataType:
    import pyarrow as pa

    return {"i": pa.int64(), "u": pa.int64(), "f": pa.float64()}.get(numpy_kind, pa.string())
