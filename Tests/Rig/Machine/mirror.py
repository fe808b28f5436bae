"""Which Debian mirrors this machine is configured for: /etc/apt's sources in both formats. No other is ever asked."""

import re
from dataclasses import dataclass
from pathlib import Path

APT = Path("/etc/apt")
KEYRINGS = ("/usr/share/keyrings/debian-archive-keyring.gpg", "/usr/share/keyrings/debian-archive-keyring.pgp")
RELEASES = ("oldoldstable", "oldstable", "stable", "testing", "unstable",
            "buster", "bullseye", "bookworm", "trixie", "forky", "duke", "sid")


@dataclass(frozen=True)
class Mirror:
    uri: str
    keyring: str = ""

    def line(self, suite):
        """The line of a sources.list for this suite. apt leaves the packages of `file:` where they are; `copy:` is
        the same with a copy."""
        options = f" [signed-by={self.keyring}]" if self.keyring else ""
        return f"deb{options} {re.sub('^file:', 'copy:', self.uri)} {suite} main\n"


def is_debian(suites, components):
    """Security updates live in an archive of their own; other vendors' suites seldom have a release's bare name."""
    return "main" in components and any(re.sub("-(updates|backports)$", "", suite) in RELEASES for suite in suites)


def keyring_of(named):
    """A key that is written out in the sources, or a fingerprint, is not worth carrying: Debian's keyring is."""
    for path in [*re.findall(r"/\S+", named or ""), *KEYRINGS]:
        if Path(path).is_file():
            return path
    return ""


def one_line_entries(text):
    """(URIs, suites, components, Signed-By) of a sources.list."""
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(?:\[([^]]*)\]\s*)?(\S+)\s+(\S+)([^#]*)", line)
        if match:
            options, uri, suite, components = match.groups()
            signed_by = re.search(r"signed-by=(\S+)", options or "", re.IGNORECASE)
            yield [uri], [suite], components.split(), signed_by and signed_by[1]


def deb822_entries(text):
    """The same of a .sources file: stanzas of fields, which go on in indented lines; comments anywhere."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for stanza in re.split(r"\n(?:[ \t]*\n)+", "\n".join(lines)):
        fields = {}
        for name, value in re.findall(r"^([^\s:]+):(.*(?:\n[ \t].*)*)", stanza, re.MULTILINE):
            fields[name.lower()] = value.strip()
        words = {name: value.split() for name, value in fields.items()}
        if "deb" in words.get("types", []) and fields.get("enabled", "yes").lower() not in ("no", "false", "0", "off"):
            yield (words.get("uris", []), words.get("suites", []), words.get("components", []),
                   fields.get("signed-by"))


def configured(apt=APT):
    """The machine's Debian mirrors, in its own order; apt checks each one's signature against Debian's keys."""
    entries = []
    parts = apt / "sources.list.d"
    files = [apt / "sources.list", *sorted(parts.glob("*.list")), *sorted(parts.glob("*.sources"))]
    for file in files:
        if file.is_file():
            read = deb822_entries if file.suffix == ".sources" else one_line_entries
            entries += read(file.read_text("utf-8", "replace"))
    mirrors = [Mirror(uri.rstrip("/"), keyring_of(signed_by))
               for uris, suites, components, signed_by in entries if is_debian(suites, components)
               for uri in uris if not uri.startswith("cdrom:")]
    return list(dict.fromkeys(mirrors))
