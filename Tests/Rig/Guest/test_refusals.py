"""What `zcrx-bench server` says when zero-copy receive is refused: what was tried, why here, and what mends it."""

import contextlib
import ctypes
import json
import os
import re
import resource
import signal
import subprocess
import threading
import time
import unittest
from pathlib import Path

import express_data_path
import netlink
import softnic

SERVER = ("/bin/zcrx-bench", "server", "-p", "9999", "-1")
ZERO_COPY = ("--mode", "zc", "-i", "soft0", "--no-nic-setup")
PR_CAPBSET_DROP, CAP_NET_ADMIN, CAP_IPC_LOCK = 24, 12, 14


class Server:
    """A server that is ended with the block; `text` is what it said, `seconds` how long it took to say so."""

    def __init__(self, *options, **how):
        if "-i" in options and "--no-nic-setup" not in options and "--mode" not in options:
            # What the lease would mend is what these tests are about.
            options += ("--no-nic-setup",)
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [*SERVER, *map(str, options)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **how)
        self.text, self.seconds, self.listens = "", None, False
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.text += line
            if line.startswith("Server listening"):
                self.listens, self.seconds = True, time.monotonic() - self.started

    def wait(self):
        status = self.process.wait()
        self.reader.join()
        self.seconds = self.seconds or time.monotonic() - self.started
        return status

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()


class RefusalCase:
    """What all the cases share; the area is small because memory is pinned slowly under emulation."""

    def refused(self, pattern, *options, status=1, command=ZERO_COPY, queue=1, **how):
        """The server does not start, and says why in one line; that line."""
        place = ("-q", queue) if "-i" in command else ()
        size = () if "--area-size" in options else ("--area-size", "16M")
        with Server(*command, *place, *size, *options, **how) as server:
            self.assertEqual(server.wait(), status, server.text)
            self.assertFalse(server.listens)
            (line,) = [line for line in server.text.splitlines() if line.startswith("zcrx-bench: error: ")]
            self.assertRegex(line, pattern)
            self.seconds = server.seconds
        return line

    @contextlib.contextmanager
    def listening(self, *options, **how):
        with Server(*options, **how) as server:
            softnic.wait_until(lambda: server.listens or server.process.poll() is not None, what="listening")
            self.assertTrue(server.listens, server.text)
            yield server

    def accepted(self, *options, queue=1, **how):
        """What a server says that does start."""
        place = ("-q", queue) if "-i" in options else ()
        with self.listening(*options, *place, **how) as server:
            # It has said everything when it has ended.
            server.process.terminate()
            server.wait()
        softnic.wait_until(lambda: not softnic.is_bound(queue), what="unbinding")
        return server.text


def doctor(*options, **how):
    """As it is, without what a server would prepare: test_doctor.py is about that."""
    options += ("--no-nic-setup",) if "-i" in options else ()
    done = subprocess.run(["/bin/zcrx-bench", "doctor", *map(str, options)], capture_output=True, text=True,
                          **how)
    return done.returncode, done.stdout


def pools():
    """The page pools of soft0 that are in use, by their numbers; a queue that is started anew has a new one."""
    return {netlink.number(pool[1]) for pool in softnic.netdev(softnic.PAGE_POOL_GET, {})
            if netlink.number(pool.get(2, b"")) == softnic.device_index() and 6 not in pool}


