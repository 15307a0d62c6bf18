"""`python -m benchmarks.rules`: the ten conditions, all implementations interleaved in one run."""

from __future__ import annotations

import platform

from benchmarks.measure import table
from benchmarks.rules.race import measure, ratios

race = measure()
print(f"Ten conditions, CPU time per evaluation, Python {platform.python_version()}.")
for name, nanoseconds in race.medians.items():
    print(f"  {name:<54} {nanoseconds:8.0f} ns  {1e9 / nanoseconds:12,.0f} /s")
for name, reason in race.missing.items():
    print(f"  {name:<54} missing: {reason}")
print()
print(table(list(ratios(race))))
