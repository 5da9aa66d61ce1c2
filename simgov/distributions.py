"""Distributions of times, by mean and cv (coefficient of variation), as quantile functions of one uniform.

One uniform gives one draw, by inversion, so changing a mean or a cv keeps two runs paired. A new family is one class
and one row in ``FAMILIES``; the scenario language and the JSON Schema follow from its fields.

A cv of 0 is the constant. Sources: Law, Simulation Modeling and Analysis, 5th ed., ch. 6 (densities and moments).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Literal, cast

import numpy as np

from simgov.arrays import Floats
from simgov.units import Duration, TimeBase


class Distribution(ABC):
    """A non-negative random time, in minutes or in workdays as ``base`` says; ``mean`` is in that unit.

    Subclasses are frozen dataclasses: equal parameters make equal distributions.
    """

    base: TimeBase
    mean: float
    cv: float

    def quantile(self, u: Floats) -> Floats:
        """Inverse of the distribution function at ``u`` (float64 in (0, 1), any shape); elementwise, nondecreasing."""
        u = np.ascontiguousarray(u, dtype=np.float64)
        if self.cv == 0.0:
            return np.full(u.shape, self.mean)
        return self._quantile(u)

    def drawn(self, u: Floats) -> Floats:
        """``quantile`` of uniforms that nobody needs any more: their memory may be used for the result."""
        return self.quantile(u)

    @abstractmethod
    def _quantile(self, u: Floats) -> Floats:
        """``quantile`` where cv > 0, of a contiguous array."""


def _derived() -> float:
    """A mean or cv that follows from the parameters: set once in ``__post_init__``, left out of ``==``."""
    return cast(float, field(init=False, repr=False, compare=False))


def _set(distribution: Distribution, *, cv: float, mean: float | None = None) -> None:
    """Fill in the derived fields of a frozen dataclass that is just being made."""
    object.__setattr__(distribution, "cv", cv)
    if mean is not None:
        object.__setattr__(distribution, "mean", mean)


@dataclass(frozen=True)
class Constant(Distribution):
    """Always ``value``."""

    value: float
    base: TimeBase = "min"
    mean: float = _derived()
    cv: float = _derived()

    def __post_init__(self) -> None:
        _not_negative("a constant time", self.value)
        _set(self, mean=self.value, cv=0.0)

    def _quantile(self, u: Floats) -> Floats:
        return np.full(u.shape, self.value)


@dataclass(frozen=True)
class Exponential(Distribution):
    """Without memory: Q(u) = -mean ln(1 - u); cv 1."""

    mean: float
    base: TimeBase = "min"
    cv: float = _derived()

    def __post_init__(self) -> None:
        _positive("mean", self.mean)
        _set(self, cv=1.0)

    def _quantile(self, u: Floats) -> Floats:
        return self.drawn(u.copy())

    def drawn(self, u: Floats) -> Floats:
        """In place, a stretch at a time that stays in the cache."""
        for first in range(0, len(u), _BLOCK):
            part = u[first : first + _BLOCK]
            np.negative(part, out=part)
            np.log1p(part, out=part)
            part *= -self.mean
        return u


@dataclass(frozen=True)
class Lognormal(Distribution):
    """exp of a normal: Q(u) = mean / sqrt(1 + cv^2) exp(sigma z(u)), sigma^2 = ln(1 + cv^2)."""

    mean: float
    cv: float
    base: TimeBase = "min"

    def __post_init__(self) -> None:
        _positive("mean", self.mean)
        _not_negative("cv", self.cv)

    def _quantile(self, u: Floats) -> Floats:
        from scipy.special import ndtri

        sigma = math.sqrt(math.log1p(self.cv**2))
        drawn: Floats = ndtri(u)
        drawn *= sigma
        np.exp(drawn, out=drawn)
        drawn *= self.mean / math.sqrt(1.0 + self.cv**2)
        return drawn


MOST_GAMMA_CV = 20.0


@dataclass(frozen=True)
class Gamma(Distribution):
    """Gamma with shape 1 / cv^2, inverted through a shared table: see ``GammaTable`` for its error."""

    mean: float
    cv: float
    base: TimeBase = "min"

    def __post_init__(self) -> None:
        _positive("mean", self.mean)
        _not_negative("cv", self.cv)
        if self.cv > MOST_GAMMA_CV:
            raise ValueError(f"the cv of a gamma time must be at most {MOST_GAMMA_CV:g}, not {self.cv:g}")

    def _quantile(self, u: Floats) -> Floats:
        return self.mean * gamma_table(self.cv).quantile(u)


@dataclass(frozen=True)
class Weibull(Distribution):
    """Q(u) = scale (-ln(1 - u))^(1 / shape), scale = mean / Gamma(1 + 1 / shape); ``with_cv`` finds the shape."""

    mean: float
    shape: float
    base: TimeBase = "min"
    cv: float = _derived()

    def __post_init__(self) -> None:
        _positive("mean", self.mean)
        if self.shape == math.inf:
            _set(self, cv=0.0)
            return
        _positive("shape", self.shape)
        if self.shape < LEAST_WEIBULL_SHAPE:
            raise ValueError(
                f"the shape of a weibull time must be at least {LEAST_WEIBULL_SHAPE:g}, not {self.shape:g}"
            )
        _set(self, cv=_weibull_cv(self.shape))

    @classmethod
    def with_cv(cls, mean: float, cv: float, base: TimeBase = "min") -> Weibull:
        """The Weibull distribution with this mean and cv."""
        _not_negative("cv", cv)
        return cls(mean, math.inf if cv == 0.0 else _weibull_shape(cv), base)

    def _quantile(self, u: Floats) -> Floats:
        scale = self.mean / math.gamma(1.0 + 1.0 / self.shape)
        return scale * (-np.log1p(-u)) ** (1.0 / self.shape)


@dataclass(frozen=True)
class Triangular(Distribution):
    """Between ``low`` and ``high``, most often ``mode``: the expert's guess."""

    low: float
    mode: float
    high: float
    base: TimeBase = "min"
    mean: float = _derived()
    cv: float = _derived()

    def __post_init__(self) -> None:
        low, mode, high = self.low, self.mode, self.high
        _not_negative("low", low)
        if not low <= mode <= high < math.inf:
            raise ValueError(f"a triangular time needs low <= mode <= high, not {low:g}, {mode:g}, {high:g}")
        variance = (low * low + mode * mode + high * high - low * mode - low * high - mode * high) / 18.0
        mean = (low + mode + high) / 3.0
        _set(self, mean=mean, cv=math.sqrt(variance) / mean if high > low else 0.0)

    def _quantile(self, u: Floats) -> Floats:
        low, mode, high = self.low, self.mode, self.high
        rising = low + np.sqrt(u * ((high - low) * (mode - low)))
        falling = high - np.sqrt((1.0 - u) * ((high - low) * (high - mode)))
        return np.where(u * (high - low) < mode - low, rising, falling)


