"""Ctrl-C, SIGTERM and SIGKILL at every stage: partial results, and nothing left alive."""

import contextlib
import fcntl
import json
import os
import pathlib
import pty
import re
import select
import signal
import socket
import subprocess
import tempfile
import unittest

from private_broker import accepts
from program import PROBATE, SCENARIOS, START_SECONDS, Run, check, check_ending, wait_until

# Forty devices, all connected within half a second, and some seconds to go.
SCENARIO = SCENARIOS / "will-on-return.yaml"
DEVICES = 40
# Heal, drain and write: seconds, not the rest of the scenario.
SECONDS_TO_DRAIN = 8
# As long as the drain may last, and until the broker that hangs is killed.
SECONDS_TO_GIVE_UP = 25
# The kernel kills the child when its parent dies.
SECONDS_TO_DIE = 2


def ended(pid):
    """The exit code of a child in a list, if it has ended."""
    done, status = os.waitpid(pid, os.WNOHANG)
    return [os.waitstatus_to_exitcode(status)] if done else []


class Signals(unittest.TestCase):
    def ends_aborted(self, run, code, seconds=SECONDS_TO_DRAIN):
        check_ending(run, run.finish(seconds), code)
        verdict = run.result()["verdict"]
        check(verdict == "aborted", f"verdict {verdict}, expected aborted", run)

    def test_sigint_drains_and_keeps_partial_results(self):
        with Run("run", SCENARIO) as run:
            run.wait_for_devices(DEVICES)
            run.signal(signal.SIGINT)
            self.ends_aborted(run, 130)

    def test_sigterm_drains_and_keeps_partial_results(self):
        with Run("run", SCENARIO) as run:
            run.wait_for_devices(DEVICES)
            run.signal(signal.SIGTERM)
            self.ends_aborted(run, 143)

    def test_sighup_drains_and_keeps_partial_results(self):
        with Run("run", SCENARIO) as run:
            run.wait_for_devices(DEVICES)
            run.signal(signal.SIGHUP)
            self.ends_aborted(run, 129)

    def test_a_terminal_that_is_closed_leaves_partial_results(self):
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder)
            pid, terminal = pty.fork()
            if pid == 0:
                os.execve(PROBATE, ["probate", "run", str(SCENARIO), "--out", str(out / "out")],
                          {**os.environ, "TERM": "xterm"})
            seen = b""
            while f"online {DEVICES}/".encode() not in seen:
                seen += os.read(terminal, 4096)
            os.close(terminal)
            code = wait_until(lambda: ended(pid), "it ends", SECONDS_TO_DRAIN)
            self.assertEqual(code, [129], seen)
            result = json.loads((out / "out" / "result.json").read_text())
            self.assertEqual(result["verdict"], "aborted")

    def test_sigterm_ends_a_proxy_whose_words_nobody_reads(self):
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, select.PIPE_BUF)
        command = [PROBATE, "proxy", "--listen", "0", "--upstream", "127.0.0.1:1", "--drain", "0"]
        with subprocess.Popen(command, stderr=writing) as process, \
                contextlib.ExitStack() as cleanups:
            cleanups.callback(process.kill)  # before the end of the process is waited for
            wait_until(lambda: select.select([reading], [], [], 0)[0], "it speaks", START_SECONDS)
            os.set_blocking(writing, False)  # which the pipe's other users see, too
            with contextlib.suppress(BlockingIOError):
                while True:
                    os.write(writing, b"x")
            os.set_blocking(writing, True)
            os.close(writing)
            for _ in range(3):  # each has something to say
                process.send_signal(signal.SIGHUP)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(SECONDS_TO_DRAIN), 0)

    def test_nohup_goes_on_after_sighup(self):
        def ignore():
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        with Run("run", SCENARIOS / "drop-fin.yaml", preexec_fn=ignore) as run:
            run.wait_for_devices(1)
            run.signal(signal.SIGHUP)
            check_ending(run, run.finish(20), 0)

    def test_sigint_ends_the_run_even_if_the_broker_hangs(self):
        with Run("run", SCENARIO) as run:
            run.wait_for_devices(DEVICES)
            os.kill(run.broker(), signal.SIGSTOP)
            run.signal(signal.SIGINT)
            self.ends_aborted(run, 130, SECONDS_TO_GIVE_UP)

    def test_a_second_sigint_skips_the_drain(self):
        with Run("run", SCENARIO) as run:
            run.wait_for_devices(DEVICES)
            # A broker that hangs keeps the drain from ending by itself.
            os.kill(run.broker(), signal.SIGSTOP)
            run.signal(signal.SIGINT)
            # Equal signals that are both pending are one: let the first be taken.
            wait_until(lambda: not pending(run, signal.SIGINT), "SIGINT is taken", 5)
            run.signal(signal.SIGINT)
            self.ends_aborted(run, 130, SECONDS_TO_DRAIN)

    def test_sigint_while_the_broker_starts_ends_the_run(self):
        with Run("run", SCENARIO) as run:
            run.broker()
            run.signal(signal.SIGINT)
            check_ending(run, run.finish(SECONDS_TO_DRAIN), 130)

    def test_sigint_during_the_ramp_ends_the_run(self):
        with Run("run", SCENARIOS / "first-look.yaml") as run:
            run.wait_for_devices(1)
            run.signal(signal.SIGINT)
            self.ends_aborted(run, 130)

    def test_a_second_sigint_amid_handshakes_ends_the_run(self):
        # With 300 ms to the devices, some sixty handshakes are always under way.
        with Run("run", SCENARIOS / "first-look.yaml", "--set", "fleet.city.link.latency=300ms",
                 "--set", "fleet.rural.link.latency=300ms") as run:
            run.wait_for_devices(100)
            run.signal(signal.SIGINT)
            wait_until(lambda: not pending(run, signal.SIGINT), "SIGINT is taken", 5)
            run.signal(signal.SIGINT)
            self.ends_aborted(run, 130)

    def test_sigint_in_the_drain_of_a_finished_run_changes_nothing_of_it(self):
        with Run("run", SCENARIOS / "drop-fin.yaml") as run:
            # A client that stays keeps the drain from ending by itself.
            port = int(wait_until(lambda: re.search(r"proxy 127\.0\.0\.1:(\d+)", run.stderr()),
                                  "the proxy listens", START_SECONDS)[1])
            with socket.create_connection(("127.0.0.1", port)):
                wait_until(lambda: not accepts(port), "nobody is let in any more", 30)
                run.signal(signal.SIGINT)
                # It is heard: the next one skips the rest of the drain.
                wait_until(lambda: not pending(run, signal.SIGINT), "SIGINT is taken", 5)
                run.signal(signal.SIGINT)
                check_ending(run, run.finish(SECONDS_TO_DRAIN), 0)
            result = run.result()
            check(result["verdict"] == "pass", f"verdict {result['verdict']}", run)
            self.assertEqual(result["reason"], "")

    def test_the_broker_dies_with_probate_even_when_it_is_killed(self):
        with Run("run", SCENARIO) as run:
            run.wait_for_devices(1)
            run.signal(signal.SIGKILL)
            check(run.finish(5) == -signal.SIGKILL, "was not killed", run)
            wait_until(lambda: not run.brokers(), "the broker is gone", SECONDS_TO_DIE)


def pending(run, number):
    with open(f"/proc/{run.pid()}/status") as status:
        for line in status:
            if line.startswith(("SigPnd", "ShdPnd")):
                if int(line.split()[1], 16) & (1 << (number - 1)):
                    return True
    return False


if __name__ == "__main__":
    unittest.main()
