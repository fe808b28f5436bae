"""The server prepares an untouched interface, steers each stream, proves where it came in, and puts everything back."""

import errno
import os
import signal

import lease
import receiving
import softnic
from receiving import MIB, Server
from server_lease import Deaths, ServerLeaseCase
from suite import only_in_full


def has_a_rule_for_each():
    try:
        return len(softnic.rule_locations()) == 128
    except OSError as error:
        if error.errno == errno.EMSGSIZE:  # there was one more than had been counted a moment before
            return False
        raise


class GenericTests(Deaths, ServerLeaseCase):
    def test_the_next_start_puts_back_what_two_deaths_left(self):
        with self.server("-q", 1, once=False) as server:
            for guardian in lease.guardians():
                os.kill(guardian, signal.SIGKILL)
            server.process.send_signal(signal.SIGKILL)
            server.finish()
        self.assertEqual(len(lease.journals()), 1)
        softnic.wait_until(lambda: not softnic.is_bound(1), what="unbinding")
        report, _, _ = self.receive(queues="2")
        self.assertEqual({stream["placement"]["queue"] for stream in report["streams"]}, {2})
        self.assertPutBack()

    def test_a_stranger_changes_rss_meanwhile(self):
        with self.server("-q", 7, once=False) as server:
            softnic.ethtool("-X", "soft0", "equal", 2)
            theirs = lease.table()
            server.process.send_signal(signal.SIGTERM)
            self.assertEqual(server.finish(), 0, server.output)
            self.assertIn("somebody else", server.output)
        lease.wait_for_guardians()
        self.assertEqual(lease.table(), theirs)
        softnic.reset_table()
        self.assertPutBack()

    def test_a_connection_on_another_queue_survives(self):
        with softnic.connection(9000) as (receiver, sender):
            softnic.transfer(receiver, sender)
            with self.server("-q", 1, once=False) as server:
                softnic.transfer(receiver, sender)
                server.process.send_signal(signal.SIGTERM)
                softnic.transfer(receiver, sender)
                self.assertEqual(server.finish(), 0, server.output)
            softnic.transfer(receiver, sender)
        lease.wait_for_guardians()
        self.assertPutBack()

    def test_life(self):
        self.check_life()

    def test_a_killed_server(self):
        self.check_kill()

    def test_signals(self):
        self.check_signals()

    def test_a_stock_client(self):
        report, _, _ = self.receive(sender=receiving.send_iperf3, total=4 * MIB)
        self.assertGreater(report.zero_copied[1], 0)
        self.assertEqual({stream["placement"]["queue"] for stream in report["streams"]}, {1, 2})
        self.assertPutBack()

    def test_ipv6(self):
        report, truth, sent = self.receive(family=6)
        self.assertEqual({stream["placement"]["queue"] for stream in report["streams"]}, {1, 2})
        self.assertPutBack()

    def test_raw_streams(self):
        report, truth, sent = self.receive(sender=receiving.send_raw)
        self.assertEqual(report.received, sent)
        self.assertPutBack()

    def test_many_streams_have_many_rules(self):
        with receiving.patience(), self.server("-q", "1-4") as server:
            client = receiving.Sender(
                receiving.in_peer, receiving.SERVER, "client", receiving.address(), "-p", receiving.PORT, "-t", 2,
                "-P", 128, "--interval", 0)
            softnic.wait_until(has_a_rule_for_each, what="a rule for each stream")
            client.finish()
            self.assertEqual(server.finish(), 0, server.output)
            lease.wait_for_guardians()
            counts = {}
            for stream in server.report["streams"]:
                if stream["received"]["bytes"] > 0:
                    queue = stream["placement"]["queue"]
                    counts[queue] = counts.get(queue, 0) + 1
            self.assertEqual(set(counts), {1, 2, 3, 4}, counts)
            self.assertGreater(sum(counts.values()), 64, "most streams brought something")
        self.assertPutBack()

    def test_steering_by_port(self):
        report, truth, sent = self.receive("--steer", "port", queues="1")
        # The rule stood before the first packet came.
        self.assertEqual(truth.uring_copied, 0)
        self.assertTrue(all(stream["placement"]["queue"] == 1 for stream in report["streams"]))
        self.assertPutBack()

    def test_a_driver_that_refuses_rules_for_streams(self):
        with softnic.knob("refuse_tuple_rules", 1):
            report, truth, sent = self.receive(queues="1")
        self.assertTrue(any("--steer port" in note for note in report["notes"]), report["notes"])
        self.assertPutBack()

    def test_no_steering_receives_by_copy_and_says_so(self):
        report, truth, sent = self.receive("--steer", "none", queues="1")
        self.assertEqual(report.zero_copied, (0, 0))
        self.assertTrue(all(not stream["placement"]["is_ours"] for stream in report["streams"]))
        self.assertTrue(report["zero_copy"]["likely_causes"])
        self.assertPutBack()

    def test_kept(self):
        self.receive("--keep-nic", queues="1")
        self.assertNotEqual(lease.differences(self.before, softnic.settings()), {})
        lease.restore()
        self.assertPutBack()

    def test_a_refused_split(self):
        with softnic.knob("refuse_split", 1), self.server("-q", 1, wait=False) as server:
            self.assertIn(server.finish(), (1, 77))
            self.assertIn("could not be prepared", server.output)
        self.assertPutBack()

    def test_auto_falls_back_with_the_reason_and_leaves_nothing(self):
        with softnic.knob("refuse_split", 1), Server("-i", "soft0", "-q", 1, prepares=True) as server:
            receiving.send_ours(MIB)
            self.assertEqual(server.finish(), 0, server.output)
            settings = server.report["settings"]
            self.assertEqual(settings["mode"], "epoll")
            self.assertIn("could not be prepared", settings["mode_reason"])
        self.assertPutBack()

    def test_a_queue_that_does_not_start(self):
        softnic.set_knob("fail_queue_start", 1)
        with self.server("-q", 1, wait=False) as server:
            self.assertEqual(server.finish(), 1)
            self.assertIn("EIO", server.output)
        lease.wait_for_guardians()
        self.assertPutBack()

    def test_a_second_server_is_refused(self):
        with self.server("-q", 1, once=False) as first:
            with self.server("-q", 2, "-p", 9998, wait=False) as second:
                self.assertEqual(second.finish(), 1)
                self.assertIn("another zcrx-bench", second.output)
            first.process.send_signal(signal.SIGTERM)
            self.assertEqual(first.finish(), 0, first.output)
        lease.wait_for_guardians()
        self.assertPutBack()

    def test_a_port_in_use_leaves_nothing(self):
        with Server("--mode", "zc-copy", once=False) as other:
            for options in ((), ("--keep-nic",)):
                with self.subTest(options), self.server("-q", 1, *options, wait=False) as server:
                    self.assertEqual(server.finish(), 1)
                    lease.wait_for_guardians()
                    self.assertPutBack()
            self.end(other)
        self.assertPutBack()


class BnxtTests(Deaths, ServerLeaseCase):
    personality = "bnxt"

    def test_life(self):
        self.check_life()

    @only_in_full("what the generic driver's tests show, on each driver")
    def test_a_killed_server(self):
        self.check_kill()

    @only_in_full("what the generic driver's tests show, on each driver")
    def test_signals(self):
        self.check_signals()


class GveTests(BnxtTests):
    gve = True
    personality = "gve"
    steered = "1"


class Mlx5Tests(BnxtTests):
    personality = "mlx5"


class FbnicTests(BnxtTests):
    personality = "fbnic"
