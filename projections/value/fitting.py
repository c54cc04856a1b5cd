"""Finding the parameters under which what happened is most likely: no chance, always the same."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from scipy.optimize import minimize

M = TypeVar("M")
_ROUNDS = 8
_BOUND = math.log(1000)
"""Parameters stay between a thousandth and a thousand times their unit: beyond, what happened
tells nothing of them."""


class NotFitted(Exception):
    """There is too little to learn a model's parameters from."""


@dataclass(frozen=True, slots=True)
class Fitted(Generic[M]):
    """A model's parameters, and the logarithm of how likely they make what happened."""

    model: M
    log_likelihood: float


def largest(
    likelihood: Callable[[Sequence[float]], float], start: Sequence[float]
) -> tuple[tuple[float, ...], float]:
    """Return the positive parameters of the greatest likelihood, and that.

    By simplex on their logarithms, begun again where it ended until it stays: an approximate
    gradient would make the last digits depend on the size of its step.
    """

    def loss(logarithms: Sequence[float]) -> float:
        with np.errstate(all="ignore"):
            value = -likelihood(np.exp(np.clip(logarithms, -_BOUND, _BOUND)))
        return value if np.isfinite(value) else 1e300

    at = np.log(np.asarray(start, dtype=float))
    best = loss(at)
    for _ in range(_ROUNDS):
        found = minimize(
            loss,
            at,
            method="Nelder-Mead",
            options={"xatol": 1e-9, "fatol": 1e-9, "maxiter": 4000, "maxfev": 8000},
        )
        gained, at, best = best - found.fun, found.x, found.fun
        if gained < 1e-7:  # noqa: PLR2004 - of a logarithm of likelihood: nothing
            break
    return tuple(float(each) for each in np.exp(np.clip(at, -_BOUND, _BOUND))), -float(best)
