"""How streams reach the server's queues: rules of a port and the RSS context they lead to, the user's own steering."""

import json
import os
import re
import signal
import unittest.mock

import lease
import receiving
import softnic
from receiving import MIB
from server_lease import ServerLeaseCase, steps
from softnic import ethtool
from suite import only_in_full

FLOWS = 8


class ContextCase(ServerLeaseCase):
    def setUp(self):
        softnic.spread_ports(self)
        super().setUp()

    def queues_of(self, report):
        """Where streams came in, those too that brought only their handshake: on a slow machine a few bring all."""
        return {stream["placement"]["queue"] for stream in report["streams"]}

    def queues_of_payload(self, report):
        return {stream["placement"]["queue"] for stream in report["streams"] if stream["received"]["bytes"]}

    def notes(self, report, text):
        return [note for note in report["notes"] if text in note]

    def check_context(self, *options, family=4):
        report, truth, sent, output = self.receive_saying(
            "--steer", "port", "-V", "--verify", *options, flows=FLOWS, family=family)
        receiving.check_accounts(self, report, truth, sent, receiving.conversation(FLOWS))
        # The rules stood before the first packet came.
        self.assertEqual((self.queues_of(report), truth.uring_copied), ({1, 2}, 0))
        self.assertEqual(self.notes(report, "every stream goes to"), [])
        entries = len(lease.table()) // 2
        self.assertEqual(steps(output)[1], [
            f"ethtool -X soft0 context new weight 0 {entries} {entries}",
            f"ethtool -N soft0 flow-type tcp4 dst-port {receiving.PORT} context 1",
            f"ethtool -N soft0 flow-type tcp6 dst-port {receiving.PORT} context 1"])
        deletions = [line for line in output.splitlines() if line.endswith("context 1 delete")]
        self.assertEqual(deletions, ["zcrx-bench: restore: ethtool -X soft0 context 1 delete"])
        self.assertPutBack()


