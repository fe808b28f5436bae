"""What else the machine did: gaps of a spinning loop, time the hypervisor stole, how busy each CPU was."""

import time
from pathlib import Path


def spin_gaps(seconds=1.0, threshold=100e-6):
    """Time a busy loop did not get, as (share, longest in seconds): what somebody else took from this CPU."""
    lost = longest = 0.0
    last = start = time.perf_counter()
    while last - start < seconds:
        now = time.perf_counter()
        if now - last > threshold:
            lost += now - last
            longest = max(longest, now - last)
        last = now
    return lost / (last - start), longest


class Ticks:
    """/proc/stat at one moment, in clock ticks; guest time is part of user."""

    def __init__(self):
        self.classes = {}
        for line in Path("/proc/stat").read_text().splitlines():
            name, *fields = line.split()
            if name.startswith("cpu"):
                self.classes[name] = [int(field) for field in fields[:8]]

    def busy(self, earlier, cpu):
        """The share of a CPU's time since `earlier` in which it was neither idle nor waiting for a disk."""
        spent = self._since(earlier, f"cpu{cpu}")
        return (sum(spent) - spent[3] - spent[4]) / max(1, sum(spent))

    def stolen(self, earlier):
        """The share of all CPUs' time that the hypervisor gave to others."""
        spent = self._since(earlier, "cpu")
        return spent[7] / max(1, sum(spent))

    def _since(self, earlier, name):
        return [now - then for now, then in zip(self.classes[name], earlier.classes[name])]
