"""Commands of scripts/test: ended when they are silent for too long, with everything they have started."""

import codecs
import os
import selectors
import shlex
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "Tests"))
from patience import Limit  # noqa: E402

# Without a line of output, on a quiet machine (Tests/patience.py). The longest silence is that of the release build.
SILENCE_SECONDS = 420
# For everything, on any machine; continuous integration gives 90 minutes.
ALL_SECONDS = {False: 80 * 60, True: 5 * 3600}

STARTED = time.monotonic()
deadline = STARTED + ALL_SECONDS[False]
_running = set()
_thread = threading.local()


def begin(full):
    """Sets the outermost bound, and makes a signal end what runs before it ends this program."""
    global deadline
    deadline = STARTED + ALL_SECONDS[full]
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


def stop(number, stack):
    raise SystemExit(128 + number)


def end_all():
    """Ends every command that still runs."""
    for process in list(_running):
        end(process)


def end(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def say(text):
    """Prints it; in a thread of `Beside`, when that has ended."""
    kept = getattr(_thread, "kept", None)
    if kept is None:
        print(text, end="", flush=True)
    else:
        kept.append(text)


def run(command, silence=SILENCE_SECONDS, show=True, environment=None):
    """Runs a command; returns (exit status, its whole output). A status of None: it was ended, and the output says why."""
    say(f"+ {shlex.join(map(str, command))}\n")
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True, env={**os.environ, **(environment or {})})
    _running.add(process)
    try:
        output, ended = follow(process, silence, say if show else lambda text: None)
    except BaseException:
        end(process)
        raise
    finally:
        _running.discard(process)
        process.stdout.close()
    status = process.wait()
    if ended:
        output += ended
        say(ended)
        status = None
    elif status and not show:
        say(output)
    return status, output


def follow(process, silence, show):
    """Until the end of its output: (the output, why it was ended or nothing)."""
    text, limit, ended = [], Limit(silence), ""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if selector.select(1):
                data = os.read(process.stdout.fileno(), 1 << 16)
                text.append(decoder.decode(data, not data))
                show(text[-1])
                if not data:
                    return "".join(text), ended
                limit = Limit(silence)
            if not ended and limit.is_over():
                ended = f"killed after {silence} s without output\n"
                end(process)
            elif not ended and time.monotonic() > deadline:
                ended = f"killed: all tests together have taken {(deadline - STARTED) / 60:.0f} minutes\n"
                end(process)


class Beside:
    """A function that runs beside others; what it says is shown when it is waited for."""

    def __init__(self, function, *arguments):
        self.kept, self.result, self.error = [], None, None
        self.thread = threading.Thread(target=self._run, args=(function, *arguments), daemon=True)
        self.thread.start()

    def _run(self, function, *arguments):
        _thread.kept = self.kept
        try:
            self.result = function(*arguments)
        except BaseException as error:
            self.error = error

    def wait(self):
        """What the function returned."""
        self.thread.join()
        print("".join(self.kept), end="", flush=True)
        self.kept.clear()
        if self.error:
            raise self.error
        return self.result