class SettingTests(RefusalCase, softnic.Case):
    def setUp(self):
        softnic.prepare()

    def tearDown(self):
        softnic.wait_until(lambda: not softnic.is_bound(1), what="unbinding")
        softnic.rings(split=softnic.SPLIT_AUTO)

    def test_nothing_is_in_the_way(self):
        """The control of all others."""
        text = self.accepted(*ZERO_COPY, "-V")
        self.assertRegex(text, r"queue 1: pages of \d+ \w+ in buffers of 4096 bytes; entries of the refill ring \d+")
        status, report = doctor("-i", "soft0", "-q", 1)
        self.assertEqual(status, 0, report)

    def test_data_split_is_off(self):
        softnic.rings(split=softnic.SPLIT_OFF)
        self.refused(r"cannot bind queue 1 of soft0 .*EINVAL .*tcp-data-split is not switched on — "
                     r"ethtool -G soft0 tcp-data-split on")
        status, report = doctor("-i", "soft0", "-q", 1)
        self.assertEqual(status, 1, report)
        self.assertRegex(report, r"(?m)^  tcp-data-split +PROBLEM .*(\n  +[a-z].*)?\n +→ ethtool -G soft0 tcp-data-split on")

    def test_what_the_message_names_mends_it(self):
        softnic.rings(split=softnic.SPLIT_OFF)
        line = self.refused("— ")
        softnic.run(*line.partition(" — ")[2].split())
        self.accepted(*ZERO_COPY, "--area-size", "16M")

    def test_auto_says_it_in_one_line_and_receives_by_copy(self):
        softnic.rings(split=softnic.SPLIT_OFF)
        with self.listening("-i", "soft0", "-q", 1) as server:
            with softnic.connect(9999) as sender:
                sender.sendall(softnic.pattern(100_000))
            self.assertEqual(server.wait(), 0, server.text)
        (line,) = [line for line in server.text.splitlines() if line.startswith("Reason: ")]
        self.assertRegex(line, r"EINVAL.*ethtool -G soft0 tcp-data-split on; receiving with epoll instead$")

    def test_a_threshold(self):
        softnic.rings(split=softnic.SPLIT_ON, hds_thresh=1)
        try:
            self.refused(r"EINVAL .*hds-thresh is not 0 — ethtool -G soft0 hds-thresh 0")
            self.assertEqual(doctor("-i", "soft0", "-q", 1)[0], 1)
        finally:
            softnic.rings(hds_thresh=0)

    def test_a_queue_there_is_not(self):
        self.refused(r"no queue 8: soft0 has 8 receive queues \(0-7\)", queue=8, status=64)
        status, report = doctor("-i", "soft0", "-q", 8)
        self.assertEqual(status, 1, report)

    def test_a_queue_that_does_not_start(self):
        softnic.set_knob("fail_queue_start", 1)
        self.refused(r"EIO .*see dmesg")

    def test_the_interface_is_down(self):
        softnic.batch("link set soft0 down")
        try:
            self.refused(r"soft0 is down — ip link set dev soft0 up")
            self.assertEqual(doctor("-i", "soft0", "-q", 1)[0], 1)
        finally:
            softnic.batch("link set soft0 up", "addr replace fd09::1/64 dev soft0 nodad")

    def test_an_interface_there_is_not(self):
        self.refused(r"no interface 'nowhere'; there are: .*soft0", command=("--mode", "zc", "-i", "nowhere"), status=64)
        self.assertEqual(doctor("-i", "nowhere")[0], 64)

    def test_another_holder(self):
        with softnic.hold(1):
            self.refused(r"EEXIST .*queue 1 is held by an io_uring .* — choose another queue")
            self.assertGreater(self.seconds, 5)
            status, report = doctor("-i", "soft0", "-q", 1)
            self.assertEqual(status, 1, report)
            self.assertEqual(doctor("-i", "soft0", "-q", 2)[0], 0)
            self.accepted(*ZERO_COPY, "--area-size", "16M", queue=2)

    def test_a_dying_holder_is_waited_for(self):
        """For five seconds, which the kernel may take on a busy machine to work off the holder's end."""
        for _ in range(4):
            with softnic.hold(1) as holder:
                with Server(*ZERO_COPY, "-q", 1) as server:
                    time.sleep(1)
                    self.assertFalse(server.listens)
                    holder.process.send_signal(signal.SIGKILL)
                    softnic.wait_until(lambda: server.listens or server.process.poll() is not None, what="listening")
                    if server.listens:
                        break
        self.assertTrue(server.listens, server.text)
        self.assertGreater(server.seconds, 0.9)

    def test_no_device_with_zero_copy(self):
        self.refused(r"EOPNOTSUPP .*driver lo has no zero-copy receive", command=("--mode", "zc", "-i", "lo"),
                     queue=0, status=77)
        self.assertEqual(doctor("-i", "lo")[0], 77)

    def test_the_doctor_binds_nothing(self):
        before = pools()
        status, document = doctor("-i", "soft0", "-q", 1, "--json")
        document = json.loads(document)
        self.assertEqual((status, document["verdict"], document["exit_status"]), (0, "ready", 0))
        self.assertEqual({check["state"] for check in document["kernel"]}, {"ok"}, "all of it is in Linux 7.3")
        self.assertEqual(document["interface"]["queue"], 1)
        self.assertEqual(pools(), before)
        # Whoever binds a queue starts it anew, with another pool of pages.
        self.assertIsNone(softnic.refusal("-i", "soft0", "-q", 1))
        softnic.wait_until(lambda: not softnic.is_bound(1), what="unbinding")
        self.assertNotEqual(pools(), before)


