"""What the benchmarks of the optimiser reckon with: intervals on many replications, and how few cuts would do."""

import numpy as np
import pytest

from benchmarks.optimiser.roster import needed
from benchmarks.optimiser.sampled_rows import Block, measured
from benchmarks.optimiser.section import Measured, Section, read, write
from simgov.kpi.statistics import Sample, mean_estimate, none_censored, pooled_quantile
from simgov.optimize.space import Design
from tests.optimize.tandem_oracle import generated, instance_0


def test_a_block_is_simulated_as_the_oracle_does_it() -> None:
    """The same draws through either recursion."""
    row = instance_0(replications=40)
    block = Block(row, (1, 2), 40)
    row._arrive = block._arrive
    row._work = [work[False] for work in block._work]
    for design in (Design((5, 5, 4, 5), (True, True)), Design((6, 7, 3, 8), (False, True))):
        times = block.times(design)
        assert times == pytest.approx((row.leaving(design) - row._arrive)[:, row.warm_up :], rel=1e-12)
        assert measured([times], 0.95).values == pytest.approx(row.values(design), rel=1e-12)


def test_work_has_the_mean_and_spread_of_its_row() -> None:
    row = generated(3, replications=1)
    block = Block(row, (1, 2), 200)
    for work, mean, cv in zip(block._work, row.means, row.cvs, strict=True):
        assert work[False].mean() == pytest.approx(mean, rel=0.03)
        assert work[False].std() == pytest.approx(cv * mean, rel=0.1)


def test_intervals_are_those_of_the_jackknife() -> None:
    design = Design((5, 5, 4, 5), (True, True))
    blocks = [Block(instance_0(replications=1), (7, k), 250).times(design) for k in range(4)]
    found = measured(blocks, 0.95)
    runs = [run for block in blocks for run in block]
    pooled = pooled_quantile([Sample(run, none_censored(len(run))) for run in runs], 90).estimate(0.95)
    means = np.array([run.mean() for run in runs])
    mean = mean_estimate(means, np.zeros(len(means), np.bool_), 0.95)
    assert found.values == pytest.approx((mean.value, pooled.value), rel=1e-12)
    assert found.half_widths == pytest.approx((mean.half_width, pooled.half_width), rel=0.35)


def test_a_larger_roster_is_enough_to_exclude_a_smaller_one() -> None:
    rosters = np.array([[1, 1], [2, 1], [1, 2], [2, 2], [3, 0]])
    assert needed(rosters) == 5
    assert needed(rosters[::-1]) == 2


def test_a_section_is_read_as_it_was_written(tmp_path) -> None:  # type: ignore[no-untyped-def]
    measured_ = Measured(Section("title", ("a", "b"), (("1", "2"),), ("note",)), 1.5, {"cores": 2}, {"numpy": "2"})
    write(measured_, tmp_path / "section.json")
    assert read(tmp_path / "section.json") == measured_
