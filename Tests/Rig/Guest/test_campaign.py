"""`client --compare` and `--sweep` against a server with a zero-copy queue: every mode by one command."""

import json

import receiving
from receiving import PORT, SERVER
from server_lease import ServerLeaseCase


class CampaignTests(ServerLeaseCase):
    def campaign(self, *options):
        """The document of a campaign in the peer's namespace."""
        output = receiving.in_peer(SERVER, "client", receiving.address(), "-p", PORT, "--no-membw", "--json", *options)
        (document,) = json.loads(output).values()
        return document

    def test_every_mode_by_one_command(self):
        # Buffers of 4 KiB prove nothing with packets of 1500 bytes (docs/zero-copy.md).
        with receiving.patience(), receiving.huge_pages(16), \
                self.server("-q", "1", "--allow-compare", "--hugepages", "--rx-buf-len", "16K", once=False) as server:
            document = self.campaign("--compare", "all", "--rounds", "2", "-n", "2M")
            self.end(server)
        self.assertPutBack()
        self.assertEqual(document["outcome"], {"status": "completed"})
        self.assertEqual([mode["name"] for mode in document["modes"] if "unavailable" not in mode],
                         ["epoll", "uring", "mmap", "discard", "zc-copy", "zc"])
        proven = {}
        for round_ in document["rounds"]:
            for one in round_["runs"]:
                self.assertNotIn("failure", one)
                proven.setdefault(one["mode"], []).append(one["figures"]["zero_copy_proven"])
        self.assertEqual({mode: len(runs) for mode, runs in proven.items()}, dict.fromkeys(proven, 2))
        self.assertGreater(min(proven.pop("zc")), 0.5)
        self.assertEqual({max(runs) for mode, runs in proven.items() if mode != "mmap"}, {0})
        # What must be alike is told for each mode, and is alike.
        places = set()
        for mode in document["modes"]:
            (queue,) = [fact for fact in mode["facts"] if fact.startswith("queue ")]
            self.assertTrue(queue.startswith("queue 1") and queue.endswith(" of soft0"), mode)
            self.assertIn("soft0's data split on", mode["facts"])
            (worker,) = [fact for fact in mode["facts"] if fact.startswith("worker 0: ")]
            places.add(worker.split(",")[0])
        self.assertEqual(len(places), 1, places)

    def test_buffers_and_places_are_swept(self):
        with receiving.patience(), receiving.huge_pages(16), \
                self.server("-q", "1", "--allow-compare", "--hugepages", once=False) as server:
            document = self.campaign("--sweep", "rx-buf-len=4K,16K", "placement=same,other", "flows=2", "--rounds", "1",
                                     "-n", "2M")
            self.end(server)
        self.assertPutBack()
        self.assertEqual([point["values"] for point in document["points"]],
                         [["4K", "same", "2"], ["4K", "other", "2"], ["16K", "same", "2"], ["16K", "other", "2"]])
        for point in document["points"]:
            (one,) = point["runs"]
            self.assertNotIn("failure", one)
            self.assertGreater(one["figures"]["zero_copy_possible"], 0.5, point)
