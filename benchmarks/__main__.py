"""`python -m benchmarks [NAME…]`: measure, as ratios within one run; about a minute for all of them."""

from __future__ import annotations

import platform
import sys
import time
from importlib import import_module

from benchmarks.measure import table

NAMES = ("heart", "rules", "backtest", "store", "start", "throughput")


def main(wanted: list[str]) -> int:
    """Run the benchmarks and print one table."""
    unknown = [name for name in wanted if name not in NAMES]
    if unknown:
        print(f"There is no benchmark {unknown[0]}; there are {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    began, results = time.perf_counter(), []
    for name in wanted or NAMES:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        results += list(import_module(f"benchmarks.{name}").run())
    print(table(results))
    print(
        f"\nPython {platform.python_version()}, {time.perf_counter() - began:.0f} s in all. Compare the ratios only."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
