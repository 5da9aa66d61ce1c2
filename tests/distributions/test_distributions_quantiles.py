"""Distributions: moments by integrating the quantile function, order, pairing, the gamma table, bad parameters."""

from __future__ import annotations

import math
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.special import gammainccinv, gammaincinv, ndtri
from scipy.stats import lognorm, triang, weibull_min

from simgov.distributions import (
    FAMILIES,
    Constant,
    Distribution,
    Empirical,
    Exponential,
    Gamma,
    Lognormal,
    Triangular,
    Uniform,
    Weibull,
    gamma_table,
    make_distribution,
)
from simgov.units import Duration

SEVERAL: list[Distribution] = [
    Constant(5.0),
    Exponential(6.0),
    Lognormal(6.0, 0.5),
    Lognormal(10.0, 1.5),
    Gamma(25.0, 0.8),
    Gamma(25.0, 0.2),
    Gamma(3.0, 1.7),
    Weibull(45.0, 2.0),
    Weibull.with_cv(45.0, 0.8),
    Triangular(2.0, 5.0, 11.0),
    Triangular(2.0, 2.0, 11.0),
    Uniform(2.0, 7.0),
    Empirical((3.0, 1.0, 7.0, 1.0)),
    Empirical((3.0, 1.0, 7.0), (0.5, 2.0, 1.0)),
]
RNG = np.random.default_rng(20260105)


def moments(distribution: Distribution) -> tuple[float, float]:
    """Mean and cv: the integrals of Q and Q^2 over u = 1 / (1 + exp(-x)), a substitution that tames both tails."""
    x = np.linspace(-34.0, 34.0, 400_001)
    u = 1.0 / (1.0 + np.exp(-x))
    weight = u * (1.0 / (1.0 + np.exp(x)))
    q = distribution.quantile(u)
    mean = np.trapezoid(q * weight, x)
    return float(mean), math.sqrt(max(np.trapezoid(q * q * weight, x) - mean**2, 0.0)) / float(mean)


@pytest.mark.parametrize("distribution", SEVERAL, ids=repr)
def test_mean_and_cv_are_those_of_the_quantile_function(distribution: Distribution) -> None:
    mean, cv = moments(distribution)
    assert mean == pytest.approx(distribution.mean, rel=1e-4)
    assert cv == pytest.approx(distribution.cv, rel=1e-3, abs=1e-5)


@pytest.mark.parametrize("distribution", SEVERAL, ids=repr)
def test_quantiles_rise_with_u_and_are_never_negative(distribution: Distribution) -> None:
    u = np.sort(
        np.concatenate((RNG.random(20_000), 2.0 ** -RNG.uniform(1, 53, 2000), 1 - 2.0 ** -RNG.uniform(1, 53, 2000)))
    )
    q = distribution.quantile(np.clip(u, 2.0**-54, 1 - 2.0**-53))
    assert np.isfinite(q).all()
    assert q.min() >= 0
    assert (np.diff(q) >= -1e-12 * distribution.mean).all()


@pytest.mark.parametrize("distribution", SEVERAL, ids=repr)
def test_a_slice_of_draws_has_the_bits_of_the_whole(distribution: Distribution) -> None:
    u = RNG.random(10_001)
    whole = distribution.quantile(u)
    for first, last in ((0, 1), (1, 8), (3, 10), (17, 8210), (8191, 8193), (9999, 10_001)):
        assert np.array_equal(distribution.quantile(u[first:last]), whole[first:last])
    assert np.array_equal(distribution.quantile(u[::3]), whole[::3])
    assert np.array_equal(distribution.quantile(u[:9999].reshape(99, 101)), whole[:9999].reshape(99, 101))


