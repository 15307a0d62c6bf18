"""What authors of adapters test with: the contract of a platform, and a proxy that breaks what passes through it.

Needs `pytest` and `pytest-asyncio` (`pip install 'drumbeat[testing]'`). `docs/how-to/write-an-adapter.md` shows it.
"""

from __future__ import annotations

import pytest

# A failed assertion of the suites shows its values, as one of a test does.
pytest.register_assert_rewrite(
    "adapters.testing.behind_a_proxy", "adapters.testing.carrying", "adapters.testing.contract"
)
