import json

import machine
import kernel_version
import preparation
from failure import ArchiveFailure, Usage
from kernel_version import Kernel
from mirror import Mirror

KERNEL = Kernel("7.3.4+deb13", "trixie-backports", "linux-binary-7.3.4+deb13-cloud-amd64", True)


class PreparationTests(machine.FolderCase):
    def preparation(self, mirrors=()):
        return preparation.Preparation(self.folder, self.folder / "sources", list(mirrors))

    def test_no_mirror_is_said(self):
        with self.assertRaisesRegex(ArchiveFailure, "no Debian mirror is configured"):
            self.preparation().kernel("", refresh=False)

    def test_a_mirror_that_is_not_there_is_said(self):
        # A folder, and no network: apt fails in the same way.
        with self.assertRaisesRegex(ArchiveFailure, "could not be fetched.*apt-get says"):
            self.preparation([Mirror(f"file:{self.folder}/nowhere")]).kernel("", refresh=False)

    def remember(self, recipe):
        (self.folder / "kernels" / "k").mkdir(parents=True)
        (self.folder / "chosen.json").write_text(json.dumps(
            {"": {"kernel": vars(KERNEL), "folder": "k", "recipe": recipe}}))

    def test_a_prepared_kernel_needs_no_mirror(self):
        self.remember(preparation.prefixes.recipe())
        self.assertEqual(self.preparation().kernel("", refresh=False), (KERNEL, self.folder / "kernels" / "k"))

    def test_one_made_in_another_way_or_asked_for_anew_does(self):
        self.remember("another")
        with self.assertRaises(ArchiveFailure):
            self.preparation().kernel("", refresh=False)

    def test_a_fresh_look_does(self):
        self.remember(preparation.prefixes.recipe())
        with self.assertRaises(ArchiveFailure):
            self.preparation().kernel("", refresh=True)

    def test_later_suites_are_asked_only_for_what_the_first_do_not_have(self):
        asked = []

        class Offers(preparation.Preparation):
            def archive(self, suites, refresh=False):
                asked.append(suites)
                return self

            def fetch(self, command):
                return command()

            def offered(self, suites, refresh=False):
                return [KERNEL]

        with self.assertRaises(Usage):
            Offers(self.folder, self.folder, []).kernel("9.9", refresh=False)
        self.assertEqual(asked, [kernel_version.BUILD_SUITES, kernel_version.SUITES, kernel_version.SUITES])