def test_known_quantiles() -> None:
    u = np.array([0.1, 0.25, 0.5, 0.9, 0.999])
    sigma = math.sqrt(math.log(1.25))
    assert np.allclose(Lognormal(6.0, 0.5).quantile(u), lognorm(sigma, scale=6.0 / math.sqrt(1.25)).ppf(u))
    assert np.allclose(Exponential(6.0).quantile(u), -6.0 * np.log(1.0 - u))
    assert np.allclose(Weibull(45.0, 2.0).quantile(u), weibull_min(2.0, scale=45.0 / math.gamma(1.5)).ppf(u))
    assert np.allclose(Triangular(2.0, 5.0, 11.0).quantile(u), triang(1 / 3, 2.0, 9.0).ppf(u))
    assert Uniform(2.0, 7.0).quantile(u).tolist() == (2.0 + 5.0 * u).tolist()
    assert Empirical((3.0, 1.0, 7.0, 1.0)).quantile(np.array([0.1, 0.5, 0.51, 0.75, 0.76])).tolist() == [1, 1, 3, 3, 7]
    weighted = Empirical((3.0, 1.0, 7.0, 9.0), (0.5, 2.0, 1.5, 0.0))
    assert weighted.quantile(np.array([0.5, 0.51, 0.62, 0.63, 0.9999])).tolist() == [1, 3, 3, 7, 7]
    assert Constant(4.0).quantile(u).tolist() == [4.0] * 5


@pytest.mark.parametrize(
    ("cv", "most"),
    [(0.01, 1e-7), (0.1, 1e-7), (0.5, 1e-7), (0.8, 1e-7), (1.0, 1e-7), (2.0, 1e-7), (8.0, 1e-6), (20.0, 1e-5)],
)
def test_the_gamma_table_is_within_its_stated_error_of_the_mean(cv: float, most: float) -> None:
    shape = cv**-2.0
    u = np.concatenate((RNG.random(20_000), 2.0 ** -RNG.uniform(1, 53, 5000)))
    assert np.abs(gamma_table(cv).quantile(u) - gammaincinv(shape, u) / shape).max() < most
    u = 1.0 - 2.0 ** -RNG.uniform(1, 53, 5000)
    assert np.abs(gamma_table(cv).quantile(u) - gammainccinv(shape, 1.0 - u) / shape).max() < most


@pytest.mark.parametrize(
    "make", [lambda m: Gamma(m, 0.8), lambda m: Lognormal(m, 0.8), lambda m: Weibull(m, 2.0), Exponential]
)
def test_changing_the_mean_scales_every_draw(make: object) -> None:
    u = RNG.random(5000)
    ratio = make(12.0).quantile(u) / make(4.0).quantile(u)  # type: ignore[operator]
    assert np.allclose(ratio, 3.0, rtol=1e-14)


@pytest.mark.parametrize("make", [Gamma, Lognormal, Weibull.with_cv])
def test_changing_the_cv_keeps_the_order_of_draws(make: object) -> None:
    u = RNG.random(5000)
    narrow, wide = make(10.0, 0.4).quantile(u), make(10.0, 1.1).quantile(u)  # type: ignore[operator]
    assert np.array_equal(np.argsort(narrow), np.argsort(wide))
    assert np.corrcoef(ndtri(u), np.log(wide))[0, 1] > 0.9


@pytest.mark.parametrize("still", [Gamma(6.0, 0.0), Lognormal(6.0, 0.0), Weibull.with_cv(6.0, 0.0), Uniform(6.0, 6.0),
                                   Triangular(6.0, 6.0, 6.0), Empirical((6.0, 6.0))])  # fmt: skip
def test_a_cv_of_0_is_the_constant(still: Distribution) -> None:
    assert still.cv == 0.0
    assert still.quantile(np.array([0.001, 0.5, 0.999])).tolist() == [6.0, 6.0, 6.0]


def test_weibull_by_cv_finds_its_shape() -> None:
    assert Weibull.with_cv(45.0, Weibull(45.0, 2.0).cv).shape == pytest.approx(2.0, rel=1e-9)
    for cv in (1e-4, 0.01, 0.5, 1.0, 3.0, 50.0):
        assert Weibull.with_cv(1.0, cv).cv == pytest.approx(cv, rel=1e-9)
    assert Weibull.with_cv(1.0, 1.0).shape == pytest.approx(1.0)


