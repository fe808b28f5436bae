"""Time limits of tests, on a machine that does other things too.

A limit is there to end what hangs; what is only slow must come to its end. So its seconds are seconds of a processor of
one's own: while more threads want to run than there are processors, a second counts for less.
"""

import os
import time
from pathlib import Path

LOAD = Path("/proc/loadavg")
PROCESSORS = len(os.sched_getaffinity(0))
# Whatever else runs: a limit remains one.
LEAST_SHARE = 1 / 20
# An emulated machine does not see what its host does beside it, so there each second counts for less (Guest/run.py).
slowness = 1


def share():
    """The part of a processor that one thread gets at this moment; 1 on a quiet machine."""
    try:
        runnable = int(LOAD.read_text().split()[3].partition("/")[0])
    except (OSError, ValueError, IndexError):
        return 1
    return max(LEAST_SHARE, min(1, PROCESSORS / max(1, runnable)))


class Limit:
    """Begins when it is made. Whoever waits asks often whether it is over: each time the load of the moment counts."""

    def __init__(self, seconds):
        self.seconds, self.spent, self.last = seconds, 0, time.monotonic()

    def is_over(self):
        now = time.monotonic()
        self.spent += (now - self.last) * share() / slowness
        self.last = now
        return self.spent > self.seconds
