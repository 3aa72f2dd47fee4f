"""The dashboard (看板): a round at a glance, as one HTML file that needs no network.

From the store to data (:mod:`board`, :mod:`records`, :mod:`copies`,
:mod:`changes`), packed into columns (:mod:`columns`), set into a page
(:mod:`page`) with what lies in ``templates/dashboard/``.
"""

from .run import Dashboard, make_dashboard

__all__ = ["Dashboard", "make_dashboard"]
