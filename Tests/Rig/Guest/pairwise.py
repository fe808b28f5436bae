"""Covering arrays: few cases in which every pair of two parameters' values comes together at least once."""

import itertools


def cases(parameters, valid=lambda case: True):
    """Every valid combination of {name: values}, in order."""
    for values in itertools.product(*parameters.values()):
        case = dict(zip(parameters, values))
        if valid(case):
            yield case


def pairs(case):
    """The pairs that a case holds."""
    return set(itertools.combinations(case.items(), 2))


def covering(parameters, valid=lambda case: True):
    """Valid cases that hold every pair that any valid case holds: in turn the one that adds the most.

    The pairs of a case are the bits of a number; sets of tuples would take a minute in an emulated machine.
    """
    names, number = list(parameters), itertools.count()
    bits = [(a, b, {(x, y): 1 << next(number) for x in parameters[a] for y in parameters[b]})
            for a, b in itertools.combinations(names, 2)]
    candidates = [(case, sum(bit[case[a], case[b]] for a, b, bit in bits)) for case in cases(parameters, valid)]
    missing = 0
    for _, held in candidates:
        missing |= held
    chosen = []
    while missing:
        best, held = max(candidates, key=lambda candidate: (candidate[1] & missing).bit_count())
        chosen.append(best)
        missing &= ~held
    return chosen
