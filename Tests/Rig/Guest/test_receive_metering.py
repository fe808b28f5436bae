"""What a zero-copy server's report says of interface and CPUs, beside what the kernel says before and after."""

import os

import receiving
import softnic
from receiving import MIB


class MeteringTests(receiving.Case):
    queues = 4

    def setUp(self):
        super().setUp()
        self.enterContext(receiving.patience())

    def run_on_queue_1(self):
        """(report, bytes sent, what the kernel's queue counters grew by around the life of the server)."""
        self.steer(1)
        before = softnic.queue_statistics()
        report, _, sent = self.receive("-q", 1, sender=receiving.send_ours, flows=2)
        after = softnic.queue_statistics()
        grown = {queue: {name: value - before[queue].get(name, 0) for name, value in counters.items()}
                 for queue, counters in after.items()}
        return report, sent, grown

    def test_the_queues_counters_are_the_runs(self):
        report, sent, grown = self.run_on_queue_1()
        network, interface = report["network"], report["environment"]["interface"]
        self.assertEqual((network["interface"], interface["name"], interface["choice"]), ("soft0", "soft0", "named"))
        self.assertEqual(network["absent"], [])
        [queue] = network["queues"]
        self.assertEqual(queue["queue"], 1)
        self.assertEqual({stream["placement"]["napi"] for stream in report["streams"]}, {queue["napi"]})
        counters = queue["counters"]
        self.assertGreaterEqual(counters["bytes"], sent)
        # The handshakes before the run and the farewell after it are in the kernel's own difference as well.
        self.assertLessEqual(counters["bytes"], grown["rx", 1]["rx_bytes"])
        self.assertLess(grown["rx", 1]["rx_bytes"] - counters["bytes"], 64 << 10)
        self.assertLessEqual(counters["packets"], grown["rx", 1]["rx_packets"])
        for ours, theirs in (("allocation_failures", "rx_alloc_fail"), ("drops", "rx_hw_drops")):
            self.assertLessEqual(counters[ours], grown["rx", 1].get(theirs, 0), ours)
        self.assertIn("joined_packets", counters)
        self.assertLess(network["other_queues"]["bytes"], sent / 10)
        self.assertGreater(network["transmit"]["packets"], 0)
        self.assertGreaterEqual(network["link"]["received_bytes"], sent)

    def test_the_zero_copy_pool_is_told_apart(self):
        report, _, _ = self.run_on_queue_1()
        pools = report["network"]["page_pools"]
        self.assertEqual([(pool["queue"], pool["is_zero_copy"]) for pool in pools], [(1, True)])

    def test_failing_allocations_show(self):
        self.steer(1)
        with softnic.knob("pool_fail_every", 10):
            report, _, _ = self.receive("-q", 1, total=MIB)
        [queue] = report["network"]["queues"]
        self.assertGreater(queue["counters"]["allocation_failures"], 0)

    def test_without_an_interrupt_the_socket_tells_the_cpu(self):
        report, _, _ = self.run_on_queue_1()
        [queue] = report["network"]["queues"]
        self.assertNotIn("interrupt", queue)
        sources = {cpu["cpu"]: cpu["softirq"] for cpu in report["cpus"] if cpu["softirq"]}
        self.assertLessEqual(set(sources), set(range(os.cpu_count())))
        served = sorted(stream for lists in sources.values() for source in lists for stream in source["streams"])
        self.assertEqual(served, [stream["id"] for stream in report["streams"]])
        workers = [worker for cpu in report["cpus"] for worker in cpu["workers"]]
        self.assertEqual(workers, [worker["index"] for worker in report["workers"]])
