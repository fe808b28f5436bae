import hashlib
import os
from pathlib import Path

import machine
import packages
from failure import ArchiveFailure
from mirror import Mirror

CONTENT = b"a package " * 1000

# A stand-in for apt-get: $STATE/version is what the mirror holds, $STATE/listed what the lists fetched last say;
# $STATE/delivers, if there, is what is downloaded instead. What it prints is worded as apt 2.6 does.
APT_GET = """#!/usr/bin/python3
import hashlib, os, shutil, sys
from pathlib import Path
state, words = Path(os.environ["STATE"]), sys.argv[1:]
with (state / "log").open("a") as log:
    print("update" if "update" in words else "list" if "--print-uris" in words else "download", file=log)
if "update" in words:
    if (state / "unreachable").exists():
        sys.exit("E: Failed to fetch http://mirror.example/debian/dists/trixie/InRelease  Could not resolve host")
    shutil.copy(state / "version", state / "listed")
    sys.exit()
version, listed = ((state / name).read_text() for name in ("version", "listed"))
name = f"tool_{listed}_amd64.deb"
content = (state / "content").read_bytes()
if "--print-uris" in words:
    print(f"'http://mirror.example/debian/pool/{name}' {name} {len(content)} "
          f"SHA256:{hashlib.sha256(content).hexdigest()}")
elif version != listed:
    sys.exit(f"E: Failed to fetch http://mirror.example/debian/pool/{name}  404  Not Found [IP: 192.0.2.1 80]\\n"
             "E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?")
elif not Path(name).exists():
    delivers = state / "delivers"
    Path(name).write_bytes(delivers.read_bytes() if delivers.exists() else content)
"""


class DownloadTests(machine.FolderCase):
    def setUp(self):
        super().setUp()
        self.bin, self.state = self.folder / "bin", self.folder / "state"
        for folder in (self.bin, self.state):
            folder.mkdir()
        (self.bin / "apt-get").write_text(APT_GET)
        (self.bin / "apt-get").chmod(0o755)
        (self.state / "content").write_bytes(CONTENT)
        (self.state / "version").write_text("1")
        before = dict(os.environ)
        self.addCleanup(lambda: (os.environ.clear(), os.environ.update(before)))
        os.environ.update(PATH=f"{self.bin}:{os.environ['PATH']}", STATE=str(self.state))
        self.archive = packages.Archive(self.folder / "apt", Mirror("http://mirror.example/debian"), ("trixie",))
        self.archive.update()
        # Another process finds the lists of this one: it has not updated itself.
        self.archive.updated = False
        (self.state / "log").unlink()

    def fetch(self):
        return self.archive.fetch(lambda: ["install", "tool"])

    @property
    def log(self):
        return (self.state / "log").read_text().split()

    def test_what_was_asked_for_is_downloaded(self):
        (file,) = self.fetch()
        self.assertEqual(file.read_bytes(), CONTENT)
        self.assertEqual(self.log, ["list", "download"])

    def test_a_truncated_download_is_refused_and_not_kept(self):
        (self.state / "delivers").write_bytes(CONTENT[:-1])
        with self.assertRaisesRegex(ArchiveFailure, "has 9999 bytes instead of 10000"):
            self.fetch()
        self.assertEqual(list(self.archive.debs.glob("*.deb")), [])

    def test_a_download_with_other_content_is_refused_and_not_kept(self):
        (self.state / "delivers").write_bytes(CONTENT[:-1] + b"X")
        with self.assertRaisesRegex(ArchiveFailure, "SHA-256"):
            self.fetch()
        self.assertEqual(list(self.archive.debs.glob("*.deb")), [])

    def test_the_rest_of_an_interrupted_download_is_replaced(self):
        (self.archive.debs / "tool_1_amd64.deb").write_bytes(CONTENT[:100])
        self.assertEqual(self.fetch()[0].read_bytes(), CONTENT)

    def test_a_version_that_has_left_the_mirror_is_asked_for_anew_once(self):
        (self.state / "version").write_text("2")
        self.assertEqual(self.fetch()[0].name, "tool_2_amd64.deb")
        self.assertEqual(self.log, ["list", "download", "update", "list", "download"])

    def test_one_that_is_still_missing_then_is_said(self):
        (self.state / "version").write_text("2")
        self.archive.update()
        (self.state / "version").write_text("3")
        (self.state / "log").unlink()
        with self.assertRaisesRegex(ArchiveFailure, "404  Not Found"):
            self.fetch()
        self.assertEqual(self.log, ["list", "download"], "the lists were fresh")

    def test_an_unreachable_mirror_is_said(self):
        (self.state / "unreachable").touch()
        with self.assertRaisesRegex(ArchiveFailure, "Could not resolve host"):
            self.archive.update()

    def test_of_the_machines_settings_only_how_to_fetch_is_kept(self):
        (self.bin / "apt-config").write_text(
            "#!/bin/sh\necho 'Acquire::http::Proxy \"http://proxy.example:3128\";'\n"
            "echo 'APT::Update::Post-Invoke:: \"rm -rf /var/cache/apt\";'\n")
        (self.bin / "apt-config").chmod(0o755)
        self.archive.configure()
        settings = (self.archive.folder / "apt.conf").read_text()
        self.assertIn("proxy.example", settings)
        self.assertNotIn("Post-Invoke", settings)
        self.assertIn('Dir::Etc::parts "/dev/null";', settings)


class ListTests(machine.FolderCase):
    def test_a_package_without_sha256_is_not_trusted(self):
        (package,) = packages.listed("'http://m.example/a.deb' a.deb 3 MD5Sum:900150983cd24fb0d6963f7d28e17f72\n")
        Path(self.folder, "a.deb").write_bytes(b"abc")
        with self.assertRaisesRegex(ArchiveFailure, "no SHA-256"):
            packages.check(self.folder / "a.deb", package)

    def test_a_good_one_is_accepted_and_stays(self):
        path = self.folder / "a.deb"
        path.write_bytes(b"abc")
        packages.check(path, packages.Package("", "a.deb", 3, hashlib.sha256(b"abc").hexdigest()))
        self.assertTrue(path.exists())

    def test_chatter_is_not_a_package(self):
        self.assertEqual(packages.listed("Reading package lists...\nE: nothing\n"), [])
