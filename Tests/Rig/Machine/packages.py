"""Packages of the machine's own mirror, fetched by apt with a state of its own: the system's stays as it is."""

import hashlib
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cache import say
from failure import ArchiveFailure

URI = re.compile(r"^'([^']+)' (\S+) (\d+) (?:SHA256:([0-9a-f]{64}))?", re.MULTILINE)
APT_SECONDS = 600
GONE = re.compile(r"404 +Not Found|Unable to locate package|Release '.*' for '.*' was not found|has no installation "
                  r"candidate|Unable to fetch some archives|Can't find a source to download|Unable to find")


@dataclass(frozen=True)
class Package:
    uri: str
    file: str
    size: int
    sha256: str


def listed(text):
    """What `apt-get --print-uris` says."""
    return [Package(uri, file, int(size), sha256 or "") for uri, file, size, sha256 in URI.findall(text)]


def check(path, package):
    """Raises unless the file is what the signed lists promise; what is wrong is removed, or it would be found again."""
    problem = None
    if not path.is_file():
        problem = "it is not there"
    elif path.stat().st_size != package.size:
        problem = f"it has {path.stat().st_size} bytes instead of {package.size}"
    elif not package.sha256:
        problem = "the lists hold no SHA-256 of it"
    else:
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != package.sha256:
                problem = "its SHA-256 is not that of the package lists"
    if problem:
        path.unlink(missing_ok=True)
        raise ArchiveFailure(f"the download of {package.file} failed: {problem}")


def last_lines(text, count=6):
    return "\n".join(f"  {line}" for line in text.strip().splitlines()[-count:])


class Archive:
    """One mirror and some suites of it."""

    def __init__(self, folder, mirror, suites):
        self.folder, self.mirror, self.suites = folder, mirror, suites
        self.debs = folder.parent / "debs"
        self.updated = False

    def configure(self):
        """Of the machine's settings only those that say how to reach the mirror (proxies, certificates) are kept."""
        for name in ("lists/partial", "cache", "../debs/partial"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "status").touch()
        (self.folder / "sources.list").write_text("".join(self.mirror.line(suite) for suite in self.suites))
        dump = self.apt("apt-config", "dump", configuration=os.environ.get("APT_CONFIG", ""))[1]
        settings = [line for line in dump.splitlines() if line.startswith("Acquire::")]
        settings += [
            f'Dir::State "{self.folder}";', f'Dir::State::lists "{self.folder}/lists";',
            f'Dir::State::status "{self.folder}/status";', f'Dir::Cache "{self.folder}/cache";',
            f'Dir::Cache::archives "{self.debs}";', 'Dir::Cache::pkgcache "pkgcache.bin";',
            'Dir::Cache::srcpkgcache "srcpkgcache.bin";', 'Dir::Etc::main "/dev/null";',
            'Dir::Etc::parts "/dev/null";', f'Dir::Etc::sourcelist "{self.folder}/sources.list";',
            'Dir::Etc::sourceparts "/dev/null";', 'Dir::Etc::preferences "/dev/null";',
            'Dir::Etc::preferencesparts "/dev/null";', 'APT::Architecture "amd64";',
            'APT::Default-Release "trixie";', 'APT::Sandbox::User "root";', 'APT::Update::Error-Mode "any";',
            'APT::Get::Assume-Yes "true";', 'APT::Install-Recommends "false";', 'APT::Keep-Downloaded-Packages "true";',
            'Acquire::Languages "none";', 'Acquire::ForceHash "SHA256";', 'Acquire::Retries "2";',
        ]
        (self.folder / "apt.conf").write_text("\n".join(settings) + "\n")

    def apt(self, *command, cwd=None, configuration=None):
        """Runs one of apt's programs; returns (status, standard output, standard error)."""
        own = str(self.folder / "apt.conf")
        environment = {**os.environ, "APT_CONFIG": own if configuration is None else configuration, "LC_ALL": "C"}
        try:
            done = subprocess.run(command, env=environment, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True,
                                  text=True, errors="replace", timeout=APT_SECONDS)
        except FileNotFoundError:
            raise ArchiveFailure(f"there is no {command[0]}: kernel and tools come from a Debian mirror") from None
        except subprocess.TimeoutExpired:
            raise ArchiveFailure(f"{command[0]} did not end within {APT_SECONDS} s: is the mirror reachable?") from None
        return done.returncode, done.stdout, done.stderr

    def update(self):
        self.configure()
        status, _, errors = self.apt("apt-get", "-q", "update")
        if status:
            raise ArchiveFailure(f"the package lists of {', '.join(self.suites)} could not be fetched from the mirror "
                                 f"this machine is configured for; apt-get says:\n{last_lines(errors)}")
        self.updated = True

    def rows(self, prefix):
        """(package, suite) of everything whose name begins with the prefix."""
        names = self.apt("apt-cache", "pkgnames", prefix)[1].split()
        status, text, errors = self.apt("apt-cache", "madison", *names) if names else (0, "", "")
        if status:
            raise ArchiveFailure(f"the package lists cannot be read:\n{last_lines(errors)}")
        for line in text.splitlines():
            package, _, source = (field.strip() for field in line.split("|"))
            yield package, source.split()[1].split("/")[0]

    def fetch(self, command):
        """Downloads what `apt-get COMMAND` would and returns the files. Exact versions leave a mirror when newer ones
        come: then the lists are fetched once more, and `command()` tells anew what to ask for."""
        try:
            return self._fetch(command())
        except ArchiveFailure as failure:
            if self.updated or not GONE.search(str(failure)):
                raise
            say("a package has left the mirror since its lists were fetched: fetching them again")
            self.update()
            return self._fetch(command())

    def _fetch(self, command):
        def run(*options, cwd=self.debs):
            status, text, errors = self.apt("apt-get", "-qq", *options, *command, cwd=cwd)
            if status:
                raise ArchiveFailure(f"packages could not be fetched; apt-get says:\n{last_lines(errors)}")
            return text

        # apt leaves out of the list what it finds in its cache or in the current folder: these are empty.
        with tempfile.TemporaryDirectory(dir=self.folder) as empty:
            Path(empty, "partial").mkdir()
            packages = listed(run("--print-uris", "-o", f"Dir::Cache::archives={empty}", cwd=empty))
        if not packages:
            raise ArchiveFailure(f"apt-get knows nothing to download for: {' '.join(command)}")
        for package in packages:
            path = self.debs / package.file
            if path.exists() and path.stat().st_size != package.size:
                path.unlink()
        run("--download-only")
        for package in packages:
            check(self.debs / package.file, package)
        return [self.debs / package.file for package in packages]
