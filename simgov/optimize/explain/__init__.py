"""A plan explained: what each post, measure and statutory step is worth, what else would do, and what demand changes.

Integers have no shadow price, so every answer is a plan found again under one condition (``again``): with one post more
or less, or with an option forced in or out (``worth``); without a step that the law wants (``law``); as different from
the plan as a few per cent allow (``near``); with more or fewer applicants (``demand``). ``explanation`` is the value
with its JSON, ``words`` says it in both languages, ``explaining`` asks one after the other within one budget.
"""

from simgov.optimize.explain.explaining import explain
from simgov.optimize.explain.explanation import EXPLANATION, Explanation, load

__all__ = ["EXPLANATION", "Explanation", "explain", "load"]
