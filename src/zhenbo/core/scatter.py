"""Numbers scattered over all bits, one to one: what hashes and whatever must look drawn are made of."""

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]


def scattered(x: Words) -> Words:
    """The finaliser of SplitMix64 (Steele, Lea and Flood 2014): every bit of the input moves every bit of the result."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(x ^ (x >> np.uint64(31)))


def uniform(x: npt.NDArray[np.int64], salt: int) -> npt.NDArray[np.float64]:
    """Numbers in (0, 1) that look drawn, one per integer and salt."""
    salted = x.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(
        (salt * 0xD6E8FEB86659FD93 + 1) % (1 << 64)
    )
    return np.asarray((scattered(salted) >> np.uint64(11)).astype(np.float64) * 2.0**-53 + 2.0**-54)
