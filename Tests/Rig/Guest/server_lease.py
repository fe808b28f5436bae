"""A server that prepares the interface itself, for the guest's tests: its life, its deaths, and what it leaves."""

import itertools
import os
import signal
import unittest.mock

import lease
import receiving
import softnic
from receiving import MIB, Server
from suite import only_in_full

WAYS = list(itertools.product(("BEFORE", "AFTER"), (False, True)))


def steps(output):
    """What a verbose server has done, as it says: (settings, contexts and rules)."""
    lines = [line.removeprefix("zcrx-bench: ") for line in output.splitlines()]
    return tuple([line.partition(": ")[2] for line in lines if line.startswith(f"{kind}: ")]
                 for kind in ("setup", "steer"))


class ServerLeaseCase(lease.LeaseCase):
    personality = "generic"
    queues = 8

    def setUp(self):
        super().setUp()
        self.everything = lease.everything()

    def server(self, *options, **how):
        return Server("-i", "soft0", "--mode", "zc", *options, prepares=True, **how)

    def assertPutBack(self):
        self.assertRestored()
        self.assertEqual(lease.differences(self.everything, lease.everything()), {})

    def receive(self, *options, sender=receiving.send_ours, total=2 * MIB, flows=2, family=4, queues="1,2"):
        report, truth, sent, _ = self.receive_saying(
            *options, sender=sender, total=total, flows=flows, family=family, queues=queues)
        return report, truth, sent

    def receive_saying(self, *options, sender=receiving.send_ours, total=2 * MIB, flows=2, family=4, queues="1,2"):
        """(report, truth, bytes sent, output)"""
        with receiving.patience(), self.server("-q", queues, *options) as server:
            softnic.reset_truth()
            sent = sender(total, flows, family)
            self.assertEqual(server.finish(), 0, server.output)
            lease.wait_for_guardians()
            return server.report, softnic.truth(), sent, server.output

    def end(self, server, number=signal.SIGTERM):
        """Ends a server that goes on; its status must be 0."""
        server.process.send_signal(number)
        self.assertEqual(server.finish(), 0, server.output)
        lease.wait_for_guardians()

    def check_life(self):
        report, truth, sent = self.receive("--verify")
        receiving.check_accounts(self, report, truth, sent, receiving.conversation(2))
        # Nothing but what came before a stream's rule was copied.
        self.assertGreater(report.zero_copied[1], 0.5 * sent)
        placements = [stream["placement"] for stream in report["streams"]]
        self.assertEqual(sorted(place["queue"] for place in placements), [1, 2])
        self.assertTrue(all(place["is_ours"] for place in placements))
        arrival = report["zero_copy"]["arrival"]
        receiving.check_bound(self, arrival, [1, 2])
        streams = sorted(report["streams"], key=lambda one: one["placement"]["queue"])
        for queue, stream in zip(arrival["queues"], streams):
            self.assertGreater(queue["bytes"], 0.5 * stream["received"]["bytes"])
        self.assertFalse(any("came in elsewhere" in note for note in report["notes"]), report["notes"])
        self.assertPutBack()

    def check_kill(self, *options, queues="1"):
        with self.server("-q", queues, *options, once=False) as server:
            self.assertNotEqual(lease.differences(self.before, softnic.settings()), {})
            server.process.send_signal(signal.SIGKILL)
            server.finish()
        lease.wait_for_guardians()
        self.assertPutBack()

    def check_signals(self, *options, queues="1"):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number), self.server("-q", queues, *options, once=False) as server:
                self.end(server, number)
                self.assertPutBack()

    # gve has no contexts, and would try for one with several
    steered = "1,2"

    def check_death_at_each_step(self, *ways):
        """Dies before and after each thing it does, alone or after its guardian.

        What there is to do is taken from the plan, and from a server that lives. Without `ways`, each step has one of
        them in turn.
        """
        options = ("-q", self.steered, "--steer", "port")
        with self.server(*options, "-V", once=False) as server:
            self.end(server)
            settings, steering = steps(server.output)
        self.assertEqual(settings, lease.plan(queues=self.steered))
        self.assertGreaterEqual(len(steering), 2)
        for step in range(1, len(settings) + len(steering) + 1):
            for when, both in ways or [WAYS[step % len(WAYS)]]:
                variables = {f"ZCRX_BENCH_STOP_{when}_STEP": str(step), "ZCRX_BENCH_STOP_GUARDIAN": str(int(both))}
                with self.subTest(step=step, when=when, both=both), unittest.mock.patch.dict(os.environ, variables):
                    with self.server(*options, wait=False) as server:
                        self.assertEqual(server.finish(), -signal.SIGKILL, server.output)
                    lease.wait_for_guardians()
                    if both:
                        self.assertEqual(len(lease.journals()), 1)
                        lease.restore()
                    self.assertPutBack()


EACH_WAY = "each way of dying at each step; the steps share the ways in test_death_at_each_step"


class Deaths:
    """Beside a ServerLeaseCase. A test for each way, or they would last too long."""

    def test_death_at_each_step(self):
        self.check_death_at_each_step()

    @only_in_full(EACH_WAY)
    def test_death_before_each_step(self):
        self.check_death_at_each_step(("BEFORE", False))

    @only_in_full(EACH_WAY)
    def test_death_after_each_step(self):
        self.check_death_at_each_step(("AFTER", False))

    @only_in_full(EACH_WAY)
    def test_death_of_both_before_each_step(self):
        self.check_death_at_each_step(("BEFORE", True))

    @only_in_full(EACH_WAY)
    def test_death_of_both_after_each_step(self):
        self.check_death_at_each_step(("AFTER", True))
