"""The run store: a folder with ``run.json`` (what was run, with what, and the summary) and two Parquet files.

``kpis.parquet`` has a row per scenario, replication and KPI. ``pooled.parquet`` has, for each quantile, the value over
all replications (``group`` -1) and the values with each jackknife group left out, which is all that its interval and
its paired differences need. ``controls.parquet`` is there where control variates were asked for. Every file is written
beside its place and renamed, ``run.json`` last; it names the checksums of the others, so that a folder is either whole
or says that it is not.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import json
import math
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from simgov.arrays import Floats, Integers
from simgov.errors import StoreError
from simgov.experiment.runs import Column, Failure, Runs, ScenarioRuns
from simgov.kpi.statistics import Pooled
from simgov.scenario.value import Scenario

FORMAT = 1
LIBRARIES = ("numpy", "numba", "scipy", "simpy", "holidays", "pandas", "pyarrow")
RUN, KPIS, POOLED, CONTROLS = "run.json", "kpis.parquet", "pooled.parquet", "controls.parquet"


@dataclass(frozen=True)
class RunStore:
    """A folder to keep one run in."""

    folder: Path

    @classmethod
    def at(cls, folder: Path) -> RunStore:
        """The store in ``folder``, which is made; ``StoreError`` at once where nothing can be written there."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / f".{RUN}.{os.getpid()}"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise StoreError(f"{folder}: nothing can be kept here: {error.strerror or error}") from error
        return cls(folder)

    def save(self, runs: Runs) -> None:
        """Keep ``runs``; what the folder held before stays untouched unless everything could be written."""
        self._write(runs, _tables(runs) | {POOLED: _pooled_table(runs)}, summary=True)

    def checkpoint(self, runs: Runs) -> None:
        """Keep what is finished so far, without pooled quantiles and summary."""
        self._write(runs, _tables(runs), summary=False)

    def _write(self, runs: Runs, tables: dict[str, Any], *, summary: bool) -> None:
        written: list[Path] = []
        try:
            for name, table in tables.items():
                written.append(self._temporary(name))
                _write_parquet(table, written[-1])
            checksums = {name: _checksum(path) for name, path in zip(tables, written, strict=True)}
            written.append(self._temporary(RUN))
            text = json.dumps(_described(runs, checksums, summary=summary), ensure_ascii=False, indent=1)
            written[-1].write_text(text + "\n", encoding="utf-8")
            for name, path in zip((*tables, RUN), written, strict=True):
                path.replace(self.folder / name)
        except OSError as error:
            raise StoreError(f"{self.folder}: the run cannot be kept: {error.strerror or error}") from error
        finally:
            for path in written:
                path.unlink(missing_ok=True)

    def _temporary(self, name: str) -> Path:
        return self.folder / f".{name}.{os.getpid()}"


def load_run(path: str | Path) -> Runs:
    """The run kept in the folder ``path`` (or its ``run.json``). ``StoreError`` where it is missing or broken."""
    folder = Path(path).parent if Path(path).name == RUN else Path(path)
    described = _read_described(folder)
    for name, checksum in described["files"].items():
        if not (folder / name).is_file() or _checksum(folder / name) != checksum:
            raise StoreError(
                f"{folder / name} is not what run.json says; the run was not written completely: run it again"
            )
    try:
        return _runs(folder, described)
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise StoreError(f"{folder}: this run cannot be read ({type(error).__name__}: {error})") from error


def scenario_hash(scenario: Scenario) -> str:
    """SHA-256 over everything in a scenario but its label, in hexadecimal."""
    return hashlib.sha256(repr(dataclasses.replace(scenario, label="")).encode()).hexdigest()


def versions() -> dict[str, str]:
    """Versions of simgov, Python and the libraries that the numbers depend on."""
    from simgov import __version__

    return {
        "simgov": __version__,
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in LIBRARIES},
    }


# Writing --------------------------------------------------------------------------------------------------------------


