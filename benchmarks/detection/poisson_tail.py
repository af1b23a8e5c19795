"""Upper tail of the Poisson distribution, for many counts at once."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_TERMS = 400
_ORDINARY_Z = 1.0


def surprise(counts: NDArray[np.integer[Any]], means: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return -log10 P(X >= count) for Poisson X, 0 where count is less than about one standard deviation high.

    Parameters
    ----------
    counts : array (keywords, n)
        Posts.
    means : array (keywords, 1)
        Expected posts, above 0.

    Returns
    -------
    float32 array (keywords, n)
        0 or more; to a relative error of 1e-6 for means up to 10,000.
    """
    found = np.zeros(counts.shape, np.float32)
    z = 2 * (np.sqrt(counts + 0.375) - np.sqrt(means + 0.375))
    rows, columns = np.nonzero((z > _ORDINARY_Z) & (counts > 0))
    if len(rows) == 0:
        return found
    count, mean = counts[rows, columns].astype(np.float64), means[rows, 0]
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, count.max() + 1)))])
    tail = np.ones(len(count))
    term = np.ones(len(count))
    for step in range(1, _TERMS):
        term *= mean / (count + step)
        if term.max() < 1e-9:
            break
        tail += term
    log_tail = count * np.log(mean) - mean - log_factorial[count.astype(np.int64)] + np.log(tail)
    found[rows, columns] = -log_tail / np.log(10)
    return found
