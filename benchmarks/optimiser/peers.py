"""Other optimisers on rows of stations, each as its documentation says to use it with whole numbers and limits.

nevergrad is told how much each limit is missed (``constraint_violation`` of ``tell``), pymoo has limits of its own
(``G``), optuna's TPE too (``set_constraint``); optuna's CMA-ES has none, so a missed limit is added to its cost.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.optimiser.tandem import Design

ASKED_AGAIN = 5
"""A method that keeps asking for designs that it knows is stopped after so many times its evaluations."""


class Enough(Exception):
    """A method has used its evaluations."""


@dataclass(frozen=True)
class Answer:
    """What one evaluation says: the cost, and by how much each limit is missed, relative to it (negative: kept)."""

    cost: int
    missed: tuple[float, ...]

    @property
    def feasible(self) -> bool:
        """Whether every limit is kept."""
        return max(self.missed) <= 0.0


@dataclass
class Asked:
    """Designs that a method may ask for: ``most`` different ones; one asked for again is answered, not counted.

    ``dearest`` is what the dearest design costs, ``best`` the cost of the best feasible design after each evaluation.
    """

    evaluate: Callable[[Design], Answer]
    stations: int
    removable: int
    most_servers: int
    most: int
    dearest: int
    best: list[int | None] = field(default_factory=list)
    _known: dict[Design, Answer] = field(default_factory=dict)
    _times: int = 0

    def __call__(self, numbers: Sequence[int]) -> Answer:
        """The answer for servers of each station followed by a 0 or 1 for each part."""
        design = tuple(int(n) for n in numbers[: self.stations]), tuple(bool(n) for n in numbers[self.stations :])
        self._times += 1
        if design in self._known:
            if self._times > ASKED_AGAIN * self.most:
                raise Enough
            return self._known[design]
        if len(self._known) == self.most:
            raise Enough
        answer = self._known[design] = self.evaluate(design)
        last = self.best[-1] if self.best else None
        better = answer.feasible and (last is None or answer.cost < last)
        self.best.append(answer.cost if better else last)
        return answer

    @property
    def bounds(self) -> list[tuple[int, int]]:
        """Least and most of each number."""
        return [(1, self.most_servers)] * self.stations + [(0, 1)] * self.removable


def nevergrad(name: str, ordered: bool) -> Callable[[Asked, int], None]:
    """An optimiser of nevergrad; ``ordered`` numbers are given as choices between neighbours, others as integers."""

    def run(asked: Asked, seed: int) -> None:
        import nevergrad as ng

        def number(low: int, high: int) -> Any:
            if high - low == 1:
                return ng.p.Choice([low, high])
            if ordered:
                return ng.p.TransitionChoice(range(low, high + 1))
            return ng.p.Scalar(lower=low, upper=high).set_integer_casting()

        space = ng.p.Tuple(*[number(low, high) for low, high in asked.bounds])
        space.random_state.seed(seed)
        optimizer = ng.optimizers.registry[name](parametrization=space, budget=asked.most)
        while True:
            candidate = optimizer.ask()
            answer = asked(candidate.value)
            optimizer.tell(candidate, float(answer.cost), [max(0.0, missed) for missed in answer.missed])

    return run


def pymoo(kind: str) -> Callable[[Asked, int], None]:
    """A genetic algorithm of pymoo: ``ga`` or ``nsga2`` on integers, or ``mixed`` on typed variables."""

    def run(asked: Asked, seed: int) -> None:
        import numpy as np
        from pymoo.algorithms.moo.nsga2 import NSGA2
        from pymoo.algorithms.soo.nonconvex.ga import GA
        from pymoo.core.mixed import MixedVariableGA
        from pymoo.core.problem import ElementwiseProblem
        from pymoo.core.variable import Binary, Integer
        from pymoo.operators.crossover.sbx import SBX
        from pymoo.operators.mutation.pm import PM
        from pymoo.operators.repair.rounding import RoundingRepair
        from pymoo.operators.sampling.rnd import IntegerRandomSampling
        from pymoo.optimize import minimize

        low, high = (np.array(side) for side in zip(*asked.bounds, strict=True))
        typed = {
            f"n{i}": Binary() if b == (0, 1) else Integer(bounds=b) for i, b in enumerate(asked.bounds)
        }  # fmt: skip

        class Row(ElementwiseProblem):  # type: ignore[misc]
            def _evaluate(self, x: Any, out: dict[str, Any], *_: Any, **__: Any) -> None:
                answer = asked([x[name] for name in typed] if kind == "mixed" else x)
                out["F"] = [answer.cost, answer.missed[0]] if kind == "nsga2" else answer.cost
                out["G"] = list(answer.missed)

        objectives = 2 if kind == "nsga2" else 1
        if kind == "mixed":
            problem, algorithm = Row(vars=typed, n_obj=1, n_ieq_constr=2), MixedVariableGA(pop_size=20)
        else:
            problem = Row(n_var=len(low), n_obj=objectives, n_ieq_constr=2, xl=low, xu=high, vtype=int)
            algorithm = (NSGA2 if kind == "nsga2" else GA)(
                pop_size=20,
                sampling=IntegerRandomSampling(),
                crossover=SBX(prob=1.0, eta=3.0, vtype=float, repair=RoundingRepair()),
                mutation=PM(prob=1.0, eta=3.0, vtype=float, repair=RoundingRepair()),
                eliminate_duplicates=True,
            )
        minimize(problem, algorithm, ("n_eval", ASKED_AGAIN * asked.most), seed=seed, verbose=False)
        raise Enough

    return run


def optuna(kind: str) -> Callable[[Asked, int], None]:
    """A sampler of optuna: ``tpe``, or ``cma`` with margin."""

    def run(asked: Asked, seed: int) -> None:
        import optuna as library

        library.logging.set_verbosity(library.logging.ERROR)
        sampler = (
            library.samplers.TPESampler(seed=seed)
            if kind == "tpe"
            else library.samplers.CmaEsSampler(seed=seed, with_margin=True)
        )

        def objective(trial: Any) -> float:
            answer = asked([trial.suggest_int(f"n{i}", low, high) for i, (low, high) in enumerate(asked.bounds)])
            if kind == "tpe":
                for i, missed in enumerate(answer.missed):
                    trial.set_constraint(str(i), missed)
                return float(answer.cost)
            return answer.cost + asked.dearest * sum(max(0.0, missed) for missed in answer.missed)

        study = library.create_study(direction="minimize", sampler=sampler)
        study.optimize(objective, n_trials=ASKED_AGAIN * asked.most)
        raise Enough

    return run


METHODS: dict[str, Callable[[Asked, int], None]] = {
    "nevergrad NGOpt": nevergrad("NGOpt", ordered=False),
    "nevergrad TwoPointsDE": nevergrad("TwoPointsDE", ordered=False),
    "nevergrad PortfolioDiscreteOnePlusOne": nevergrad("PortfolioDiscreteOnePlusOne", ordered=True),
    "pymoo GA": pymoo("ga"),
    "pymoo NSGA-II": pymoo("nsga2"),
    "pymoo MixedVariableGA": pymoo("mixed"),
    "optuna TPE": optuna("tpe"),
    "optuna CMA-ES with margin": optuna("cma"),
}


def best_so_far(method: str, asked: Asked, seed: int) -> list[int | None]:
    """The cost of the best feasible design after each evaluation, as a method finds it."""
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            METHODS[method](asked, seed)
    except Enough:
        pass
    finally:
        logging.disable(logging.NOTSET)
    return asked.best
