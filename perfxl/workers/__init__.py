"""The same work over many items in several processes; one that dies or hangs costs the item it was at, nothing else.

The ground floor beside :mod:`perfxl.errors`: it knows processes, not what they do.
"""

from .pool import Bounds, Lost, Why, batch_size, mapped, unordered, workers_for
from .process import guarded, outcome_of

__all__ = ["Bounds", "Lost", "Why", "batch_size", "guarded", "mapped", "outcome_of", "unordered", "workers_for"]
