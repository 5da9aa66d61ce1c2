"""A scenario file as a whole: its baseline, reforms, targets and decisions; load, check, schema, located errors."""

from __future__ import annotations

from simgov.study.reading import Study, check, load
from simgov.study.schema import schema

__all__ = ["Study", "check", "load", "schema"]
