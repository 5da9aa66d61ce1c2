"""Freed memory is kept for the next replication."""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache

_TRIM, _MAP, _ARENAS = -1, -3, -8
_LARGEST_MAP = 1 << 25
"""Bytes: the largest that glibc takes for its threshold of arrays that get pages of their own."""

_KEPT = 1 << 30
_SET_BY_USER = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_ARENA_MAX", "GLIBC_TUNABLES")


@cache
def keep_freed_memory() -> None:
    """Let glibc keep what is freed, up to a gigabyte, unless the environment says otherwise.

    A replication needs the memory of the one before it again. Given back to the system and taken anew, page by page,
    it costs half of a run on a virtual machine. Elsewhere than on glibc this does nothing.
    """
    if sys.platform != "linux" or any(name in os.environ for name in _SET_BY_USER):
        return
    try:
        set_option = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return
    set_option(_MAP, _LARGEST_MAP)
    set_option(_TRIM, _KEPT)
    set_option(_ARENAS, 1)  # one heap for all threads: those of threads have an end, and are given back when empty