class GenericTests(ContextCase):
    def test_a_context_over_the_queues(self):
        self.check_context()

    def test_a_context_for_ipv6(self):
        self.check_context(family=6)

    def test_all_of_it_by_ioctl(self):
        """The way of kernels that read RSS over netlink and cannot set it (6.15, 6.16)."""
        with unittest.mock.patch.dict(os.environ, ZCRX_BENCH_RSS_BY_IOCTL="1"):
            self.check_context()
            self.check_kill("--steer", "port", queues="1,2")

    def test_the_fallback_where_a_stream_can_have_no_rule(self):
        with softnic.knob("refuse_tuple_rules", 1):
            report, truth, sent, output = self.receive_saying("--verify", "-V", flows=FLOWS)
        receiving.check_accounts(self, report, truth, sent, receiving.conversation(FLOWS))
        self.assertLessEqual(self.queues_of_payload(report), {1, 2})
        self.assertEqual([command.partition(" weight")[0] for command in steps(output)[1]], [
            "ethtool -X soft0 context new",
            f"ethtool -N soft0 flow-type tcp4 dst-port {receiving.PORT} context 1",
            f"ethtool -N soft0 flow-type tcp6 dst-port {receiving.PORT} context 1"])
        self.assertEqual(len(self.notes(report, "(--steer port)")), 1, report["notes"])
        self.assertGreater(report.zero_copied[1], 0.5 * sent)
        self.assertPutBack()

    def test_ipv6_link_local_streams_have_rules_of_their_own(self):
        """An address of such a peer has its interface behind it (fe80::1%soft0), which no packet carries."""
        def send(total, flows, family):
            text = softnic.run("ip", "-6", "-o", "addr", "show", "dev", "soft0", "scope", "link", "-tentative")
            address = re.search(r"fe80::[0-9a-f:]+", text)[0]
            output = receiving.in_peer(receiving.SERVER, "client", f"{address}%soft1", "-p", receiving.PORT, "-n", total,
                                       "-P", flows, "--verify", "--interval", 0, "-J")
            return json.loads(output)["end"]["sum_sent"]["bytes"]

        report, truth, sent, output = self.receive_saying("-V", "--verify", sender=send, queues="1")
        receiving.check_accounts(self, report, truth, sent, receiving.conversation(2))
        _, steering = steps(output)
        self.assertEqual(len(steering), 2)
        for command in steering:
            self.assertRegex(command, r"^ethtool -N soft0 flow-type tcp6 src-ip fe80::[0-9a-f:]+ dst-ip fe80::[0-9a-f:]+ "
                                      rf"src-port \d+ dst-port {receiving.PORT} action 1$")
        self.assertEqual(self.queues_of_payload(report), {1})
        self.assertGreater(report.zero_copied[1], 0.5 * sent)
        self.assertEqual(self.notes(report, "no flow rule"), [])
        self.assertPutBack()

    def test_the_reason_is_said_in_each_report(self):
        with softnic.knob("refuse_tuple_rules", 1), receiving.patience(), \
                self.server("-q", 1, once=False) as server:
            for count in (1, 2):
                receiving.send_ours(MIB)
                softnic.wait_until(lambda: len(server.reports()) == count, what="the report")
            self.end(server)
            for report in server.reports():
                self.assertEqual(len(self.notes(report, "(--steer port)")), 1, report["notes"])
        self.assertPutBack()

    def test_a_killed_server(self):
        self.check_kill("--steer", "port", queues="1,2")

    def test_both_killed(self):
        for how in ("restore", "next"):
            with self.subTest(how):
                with self.server("-q", "1,2", "--steer", "port", once=False) as server:
                    self.assertEqual(softnic.contexts(), {1: [1, 2] * (len(lease.table()) // 2)})
                    for guardian in lease.guardians():
                        os.kill(guardian, signal.SIGKILL)
                    server.process.send_signal(signal.SIGKILL)
                    server.finish()
                softnic.wait_until(lambda: not softnic.is_bound(1) and not softnic.is_bound(2), what="unbinding")
                self.assertEqual((len(softnic.contexts()), len(lease.journals())), (1, 1))
                if how == "restore":
                    lease.restore()
                else:
                    with self.server("-q", "2", once=False) as server:
                        self.assertIn("has died; its changes are put back", server.output)
                        self.end(server)
                self.assertPutBack()

    def test_contexts_of_others_stay(self):
        ethtool("-X", "soft0", "context", "new", "weight", 1, 0, 0, 1)
        with self.server("-q", "1,2", "--steer", "port", once=False) as server:
            ethtool("-X", "soft0", "context", "new", "weight", 0, 1, 1)
            self.assertEqual(sorted(softnic.contexts()), [1, 2, 3])
            self.end(server)
        # The third is as ours was, and not ours.
        self.assertEqual(sorted(softnic.contexts()), [1, 3])
        for context in (1, 3):
            ethtool("-X", "soft0", "context", context, "delete")
        self.assertPutBack()

    def test_our_context_that_others_have_changed_is_theirs(self):
        with self.server("-q", "1,2", "--steer", "port", once=False) as server:
            ethtool("-X", "soft0", "context", 1, "weight", 1, 1)
            self.end(server)
            self.assertIn("RSS context 1 of soft0 is somebody else's by now", server.output)
        ethtool("-X", "soft0", "context", 1, "delete")
        self.assertPutBack()

    def test_our_context_that_rules_of_others_lead_to_stays_until_they_are_gone(self):
        with self.server("-q", "1,2", "--steer", "port", once=False) as server:
            location = softnic.add_rule("flow-type", "tcp4", "dst-port", 22, "context", 1)
            server.process.send_signal(signal.SIGTERM)
            self.assertEqual(server.finish(), 1)
            self.assertIn("which is not ours, leads to it", server.output)
        lease.wait_for_guardians()
        self.assertEqual((list(softnic.contexts()), len(lease.journals())), ([1], 1))
        softnic.delete_rule(location)
        lease.restore()
        self.assertPutBack()

    def test_rules_of_streams_are_told(self):
        _, _, _, output = self.receive_saying("-V", flows=2)
        _, steering = steps(output)
        self.assertEqual(len(steering), 2)
        for command, queue in zip(steering, (1, 2)):
            self.assertRegex(command, r"^ethtool -N soft0 flow-type tcp4 src-ip 10\.9\.0\.2 dst-ip 10\.9\.0\.1 "
                                      rf"src-port \d+ dst-port {receiving.PORT} action {queue}$")
        removals = [line for line in output.splitlines() if line.startswith("zcrx-bench: restore: ethtool -N")]
        self.assertEqual(len(removals), 2)
        self.assertPutBack()

    def test_what_is_told_does_the_same_by_hand(self):
        with self.server("-q", "1,2", "--steer", "port", "-V", once=False) as server:
            ours = softnic.contexts(), ethtool("-n", "soft0")
            self.end(server)
            _, steering = steps(server.output)
        for command in steering:
            softnic.run(*command.split())
        contexts = {1: sorted(softnic.contexts()[1])}
        self.assertEqual((contexts, ethtool("-n", "soft0")), ({1: sorted(ours[0][1])}, ours[1]))
        for location in softnic.rule_locations():
            softnic.delete_rule(location)
        ethtool("-X", "soft0", "context", 1, "delete")
        self.assertPutBack()


class UsersSteeringTests(ContextCase):
    def test_a_rule_of_the_user(self):
        location = softnic.add_rule("flow-type", "tcp4", "dst-port", receiving.PORT, "action", 1)
        for method in ("flow", "port"):
            with self.subTest(method), self.server("-q", 1, "--steer", method, wait=False) as server:
                self.assertEqual(server.finish(), 1)
                said = rf"flow rule {location} of soft0 already leads to queue 1.*--steer none"
                self.assertRegex(server.output, said)
        self.assertEqual((lease.journals(), softnic.rule_locations()), ([], [location]))
        report, truth, sent, output = self.receive_saying("--steer", "none", "-V", queues="1")
        self.assertEqual((self.queues_of(report), truth.uring_copied, steps(output)[1]), ({1}, 0, []))
        self.assertEqual(softnic.rule_locations(), [location])
        softnic.delete_rule(location)
        self.assertRestored()

    def test_a_context_of_the_user(self):
        ethtool("-X", "soft0", "context", "new", "weight", 0, 1, 1)
        location = softnic.add_rule("flow-type", "tcp4", "dst-port", receiving.PORT, "context", 1)
        with self.server("-q", "1,2", wait=False) as server:
            self.assertEqual(server.finish(), 1)
            self.assertRegex(server.output, "RSS context 1 of soft0 spreads packets onto queue 1.*--steer none")
        report, truth, sent = self.receive("--steer", "none", flows=FLOWS)
        self.assertEqual((self.queues_of(report), truth.uring_copied), ({1, 2}, 0))
        softnic.delete_rule(location)
        self.assertEqual(list(softnic.contexts()), [1])
        ethtool("-X", "soft0", "context", 1, "delete")
        self.assertPutBack()


class CheapRefusalTests(ContextCase):
    """What can be refused before the interface is touched is refused before. The first step would kill the server."""

    def setUp(self):
        super().setUp()
        self.enterContext(unittest.mock.patch.dict(os.environ, ZCRX_BENCH_STOP_BEFORE_STEP="1"))

    def assertRefused(self, text, *options):
        with self.server("-q", 1, *options, wait=False) as server:
            self.assertEqual(server.finish(), 1, server.output)
            self.assertIn(text, server.output)
        self.assertPutBack()

    def test_a_port_in_use(self):
        # Its journal's folder is there already, and shows a journal that comes and goes.
        lease.JOURNALS.mkdir(mode=0o700, exist_ok=True)
        before = lease.JOURNALS.stat().st_mtime_ns
        with receiving.Server("--mode", "zc-copy", once=False) as other:
            self.assertRefused("another program uses the port")
            self.end(other)
        self.assertEqual(lease.JOURNALS.stat().st_mtime_ns, before)

    def test_a_report_that_cannot_be_written(self):
        self.assertRefused("cannot write the report", "--json", "/nonexistent/report.json")

    def test_an_address_that_is_not_here(self):
        self.assertRefused("this machine does not have that address", "-B", "192.0.2.1")

    def test_more_memory_than_there_is(self):
        self.assertRefused("were to be pinned, and the machine has", "--area-size", "64G")

    def test_what_is_not_refused_dies(self):
        with self.server("-q", 1, wait=False) as server:
            self.assertEqual(server.finish(), -signal.SIGKILL)
        lease.wait_for_guardians()
        self.assertPutBack()


class GveTests(ContextCase):
    """No contexts."""

    gve = True
    personality = "gve"

    def test_without_contexts_all_goes_to_the_first_queue(self):
        report, truth, sent = self.receive("--steer", "port", flows=4)
        self.assertEqual((self.queues_of(report), truth.uring_copied), ({1}, 0))
        notes = self.notes(report, "every stream goes to queue 1: no RSS context over all queues was made: ")
        self.assertEqual(len(notes), 1, report["notes"])
        self.assertIn("Operation not supported", notes[0])
        self.assertPutBack()


class FbnicTests(ContextCase):
    """One context besides the first, and the driver chooses where rules go."""

    personality = "fbnic"

    def test_a_context_over_the_queues(self):
        self.check_context()

    def test_a_rule_table_that_is_full_once(self):
        """Room for one rule of ours: one for the port takes its place. The next test has room, and rules of its own."""
        others = [softnic.add_rule("flow-type", "tcp4", "dst-port", 20000 + number, "action", 0) for number in range(47)]
        self.addCleanup(lambda: [softnic.delete_rule(location) for location in softnic.rule_locations()])
        with receiving.patience(), self.server("-q", "1", "-V", "--verify", once=False) as server:
            receiving.send_ours(MIB, flows=3)
            softnic.wait_until(lambda: len(server.reports()) == 1, 20, "the report")
            self.assertEqual(len(softnic.rule_locations()), 48)
            for location in others[:10]:
                softnic.delete_rule(location)
            receiving.send_ours(MIB, flows=3)
            softnic.wait_until(lambda: len(server.reports()) == 2, 20, "the second report")
            self.assertEqual(len(softnic.rule_locations()), 37, "the rule of the port is gone, and those of the streams")
            self.end(server)
            first, second = server.reports()
            said = steps(server.output)[1]
        (note,) = self.notes(first, "(--steer port)")
        self.assertRegex(note, r"^the rule of stream \d+ was refused .*, to which the rules of 1 stream gave way$")
        (arrivals,) = self.notes(first, "by the queue of their last packet: ")
        # One that brought only its handshake was never on our queue.
        self.assertEqual(sum(map(int, re.findall(r"(\d+) stream", arrivals))), 3)
        self.assertRegex(arrivals, r"\d streams? on queue 1")
        self.assertEqual([self.queues_of_payload(report) for report in (first, second)], [{1}, {1}])
        self.assertEqual(self.notes(second, "refused") + self.notes(second, "no flow rule"), [])
        self.assertEqual(len([command for command in said if "src-port" in command]), 4)
        for location in others[10:]:
            softnic.delete_rule(location)
        self.assertPutBack()

    def test_the_only_context_is_somebody_elses(self):
        ethtool("-X", "soft0", "context", "new", "weight", 1, 0, 0, 1)
        report, truth, sent = self.receive("--steer", "port", flows=4)
        self.assertEqual(self.queues_of(report), {1})
        self.assertEqual(len(self.notes(report, "no RSS context over all queues was made")), 1, report["notes"])
        ethtool("-X", "soft0", "context", 1, "delete")
        self.assertPutBack()


@only_in_full("what the generic driver's tests show, on each driver")
class BnxtTests(ContextCase):
    personality = "bnxt"

    def test_a_context_over_the_queues(self):
        self.check_context()


@only_in_full("what the generic driver's tests show, on each driver")
class Mlx5Tests(ContextCase):
    personality = "mlx5"

    def test_a_context_over_the_queues(self):
        self.check_context()
