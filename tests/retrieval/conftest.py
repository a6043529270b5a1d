from __future__ import annotations

from hypothesis import settings

# A deadline is an asserted duration, which on a busy machine fails by chance.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
