import machine
import mirror

DEFAULT = mirror.keyring_of(None)

STANZAS = """\
# the machine's own
Types: deb deb-src
URIs: http://one.example/debian
  http://two.example/debian/
Suites: bookworm bookworm-updates
# in the middle of a stanza
Components: main contrib
Signed-By: /nonexistent/keyring.gpg

Types: deb
URIs: http://one.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
Enabled: no
URIs: http://switched-off.example/debian
Suites: trixie
Components: main

types: deb
uris: mirror+file:/etc/apt/mirrors/debian.list
SUITES: stable
components:
 main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEYCQjIxYJKwYBBAHaRw8BAQdAD/P5Nvvnvk66SxBBHDbhRml9ORg1WV5CvzKY
 -----END PGP PUBLIC KEY BLOCK-----

Types: deb-src
URIs: http://sources-only.example/debian
Suites: trixie
Components: main
"""
LINES = """\
# deb http://commented.example/debian trixie main
deb http://three.example/debian bookworm main contrib # the nearest
deb [arch=amd64 signed-by=/etc/hostname] http://four.example/debian/ trixie-backports main
deb-src http://sources-only.example/debian trixie main
  deb   [ trusted=yes ]   file:/srv/debian   sid   main
deb cdrom:[Debian GNU/Linux]/ trixie main
deb cdrom:/media/cdrom trixie main
deb http://vendor.example/apt nodistro main
deb http://vendor.example/pgdg bookworm-pgdg main
deb http://vendor.example/docker bookworm stable
deb http://flat.example/ ./
"""


class MirrorTests(machine.FolderCase):
    def configured(self, **files):
        (self.folder / "sources.list.d").mkdir(exist_ok=True)
        for name, text in files.items():
            (self.folder / name.replace("__", ".").replace("_IN_", ".d/")).write_text(text)
        return mirror.configured(self.folder)

    def test_both_formats_in_any_file(self):
        found = self.configured(sources__list=LINES, sources__list_IN_any__sources=STANZAS)
        self.assertEqual([entry.uri for entry in found], [
            "http://three.example/debian", "http://four.example/debian", "file:/srv/debian",
            "http://one.example/debian", "http://two.example/debian", "mirror+file:/etc/apt/mirrors/debian.list"])

    def test_a_named_keyring_that_exists_is_used_and_debians_otherwise(self):
        keyrings = {entry.uri: entry.keyring for entry in self.configured(sources__list_IN_x__list=LINES)}
        self.assertEqual(keyrings["http://four.example/debian"], "/etc/hostname")
        self.assertEqual(keyrings["http://three.example/debian"], DEFAULT)
        stanzas = {entry.uri: entry.keyring for entry in self.configured(sources__list_IN_y__sources=STANZAS)}
        self.assertEqual(set(stanzas.values()), {DEFAULT, "/etc/hostname"})

    def test_files_that_apt_ignores_are_ignored(self):
        found = self.configured(sources__list_IN_x__list__save=LINES, sources__list_IN_y__disabled=STANZAS)
        self.assertEqual(found, [])

    def test_the_same_mirror_counts_once(self):
        line = "deb http://one.example/debian bookworm main\n"
        self.assertEqual(len(self.configured(sources__list=line + line.replace("bookworm", "bookworm-updates"))), 1)

    def test_no_configuration_at_all(self):
        self.assertEqual(mirror.configured(self.folder / "nowhere"), [])

    def test_the_line_for_a_suite(self):
        self.assertEqual(mirror.Mirror("http://one.example/debian", "/k.gpg").line("trixie"),
                         "deb [signed-by=/k.gpg] http://one.example/debian trixie main\n")
        self.assertEqual(mirror.Mirror("file:/srv/debian").line("sid"), "deb copy:/srv/debian sid main\n")
