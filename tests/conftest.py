"""What every test shares: Hypothesis draws the same examples each time, with no deadline on a busy machine."""

from hypothesis import settings

settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("ci")
