"""Average run lengths against published tables, and against charts that are run.

Sources: CUSUM, Montgomery, *Introduction to Statistical Quality Control*, 7th ed., tables 9.3 and 9.4 (from Hawkins,
*Journal of Quality Technology* 25 (1993) 248); EWMA, ibid. table 9.11 (from Lucas and Saccucci, *Technometrics* 32
(1990) 1); the Shewhart chart has 1 / (2 Phi(-3)). Tables give three digits or so, hence a tolerance of 1 %.
"""

import math

import numpy as np
import pytest

from simgov.judging import run_length
from simgov.judging.charts import Standard, charted
from simgov.judging.run_length import LONGEST, cusum_arl, ewma_arl, limit_for, one_sided_cusum_arl
from simgov.judging.schema import Chart

CUSUM = {
    (0.5, 4.0): {0.0: 168, 0.25: 74.2, 0.5: 26.6, 0.75: 13.3, 1.0: 8.38, 1.5: 4.75, 2.0: 3.34, 3.0: 2.19},
    (0.5, 5.0): {0.0: 465, 0.25: 139, 0.5: 38.0, 0.75: 17.0, 1.0: 10.4, 1.5: 5.75, 2.0: 4.01, 3.0: 2.57},
}
EWMA = {
    (0.40, 3.054): {0.0: 500, 0.25: 224, 0.5: 71.2, 0.75: 28.4, 1.0: 14.3, 1.5: 5.9, 2.0: 3.5, 3.0: 2.0},
    (0.25, 2.998): {0.0: 500, 0.25: 170, 0.5: 48.2, 0.75: 20.1, 1.0: 11.1, 1.5: 5.5, 2.0: 3.6, 3.0: 2.3},
    (0.20, 2.962): {0.0: 500, 0.25: 150, 0.5: 41.8, 0.75: 18.2, 1.0: 10.5, 1.5: 5.5, 2.0: 3.7, 3.0: 2.4},
    (0.10, 2.814): {0.0: 500, 0.25: 106, 0.5: 31.3, 0.75: 15.9, 1.0: 10.3, 1.5: 6.1, 2.0: 4.4, 3.0: 2.9},
    (0.05, 2.615): {0.0: 500, 0.25: 84.1, 0.5: 28.8, 0.75: 16.4, 1.0: 11.4, 1.5: 7.1, 2.0: 5.2, 3.0: 3.5},
}
LIMITS_370 = {0.25: 8.01, 0.5: 4.77, 0.75: 3.34, 1.0: 2.52, 1.25: 1.99, 1.5: 1.61}


@pytest.mark.parametrize(("design", "published"), CUSUM.items(), ids=str)
def test_cusum_has_the_published_run_lengths(design: tuple[float, float], published: dict[float, float]) -> None:
    for shift, length in published.items():
        assert cusum_arl(*design, shift) == pytest.approx(length, rel=0.01), shift
        assert cusum_arl(*design, -shift) == pytest.approx(length, rel=0.01)


@pytest.mark.parametrize(("design", "published"), EWMA.items(), ids=str)
def test_ewma_has_the_published_run_lengths(design: tuple[float, float], published: dict[float, float]) -> None:
    for shift, length in published.items():
        # The last digit of the table, or 1 %.
        assert ewma_arl(*design, shift) == pytest.approx(length, rel=0.01, abs=0.06), shift
        assert ewma_arl(*design, -shift) == pytest.approx(length, rel=0.01, abs=0.06)


@pytest.mark.parametrize(("slack", "limit"), LIMITS_370.items())
def test_limits_of_cusum_for_370_are_those_published(slack: float, limit: float) -> None:
    assert limit_for("cusum", slack, 370.0) == pytest.approx(limit, abs=0.006)


def test_with_all_weight_on_the_newest_value_it_is_the_shewhart_chart() -> None:
    false_signal = math.erfc(3 / math.sqrt(2))
    assert ewma_arl(1.0, 3.0) == pytest.approx(1 / false_signal, rel=1e-6)
    assert ewma_arl(1.0, 3.0, 1.0) == pytest.approx(43.89, abs=0.01)


def test_the_limit_that_is_found_has_the_run_length_that_was_asked_for() -> None:
    assert limit_for("ewma", 0.2, 500.0) == pytest.approx(2.962, abs=0.001)
    for kind, weight in (("ewma", 0.1), ("cusum", 0.5)):
        for wanted in (50.0, 370.0, 10_000.0):
            limit = limit_for(kind, weight, wanted)
            own = ewma_arl(weight, limit) if kind == "ewma" else cusum_arl(weight, limit)
            assert own == pytest.approx(wanted, rel=1e-3)
    with pytest.raises(ValueError, match="write 10 to"):
        limit_for("ewma", 0.2, 5.0)
    with pytest.raises(ValueError, match="rarer than one in 370 values"):
        limit_for("cusum", 5.0, 370.0)


def test_lengths_beyond_all_reckoning_are_cut_off() -> None:
    assert ewma_arl(0.2, 9.0) == LONGEST
    assert one_sided_cusum_arl(0.5, 40.0) == LONGEST


@pytest.mark.parametrize("chart", [Chart("ewma", 0.2, 2.2), Chart("cusum", 0.5, 3.0)], ids=["ewma", "cusum"])
@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_charts_that_are_run_signal_as_often_as_stated(chart: Chart, shift: float) -> None:
    """60,000 values in a row: the mean distance of signals is the run length, within four standard errors.

    Run lengths are nearly geometric, so that their standard deviation is at most about their mean.
    """
    values = np.random.default_rng(3).normal(10.0 + 2.0 * shift, 2.0, 60_000)
    signals = [point.signal for point in charted(values.tolist(), Standard(10.0, 2.0), chart)]
    count = sum(signal is not None for signal in signals)
    stated = (ewma_arl if chart.kind == "ewma" else cusum_arl)(chart.weight, chart.limit, shift)
    assert len(values) / count == pytest.approx(stated, rel=4 / math.sqrt(count))
    if shift:
        assert signals.count("above") == count


@pytest.mark.parametrize(("kind", "weight", "limit"), [("ewma", 0.01, 2.0), ("cusum", 0.0, 60.0), ("cusum", 0.1, 12.0)])
def test_twice_as_many_nodes_change_nothing(
    monkeypatch: pytest.MonkeyPatch, kind: str, weight: float, limit: float
) -> None:
    before = run_length.arl(kind, weight, limit, 0.25)
    monkeypatch.setattr(run_length, "FEWEST_NODES", 400)
    assert run_length.arl(kind, weight, limit, 0.25) == pytest.approx(before, rel=1e-7)
