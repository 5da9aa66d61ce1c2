"""Short names for the numpy array types that the rooms hand each other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[Any]
Booleans = NDArray[np.bool_]
