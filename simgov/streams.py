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


def key(seed: int, replication: int, name: str) -> tuple[np.uint64, np.uint64]:
    """The Philox key of one named stream: 128 bits of BLAKE2b over seed, replication and name."""
    digest = hashlib.blake2b(f"{seed}/{replication}/{name}".encode(), digest_size=16).digest()
    return np.uint64(int.from_bytes(digest[:8], "little")), np.uint64(int.from_bytes(digest[8:], "little"))


def uniforms(seed: int, replication: int, name: str, numbers: Integers, visit: int = 0) -> Floats:
    """One uniform in the open interval (0, 1) for each case number of ``numbers`` (int64, any order), at one visit."""
    key_0, key_1 = key(seed, replication, name)
    out = np.empty(len(numbers))
    _fill(key_0, key_1, np.uint64(visit), numbers, out)
    return out


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
def _block(key_0, key_1, counter_0, counter_1):  # type: ignore[no-untyped-def]
    """Ten rounds of Philox on the counter (counter_0, counter_1, 0, 0): four 64-bit words."""
    word_0, word_1, word_2, word_3 = counter_0, counter_1, np.uint64(0), np.uint64(0)
    for _ in range(10):
        high_0, low_0 = _high_product(_MULTIPLIER_0, word_0), _MULTIPLIER_0 * word_0
        high_1, low_1 = _high_product(_MULTIPLIER_1, word_2), _MULTIPLIER_1 * word_2
        word_0, word_1, word_2, word_3 = high_1 ^ word_1 ^ key_0, low_1, high_0 ^ word_3 ^ key_1, low_0
        key_0 += _WEYL_0
        key_1 += _WEYL_1
    return word_0, word_1, word_2, word_3


@njit(cache=True, nogil=True)
def _fill(key_0, key_1, visit, numbers, out):  # type: ignore[no-untyped-def]
    """Word ``number mod 4`` of block ``number div 4``, as a double in (0, 1); neighbours share their block."""
    last = np.int64(-1)
    word_0, word_1, word_2, word_3 = np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(0)
    for i in range(len(numbers)):
        block = numbers[i] >> 2
        if block != last:
            word_0, word_1, word_2, word_3 = _block(key_0, key_1, np.uint64(block), visit)
            last = block
        lane = numbers[i] & 3
        word = word_0 if lane == 0 else word_1 if lane == 1 else word_2 if lane == 2 else word_3
        out[i] = (np.float64(word >> np.uint64(12)) + 0.5) * _TWO_TO_MINUS_52