@dataclass(frozen=True)
class Uniform(Distribution):
    """Anything between ``low`` and ``high`` alike."""

    low: float
    high: float
    base: TimeBase = "min"
    mean: float = _derived()
    cv: float = _derived()

    def __post_init__(self) -> None:
        low, high = self.low, self.high
        _not_negative("low", low)
        if not low <= high < math.inf:
            raise ValueError(f"a uniform time needs low <= high, not {low:g}, {high:g}")
        mean = (low + high) / 2.0
        _set(self, mean=mean, cv=(high - low) / math.sqrt(12.0) / mean if high > low else 0.0)

    def _quantile(self, u: Floats) -> Floats:
        return self.low + (self.high - self.low) * u


@dataclass(frozen=True)
class Empirical(Distribution):
    """Observed ``values``, drawn as often as they were seen, or by ``weights`` (one each, () for equal ones)."""

    values: tuple[float, ...]
    weights: tuple[float, ...] = ()
    base: TimeBase = "min"
    mean: float = _derived()
    cv: float = _derived()

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("an empirical time needs at least one value")
        if self.weights and len(self.weights) != len(self.values):
            raise ValueError(f"{len(self.values)} values have {len(self.weights)} weights")
        for value in self.values:
            _not_negative("an observed time", value)
        for weight in self.weights:
            _not_negative("a weight", weight)
        if self.weights and not any(self.weights):
            raise ValueError("at least one weight must be above 0")
        values, weights = np.array(self.values), np.array(self.weights) if self.weights else None
        mean = float(np.average(values, weights=weights))
        deviation = math.sqrt(float(np.average((values - mean) ** 2, weights=weights)))
        _set(self, mean=mean, cv=deviation / mean if deviation > 0.0 else 0.0)

    @cached_property
    def _steps(self) -> tuple[Floats, Floats]:
        """Values in order, and the share of all weight up to and with each."""
        order = np.argsort(np.array(self.values), kind="stable")
        weights = np.array(self.weights or (1.0,) * len(self.values))[order]
        kept = weights > 0.0
        cumulative = np.cumsum(weights[kept])
        return np.array(self.values)[order][kept], cumulative / cumulative[-1]

    def _quantile(self, u: Floats) -> Floats:
        values, cumulative = self._steps
        if not self.weights:
            return values[np.ceil(u * len(values)).astype(np.int64) - 1]
        return values[np.searchsorted(cumulative, u, side="left")]


