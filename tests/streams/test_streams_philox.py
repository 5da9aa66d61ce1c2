"""The named streams are numpy's Philox, bit for bit, and a draw depends on its own case and visit only."""

from __future__ import annotations

import numpy as np

from simgov.streams import key, uniforms


def numpy_uniforms(seed: int, replication: int, name: str, count: int, visit: int) -> np.ndarray:
    """The same draws by numpy's own generator, whose first block is that of counter 1."""
    counter = np.array(
        [2**64 - 1, (visit - 1) % 2**64, 0 if visit else 2**64 - 1, 0 if visit else 2**64 - 1], np.uint64
    )
    generator = np.random.Philox(key=np.array(key(seed, replication, name), np.uint64), counter=counter)
    return ((generator.random_raw(count) >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52


def test_draws_are_those_of_numpys_philox() -> None:
    for visit in (0, 1, 7):
        ours = uniforms(2026, 3, "passport/review/work", np.arange(1001), visit)
        assert np.array_equal(ours, numpy_uniforms(2026, 3, "passport/review/work", 1001, visit))


def test_a_draw_is_the_same_alone_in_any_order_and_beside_others() -> None:
    together = uniforms(1, 0, "a", np.arange(100))
    assert np.array_equal(uniforms(1, 0, "a", np.array([77, 3, 4, 99])), together[[77, 3, 4, 99]])
    assert np.array_equal(uniforms(1, 0, "a", np.arange(40, 60)), together[40:60])


def test_streams_of_other_names_seeds_replications_and_visits_are_unrelated() -> None:
    numbers = np.arange(20_000)
    base = uniforms(1, 0, "a", numbers)
    for other in (uniforms(1, 0, "b", numbers), uniforms(2, 0, "a", numbers), uniforms(1, 1, "a", numbers)):
        assert abs(np.corrcoef(base, other)[0, 1]) < 4 / np.sqrt(len(numbers))
    assert abs(np.corrcoef(base, uniforms(1, 0, "a", numbers, visit=1))[0, 1]) < 4 / np.sqrt(len(numbers))


def test_uniforms_lie_inside_the_open_interval_and_are_uniform() -> None:
    drawn = np.sort(uniforms(5, 0, "a", np.arange(100_000)))
    assert drawn[0] > 0.0
    assert drawn[-1] < 1.0
    distance = np.abs(drawn - (np.arange(100_000) + 0.5) / 100_000).max()
    assert distance < 1.95 / np.sqrt(100_000)  # Kolmogorov, 0.1 %
