"""A fault ends the managed mosquitto and starts it again: in its log, the journal, the verdict."""

import contextlib
import gzip
import json
import os
import pathlib
import tempfile
import unittest

from program import SCENARIOS, Run, check, check_ending, wait_until

SECONDS_MAX = 30


def records(run, kind):
    with gzip.open(run.out / "events.ndjson.gz", "rt") as lines:
        return [record for record in map(json.loads, lines) if record.get("kind") == kind]


def sockets_of(pid):
    """Which sockets of the kernel that process has open."""
    links = set()
    for descriptor in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):  # just closed
            links.add(os.readlink(descriptor))
    return {link for link in links if link.startswith("socket:")}


def log_of(run):
    return (run.out / "mosquitto.log").read_text(errors="replace")


class BrokerRestart(unittest.TestCase):
    def check_restarted(self, run, how):
        starts = log_of(run).count("mosquitto version 2.0.11 running")
        check(starts == 2, f"mosquitto was started {starts} times, not twice", run)
        stopped = records(run, "broker_stopped")
        started = records(run, "broker_started")
        self.assertEqual([record["how"] for record in stopped], [how])
        self.assertEqual(len(started), 1)
        down = (started[0]["at_ns"] - stopped[0]["at_ns"]) / 1e9
        self.assertGreaterEqual(down, 1.5)
        kinds = {guard["kind"] for guard in run.result()["guards"]}
        self.assertFalse(kinds & {"observer_gap", "voided", "broker_lost"}, kinds)

    def test_an_orderly_one_publishes_every_will(self):
        with Run("run", SCENARIOS / "broker-restart.yaml") as run:
            check_ending(run, run.finish(SECONDS_MAX), 0)
            self.check_restarted(run, "shutdown")
            # The restart, and the end of the run.
            self.assertEqual(log_of(run).count("mosquitto version 2.0.11 terminating"), 2)
            wills = run.result()["wills"]["all"]
            self.assertEqual(wills["by_class"]["true"], 40)
            self.assertEqual(wills["censored"]["broker_restart"], 0)

    def test_a_kill_loses_them_by_a_known_habit(self):
        with Run("run", SCENARIOS / "broker-crash.yaml") as run:
            check_ending(run, run.finish(SECONDS_MAX), 0)
            self.check_restarted(run, "crash")
            # The end of the run alone: the other time it was killed.
            self.assertEqual(log_of(run).count("mosquitto version 2.0.11 terminating"), 1)
            self.assertEqual(run.result()["wills"]["all"]["missing"]["broker_crash"], 41)

    def test_the_new_one_holds_no_socket_of_ours(self):
        with Run("run", SCENARIOS / "broker-restart.yaml") as run:
            first = run.broker()
            [new] = wait_until(lambda: [pid for pid in run.brokers() if pid != first],
                               "it is started again", SECONDS_MAX)
            ours = sockets_of(run.pid())
            check(ours, "the proxy listens nowhere", run)
            self.assertEqual(sockets_of(new) & ours, set())

    def test_with_persistence_what_was_retained_is_there_again(self):
        text = (SCENARIOS / "broker-restart.yaml").read_text()
        text = text.replace("profile: mosquitto-2.0.11",
                            "profile: mosquitto-2.0.11, config: {persistence: true}")
        text = text.replace('payload: "up {epoch}"', 'payload: "up {epoch}", retain: true')
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "persistent.yaml"
            path.write_text(text)
            with Run("run", path) as run:
                check_ending(run, run.finish(SECONDS_MAX), 0)
                # An observer may be back before we know that the broker is.
                gone = records(run, "broker_stopped")[0]["at_ns"]
                kept = [record for record in records(run, "observed")
                        if record.get("retain") and record["at_ns"] > gone
                        and record["observer"] == "backend"]
                self.assertEqual(len({record["topic"] for record in kept}), 40)

    def test_one_of_the_users_own_is_never_ended(self):
        text = (SCENARIOS / "broker-restart.yaml").read_text()
        text = text.replace("broker: {profile: mosquitto-2.0.11}",
                            'broker: {address: "127.0.0.1:1"}')
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "own.yaml"
            path.write_text(text)
            with Run("run", path) as run:
                check_ending(run, run.finish(SECONDS_MAX), 5)
                check("needs the managed one" in run.stderr(), "does not say why", run)


if __name__ == "__main__":
    unittest.main()
