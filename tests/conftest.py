"""Settings of every test."""

from __future__ import annotations

from hypothesis import settings

# A machine may be busy with other work; how long an example takes says nothing.
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")