class MemoryTests(RefusalCase, softnic.Case):
    def setUp(self):
        softnic.prepare()

    def tearDown(self):
        softnic.wait_until(lambda: not softnic.is_bound(1), what="unbinding")
        softnic.rings(split=softnic.SPLIT_AUTO)

    @contextlib.contextmanager
    def huge_pages(self, count):
        softnic.reserve_huge_pages(count)
        try:
            yield
        finally:
            softnic.HUGE_PAGES.write_text("0\n")

    def test_no_huge_pages(self):
        # Pages that an earlier test's packets still held are there as surplus.
        self.refused(r"64 MiB of huge pages .*ENOMEM .*32 huge pages are needed, and 0 of \d+ are free — "
                     r"sysctl vm.nr_hugepages=\d+", "--hugepages", "--area-size", "64M")
        with self.huge_pages(32):
            self.accepted(*ZERO_COPY, "--hugepages", "--area-size", "64M")

    def test_a_buffer_length_that_does_not_fit_falls_back_and_says_so(self):
        text = self.accepted(*ZERO_COPY, "--rx-buf-len", "128K", "--area-size", "16M", "-V")
        self.assertRegex(text, r"queue 1: pages of 16 MiB in buffers of 4096 bytes")
        self.assertRegex(text, r"refused buffers of 131072 bytes \(ERANGE: .*--hugepages.*\); 4096 instead")

    def test_the_report_has_what_was_refused(self):
        with self.listening(*ZERO_COPY, "-q", 1, "--rx-buf-len", "128K", "--area-size", "16M", "--json",
                            "/tmp/report.json") as server:
            with softnic.connect(9999) as sender:
                sender.sendall(softnic.pattern(100_000))
            self.assertEqual(server.wait(), 0, server.text)
        report = Path("/tmp/report.json").read_text()
        self.assertRegex(report, r'"refused_options":\s*\[\s*"buffers of 131072 bytes \(ERANGE')

    def test_the_longest_buffers_there_can_be(self):
        """The software NIC takes up to 64 KiB; huge pages are longer than that."""
        with self.huge_pages(40):
            text = self.accepted(*ZERO_COPY, "--rx-buf-len", "max", "--hugepages", "--area-size", "64M", "-V")
            self.assertRegex(text, r"queue 1: hugePages of 64 MiB in buffers of 65536 bytes")
            self.assertRegex(text, r"buffers of 1048576 to 131072 bytes \(ERANGE: the driver takes no such length\)")
            text = self.accepted(*ZERO_COPY, "--rx-buf-len", "16K", "--hugepages", "--area-size", "64M", "-V")
            self.assertRegex(text, r"in buffers of 16384 bytes")
            self.assertNotIn("refused", text)

    def test_an_area_larger_than_memory_is_not_tried(self):
        self.refused(r"8192 MiB were to be pinned, and the machine has \d+ MiB left — a smaller --area-size",
                     "--area-size", "8G")

    def test_no_udmabuf(self):
        os.rename("/dev/udmabuf", "/dev/udmabuf.away")
        try:
            line = self.refused(r"dma-buf .*ENOENT .*this kernel has udmabuf, and /dev has no node for it — mknod ",
                                "--area", "dmabuf", status=77)
            status, report = doctor()
            self.assertRegex(report, r"(?m)^  /dev/udmabuf +absent .*no node for it")
            softnic.run(*re.search(r"— (mknod [^,]*),", line)[1].split())
            self.accepted(*ZERO_COPY, "--area", "dmabuf", "--area-size", "16M")
        finally:
            os.rename("/dev/udmabuf.away", "/dev/udmabuf")

    def test_no_null(self):
        """What puts the interface back when the server dies has no standard output, and /dev/null instead."""
        os.rename("/dev/null", "/dev/null.away")
        try:
            self.refused(r"cannot open /dev/null.*/dev has no such device here: mount devtmpfs",
                         command=("--mode", "zc", "-i", "soft0"))
        finally:
            os.rename("/dev/null.away", "/dev/null")

    def test_a_dmabuf_beyond_its_limit(self):
        limit = Path("/sys/module/udmabuf/parameters/size_limit_mb")
        before = limit.read_text()
        limit.write_text("8")
        try:
            line = self.refused(r"at most 8 MiB here .* — echo 16 > /sys/module/udmabuf/parameters/size_limit_mb",
                                "--area", "dmabuf")
            softnic.run("sh", "-c", re.search(r"— (echo .*), or", line)[1])
            self.accepted(*ZERO_COPY, "--area", "dmabuf", "--area-size", "16M")
        finally:
            limit.write_text(before)

    def test_without_a_device(self):
        self.accepted("--mode", "zc-copy", "--area-size", "16M")
        self.refused(r"without a device.*EINVAL .*dma-buf", "--area", "dmabuf", "--area-size", "16M",
                     command=("--mode", "zc-copy"))


