"""The tests. This runs before any of them is imported."""

import pytest

# The contracts are no test modules by name, and their assertions shall explain themselves too.
pytest.register_assert_rewrite("tests.contracts")
