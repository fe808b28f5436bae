"""Medians with intervals, from runs that were made in pairs."""

import random
import statistics

RESAMPLES = 2000


def interval(values, share=0.95):
    """The bootstrap percentile interval of the median; the same values always give the same interval."""
    if len(values) < 2:
        return None
    source = random.Random(1)
    medians = sorted(statistics.median(source.choices(values, k=len(values))) for _ in range(RESAMPLES))
    tail = (1 - share) / 2
    return medians[int(tail * RESAMPLES)], medians[int((1 - tail) * RESAMPLES) - 1]


def ratios(runs, base, key):
    """Of each round of `runs` to the same round of `base`; rounds where either has no figure are left out."""
    return [one[key] / other[key] for one, other in zip(runs, base) if one.get(key) and other.get(key)]


def summary(values):
    """Median and interval, or None of nothing."""
    values = [value for value in values if value is not None]
    return {"median": statistics.median(values), "interval": interval(values), "n": len(values)} if values else None
