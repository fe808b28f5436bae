"""docs/scaling.md on paper: what a rate asks of a zero-copy queue, from measured and from published costs."""

import resource
import statistics
import subprocess

RATES = (100, 200, 400, 800)
BUFFERS = (4, 8, 16, 32, 64)
# docs/scaling.md names the source of each: seconds a CPU spends in the kernel, by completion and by byte.
SYSCALL_PER_COMPLETION, SYSCALL_PER_BYTE = 38.2e-9, 2.27e-12
SOFTIRQ_PER_COMPLETION, SOFTIRQ_PER_BYTE = 18.5e-9, 23.2e-12
# How long the program may be kept from its rings.
PAUSE = 1e-3
# Completions that receive-cost shows at a time.
BATCH = 64


def loop_cost(executable, batches=1_000_000, rounds=9):
    """CPU seconds per completion of the receive loop together with the synthetic ring that feeds it: median and range."""
    def once(count):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([executable, "swift", "wide", str(count)], check=True, capture_output=True, timeout=120)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    costs = [(once(batches) - once(1)) / (batches * BATCH) for _ in range(rounds)]
    return statistics.median(costs), min(costs), max(costs)


def power_of_two(value):
    return 1 << max(0, int(value) - 1).bit_length()


def size(count):
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if count >= unit:
            return f"{count / unit:.4g} {name}"
    return f"{count} B"


def row(rate, payload, buffer, loop):
    """One rate with completions of `payload` bytes in buffers of `buffer` bytes."""
    bytes_per_second = rate * 1e9 / 8
    completions = bytes_per_second / payload
    user = completions * loop
    calls = completions * SYSCALL_PER_COMPLETION + bytes_per_second * SYSCALL_PER_BYTE
    softirq = completions * SOFTIRQ_PER_COMPLETION + bytes_per_second * SOFTIRQ_PER_BYTE
    return [f"{rate}", f"{completions / 1e6:.2f}", str(power_of_two(completions * PAUSE)),
            size(int(completions * PAUSE) * buffer), f"{user:.3f}", f"{calls:.2f}", f"{softirq:.2f}",
            f"{user + calls + softirq:.2f}"]


PAUSED = f"for {PAUSE * 1e3:.0f} ms"
TITLES = ["buffer", "Gb/s", "completions and refills, million/s", f"entries {PAUSED}", f"area {PAUSED}",
          "cores: our loop", "cores: calls", "cores: softirq", "cores together"]


def table(loop, payload=None):
    """Completions fill their buffers, or carry `payload` bytes each."""
    lines = ["| " + " | ".join(TITLES) + " |", "|" + "---|" * len(TITLES)]
    for kib in BUFFERS if payload is None else BUFFERS[:1]:
        for rate in RATES:
            cells = row(rate, payload or kib << 10, kib << 10, loop)
            lines.append("| " + " | ".join([f"{kib}K", *cells]) + " |")
    return "\n".join(lines)


def text(cost):
    median, low, high = cost
    return "\n\n".join([
        f"Measured: {median * 1e9:.1f} ns of CPU time per completion (median of runs between {low * 1e9:.1f} and "
        f"{high * 1e9:.1f}), the synthetic ring included.",
        "**Every completion fills its buffer** (frames as large as the buffer, or segments joined by the NIC):",
        table(median),
        "**Every completion carries one segment of 1448 bytes** (MTU 1500, nothing joined):",
        table(median, 1448)])