_CELLS_PER_OCTAVE_BITS = 5
_LEAST_EXPONENT = -54
_SHIFT = np.int64(52 - _CELLS_PER_OCTAVE_BITS)
_FIRST_CELL = (1023 + _LEAST_EXPONENT) << _CELLS_PER_OCTAVE_BITS
_SIDE = ((-1 - _LEAST_EXPONENT) << _CELLS_PER_OCTAVE_BITS) + 1
_MASK = np.int64((1 << int(_SHIFT)) - 1)
_UNIT = 2.0 ** -int(_SHIFT)
_BLOCK = 8192


@dataclass(frozen=True, eq=False)
class GammaTable:
    """Quantiles of the gamma distribution of mean 1 and one shape, by cubic interpolation.

    With v = min(u, 1 - u), each octave of v down to 2^-54 has 32 cells, found from the bits of v: both tails are as
    finely cut as the middle, and no search is needed. ``coefficients`` float64[4, cells]: a cubic in the position
    within a cell (lower half of u, then upper half), Hermite with slopes limited so that it rises in u (Fritsch and
    Carlson 1980). The error against scipy's inverse is at most 1e-7 of the mean up to a cv of 2, 1e-6 up to 8 and
    1e-5 up to 20 (tested).
    """

    coefficients: Floats

    def quantile(self, u: Floats) -> Floats:
        """Quantiles at ``u`` (contiguous, in (0, 1))."""
        flat = u.reshape(-1)
        drawn = np.empty_like(flat)
        for first in range(0, flat.size, _BLOCK):
            self._fill(flat[first : first + _BLOCK], drawn[first : first + _BLOCK])
        return drawn.reshape(u.shape)

    def _fill(self, u: Floats, drawn: Floats) -> None:
        constant, linear, square, cube = self.coefficients
        near = np.subtract(1.0, u)
        upper = near <= u
        np.minimum(near, u, out=near)
        np.maximum(near, 2.0**_LEAST_EXPONENT, out=near)
        bits = near.view(np.int64)
        cell = bits >> _SHIFT
        cell += np.where(upper, _SIDE - _FIRST_CELL, -_FIRST_CELL)
        position = (bits & _MASK) * _UNIT
        np.take(cube, cell, out=drawn, mode="clip")
        part = near
        for coefficient in (square, linear, constant):
            drawn *= position
            np.take(coefficient, cell, out=part, mode="clip")
            drawn += part


