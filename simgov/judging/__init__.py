"""Judging an office the way the field does: from the results of runs, a series of a KPI, or a file of ratings.

Each way is a module with a pure function; ``table`` defines all of them with their sources (``docs/judging.md`` is
printed from it). ``schema`` is the section of the file, ``judge`` brings together what applies to a run.
"""
