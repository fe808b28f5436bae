"""`zcrx-bench doctor --first-light`: a first run by itself, and the file that it leaves, on either NIC."""

import os
import socket
import subprocess
import tempfile
from pathlib import Path

import gvnic
import lease
import receiving
import softnic
from receiving import MIB
from server_lease import ServerLeaseCase


class FirstLight:
    """The command in the background, with a file of its own."""

    def __init__(self, *options, queue=3):
        self.folder = tempfile.TemporaryDirectory()
        self.file = Path(self.folder.name, "file")
        command = [lease.EXECUTABLE, "doctor", "--first-light", "-i", "soft0", "-q", queue, "-p", receiving.PORT,
                   "--output", self.file, *options]
        self.process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def __enter__(self):
        return self

    def wait_until_listening(self):
        softnic.wait_until(lambda: receiving.listening() or self.process.poll() is not None, 60, "listening")

    def finish(self):
        """(exit status, what was printed, what the file says)"""
        output = self.process.communicate()[0]
        lease.wait_for_guardians()
        return self.process.returncode, output, self.file.read_text()

    def __exit__(self, *error):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.folder.cleanup()


class FirstLightTests(ServerLeaseCase):
    gve = True
    personality = "gve" if gvnic.is_here() else "generic"

    def check(self, sender, meanwhile=lambda: None):
        with receiving.patience(), FirstLight() as light:
            light.wait_until_listening()
            meanwhile()
            sent = sender(MIB, 1)
            return (sent, *light.finish())

    def assertPrivate(self, text):
        address = Path("/sys/class/net/soft0/address").read_text().strip()
        for word in ("10.9.0.", "fd09:", address, "secret"):
            self.assertNotIn(word, text)

    def test_a_first_run(self):
        softnic.run("ip", "link", "set", "soft0", "alias", "secret-rack-7")
        self.addCleanup(softnic.run, "ip", "link", "set", "soft0", "alias", "")
        self.addCleanup(socket.sethostname, socket.gethostname())
        socket.sethostname("secret-host.example.org")
        sent, status, output, text = self.check(receiving.send_ours)
        self.assertEqual(status, 0, output + text)
        self.assertIn(f"Received: of {sent} bytes, every one verified, ", text)
        self.assertIn("The NIC is as before.", text)
        self.assertIn(f"zcrx-bench client {receiving.address()} -p {receiving.PORT}", output)
        for part in (os.uname().release, softnic.PERSONALITIES[self.personality], "setup: ethtool -X soft0",
                     "steer: ethtool -N soft0", "restore: ethtool -X soft0", "rss.table: "):
            self.assertIn(part, text)
        self.assertPrivate(text)
        self.assertPutBack()

    def test_stock_iperf3_will_do(self):
        _, status, output, text = self.check(receiving.send_iperf3)
        self.assertEqual(status, 0, output + text)
        self.assertIn(", not verified, ", text)
        self.assertPutBack()

    def test_a_sender_on_the_same_host_shows_nothing(self):
        def send(total, flows):
            return softnic.run(lease.EXECUTABLE, "client", receiving.address(), "-p", receiving.PORT, "-n", total)

        _, status, output, text = self.check(send)
        self.assertEqual(status, 1, output)
        self.assertIn("Copied: of ", text)
        self.assertIn("same host: ", text)
        self.assertPutBack()

    def test_what_is_not_as_before_is_named(self):
        self.addCleanup(softnic.ethtool, "-K", "soft0", "gro", "on")
        _, status, output, text = self.check(receiving.send_ours, lambda: softnic.ethtool("-K", "soft0", "gro", "off"))
        self.assertEqual(status, 1, output)
        self.assertIn("NOT as before", text)
        self.assertIn("features.rx-gro.active: true → false", text.partition("== Other than before, after the run")[2])

    def test_nobody_comes(self):
        with FirstLight("--wait", 1) as light:
            status, output, text = light.finish()
        self.assertEqual(status, 1, output)
        self.assertIn("a sender was waited for", text)
        self.assertPrivate(text)
        self.assertPutBack()

    def test_a_refusal_is_written_down(self):
        with lease.Held(queues=5) as held:
            with FirstLight() as light:
                # Its own lease is the one guardian that stays.
                output = light.process.communicate()[0]
                status, text = light.process.returncode, light.file.read_text()
            held.end()
        self.assertEqual(status, 1, output)
        self.assertIn("is being used by another zcrx-bench", text.partition("== The server's messages")[2])
        self.assertIn("No run: the server ended with status 1", text)
        self.assertPutBack()