@lru_cache(maxsize=512)
def gamma_table(cv: float) -> GammaTable:
    """The table of the gamma distribution of mean 1 and this cv (2 ms to make, 220 kB, shared by all threads)."""
    from scipy.special import gammainccinv, gammaincinv, gammaln

    shape = 1.0 / cv**2
    octave: Floats = np.exp2(np.arange(_LEAST_EXPONENT, -1, dtype=np.float64))
    within: Floats = 1.0 + np.arange(2**_CELLS_PER_OCTAVE_BITS) / 2**_CELLS_PER_OCTAVE_BITS
    knots: Floats = np.append((octave[:, None] * within).reshape(-1), 0.5)
    sides = []
    for inverse, direction in ((gammaincinv, 1.0), (gammainccinv, -1.0)):
        quantiles = inverse(shape, knots)
        with np.errstate(all="ignore"):
            slopes = direction * np.exp(gammaln(shape) + quantiles - (shape - 1.0) * np.log(quantiles))
        sides.append(_hermite(knots, np.divide(quantiles, shape), np.divide(slopes, shape), direction))
    return GammaTable(np.concatenate(sides, axis=1))


def _hermite(knots: Floats, values: Floats, slopes: Floats, direction: float) -> Floats:
    """Cubic coefficients float64[4, knots] per cell in the position from 0 to 1; the last knot is a cell of its own."""
    width = np.diff(knots)
    rise = np.diff(values)
    steepness = direction * rise / width
    most = 3.0 * np.minimum(np.append(steepness, steepness[-1]), np.insert(steepness, 0, steepness[0]))
    limited = direction * np.clip(np.fmin(direction * slopes, most), 0.0, None)
    left, right = limited[:-1] * width, limited[1:] * width
    cells = np.stack((values[:-1], left, 3.0 * rise - 2.0 * left - right, left + right - 2.0 * rise))
    return np.append(cells, [[values[-1]], [0.0], [0.0], [0.0]], axis=1)


LEAST_WEIBULL_SHAPE = 0.1
_MOST_WEIBULL_SHAPE = 1e5


def _weibull_cv(shape: float) -> float:
    """cv^2 + 1 = Gamma(1 + 2/k) / Gamma(1 + 1/k)^2; for a large k by its limit pi / (k sqrt 6), where that cancels."""
    if shape > 1e4:
        return math.pi / math.sqrt(6.0) / shape
    return math.sqrt(math.expm1(math.lgamma(1.0 + 2.0 / shape) - 2.0 * math.lgamma(1.0 + 1.0 / shape)))


@lru_cache(maxsize=512)
def _weibull_shape(cv: float) -> float:
    """The shape whose cv this is."""
    from scipy.optimize import brentq

    least, most = _weibull_cv(_MOST_WEIBULL_SHAPE), _weibull_cv(LEAST_WEIBULL_SHAPE)
    if not least < cv < most:
        raise ValueError(f"the cv of a weibull time must be 0 or from {least:.2g} to {most:.3g}, not {cv:g}")
    ends = math.log(LEAST_WEIBULL_SHAPE), math.log(_MOST_WEIBULL_SHAPE)
    return math.exp(brentq(lambda log_shape: math.log(_weibull_cv(math.exp(log_shape)) / cv), *ends, xtol=1e-14))


def _positive(what: str, value: float) -> None:
    if not 0.0 < value < math.inf:
        raise ValueError(f"{what} must be above 0, not {value:g}")


def _not_negative(what: str, value: float) -> None:
    if not 0.0 <= value < math.inf:
        raise ValueError(f"{what} must not be negative, nor infinite, not {value:g}")


