"""Named streams of uniforms: a draw is a function of (seed, replication, stream name, case, visit) and nothing else.

The generator is Philox4x64-10 (Salmon, Moraes, Dror and Shaw, *Parallel random numbers: as easy as 1, 2, 3*, SC 2011),
the one numpy ships, because it is counter based: the name gives the key, the case and the visit give the counter, so
any draw can be had alone and in any order. A test holds it against ``numpy.random.Philox`` bit for bit.
"""

# mypy: disable-error-code="call-arg,var-annotated,unreachable,untyped-decorator"
from __future__ import annotations

import hashlib

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from simgov.arrays import Floats, Integers

_MULTIPLIER_0 = np.uint64(0xD2E7470EE14C6C93)
_MULTIPLIER_1 = np.uint64(0xCA5A826395121157)
_WEYL_0 = np.uint64(0x9E3779B97F4A7C15)
_WEYL_1 = np.uint64(0xBB67AE8584CAA73B)
_TWO_TO_MINUS_52 = 2.0**-52

_WINDOW = 1024
"""So many neighbouring numbers are looked at together: where a quarter of them is wanted, all are made at once."""


def key(seed: int, replication: int, name: str) -> tuple[np.uint64, np.uint64]:
    """The Philox key of one named stream: 128 bits of BLAKE2b over seed, replication and name."""
    digest = hashlib.blake2b(f"{seed}/{replication}/{name}".encode(), digest_size=16).digest()
    return np.uint64(int.from_bytes(digest[:8], "little")), np.uint64(int.from_bytes(digest[8:], "little"))


def uniforms(seed: int, replication: int, name: str, numbers: Integers, visit: int = 0) -> Floats:
    """One uniform in the open interval (0, 1) for each case number of ``numbers`` (int64, any order), at one visit."""
    key_0, key_1 = key(seed, replication, name)
    out = np.empty(len(numbers))
    _fill(key_0, key_1, np.uint64(visit), numbers, np.empty(_WINDOW), out)
    return out


def exponential_sums(seed: int, replication: int, name: str, numbers: Integers, before: float) -> Floats:
    """``before`` plus the exponential draws of mean 1 of ``numbers``, added up one after the other.

    A sum does not depend on how many are drawn at a time: go on from the last one with the next numbers.
    """
    sums = uniforms(seed, replication, name, numbers)
    np.log(sums, out=sums)
    _running_difference(sums, before)
    return sums


@intrinsic
def _high_product(typing_context, first, second):  # type: ignore[no-untyped-def]
    """The upper 64 bits of a 64 by 64 bit product, which numba does not offer."""
    signature = types.uint64(types.uint64, types.uint64)

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        wide = ir.IntType(128)
        product = builder.mul(builder.zext(arguments[0], wide), builder.zext(arguments[1], wide))
        return builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), ir.IntType(64))

    return signature, generate


@njit(cache=True, nogil=True)
def _fill(key_0, key_1, visit, numbers, window, out):  # type: ignore[no-untyped-def]
    """Word ``number mod 4`` of block ``number div 4`` for each number, as a double in (0, 1)."""
    first = 0
    while first < len(numbers):
        last = min(first + len(window), len(numbers))
        if _is_run(numbers[first:last]):
            _fill_run(key_0, key_1, visit, numbers[first], out[first:last])
            first = last
            continue
        base = top = numbers[first] & ~7
        last = first
        while last < len(numbers) and base <= numbers[last] < base + len(window):
            top = max(top, numbers[last])
            last += 1
        if 4 * (last - first) >= top - base:
            _fill_run(key_0, key_1, visit, base, window[: top - base + 1])
            for i in range(first, last):
                out[i] = window[numbers[i] - base]
        else:
            _fill_scattered(key_0, key_1, visit, numbers[first:last], out[first:last])
        first = last


@njit(cache=True, nogil=True)
def _is_run(numbers):  # type: ignore[no-untyped-def]
    """Whether each number is the one before it plus 1."""
    apart = 0
    for i in range(len(numbers)):
        apart += numbers[i] != numbers[0] + i
    return apart == 0


