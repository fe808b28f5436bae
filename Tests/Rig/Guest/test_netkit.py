"""A queue of the software NIC, leased to a netkit interface in a network namespace of its own: received through it."""

import contextlib
import re
import socket
import subprocess
from pathlib import Path

import receiving
import softnic
from receiving import MIB

QUEUE_CREATE, LEASE, LEASE_INTERFACE, LEASE_QUEUE, LEASE_NAMESPACE = 16, 8, 1, 2, 3
FIRST, BOX = "/proc/1/ns/net", "/run/netns/box"


class NetkitTests(receiving.Case):
    def setUp(self):
        super().setUp()
        softnic.batch("netns add box", "link add nk1 type netkit mode l2 forward peer forward name nk0 numrxqueues 2",
                      "link set nk0 netns box", "addr add 10.10.0.1/24 dev nk1", "link set nk1 up")
        self.addCleanup(self.remove)
        softnic.batch("link set lo up", "addr add 10.10.0.2/24 dev nk0", "link set nk0 up",
                      "route add default via 10.10.0.1", namespace=("-n", "box"))
        softnic.batch("route add 10.10.0.0/24 via 10.9.0.1", namespace=("-n", "peer"))
        softnic.run("sysctl", "-w", "net.ipv4.ip_forward=1")
        interface = softnic.device_index()
        with softnic.inside(BOX):
            # The first namespace's id, as the netkit pair has made it there.
            (number,) = {int(found) for found in re.findall(r"link-netnsid (\d+)", softnic.run("ip", "link"))}
            lease = [(LEASE_INTERFACE, interface), (LEASE_QUEUE, {1: 1, 3: 0}), (LEASE_NAMESPACE, number)]
            (made,) = softnic.netdev(
                QUEUE_CREATE, [(2, socket.if_nametoindex("nk0")), (3, 0), (LEASE, lease)], dump=False)
        self.assertEqual(made[1], bytes([1, 0, 0, 0]))
        self.steer(1)

    def remove(self):
        softnic.run("sysctl", "-w", "net.ipv4.ip_forward=0")
        softnic.batch("route del 10.10.0.0/24 via 10.9.0.1", namespace=("-n", "peer"))
        if Path("/sys/class/net/nk1").exists():
            softnic.batch("link del nk1")
        softnic.batch("netns del box")

    def doctor(self, *options):
        done = subprocess.run(["ip", "netns", "exec", "box", "/bin/zcrx-bench", "doctor", "-i", "nk0", *options],
                              capture_output=True, text=True, timeout=40)
        return done.returncode, done.stdout

    def test_the_doctor_names_the_lease(self):
        status, text = self.doctor("-q", "1")
        self.assertEqual(status, 0, text)
        self.assertIn("queue 1 of nk0 is leased from a device of another network namespace", " ".join(text.split()))
        self.assertNotIn("ethtool -G nk0", text)

    def test_a_queue_that_is_received_through(self):
        with contextlib.ExitStack() as stack:
            # Started in the namespace, which a child inherits.
            stack.enter_context(softnic.inside(BOX))
            server = stack.enter_context(receiving.Server("-i", "nk0", "-q", 1, "--mode", "zc", "--steer", "none"))
            with softnic.inside(FIRST):
                softnic.reset_truth()
                receiving.in_peer(receiving.SERVER, "client", "10.10.0.2", "-p", receiving.PORT, "-n", 2 * MIB, "-P", 2,
                                  "--verify", "--interval", 0)
                self.assertEqual(server.finish(), 0, server.output)
                report, truth = server.report, softnic.truth()
        self.assertEqual(truth.uring_copied, 0, "nothing was copied")
        self.assertEqual(report.received, 2 * MIB)
        self.assertEqual(report.zero_copied[1], 2 * MIB)
        self.assertEqual([note for note in report["notes"] if "none of ours" in note], [])
        self.assertIn("queue 1 of nk0 is leased from a device of another network namespace", report["notes"])
        self.assertEqual([stream.get("placement") for stream in report["streams"]], [None, None])
        self.assertEqual(report["zero_copy"]["likely_causes"], [])

    def test_an_interface_that_goes_ends_the_server(self):
        with softnic.inside(BOX), receiving.Server("-i", "nk0", "-q", 1, "--mode", "zc", "--steer", "none") as server:
            with softnic.inside(FIRST):
                softnic.batch("link set nk1 down")
                self.assertIsNone(server.process.poll(), "that something has changed is no end")
                softnic.batch("link del nk1")
                self.assertEqual(server.finish(), 1, server.output)
            self.assertIn("interface nk0 is gone", server.output)