class PrivilegeTests(RefusalCase, softnic.Case):
    def setUp(self):
        softnic.prepare()

    def tearDown(self):
        softnic.rings(split=softnic.SPLIT_AUTO)

    def test_nobody(self):
        nobody = {"user": 65534, "group": 65534, "extra_groups": []}
        self.refused(r"EPERM .*no CAP_NET_ADMIN — run as root", **nobody)
        self.refused(r"EPERM .*no CAP_NET_ADMIN — run as root", command=("--mode", "zc-copy"), **nobody)
        # Before anything is said of the journal, which only root may read.
        self.refused(r"CAP_NET_ADMIN", command=("--mode", "zc", "-i", "soft0"), **nobody)
        status, report = doctor("-i", "soft0", **nobody)
        self.assertEqual(status, 1, report)
        self.assertRegex(report, r"(?m)^  privileges +PROBLEM")

    def test_root_without_the_capability(self):
        self.refused(r"EPERM .*no CAP_NET_ADMIN — run as root", preexec_fn=lambda: drop(CAP_NET_ADMIN))

    def test_root_of_a_user_namespace(self):
        self.refused(r"EPERM .*CAP_NET_ADMIN only in a user namespace of its own.* — run as root outside",
                     preexec_fn=enter_user_namespace)

    def test_locked_memory(self):
        def limited():
            resource.setrlimit(resource.RLIMIT_MEMLOCK, (1 << 20, 1 << 20))
            drop(CAP_IPC_LOCK)

        self.refused(r"ENOMEM .*16777216 bytes are to be pinned, and this process may pin 1048576 — ulimit -l",
                     "--area-size", "16M", preexec_fn=limited)
        self.refused(r"ENOMEM .*16777216 bytes are to be pinned, and this process may pin 1048576 — ulimit -l",
                     "--area-size", "16M", command=("--mode", "zc-copy"), preexec_fn=limited)
        status, report = doctor(preexec_fn=limited)
        self.assertEqual(status, 1, report)
        self.assertRegex(report, r"(?m)^  locked memory +PROBLEM")