@njit(cache=True, nogil=True)
def _fill_run(key_0, key_1, visit, first, out):  # type: ignore[no-untyped-def]
    """The numbers from ``first`` on: two blocks at a time, since each waits for its own products."""
    head = min(-first & 7, len(out))
    whole = head + ((len(out) - head) & ~7)
    for i in range(head):
        out[i] = _lane(first + i, _block(key_0, key_1, np.uint64((first + i) >> 2), visit))
    for i in range(head, whole, 8):
        block = np.uint64((first + i) >> 2)
        a_0, a_1, a_2, a_3, b_0, b_1, b_2, b_3 = _two_blocks(key_0, key_1, block, block + np.uint64(1), visit)
        out[i], out[i + 1], out[i + 2], out[i + 3] = _open_unit(a_0), _open_unit(a_1), _open_unit(a_2), _open_unit(a_3)
        out[i + 4], out[i + 5], out[i + 6], out[i + 7] = (
            _open_unit(b_0), _open_unit(b_1), _open_unit(b_2), _open_unit(b_3)
        )  # fmt: skip
    for i in range(whole, len(out)):
        out[i] = _lane(first + i, _block(key_0, key_1, np.uint64((first + i) >> 2), visit))


@njit(cache=True, nogil=True)
def _fill_scattered(key_0, key_1, visit, numbers, out):  # type: ignore[no-untyped-def]
    """Numbers anywhere, two at a time."""
    for i in range(0, len(numbers), 2):
        j = min(i + 1, len(numbers) - 1)
        a, b = numbers[i], numbers[j]
        words = _two_blocks(key_0, key_1, np.uint64(a >> 2), np.uint64(b >> 2), visit)
        out[i] = _lane(a, words[:4])
        out[j] = _lane(b, words[4:])


@njit(cache=True, nogil=True, forceinline=True)
def _two_blocks(key_0, key_1, counter_a, counter_b, visit):  # type: ignore[no-untyped-def]
    """``_block`` of two counters, side by side."""
    none = np.uint64(0)
    a_0, a_1, a_2, a_3 = counter_a, visit, none, none
    b_0, b_1, b_2, b_3 = counter_b, visit, none, none
    for _ in range(10):
        a_0, a_1, a_2, a_3 = _round(a_0, a_1, a_2, a_3, key_0, key_1)
        b_0, b_1, b_2, b_3 = _round(b_0, b_1, b_2, b_3, key_0, key_1)
        key_0 += _WEYL_0
        key_1 += _WEYL_1
    return a_0, a_1, a_2, a_3, b_0, b_1, b_2, b_3


@njit(cache=True, nogil=True)
def _block(key_0, key_1, counter_0, counter_1):  # type: ignore[no-untyped-def]
    """Ten rounds of Philox on the counter (counter_0, counter_1, 0, 0): four 64-bit words."""
    word_0, word_1, word_2, word_3 = counter_0, counter_1, np.uint64(0), np.uint64(0)
    for _ in range(10):
        word_0, word_1, word_2, word_3 = _round(word_0, word_1, word_2, word_3, key_0, key_1)
        key_0 += _WEYL_0
        key_1 += _WEYL_1
    return word_0, word_1, word_2, word_3


@njit(cache=True, nogil=True, forceinline=True)
def _round(word_0, word_1, word_2, word_3, key_0, key_1):  # type: ignore[no-untyped-def]
    high_0, low_0 = _high_product(_MULTIPLIER_0, word_0), _MULTIPLIER_0 * word_0
    high_1, low_1 = _high_product(_MULTIPLIER_1, word_2), _MULTIPLIER_1 * word_2
    return high_1 ^ word_1 ^ key_0, low_1, high_0 ^ word_3 ^ key_1, low_0


@njit(cache=True, nogil=True, forceinline=True)
def _lane(number, words):  # type: ignore[no-untyped-def]
    """The double of a number among the words of its block."""
    lane = number & 3
    return _open_unit(words[0] if lane == 0 else words[1] if lane == 1 else words[2] if lane == 2 else words[3])


@njit(cache=True, nogil=True, forceinline=True)
def _open_unit(word):  # type: ignore[no-untyped-def]
    """A word as a double in (0, 1)."""
    return (np.float64(word >> np.uint64(12)) + 0.5) * _TWO_TO_MINUS_52


@njit(cache=True, nogil=True)
def _running_difference(values, before):  # type: ignore[no-untyped-def]
    """Take each value, one after the other, off ``before``, and leave in its place what is left."""
    for i in range(len(values)):
        before -= values[i]
        values[i] = before