FieldKind = Literal["duration", "number", "file", "unit"]


@dataclass(frozen=True)
class Parameter:
    """One key of a family in the scenario file: what it is called, what is written there, and what it means."""

    name: str
    kind: FieldKind
    meaning: str


@dataclass(frozen=True)
class Family:
    """A family as the scenario file writes it: ``{lognormal: {mean: 6 min, cv: 0.5}}``.

    All ``parameters`` are required, but of each group in ``one_of`` exactly one. ``bare``: the only parameter is
    written without its name (``constant: 5 min``). ``make`` takes the parameters as floats by name, and ``base``.
    """

    meaning: str
    parameters: tuple[Parameter, ...]
    make: Callable[..., Distribution]
    one_of: tuple[tuple[str, ...], ...] = ()
    bare: bool = False


def _weibull(mean: float, cv: float | None = None, shape: float | None = None, base: TimeBase = "min") -> Weibull:
    return Weibull.with_cv(mean, cv, base) if cv is not None else Weibull(mean, cast(float, shape), base)


_MEAN = Parameter("mean", "duration", "mean time")
_CV = Parameter("cv", "number", "coefficient of variation: standard deviation divided by mean")
_LOW = Parameter("low", "duration", "shortest time")
_HIGH = Parameter("high", "duration", "longest time")

FAMILIES: Mapping[str, Family] = {
    "constant": Family("always the same time", (Parameter("value", "duration", "the time"),), Constant, bare=True),
    "exponential": Family("memoryless, cv 1", (_MEAN,), Exponential),
    "lognormal": Family("work done by people: skewed, never near 0", (_MEAN, _CV), Lognormal),
    "gamma": Family("sums of small tasks: skewed, may be near 0", (_MEAN, _CV), Gamma),
    "weibull": Family(
        "patience and times to failure",
        (_MEAN, _CV, Parameter("shape", "number", "Weibull shape; above 1 the hazard grows with time")),
        _weibull,
        one_of=(("cv", "shape"),),
    ),
    "triangular": Family(
        "an expert's guess", (_LOW, Parameter("mode", "duration", "most likely time"), _HIGH), Triangular
    ),
    "uniform": Family("anything between two times alike", (_LOW, _HIGH), Uniform),
    "empirical": Family(
        "drawn from observed times",
        (
            Parameter("file", "file", "CSV with a header: one column of values, or the columns value and weight"),
            Parameter("unit", "unit", "unit of the values: min, h, workdays"),
        ),
        Empirical,
    ),
}
"""Every family by its name in the scenario file. ``empirical`` is made from the values and weights in its file."""


def make_distribution(name: str, values: Mapping[str, Duration | float]) -> Distribution:
    """The distribution of family ``name`` from its parsed parameters (Durations and numbers, by name).

    ValueError, in one sentence, where a parameter is missing, unknown or out of range, or where minutes and workdays
    are mixed. ``empirical`` is not made here: its values come from a file.
    """
    family = FAMILIES[name]
    known = [parameter.name for parameter in family.parameters]
    unknown = [key for key in values if key not in known]
    if unknown:
        raise ValueError(f"{name} takes {' and '.join(known)}, not {unknown[0]}")
    for group in family.one_of:
        if sum(key in values for key in group) != 1:
            raise ValueError(f"{name} takes exactly one of {' and '.join(group)}")
    alternatives = {key for group in family.one_of for key in group}
    missing = [key for key in known if key not in values and key not in alternatives]
    if missing:
        raise ValueError(f"{name} needs {' and '.join(missing)}")
    bases = {value.base for value in values.values() if isinstance(value, Duration)}
    if len(bases) > 1:
        raise ValueError(f"{name} mixes workdays with other units; write all its times in one of them")
    numbers = {key: value.amount if isinstance(value, Duration) else float(value) for key, value in values.items()}
    return family.make(**numbers, base=bases.pop() if bases else "min")
