"""``python -m benchmarks.casebook [ID ...]``: run the published cases and write the table; without ids, all of them.

``--table`` writes the table from what is kept of earlier runs; ``--check`` only reads the files.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from benchmarks.casebook.case import CASE, load
from benchmarks.casebook.plot import tornado
from benchmarks.casebook.predict import DRAWS
from benchmarks.casebook.row import Row, fingerprint
from benchmarks.casebook.running import run
from benchmarks.casebook.table import markdown, picture_name, web_page
from simgov.errors import InputError

ROOT = Path(__file__).resolve().parents[1]
CASES, RESULTS = ROOT / "cases", ROOT / "results"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, keep, write. 0 where all went well, 2 for bad files, 3 where a case failed, 130 on Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.casebook", description=__doc__)
    parser.add_argument("ids", nargs="*", metavar="ID", help="cases to run; default: all")
    parser.add_argument("--table", action="store_true", help="run nothing; write the table from what is kept")
    parser.add_argument("--check", action="store_true", help="run nothing; report everything wrong with the files")
    parser.add_argument("--draws", type=int, default=DRAWS, help="draws of the assumptions (default %(default)s)")
    parser.add_argument("--workers", type=int, default=2, help="processes (default %(default)s)")
    parser.add_argument("--cases", type=Path, default=CASES, help="the folder of the cases")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the folder of the table")
    asked = parser.parse_args(arguments)
    known = {path.parent.name: path.parent for path in sorted(asked.cases.glob(f"*/{CASE}"))}
    unknown = [name for name in asked.ids if name not in known]
    if unknown:
        print(f"there is no case {', '.join(unknown)}; known: {', '.join(known)}", file=sys.stderr)
        return 2
    folders = [known[name] for name in (asked.ids or known)]
    if not asked.table and not _sound(folders):
        return 2
    try:
        code = 0 if asked.table or asked.check else run(folders, asked.results, asked.draws, asked.workers)
        if not asked.check:
            write(known, asked.results)
    except OSError as error:
        print(f"{error.filename or asked.results}: {error.strerror}; what was finished before is kept", file=sys.stderr)
        return 3
    return code


def _sound(folders: Sequence[Path]) -> bool:
    """Whether all files can be read; everything wrong with them is printed."""
    sound = True
    for folder in folders:
        try:
            load(folder)
        except InputError as error:
            print(error, file=sys.stderr)
            sound = False
    return sound


def write(known: dict[str, Path], results: Path) -> None:
    """The table and the pictures, of all cases of which something is kept."""
    rows, stale = [], {}
    for name, folder in known.items():
        try:
            row = Row.model_validate_json((results / "cases" / f"{name}.json").read_bytes())
        except FileNotFoundError:
            continue
        except ValidationError:
            print(f"{name}: what is kept of it is of another version; run it again", file=sys.stderr)
            continue
        rows.append(row)
        stale[name] = row.fingerprint != fingerprint(folder)
        for place, figure in enumerate(row.figures):
            for lang in ("en", "zh"):
                if figure.moves:
                    path = results / "cases" / picture_name(row, place, lang)
                    path.write_text(tornado(figure, lang), encoding="utf-8")
    for lang, file in (("en", "cases.md"), ("zh", "cases.zh.md")):
        (results / file).write_text(markdown(rows, stale, lang), encoding="utf-8")
    (results / "cases.html").write_text(web_page(rows, stale), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
