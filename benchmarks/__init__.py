"""Speed, measured beside a raw limit of the same run: `python -m benchmarks.NAME [--json]`, `make bench`.

Figures of one machine mean little on another; a ratio and a growth mean the same everywhere.
"""
