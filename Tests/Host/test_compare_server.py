"""What a server does for a client that compares modes (docs/compare.md), driven by iperf3's protocol in Python."""

import socket
import unittest

import iperf_peer
from harness import EXECUTABLE, HostCase, ServerCase, documents
from process import run, until

COPYING = ("epoll", "mmap", "discard")
SIZE = 300_000


def wish(**extras):
    return {"zcrx_bench": {"version": "0", **extras}}


class ChoosingCase(ServerCase):
    """Tests with wishes, beside the server's own document of each."""

    def ask(self, count=1, size=SIZE, **extras):
        """A whole test of a client of ours; returns what the server told it under its own key."""
        results = []

        def test():
            with iperf_peer.Client(self.port) as client:
                client.running(count, num=size * count, **wish(**extras))
                for stream in client.streams:
                    stream.sendall(b"\xa5" * size)
                results.append(client.finish([size] * count, zcrx_bench={"totals": []}))
        self.reports_after(test)
        return results[0]["zcrx_bench"]

    def mode(self, **extras):
        report = self.ask(**extras)["report"]
        self.assertEqual(report["outcome"]["status"], "completed", report)
        self.assertEqual(report["received"]["bytes"], SIZE)
        return report["settings"]["mode"]

    def refused(self, **extras):
        """The reason the server gives for refusing a test, as told to who asks."""
        with iperf_peer.Client(self.port) as client:
            client.connect().offer(iperf_peer.parameters(**wish(**extras)))
            self.assertEqual(client.refusal(), (iperf_peer.SERVER_ERROR, 13))
        return self.ask(asks_for_modes=True)["last_refusal"]


class NothingAllowed(ChoosingCase):
    def test_every_wish_is_refused_with_the_reason(self):
        for extras in ({"mode": "discard"}, {"mode": "epoll"}, {"rx_buf_len": 16384}, {"placement": "same"}):
            with self.subTest(extras):
                reason = self.refused(**extras)
                self.assertIn("--allow-compare", reason)
                said = documents(self.server.stdout)
                self.assertTrue(any(reason in str(one.get("error")) for one in said), "the operator is told too")

    def test_a_question_is_answered(self):
        answer = self.ask(asks_for_modes=True)
        self.assertEqual(answer["report"]["settings"]["mode"], "epoll")
        self.assertEqual(set(answer["modes"]), {"zc", "zc-copy", "epoll", "uring", "mmap", "discard"})
        for mode in answer["modes"].values():
            self.assertIn("--allow-compare", mode["unavailable"])
        self.assertNotIn("last_refusal", answer)
        self.assertNotIn("modes", self.ask())