def _described(runs: Runs, checksums: dict[str, str], *, summary: bool) -> dict[str, Any]:
    described: dict[str, Any] = {
        "format": FORMAT,
        "simgov": versions()["simgov"],
        "seed": runs.seed,
        "replications": runs.replications,
        "planned": runs.planned,
        "engine": runs.engine,
        "confidence": runs.confidence,
        "interrupted": runs.interrupted,
        "settings": dict(runs.settings),
        "scenarios": [
            {
                "label": result.label,
                "name": dict(result.names),
                "hash": result.scenario_hash,
                "kpis": [dataclasses.asdict(column) for column in result.columns],
            }
            for result in runs.results
        ],
        "failures": [dataclasses.asdict(failure) for failure in runs.failures],
        "warnings": list(runs.warnings),
        "versions": versions(),
        "files": checksums,
    }
    if summary:
        described["summary"] = [{key: _plain(value) for key, value in row.items()} for row in runs.summary_rows()]
    return described


def _plain(value: Any) -> Any:
    """A value of a table as JSON has it: nan is null."""
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _tables(runs: Runs) -> dict[str, Any]:
    """The tables that are kept from the start, by file."""
    controlled = any(result.controls is not None for result in runs.results)
    return {KPIS: _kpis_table(runs)} | ({CONTROLS: _controls_table(runs)} if controlled else {})


def _controls_table(runs: Runs) -> Any:
    """A row per scenario, replication and control."""
    import pyarrow as pa

    rows: list[tuple[str, int, int, float]] = []
    for result in runs.results:
        for replication, controls in zip(result.replications, _known_controls(result), strict=True):
            rows += [(result.label, int(replication), c, float(value)) for c, value in enumerate(controls)]
    columns = list(zip(*rows, strict=True)) if rows else [()] * 4
    kinds = (pa.string(), pa.int64(), pa.int32(), pa.float64())
    names = ["scenario", "replication", "control", "value"]
    return pa.table([pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)], names=names)


def _known_controls(result: ScenarioRuns) -> Floats:
    """Its controls; none in each replication where there are none."""
    return np.empty((len(result.replications), 0)) if result.controls is None else result.controls


def _kpis_table(runs: Runs) -> Any:
    import pyarrow as pa

    columns = runs.columns
    schema = pa.schema(
        [
            ("scenario", pa.dictionary(pa.int32(), pa.string())),
            ("replication", pa.int64()),
            ("kpi", pa.dictionary(pa.int32(), pa.string())),
            ("unit", pa.dictionary(pa.int32(), pa.string())),
            ("value", pa.float64()),
            ("lower_bound", pa.bool_()),
        ]
    )
    return pa.Table.from_arrays(
        [_arrow(columns[name], field.type) for name, field in _fields(schema)],
        schema=schema,
    )


