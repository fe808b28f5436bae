"""Interleaved rounds: every pair once in each, the order turned by one from round to round."""

import sys

from . import intervals, noise
from .tools import Failed

KEYS = ("gbps", "rx_cpu", "tx_cpu", "rx_busy", "tx_busy")


def compare(group, setting, rounds):
    """All rounds of a group in one setting."""
    share, longest = noise.spin_gaps()
    runs = {pair.label: [] for pair in group.pairs}
    failures = {}
    for number in range(rounds):
        turn = number % len(group.pairs)
        for pair in group.pairs[turn:] + group.pairs[:turn]:
            if pair.label in failures:
                continue
            if sys.stderr.isatty():
                place = f"{group.name} {setting.network} {setting.block} round {number + 1}: {pair.label}"
                print(f"  {place}".ljust(100), end="\r", file=sys.stderr, flush=True)
            try:
                runs[pair.label].append(pair.measure(setting))
            except Failed as problem:
                failures[pair.label] = str(problem)
    base = group.pairs[0].label
    rows = [
        {"label": label, "failure": failures.get(label),
         **{key: intervals.summary([one[key] for one in done]) for key in KEYS},
         "ratios": {key: intervals.summary(intervals.ratios(done, runs[base], key)) for key in KEYS}}
        for label, done in runs.items()
    ]
    return {"group": group.name, "question": group.question, "network": setting.network, "block": setting.block,
            "flows": setting.flows, "base": base, "rows": rows, "runs": runs,
            "spin_lost": share, "spin_longest_gap": longest}
