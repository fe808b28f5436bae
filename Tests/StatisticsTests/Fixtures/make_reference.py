#!/usr/bin/env python3
"""Computes reference.json with SciPy: `python3 make_reference.py > reference.json`. The tests read the file, never SciPy.

The tests count every arrangement, so SciPy is made to do the same (an unlimited PermutationMethod); beyond what can be
enumerated its normal approximation without continuity correction is the measure.
"""

import json
import platform

import numpy
import scipy
from scipy import stats

EXACT = stats.PermutationMethod(n_resamples=10**7)


def rounded(values):
    return [round(float(value), 6) for value in values]


def samples():
    draw = numpy.random.default_rng(20261121)
    yield "normal", rounded(draw.normal(0.1, 1, 7)), rounded(draw.normal(0.8, 1, 7))
    yield "log-normal", rounded(draw.lognormal(0, 0.5, 8)), rounded(draw.lognormal(0.4, 0.5, 6))
    yield "ties", [1, 2, 2, 3, 3, 3, 5, 8], [2, 3, 3, 4, 4, 8, 9, 9]
    yield "far apart", [1, 2, 3, 4, 5], [6, 7, 8, 9, 10]
    yield "equal", [5, 5, 5, 5, 5], [5, 5, 5, 5, 5]
    yield "two values", [1, 1, 1, 2, 2, 2, 2], [1, 2, 2, 2, 2, 2, 2]
    yield "heavy tails", rounded(draw.standard_cauchy(9)), rounded(draw.standard_cauchy(9))


def signed_rank(first, second):
    differences = numpy.array(second[: len(first)]) - numpy.array(first[: len(second)])
    differences = differences[differences != 0]
    if not len(differences):
        return 1.0
    return float(stats.wilcoxon(differences, method=EXACT).pvalue)


def main():
    draw = numpy.random.default_rng(8)
    cases = []
    for name, first, second in samples():
        rank_sum = 1.0 if name == "equal" else float(stats.mannwhitneyu(first, second, method=EXACT).pvalue)
        cases.append({
            "name": name, "first": first, "second": second, "signed_rank": signed_rank(first, second),
            "rank_sum": rank_sum, "median": float(numpy.median(first)),
            "quantiles": [float(numpy.quantile(first, share)) for share in (0.025, 0.25, 0.9, 0.975)],
        })
    many = rounded(draw.normal(0.1, 1, 260))
    left, right = rounded(draw.normal(0, 1, 60)), rounded(draw.normal(0.4, 1, 50))
    bootstraps = []
    for name, values in (("seven", rounded(draw.normal(10, 1, 7))), ("fifteen", rounded(draw.lognormal(0, 1, 15))),
                         ("sixty", rounded(draw.normal(100, 5, 60)))):
        interval = stats.bootstrap((values,), numpy.median, n_resamples=200_000, method="percentile", batch=10_000,
                                   rng=numpy.random.default_rng(1)).confidence_interval
        bootstraps.append({"name": name, "values": values, "lower": float(interval.low), "upper": float(interval.high)})
    print(json.dumps({
        "made_by": "Tests/StatisticsTests/Fixtures/make_reference.py",
        "versions": {"python": platform.python_version(), "numpy": numpy.__version__, "scipy": scipy.__version__},
        "cases": cases,
        "approximate": {
            "differences": many, "signed_rank": float(stats.wilcoxon(many, method="approx", correction=False).pvalue),
            "left": left, "right": right,
            "rank_sum": float(stats.mannwhitneyu(left, right, method="asymptotic", use_continuity=False).pvalue),
        },
        "bootstraps": bootstraps,
    }, indent=1))


if __name__ == "__main__":
    main()
