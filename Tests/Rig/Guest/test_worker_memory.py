"""What a zero-copy worker keeps in memory beside its area and rings."""

import re
import subprocess
import time
import unittest
from pathlib import Path

AREA = 4 << 20
# Header and entries of the refill ring, and statistics, in whole pages (Uring, RefillRegion).
REFILL = 4096 + (AREA // 4096) * 16 + 4096
LIMIT = 1 << 20
# As many as the guest has CPUs.
WORKERS = (1, 2)


class Server:
    """Without a device, whose queues would say how many workers there are."""

    def __init__(self, workers):
        self.process = subprocess.Popen(
            ["zcrx-bench", "server", "--mode", "zc-copy", "--workers", str(workers), "--area-size", str(AREA), "-p", "9999"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def receive(self, streams):
        for _ in range(50):
            client = subprocess.run(
                ["zcrx-bench", "client", "127.0.0.1", "-p", "9999", "-P", str(streams), "-n", "2M"],
                capture_output=True, text=True)
            if client.returncode == 0:
                return
            time.sleep(0.1)
        raise AssertionError(client.stdout + client.stderr)

    def resident(self):
        """Bytes of its own, those it has pinned included."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"^RssAnon:\s+(\d+) kB", status, re.MULTILINE)[1]) << 10

    def threads(self):
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        return sum((task / "comm").read_text().startswith("zero-copy") for task in tasks)


class WorkerMemoryTests(unittest.TestCase):
    def test_a_worker_keeps_little_beside_area_and_rings(self):
        resident = []
        for workers in WORKERS:
            with Server(workers) as server:
                server.receive(streams=max(WORKERS))
                self.assertEqual(server.threads(), workers)
                resident.append(server.resident())
        each = (resident[1] - resident[0]) / (WORKERS[1] - WORKERS[0])
        own = each - AREA - REFILL
        print(f"        a worker: {each / 1024:.0f} KiB resident, {own / 1024:.0f} KiB beside area and refill ring")
        self.assertLessEqual(own, LIMIT)
        # The counts of sizes are 512 KiB: less means that areas or workers were not what they are taken for.
        self.assertGreater(own, 400 << 10)