def test_distributions_are_values() -> None:
    for distribution in SEVERAL:
        distribution.quantile(np.array([0.5]))
        copy = pickle.loads(pickle.dumps(distribution))
        assert copy == distribution
        assert hash(copy) == hash(distribution)
    assert Gamma(6.0, 0.5) != Gamma(6.0, 0.5, base="workday")
    with pytest.raises(AttributeError):
        Gamma(6.0, 0.5).cv = 1.0  # type: ignore[misc]


def test_threads_share_one_table_and_agree() -> None:
    u = RNG.random(20_000)
    gamma_table.cache_clear()
    with ThreadPoolExecutor(4) as threads:
        drawn = list(threads.map(lambda _: Gamma(3.0, 0.77).quantile(u), range(8)))
    assert all(np.array_equal(drawn[0], other) for other in drawn[1:])


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("lognormal", {"mean": Duration(-6.0), "cv": 0.5}, "mean must be above 0, not -6"),
        ("lognormal", {"mean": Duration(6.0), "cv": -0.5}, "cv must not be negative"),
        ("lognormal", {"mean": Duration(6.0)}, "lognormal needs cv"),
        ("lognormal", {"mean": Duration(6.0), "cv": 0.5, "mu": 1.0}, "lognormal takes mean and cv, not mu"),
        ("gamma", {"mean": Duration(6.0), "cv": 50.0}, "cv of a gamma time must be at most 20"),
        ("exponential", {"mean": Duration(0.0)}, "mean must be above 0"),
        ("exponential", {"mean": Duration(math.inf)}, "mean must be above 0"),
        ("constant", {"value": Duration(-1.0)}, "a constant time must not be negative"),
        ("weibull", {"mean": Duration(6.0)}, "exactly one of cv and shape"),
        ("weibull", {"mean": Duration(6.0), "cv": 0.5, "shape": 2.0}, "exactly one of cv and shape"),
        ("weibull", {"mean": Duration(6.0), "shape": 0.01}, "shape of a weibull time must be at least"),
        ("weibull", {"mean": Duration(6.0), "cv": 1e9}, "cv of a weibull time"),
        (
            "triangular",
            {"low": Duration(5.0), "mode": Duration(2.0), "high": Duration(9.0)},
            "low <= mode <= high, not 5, 2, 9",
        ),
        ("uniform", {"low": Duration(5.0), "high": Duration(2.0)}, "low <= high, not 5, 2"),
        ("uniform", {"low": Duration(5.0), "high": Duration(2.0, "workday")}, "mixes workdays with other units"),
    ],
)
def test_bad_parameters_are_refused_in_one_sentence(name: str, values: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_distribution(name, values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "weights", "message"),
    [
        ((), (), "at least one value"),
        ((1.0, 2.0), (1.0,), "2 values have 1 weights"),
        ((1.0, -2.0), (), "observed time must not"),
        ((1.0, 2.0), (0.0, 0.0), "at least one weight"),
        ((1.0, math.nan), (), "observed time must not"),
    ],
)
def test_bad_observations_are_refused(values: tuple[float, ...], weights: tuple[float, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Empirical(values, weights)


def test_every_family_is_made_from_what_its_row_names() -> None:
    amounts = {"low": 1.0, "mode": 2.0, "mean": 6.0, "value": 6.0, "high": 9.0}
    made = {}
    for name, family in FAMILIES.items():
        if name == "empirical":
            continue
        dropped = {key for group in family.one_of for key in group[1:]}
        values: dict[str, Duration | float] = {
            parameter.name: Duration(amounts[parameter.name], "workday") if parameter.kind == "duration" else 0.5
            for parameter in family.parameters
            if parameter.name not in dropped
        }
        made[name] = make_distribution(name, values)
    assert made["constant"] == Constant(6.0, "workday")
    assert made["weibull"] == Weibull.with_cv(6.0, 0.5, "workday")
    assert made["triangular"] == Triangular(1.0, 2.0, 9.0, "workday")
    assert {distribution.base for distribution in made.values()} == {"workday"}
    assert make_distribution("weibull", {"mean": Duration(45.0), "shape": 2.0}) == Weibull(45.0, 2.0)
