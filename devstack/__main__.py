"""`python -m devstack` is `paypulse`."""

from __future__ import annotations

from devstack.cli import main

main()
