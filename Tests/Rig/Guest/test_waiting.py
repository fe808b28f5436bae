"""Placement, busy polling, minimum waits and what NAPI defers, with zero-copy queues of the software NIC."""

import os
import signal
import subprocess
from pathlib import Path

import lease
import receiving
import softnic
from receiving import MIB, Server

DEFERRING = ("--napi-defer", 100, "--gro-flush-timeout", 200000)
WISHED = {"defer_hard_irqs": 100, "gro_flush_timeout_ns": 200000}
NOTHING = {"defer_hard_irqs": 0, "gro_flush_timeout_ns": 0}
DEVICE = Path("/sys/class/net/soft0")


def deferrals():
    """What NAPI of each receive queue defers, by queue, as `nic show` reads it."""
    shown = receiving.json.loads(
        subprocess.run([lease.EXECUTABLE, "nic", "show", "-i", "soft0", "-J"], capture_output=True, check=True).stdout)
    napis = {napi["id"]: {key: napi[key] for key in WISHED} for napi in shown["napis"]}
    return {queue["id"]: napis[queue["napi_id"]] for queue in shown["queues"] if queue["type"] == "rx"}


class WaitingCase(lease.LeaseCase):
    gve = True
    personality = "generic"
    queues = 8

    def setUp(self):
        super().setUp()
        self.everything = lease.everything()
        self.deferred = deferrals()
        self.assertEqual(set(map(str, self.deferred.values())), {str(NOTHING)})

    def server(self, *options, **how):
        return Server("-i", "soft0", "--mode", "zc", *options, prepares=True, **how)

    def assertPutBack(self):
        lease.wait_for_guardians()
        self.assertRestored()
        self.assertEqual(lease.differences(self.everything, lease.everything()), {})
        self.assertEqual(deferrals(), self.deferred)

    def receive(self, *options, queues="1,2", flows=2):
        with receiving.patience(), self.server("-q", queues, *options) as server:
            meanwhile = deferrals()
            sent = receiving.send_ours(2 * MIB, flows, 4)
            self.assertEqual(server.finish(), 0, server.output)
            self.assertEqual(server.report.received, sent)
            self.assertPutBack()
            return server.report, meanwhile


class DeferralTests(WaitingCase):
    def test_it_is_set_for_the_queues_alone_recorded_and_put_back(self):
        report, meanwhile = self.receive(*DEFERRING)
        self.assertEqual({queue: meanwhile[queue] for queue in (1, 2)}, {1: WISHED, 2: WISHED})
        self.assertEqual(meanwhile[0], NOTHING)
        polling = report["polling"]
        self.assertNotIn("refusals", polling)
        self.assertEqual([entry["queue"] for entry in polling["napi_deferrals"]], [1, 2])
        for entry in polling["napi_deferrals"]:
            self.assertEqual({key: entry[key] for key in WISHED}, WISHED)

    def test_a_killed_server(self):
        with self.server("-q", 1, *DEFERRING) as server:
            self.assertEqual(deferrals()[1], WISHED)
            server.process.send_signal(signal.SIGKILL)
            server.finish()
        self.assertPutBack()

    @softnic.soft_only("gve forgets it with the instance, before anybody could put it back")
    def test_both_killed(self):
        with self.server("-q", 1, *DEFERRING) as server:
            for guardian in lease.guardians():
                os.kill(guardian, signal.SIGKILL)
            server.process.send_signal(signal.SIGKILL)
            server.finish()
        self.assertEqual(len(lease.journals()), 1)
        self.assertEqual(deferrals()[1], WISHED)
        softnic.wait_until(lambda: not softnic.is_bound(1), what="unbinding")
        restored = lease.restore()[0]
        self.assertIn("napi-set", restored)
        self.assertPutBack()

    def test_setup_foretells_makes_and_keeps_it(self):
        plan = lease.plan(*DEFERRING)
        [ynl] = [line for line in plan if "napi-set" in line]
        self.assertRegex(ynl, r"""^ynl --family netdev --do napi-set --json '\{"id": \d+, "defer-hard-irqs": 100, """
                              r""""gro-flush-timeout": 200000\}'$""")
        self.assertEqual(deferrals(), self.deferred)
        done = lease.setup(*DEFERRING)[0].splitlines()
        self.assertEqual(done, plan)
        self.assertEqual(deferrals()[3], WISHED)
        lease.restore()
        self.assertPutBack()

    def test_a_stranger_sets_it_meanwhile(self):
        lease.setup(*DEFERRING)
        # The device's setting sets every instance.
        (DEVICE / "gro_flush_timeout").write_text("777")
        lease.restore()
        self.assertEqual({entry["gro_flush_timeout_ns"] for entry in deferrals().values()}, {777})
        self.assertEqual(deferrals()[3]["defer_hard_irqs"], 0)
        (DEVICE / "gro_flush_timeout").write_text("0")
        self.assertPutBack()

    def test_a_count_without_a_timeout_is_refused_before_anything_is_changed(self):
        _, said = lease.setup("--napi-defer", 5, status=64)
        self.assertIn("--gro-flush-timeout", said)
        self.assertPutBack()


class PollingTests(WaitingCase):
    def test_the_rings_poll_the_queues_own_instances(self):
        report, _ = self.receive("--busy-poll", 100)
        self.assertEqual((report["polling"]["busy_poll_us"], report["polling"]["method"]), (100, "ring_static"))
        self.assertNotIn("refusals", report["polling"])

    def test_a_minimum_wait(self):
        report, _ = self.receive("--min-wait", 500)
        self.assertEqual(report["polling"]["min_wait_us"], 500)
        # 16 MiB in buffers of a page: a quarter of them.
        self.assertEqual(report["polling"]["min_wait_batch"], 1024)

    def test_everything_at_once(self):
        report, _ = self.receive("--busy-poll", 50, "--min-wait", 200, *DEFERRING, "--placement", "none")
        self.assertEqual(report["polling"]["method"], "ring_static")

    def test_without_a_device_the_sockets_tell(self):
        with receiving.patience(), Server("--mode", "zc-copy", "--busy-poll", 50, "--min-wait", 100) as server:
            sent = receiving.send_ours(2 * MIB, 1, 4)
            self.assertEqual(server.finish(), 0, server.output)
            self.assertEqual(server.report.received, sent)
            self.assertEqual(server.report["polling"]["method"], "ring_dynamic")


class PlacementTests(WaitingCase):
    def test_workers_are_where_the_report_says(self):
        cpus = sorted(os.sched_getaffinity(0))
        for options, expected in ((("--placement", "none"), [None, None]), (("--placement", "0,1"), [0, 1]),
                                  ((), cpus[:2])):
            with self.subTest(options=options):
                report, _ = self.receive(*options)
                workers = report["placement"]["workers"]
                self.assertEqual([worker.get("cpu") for worker in workers], expected)
                self.assertTrue(all(worker["reason"] for worker in workers))

    @softnic.soft_only("gve's interrupts tell")
    def test_where_no_interrupt_tells_who_serves_same_and_other_say_so(self):
        for wish in ("same", "other"):
            with self.subTest(wish=wish):
                report, _ = self.receive("--placement", wish)
                for worker in report["placement"]["workers"]:
                    self.assertNotIn("cpu", worker)
                    self.assertIn("not told", worker["reason"])

    def test_more_queues_than_listed_cpus(self):
        with self.server("-q", "1,2,3", "--placement", "0,1", wait=False) as server:
            self.assertEqual(server.finish(), 64)
            self.assertRegex(server.output, r"3 zero-copy queues \(-q\).*more than the 2 CPUs")
        self.assertPutBack()
