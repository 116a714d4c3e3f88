"""Benchmarks: figures are ratios to the limit, or to a peer in the same run; the emulator counts, not we."""