class EverythingAllowed(ChoosingCase):
    server_options = ("-J", "--allow-compare")

    def test_modes_in_turn_and_back(self):
        for _ in range(2):
            for mode in (*COPYING, "epoll"):
                self.assertEqual(self.mode(mode=mode), mode)
            self.assertEqual(self.mode(), "epoll")

    def test_who_asks_for_nothing_gets_the_servers_own(self):
        for own in (lambda: self.both(lambda: self.client(self.port, "-J", "-n", "1M"))[1],
                    lambda: self.both(lambda: self.iperf3(self.port, "-J", "-n", "1M"))[1], self.raw):
            self.assertEqual(self.mode(mode="discard"), "discard")
            report = own()["zcrx_bench"]
            self.assertEqual(report["settings"]["mode"], "epoll")
            self.assertEqual(report["copy_account"]["discarded"], 0)

    def raw(self):
        def send():
            with socket.create_connection(("127.0.0.1", self.port)) as stream:
                stream.sendall(b"\xa5" * SIZE)
        return self.reports_after(send)[0]

    def test_a_question_has_the_servers_own_mode(self):
        self.assertEqual(self.mode(mode="discard"), "discard")
        answer = self.ask(asks_for_modes=True, mode="mmap")
        self.assertEqual(answer["report"]["settings"]["mode"], "epoll")
        for mode in COPYING:
            self.assertEqual(answer["modes"][mode], {})
        self.assertIn("-i", answer["modes"]["zc"]["unavailable"])

    def test_a_refusal_is_told_once(self):
        self.assertIn("(-i)", self.refused(mode="zc"))
        self.assertNotIn("last_refusal", self.ask(asks_for_modes=True))
        for extras in ({"mode": "fast"}, {"mode": 7}, {"rx_buf_len": 5000}, {"placement": "none"},
                       {"mode": "epoll", "rx_buf_len": 16384}, {"mode": "zc-copy", "placement": "same"}):
            with self.subTest(extras):
                self.assertTrue(self.refused(**extras))
        with iperf_peer.Client(self.port) as client:
            client.connect().offer(iperf_peer.parameters(**wish(mode="zc")))
            client.refusal()
        self.mode(mode="epoll")
        self.assertNotIn("last_refusal", self.ask(asks_for_modes=True), "a test that was served came in between")

    def test_a_refusal_of_a_stranger_is_told_to_nobody(self):
        with iperf_peer.Client(self.port) as client:
            client.connect().offer(iperf_peer.parameters(parallel=1000))
            client.refusal()
        self.assertNotIn("last_refusal", self.ask(asks_for_modes=True))

    def test_verification_in_another_mode(self):
        self.assertIn("discard", self.refused(mode="discard", verify=True, pattern=True))

    def test_placement_is_of_one_test(self):
        report = self.ask(mode="epoll", placement="same")["report"]
        self.assertEqual(report["placement"]["wish"], "same")
        self.assertEqual(self.ask()["report"]["placement"]["wish"], "auto")

    def test_clients_that_die_in_the_middle(self):
        for index in range(12):
            mode = (*COPYING, "epoll")[index % 4]
            client = iperf_peer.Client(self.port)
            phases = iperf_peer.Client.PHASES
            phase = phases[index % len(phases)]
            self.assert_survived()
            with client, self.subTest(mode=mode, phase=phase):
                client.connect()
                if phase == "connected":
                    continue
                client.offer(iperf_peer.parameters(num=SIZE, **wish(mode=mode)))
                if phase == "parameters":
                    continue
                client.open_streams()
                if phase == "streams":
                    continue
                client.start()
                client.streams[0].sendall(b"\xa5" * SIZE)
                if phase == "end":
                    iperf_peer.send_state(client.control, iperf_peer.TEST_END)
        self.assertEqual(self.mode(), "epoll")

    def test_fifty_changes_leave_nothing_behind(self):
        for index in range(50):
            mode = COPYING[index % len(COPYING)]
            self.assertEqual(self.mode(mode=mode), mode)


class SomeAllowed(ChoosingCase):
    server_options = ("-J", "--allow-compare=discard")

    def test_only_what_is_listed(self):
        self.assertEqual(self.mode(mode="discard"), "discard")
        self.assertEqual(self.mode(), "epoll")
        self.assertIn("does not allow epoll", self.refused(mode="epoll"))
        self.assertIn("does not allow epoll", self.refused(placement="same"))


class CommandLine(HostCase):
    def test_one_test_is_no_comparison(self):
        finished = self.ended(run(EXECUTABLE, "server", "-1", "--allow-compare", "-p", "0"), 64)
        self.assertIn("leave -1 out", finished.stderr)

    def test_a_mode_that_is_none(self):
        for modes in ("fast", "epoll,epoll", "epoll,", "auto"):
            with self.subTest(modes):
                self.ended(run(EXECUTABLE, "server", f"--allow-compare={modes}", "-p", "0"), 64)

    def test_the_list_is_read_with_and_without_an_equals_sign(self):
        for options in (("--allow-compare=discard", "-J"), ("--allow-compare", "discard", "-J"),
                        ("-J", "--allow-compare=discard")):
            with self.subTest(options):
                server = self.serve(*options)
                for mode, code in (("discard", None), ("mmap", 13)):
                    with iperf_peer.Client(server.port) as client:
                        client.connect().offer(iperf_peer.parameters(**wish(mode=mode)))
                        if code:
                            self.assertEqual(client.refusal(), (iperf_peer.SERVER_ERROR, code))
                        else:
                            iperf_peer.expect(client.control, iperf_peer.CREATE_STREAMS)
                    until(lambda: len(documents(server.stdout)) > (code is not None), what="the test is over")
                server.stop()

    def test_a_signal_between_and_in_tests_of_other_modes(self):
        for phase in ("idle", "running"):
            with self.subTest(phase):
                server = self.serve("-J", "--allow-compare")
                with iperf_peer.Client(server.port) as client:
                    client.running(num=SIZE, **wish(mode="discard"))
                    client.streams[0].sendall(b"\xa5" * SIZE)
                    if phase == "idle":
                        client.finish([SIZE])
                        until(lambda: documents(server.stdout), what="the report")
                    finished = server.stop()
                    self.assertEqual(finished.status, 0 if phase == "idle" else 1)


if __name__ == "__main__":
    unittest.main()
