"""The NIC lease under every personality: prepared as wished, and put back exactly, however its owner dies."""

import os
import signal

import lease
import softnic
from suite import is_full, only_in_full

REASON = "what the generic driver's tests show, on each driver"
SIGKILLED = -signal.SIGKILL


class LifeCase(lease.LeaseCase):
    """Four channels of eight, so that a lease on queue 5 has to add some."""

    personality = "generic"
    queues = 8
    # (before or after a step, both die): by default the drivers share these, as each step takes a second
    ways = [(when, both) for when in ("BEFORE", "AFTER") for both in (False, True)]
    own_way = None

    def setUp(self):
        softnic.set_channels(4)
        super().setUp()

    def tearDown(self):
        super().tearDown()
        softnic.set_channels(8)

    def assertPrepared(self, queue):
        """As wished: io_uring can bind the queue, nobody's packets are spread onto it, and a rule leads there."""
        self.assertNotIn(queue, lease.table())
        self.assertIsNone(softnic.refusal("-i", "soft0", "-q", queue))
        softnic.wait_until(lambda: not softnic.is_bound(queue))

    def assertNotPrepared(self, queue=3):
        """The split is not configured any more, whatever the driver tells about it."""
        self.assertEqual(softnic.refusal("-i", "soft0", "-q", queue), "EINVAL")

    def check_setup_and_restore(self):
        before = lease.everything()
        planned = lease.plan(queues=5)
        self.assertEqual(lease.differences(self.before, softnic.settings()), {}, "a dry run changes nothing")
        done, said = lease.setup(queues=5)
        self.assertEqual((done.splitlines(), said), (planned, ""))
        self.assertPrepared(5)
        self.assertEqual(len(lease.journals()), 1)
        self.assertEqual(lease.setup(queues=5), ("", ""), "nothing is left to do")
        self.assertEqual(lease.plan(queues=5), [])
        undone, said = lease.restore()
        self.assertEqual((len(undone.splitlines()), said), (len(planned), ""))
        self.assertEqual(lease.differences(before, lease.everything()), {})
        self.assertRestored()
        self.assertNotPrepared()
        self.assertEqual(lease.restore(), ("", ""))
        softnic.set_channels(2)
        softnic.set_channels(4)

    def check_signals(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(number), lease.Held(queues=5) as held:
                self.assertNotIn(5, lease.table())
                status, _, said = held.end(number)
                self.assertEqual((status, said), (0, ""))
                self.assertRestored()

    def check_guardian(self):
        with lease.Held("--steer-port", 9999, queues=5) as held:
            self.assertEqual(len(softnic.rule_locations()), 1)
            self.assertEqual(len(lease.guardians()), 1)
            held.kill()
            lease.wait_for_guardians()
            self.assertRestored()
        self.assertNotPrepared()

    def check_both_killed(self):
        with lease.Held("--steer-port", 9999, queues=5) as held:
            os.kill(lease.guardians()[0], signal.SIGKILL)
            held.kill()
            self.assertEqual(len(lease.journals()), 1)
            self.assertNotEqual(lease.differences(self.before, softnic.settings()), {})
            lease.restore()
            self.assertRestored()

    def check_death_at_each_step(self):
        """Takes the steps from the plan itself."""
        steps = len(lease.plan(queues=5))
        self.assertGreaterEqual(steps, 3)
        for when, both in self.ways if is_full() or not self.own_way else [self.own_way]:
            for step in range(1, steps + 1):
                with self.subTest(when=when, step=step, both=both):
                    variables = {f"ZCRX_BENCH_STOP_{when}_STEP": step, "ZCRX_BENCH_STOP_GUARDIAN": int(both)}
                    done, _ = lease.setup(queues=5, status=SIGKILLED, **variables)
                    self.assertEqual(len(done.splitlines()), step - (when == "BEFORE"))
                    if both:
                        self.assertEqual(len(lease.journals()), 1)
                        lease.restore()
                    else:
                        lease.wait_for_guardians()
                    self.assertRestored()
        self.assertNotPrepared()

    def check_next_start(self):
        """Both died; the next start puts back first, says so, and then prepares another queue."""
        lease.setup(queues=5, status=SIGKILLED, ZCRX_BENCH_STOP_AFTER_STEP=3, ZCRX_BENCH_STOP_GUARDIAN=1)
        with lease.Held(queues=4) as held:
            self.assertPrepared(4)
            status, _, said = held.end()
        self.assertEqual(status, 0)
        self.assertIn("has died; its changes are put back", said)
        self.assertRestored()


class Lives:
    """Inside another class, where nothing collects them: the tests of each driver."""

    class Short(LifeCase):
        def test_setup_and_restore(self):
            self.check_setup_and_restore()

        def test_death_at_each_step(self):
            self.check_death_at_each_step()

    class Generic(Short):
        def test_signals(self):
            self.check_signals()

        def test_guardian(self):
            self.check_guardian()

        def test_both_killed(self):
            self.check_both_killed()

        def test_next_start(self):
            self.check_next_start()

    class Driver(Short):
        @only_in_full("what the generic driver's tests and test_server_lease show, on each driver")
        def test_death_at_each_step(self):
            self.check_death_at_each_step()

        @only_in_full(REASON)
        def test_signals(self):
            self.check_signals()

        @only_in_full(REASON)
        def test_guardian(self):
            self.check_guardian()

        @only_in_full(REASON)
        def test_both_killed(self):
            self.check_both_killed()

        @only_in_full(REASON)
        def test_next_start(self):
            self.check_next_start()


class Generic(Lives.Generic):
    def test_rss_by_ioctl(self):
        """The way of kernels that read RSS over netlink and cannot set it (6.15, 6.16)."""
        by_netlink = lease.plan(queues=5)
        done, _ = lease.setup("--rss-by-ioctl", queues=5)
        self.assertEqual(done.splitlines(), by_netlink)
        self.assertPrepared(5)
        lease.restore()
        self.assertRestored()
        softnic.set_channels(2)
        softnic.set_channels(4)


class Bnxt(Lives.Driver):
    personality = "bnxt"
    own_way = "AFTER", False


class Gve(Lives.Driver):
    gve = True
    personality = "gve"
    own_way = "BEFORE", True


class Mlx5(Lives.Driver):
    personality = "mlx5"
    own_way = "AFTER", True


class Fbnic(Lives.Driver):
    personality = "fbnic"
    own_way = "BEFORE", False
