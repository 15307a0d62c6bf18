"""The packs over a generated history: years of teams that chance has made, with incidents that are written down.

`python -m benchmarks.packs --seed N` prints the table that stands in docs/explanation/packs-on-history.md.
"""
