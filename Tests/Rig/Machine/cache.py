"""The folder .build/rig: what is made is made elsewhere and renamed into place, so that what is there is whole."""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import sys
import time

PENDING = ".pending-"


def fingerprint(*parts):
    """A hash of texts, bytes and whatever JSON can hold; paths count with their content."""
    total = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else json.dumps(part, sort_keys=True).encode()
        total.update(len(data).to_bytes(8, "big") + data)
    return total.hexdigest()[:20]


@contextlib.contextmanager
def locked(folder):
    """One process prepares at a time; the kernel lets go of the lock however its holder ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another scripts/rig is preparing here: waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        for leftover in folder.glob(f"*/{PENDING}*"):
            remove(leftover)
        yield


def remove(path):
    """A whole tree, also where packages brought folders that their owner may not write to."""
    if path.is_dir() and not path.is_symlink():
        for parent, _, _ in os.walk(path):
            os.chmod(parent, 0o755)
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def made(target):
    """Yields a path beside the target; what is there at a good end becomes the target, and never a part of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    pending = target.parent / f"{PENDING}{target.name}"
    remove(pending)
    try:
        yield pending
        remove(target)
        pending.rename(target)
    finally:
        remove(pending)


def keep_newest(folder, count):
    """Removes all but the newest things in a folder of things named by content."""
    for old in sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)[:-count]:
        remove(old)


def say(text):
    """Standard output belongs to the guest's command."""
    print(f"rig: {text}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def step(what):
    """Says how long it took, with the notes that were made meanwhile."""
    started, notes = time.monotonic(), []
    yield notes.append
    say(f"{what}: {''.join(f'{note}, ' for note in notes)}{time.monotonic() - started:.1f} s")
