"""io_uring's zero-copy receive over the software NIC: what is bound, what is copied, and that nothing breaks."""

import os
import threading
import time

import netlink
import softnic
from suite import is_full


class ZeroCopyCase(softnic.PreparedCase):
    def receive(self, *options, mib=2, queue=1):
        return softnic.receive(*options, mib=mib, queue=queue)

    def setUp(self):
        self.location = softnic.add_rule("flow-type", "tcp4", "dst-port", 9999, "action", 1)
        softnic.reset_truth()

    def tearDown(self):
        softnic.wait_until(lambda: not softnic.is_bound(1), what="unbinding")
        softnic.let_go()
        softnic.delete_rule(self.location)


class TruthTests(ZeroCopyCase):
    def test_steered_and_split_nothing_is_copied(self):
        account = self.receive("--expect-copied", "none")
        truth = softnic.truth()
        self.assertEqual(truth.uring_copied, 0)
        self.assertGreaterEqual(truth["soft0_zero_copy_bytes"], 2 << 20, "more, when TCP sent something twice")
        self.assertEqual(account["bytes"], 2 << 20)

    def test_on_another_queue_all_is_copied(self):
        softnic.ethtool("-X", "soft0", "equal", 1)
        softnic.delete_rule(self.location)
        try:
            self.receive()
        finally:
            softnic.reset_table()
            self.location = softnic.add_rule("flow-type", "tcp4", "dst-port", 9999, "action", 1)
        truth = softnic.truth()
        self.assertEqual(truth.uring_copied, 2 << 20)
        self.assertEqual(truth["soft0_zero_copy_bytes"], 0)

    def test_linear_bytes_are_copied_and_the_kernel_does_not_say_so(self):
        """Why there is a ground truth: copies out of the linear area are in no statistic of the kernel's.

        It counts only those that coalescing in the receive queue has made a fragment of.
        """
        with softnic.knob("linear_bytes", 500):
            account = self.receive()
        truth = softnic.truth()
        self.assertLess(account["copy_bytes"], truth.uring_copied)
        self.assertGreater(truth.uring_copied, 0)
        self.assertLessEqual(truth.uring_copied, truth["soft0_linear_bytes"])
        self.assertGreaterEqual(truth.uring_copied + truth["soft0_zero_copy_bytes"], 2 << 20)

    def test_an_offset_proves_zero_copy(self):
        self.assertEqual(self.receive()["proven_zero_copy_bytes"], 0)
        softnic.ethtool("-K", "soft0", "rx-gro-hw", "off")
        try:
            with softnic.knob("payload_offset", 64):
                self.assertEqual(self.receive()["proven_zero_copy_bytes"], 2 << 20)
        finally:
            softnic.ethtool("-K", "soft0", "rx-gro-hw", "on")

    def test_a_late_rule_leaves_copied_bytes(self):
        softnic.delete_rule(self.location)
        softnic.ethtool("-X", "soft0", "equal", 1)
        with softnic.knob("misdirect_frames", 12):
            self.location = softnic.add_rule("flow-type", "tcp4", "dst-port", 9999, "action", 1)
        try:
            account = self.receive()
        finally:
            softnic.reset_table()
        self.assertGreater(account["copy_bytes"], 0)
        truth = softnic.truth()
        self.assertEqual(truth.uring_copied, account["copy_bytes"])
        self.assertGreaterEqual(truth.uring_copied + truth["soft0_zero_copy_bytes"], 2 << 20)

    def test_nothing_is_lost_while_frames_are(self):
        with softnic.knob("drop_every", 17), softnic.knob("reorder_every", 7):
            self.receive(mib=1)
        truth = softnic.truth()
        self.assertGreater(truth["injected_drops"], 0)
        self.assertEqual(truth.uring_copied, 0)

    def test_an_area_smaller_than_the_ring_is_all_posted(self):
        """256 buffers would be posted, 128 exist: none are left for copies."""
        with softnic.hold(1, "--area-size", 512 << 10):
            pools = softnic.netdev(softnic.PAGE_POOL_GET, {})
            ours = [pool for pool in pools if 8 in pool and 6 not in pool]
            self.assertEqual([int.from_bytes(pool[4], "little") for pool in ours], [128])
            self.assertGreater(softnic.queue_statistics()["rx", 1]["rx_alloc_fail"], 0)


