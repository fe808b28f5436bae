"""Areas of which ring and page pool take all, and areas that nothing can be copied into."""

import receiving
import softnic
from receiving import MIB, Server, RawStreams

NO_BUFFER = "there was no free buffer to copy into"
NO_COPY = "nothing can be copied into a dma-buf"


class SmallAreaTests(receiving.Case):
    def setUp(self):
        super().setUp()
        self.steer(1)

    def test_it_is_said_at_the_start_and_in_the_report(self):
        for size, is_small in (("1M", True), ("16M", False)):
            with self.subTest(size), Server("-i", "soft0", "-q", 1, "--area-size", size) as server:
                self.assertEqual("warning: queue 1: the area has 256 buffers" in server.output, is_small, server.output)
                receiving.send_raw(MIB)
                self.assertEqual(server.finish(), 0, server.output)
                notes = [note for note in server.report["notes"] if "the area has 256 buffers" in note]
                self.assertEqual(len(notes), is_small)
                self.assertEqual(server.report.lost, 0)
            softnic.wait_until(lambda: not softnic.is_bound(1), what="unbinding")

    def unreadable(self, words, *options):
        """Every packet leaves 64 bytes in ordinary memory: neither a raw stream nor a conversation can be read."""
        for sender in ("raw", "ours"):
            with self.subTest(sender), softnic.knob("linear_bytes", 64), \
                    Server("-i", "soft0", "-q", 1, *options) as server:
                if sender == "raw":
                    with RawStreams() as streams:
                        streams.send(1000)
                        self.assertEqual(server.finish(), 1, server.output)
                else:
                    with self.assertRaises(AssertionError):
                        receiving.send_ours(MIB)
                    self.assertEqual(server.finish(), 1, server.output)
                self.assertIn(words, server.output)
                self.assertNotIn("Bad address", server.output)
                self.assertNotIn("nor a queue of ours", server.output)
            softnic.wait_until(lambda: not softnic.is_bound(1), what="unbinding")

    def test_nothing_is_left_to_copy_into(self):
        with receiving.huge_pages(16):
            self.unreadable(NO_BUFFER, "--hugepages", "--rx-buf-len", "64K", "--area-size", "16M")

    def test_a_dma_buf(self):
        self.unreadable(NO_COPY, "--area", "dmabuf")

    def test_with_room_to_copy_it_is_read(self):
        with softnic.knob("linear_bytes", 64):
            _, truth, _ = self.receive("-q", 1, "--verify", sender=receiving.send_ours)
        self.assertGreater(truth["injected_linear_bytes"], 0)
