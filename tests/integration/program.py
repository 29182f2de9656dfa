"""Runs probate as a user would: a process of its own, seen from outside only.

Every run has its own folder with its own TMPDIR, so that whatever it leaves behind is found, and
its managed broker is recognised by the folder in its command line.
"""

import json
import os
import pathlib
import re
import shlex
import signal
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROBATE = os.environ.get("PROBATE", str(ROOT / "build/release/probate"))
SCENARIOS = ROOT / "scenarios"

POLL_SECONDS = 0.02
START_SECONDS = 20


class Trouble(AssertionError):
    """A run did not do what it must; the text holds all that it said."""


def wait_until(condition, what, seconds):
    """Polls until the condition is true, and returns what it gave."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Trouble(f"waited {seconds} s in vain until {what}")
        time.sleep(POLL_SECONDS)


class Run:
    """One `probate …`. Use as a context: whatever happens, nothing of it stays alive."""

    def __init__(self, *arguments, preexec_fn=None, environment=None,
                 stdin=subprocess.DEVNULL):
        self._folder = tempfile.TemporaryDirectory(prefix="probate-test-")
        self.folder = pathlib.Path(self._folder.name)
        self.temporary = self.folder / "tmp"
        self.temporary.mkdir()
        self.out = self.folder / "out"
        self.arguments = [str(argument) for argument in arguments]
        if self.arguments[:1] == ["run"] and "--out" not in self.arguments:
            self.arguments += ["--out", str(self.out)]
        self._preexec = preexec_fn
        self._stdin = stdin
        self._environment = {**os.environ, "TMPDIR": str(self.temporary), **(environment or {})}
        self._process = None
        self.seconds = None

    def __enter__(self):
        self._began = time.monotonic()
        with open(self.folder / "stdout", "wb") as out, open(self.folder / "stderr", "wb") as err:
            self._process = subprocess.Popen(
                [PROBATE, *self.arguments], stdin=self._stdin, stdout=out, stderr=err,
                env=self._environment, cwd=self.folder, preexec_fn=self._preexec)
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        for pid in self.brokers():
            os.kill(pid, signal.SIGKILL)
        self._folder.cleanup()

    def finish(self, seconds=30):
        """Waits for the end and returns the exit code."""
        try:
            code = self._process.wait(timeout=max(0.0, seconds))
        except subprocess.TimeoutExpired:
            raise Trouble(f"did not end within {seconds} s\n{self.story()}") from None
        self.seconds = time.monotonic() - self._began
        return code

    def signal(self, number):
        self._process.send_signal(number)

    def pid(self):
        return self._process.pid

    def running(self):
        return self._process.poll() is None

    def stdout(self):
        return (self.folder / "stdout").read_text(errors="replace")

    def stderr(self):
        return (self.folder / "stderr").read_text(errors="replace")

    def repeat(self):
        return shlex.join([PROBATE, *self.arguments])

    def story(self):
        """All that is known, for a failure's message."""
        shown = f"repeat with: {self.repeat()}\n"
        return f"{shown}--- stdout\n{self.stdout()}--- stderr\n{self.stderr()}"

    def result(self):
        path = self.out / "result.json"
        if not path.exists():
            raise Trouble(f"no result.json\n{self.story()}")
        return json.loads(path.read_text())

    # The managed broker ---------------------------------------------------------------------------

    def brokers(self):
        """The pids of every broker of this run that is alive, whoever is its parent now."""
        return [pid for pid, words in _processes() if str(self.temporary) in words]

    def broker(self):
        """Its broker, as soon as there is one."""
        return wait_until(lambda: self._alive(self.brokers), "the broker runs", START_SECONDS)[0]

    def devices_connected(self):
        """How many connections of devices the broker's own log tells of."""
        for config in self.temporary.glob("probate-broker-*/mosquitto.conf"):
            log = re.search(r"^log_dest file (.+)$", config.read_text(), re.MULTILINE)
            if log and os.path.exists(log[1]):
                text = pathlib.Path(log[1]).read_text(errors="replace")
                return len(re.findall(r"New client connected from \S+ as 8685", text))
        return 0

    def wait_for_devices(self, count):
        wait_until(lambda: self._alive(lambda: self.devices_connected() >= count),
                   f"{count} devices are connected", START_SECONDS)

    def _alive(self, condition):
        value = condition()
        if not value and not self.running():
            raise Trouble(f"ended with {self._process.returncode} too early\n{self.story()}")
        return value

    def leftovers(self):
        """What a finished run must not leave: brokers and temporary files."""
        return [f"mosquitto {pid}" for pid in self.brokers()] + [
            str(path) for path in self.temporary.iterdir()]


def _processes():
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # it has just ended
            continue
        if state not in "ZX" and "mosquitto" in words:
            yield int(folder.name), words


def check(condition, complaint, run):
    if not condition:
        raise Trouble(f"{complaint}\n{run.story()}")


def check_ending(run, code, expected):
    """The exit code, and nothing left behind."""
    check(code == expected, f"exit code {code}, expected {expected}", run)
    left = run.leftovers()
    check(not left, f"left behind: {', '.join(left)}", run)