def _arrow(values: Sequence[Any] | Integers, kind: Any) -> Any:
    """A column without nulls, made from its bytes: ``pyarrow.array`` would import pandas, which takes a while."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        words = list(dict.fromkeys(values))
        place = {word: k for k, word in enumerate(words)}
        return pa.DictionaryArray.from_arrays(
            _arrow([place[value] for value in values], kind.index_type), _arrow(words, kind.value_type)
        )
    if pa.types.is_string(kind):
        encoded = [value.encode() for value in values]
        ends = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
        return pa.StringArray.from_buffers(len(encoded), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded)))
    if pa.types.is_boolean(kind):
        data = np.packbits(np.asarray(values, np.bool_), bitorder="little")
    else:
        data = np.ascontiguousarray(values, kind.to_pandas_dtype())
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(data)])


def _pooled_table(runs: Runs) -> Any:
    import pyarrow as pa

    rows: list[tuple[str, str, int, float, bool]] = []
    for result in runs.results:
        for kpi, pooled in result.pooled.items():
            rows.append((result.label, kpi, -1, pooled.value, pooled.lower_bound))
            rows += [(result.label, kpi, g, float(value), pooled.lower_bound) for g, value in enumerate(pooled.without)]
    columns = list(zip(*rows, strict=True)) if rows else [()] * 5
    schema = pa.schema(
        [
            ("scenario", pa.string()),
            ("kpi", pa.string()),
            ("group", pa.int32()),
            ("value", pa.float64()),
            ("lower_bound", pa.bool_()),
        ]
    )
    return pa.Table.from_arrays(
        [_arrow(column, field.type) for column, (_, field) in zip(columns, _fields(schema), strict=True)],
        schema=schema,
    )


def _fields(schema: Any) -> list[tuple[str, Any]]:
    return [(field.name, field) for field in schema]


def _write_parquet(table: Any, path: Path) -> None:
    import pyarrow.parquet

    pyarrow.parquet.write_table(table, path, compression="zstd")


def _checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# Reading --------------------------------------------------------------------------------------------------------------


def _read_described(folder: Path) -> dict[str, Any]:
    try:
        described = json.loads((folder / RUN).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StoreError(f"{folder} holds no run; simgov run keeps one, with run.json in it") from None
    except (OSError, ValueError) as error:
        raise StoreError(f"{folder / RUN} cannot be read: {error}") from error
    if not isinstance(described, dict) or not isinstance(described.get("files"), dict):
        raise StoreError(f"{folder / RUN} is not a run of simgov")
    if described.get("format") != FORMAT:
        found = described.get("format")
        raise StoreError(f"{folder / RUN} is of format {found}; this simgov reads format {FORMAT}: run it again")
    return described


def _runs(folder: Path, described: dict[str, Any]) -> Runs:
    import pyarrow.parquet

    frame = pyarrow.parquet.read_table(folder / KPIS).to_pandas()
    pooled = _read_pooled(folder) if POOLED in described["files"] else {}
    controls = _read_controls(folder) if CONTROLS in described["files"] else {}
    results = []
    for entry in described["scenarios"]:
        columns = tuple(_column(column) for column in entry["kpis"])
        own = frame[frame["scenario"] == entry["label"]]
        shape = (-1, len(columns))
        results.append(
            ScenarioRuns(
                label=entry["label"],
                columns=columns,
                replications=own["replication"].to_numpy().reshape(shape)[:, 0].astype(np.int64),
                values=own["value"].to_numpy(np.float64).reshape(shape),
                lower_bound=own["lower_bound"].to_numpy(np.bool_).reshape(shape),
                pooled=pooled.get(entry["label"], {}),
                scenario_hash=entry["hash"],
                names=entry["name"],
                controls=controls.get(entry["label"]),
            )
        )
    return Runs(
        results=tuple(results),
        seed=described["seed"],
        planned=described["planned"],
        engine=described["engine"],
        confidence=described["confidence"],
        interrupted=described["interrupted"],
        failures=tuple(Failure(**failure) for failure in described["failures"]),
        warnings=tuple(described["warnings"]),
        settings=described["settings"],
    )


def _column(entry: dict[str, Any]) -> Column:
    return Column(entry["name"], entry["unit"], entry["quantile"], tuple(entry.get("controls", ())))


def _read_controls(folder: Path) -> dict[str, Floats]:
    import pyarrow.parquet

    frame = pyarrow.parquet.read_table(folder / CONTROLS).to_pandas()
    return {
        str(label): rows["value"].to_numpy(np.float64).reshape(-1, int(rows["control"].max()) + 1)
        for label, rows in frame.groupby("scenario", sort=False)
    }


def _read_pooled(folder: Path) -> dict[str, dict[str, Pooled]]:
    import pyarrow.parquet

    frame = pyarrow.parquet.read_table(folder / POOLED).to_pandas()
    pooled: dict[str, dict[str, Pooled]] = {}
    for (label, kpi), rows in frame.groupby(["scenario", "kpi"], sort=False):
        values, group = rows["value"].to_numpy(np.float64), rows["group"].to_numpy()
        bound = bool(rows["lower_bound"].iloc[0])
        pooled.setdefault(str(label), {})[str(kpi)] = Pooled(float(values[group == -1][0]), values[group >= 0], bound)
    return pooled
