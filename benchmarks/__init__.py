"""Benchmarks, each with a raw limit measured in the same run: `python -m benchmarks.NAME [--json]`, `make bench`.

Figures of one machine mean little on another; ratios and growth mean the same everywhere.
"""