class BindingTests(ZeroCopyCase):
    def setUp(self):
        super().setUp()
        # plain recv() fails with EFAULT on what arrives through a bound queue
        softnic.ethtool("-X", "soft0", "equal", 1)

    def tearDown(self):
        super().tearDown()
        softnic.reset_table()

    def test_refusals_of_the_kernel(self):
        self.assertEqual(softnic.refusal("-i", "soft0", "-q", 8), "ERANGE")
        self.assertEqual(softnic.refusal("-i", "lo", "-q", 0), "EOPNOTSUPP")
        self.assertEqual(softnic.refusal("-i", "nowhere", "-q", 0), "ENODEV")
        softnic.rings(split=softnic.SPLIT_OFF)
        self.assertEqual(softnic.refusal("-i", "soft0", "-q", 1), "EINVAL")
        softnic.rings(split=softnic.SPLIT_ON, hds_thresh=1)
        self.assertEqual(softnic.refusal("-i", "soft0", "-q", 1), "EINVAL")
        softnic.rings(hds_thresh=0)

    def test_a_bound_queue_protects_its_settings(self):
        with softnic.hold(7):
            self.assertTrue(softnic.is_bound(7))
            self.assertRefused("memory provider", "ethtool", "-G", "soft0", "tcp-data-split", "off")
            self.assertRefused("memory provider", "ethtool", "-L", "soft0", "combined", 4)
        softnic.wait_until(lambda: not softnic.is_bound(7))

    def test_a_program_and_a_provider_exclude_each_other(self):
        program = softnic.pass_program(frags=True)
        self.addCleanup(os.close, program)
        softnic.attach(program)
        try:
            self.assertEqual(softnic.refusal("-i", "soft0", "-q", 1, "--unbinding-seconds", 0), "EEXIST")
        finally:
            softnic.attach(-1)
        with softnic.hold(1):
            with self.assertRaises(netlink.NetlinkError) as refused:
                softnic.attach(program)
            self.assertIn("memory provider", refused.exception.message)

    def test_a_queue_that_does_not_start(self):
        """The kernel puts the old queue back; registration answers with the driver's error."""
        softnic.set_knob("fail_queue_start", 1)
        self.assertEqual(softnic.refusal("-i", "soft0", "-q", 1), "EIO")
        self.assertEqual(softnic.get_knob("fail_queue_start"), 0)
        self.assertFalse(softnic.is_bound(1))
        self.assertEqual(softnic.truth()["injected_start_failures"], 1)
        self.assertEqual(softnic.send().queues, {1}, "the old queue works")

    def test_bind_cycles_under_traffic(self):
        stop = threading.Event()
        with softnic.connection(8000) as (receiver, sender):
            def keep_sending():
                while not stop.is_set():
                    softnic.transfer(receiver, sender, 50_000)

            traffic = threading.Thread(target=keep_sending)
            traffic.start()
            try:
                status, lines = softnic.probe("bind", "-i", "soft0", "-q", 7, "--area-size", 1 << 20,
                                              "--count", 100 if is_full() else 20)
            finally:
                stop.set()
                traffic.join()
        self.assertEqual(status, 0, lines[-1:])
        self.assertEqual(len(lines), 100 if is_full() else 20)

    def test_link_down_and_up_while_bound(self):
        with softnic.hold(1):
            softnic.batch("link set soft0 down")
            softnic.batch("link set soft0 up", "addr replace fd09::1/64 dev soft0 nodad")
            self.assertTrue(softnic.is_bound(1))
            softnic.send(8001)
        softnic.wait_until(lambda: not softnic.is_bound(1))

    def test_the_module_can_go_while_a_queue_is_bound(self):
        stop = threading.Event()
        with softnic.connection(8002) as (receiver, sender):
            def keep_sending():
                sender.settimeout(0.2)
                while not stop.is_set():
                    try:
                        sender.send(bytes(20000))
                    except OSError:
                        pass

            traffic = threading.Thread(target=keep_sending)
            traffic.start()
            try:
                with softnic.hold(1):
                    softnic.run("rmmod", "softnic")
                    self.assertFalse(softnic.is_loaded())
                    time.sleep(0.05)
            finally:
                stop.set()
                traffic.join()
        softnic.load()
        softnic.prepare()
        self.location = softnic.add_rule("flow-type", "tcp4", "dst-port", 9999, "action", 1)
        self.receive()
