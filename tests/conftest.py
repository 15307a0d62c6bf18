"""Fixtures that more than one folder of tests asks for."""

import signal

from hypothesis import settings

from tests.postgres import postgres_cluster, postgres_url

__all__ = ["postgres_cluster", "postgres_url"]

# The same examples on every machine, and no alarm because a machine is slow; a failure prints how to repeat it.
settings.register_profile("drumbeat", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("drumbeat")

# `nohup` and background jobs of some shells pass on that these are ignored, and every child would inherit it.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