def drop(capability):
    """Takes a capability away from what the calling process will execute as root."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def enter_user_namespace():
    os.unshare(os.CLONE_NEWUSER)
    for name, text in (("setgroups", "deny"), ("uid_map", "0 0 1"), ("gid_map", "0 0 1")):
        Path(f"/proc/self/{name}").write_text(text)


class PersonalityTests(RefusalCase, unittest.TestCase):
    def tearDown(self):
        softnic.unload()

    def test_gve_cannot_bind_queue_zero(self):
        softnic.load("gve")
        softnic.prepare()
        self.refused(r"gve cannot restart queue 0 — choose another queue", queue=0)
        self.assertEqual(doctor("-i", "soft0", "-q", 0)[0], 1)
        self.accepted(*ZERO_COPY, "--area-size", "16M")

    def test_gve_knows_one_buffer_length(self):
        softnic.load("gve")
        softnic.prepare()
        for length in ("64K", "max"):
            text = self.accepted(*ZERO_COPY, "--rx-buf-len", length, "--area-size", "16M", "-V")
            self.assertRegex(text, r"refused buffers of \d+ bytes \(EOPNOTSUPP: the driver knows one length only\)")

    @softnic.soft_only("a personality of the software NIC")
    def test_mlx5_without_hardware_gro(self):
        softnic.load("mlx5")
        self.refused(r"EINVAL .*rx-gro-hw is on — ethtool -K soft0 rx-gro-hw on")
        status, report = doctor("-i", "soft0", "-q", 1)
        self.assertEqual(status, 1, report)
        self.assertRegex(report, r"(?m)^  rx-gro-hw +PROBLEM .*(\n .*)*→ ethtool -K soft0 rx-gro-hw on")

    @softnic.soft_only("a personality of the software NIC")
    def test_fbnic_reports_a_split_that_nobody_asked_for(self):
        softnic.load("fbnic")
        softnic.rings(hds_thresh=0)
        line = self.refused(r"EINVAL .*fbnic reports tcp-data-split as on even where nobody has switched it on")
        self.assertRegex(doctor("-i", "soft0", "-q", 1)[1], r"(?m)^  tcp-data-split +warning")
        softnic.run(*line.partition(" — ")[2].split())
        self.accepted(*ZERO_COPY, "--area-size", "16M")

    @softnic.soft_only("a personality of the software NIC")
    def test_bnxt_as_booted(self):
        softnic.load("bnxt")
        self.refused(r"EINVAL .*hds-thresh is not 0 — ethtool -G soft0 hds-thresh 0")


class ExpressDataPathTests(RefusalCase, unittest.TestCase):
    """The module goes after each: a program leaves features other than it found them."""

    def setUp(self):
        softnic.load()

    def tearDown(self):
        softnic.unload()

    def test_an_xdp_program(self):
        """It does not go away by waiting, as a dying holder does."""
        softnic.prepare()
        # gve takes none in driver mode while it splits headers off.
        for driver_mode in (False,) if softnic.gvnic.is_here() else (False, True):
            with self.subTest(driver_mode=driver_mode), express_data_path.Attached("soft0", driver_mode, True):
                mode = "xdpdrv" if driver_mode else "xdpgeneric"
                self.refused(rf"EEXIST .*an XDP program is attached — ip link set dev soft0 {mode} off")
                # What is waited for for 5 s, a queue that somebody holds, takes that much longer.
                with_a_program = self.seconds
                self.refused("no queue 8", queue=8, status=64)
                self.assertLess(with_a_program, self.seconds + 4)
                self.assertEqual(doctor("-i", "soft0", "-q", 1)[0], 1)

    def test_an_xdp_program_that_keeps_the_split_off(self):
        with express_data_path.Attached("soft0"):
            with Server(*ZERO_COPY, "-q", 1, "--area-size", "16M") as server:
                self.assertEqual(server.wait(), 1, server.text)
            self.assertRegex(server.text, r"also: an XDP program is attached — ip link set dev soft0 xdpgeneric off")
            self.assertRegex(server.text, r"error: .*EINVAL .*tcp-data-split is not switched on")


if __name__ == "__main__":
    unittest.main()
