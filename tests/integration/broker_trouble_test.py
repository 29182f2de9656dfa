"""A broker that is not there, says nothing, talks nonsense, refuses, or dies."""

import os
import pathlib
import signal
import socket
import tempfile
import threading
import time
import unittest

from program import SCENARIOS, Run, check, check_ending

SCENARIO = """\
version: 1
name: somebody-elses-broker
broker: {{address: "127.0.0.1:{port}"}}
devices:
  meter: {{client_id: "8685700000{{index:05}}", keep_alive: 10s}}
fleet:
  city: {{device: meter, count: 2}}
phases:
  - {{name: ramp, connect: {{rate: 200/s}}, until: {{online: 100%, timeout: 5s}}}}
"""

# The self-test has three steps of 3 s each at most.
SECONDS_UNTIL_NAMED = 15
# Much longer than an observer may miss its markers. The hang is what is tested, no wait for it.
HANG_SECONDS = 4


class Listener:
    """Accepts every connection and sends `greeting` once the client has sent something."""

    def __init__(self, greeting):
        self._greeting = greeting
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._clients = []

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def _serve(self):
        while True:
            try:
                client, _ = self._server.accept()
                self._clients.append(client)
                if self._greeting and client.recv(1024):
                    client.sendall(self._greeting)
            except OSError:  # closed at the end of the test, or by the client
                if self._server.fileno() < 0:
                    return

    def __exit__(self, *_):
        # shutdown() wakes the thread that waits in accept(); close() alone would not.
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for client in self._clients:
            client.close()


class BrokerTrouble(unittest.TestCase):
    def fails_to_begin(self, port, *words, seconds=SECONDS_UNTIL_NAMED):
        with Run("run", self.scenario(port)) as run:
            check_ending(run, run.finish(seconds), 6)
            for word in (f"127.0.0.1:{port}", *words):
                check(word in run.stderr(), f"does not say {word!r}", run)
            check(run.stderr().count("\n") == 1, "does not say it in one line", run)

    def scenario(self, port):
        folder = tempfile.TemporaryDirectory(prefix="probate-test-")
        self.addCleanup(folder.cleanup)
        path = pathlib.Path(folder.name) / "broker.yaml"
        path.write_text(SCENARIO.format(port=port))
        return path

    def test_a_closed_port_is_named_at_once(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        self.fails_to_begin(port, "Connection refused", seconds=3)

    def test_a_broker_that_says_nothing_is_given_up(self):
        with Listener(b"") as silent:
            self.fails_to_begin(silent.port)

    def test_a_broker_that_talks_nonsense_is_named(self):
        with Listener(b"HTTP/1.1 400 Bad Request\r\n\r\n") as web_server:
            self.fails_to_begin(web_server.port)

    def test_a_broker_that_refuses_is_named_with_the_reason(self):
        with Listener(b"\x20\x02\x00\x05") as strict:
            self.fails_to_begin(strict.port, "refused")

    def test_a_managed_broker_that_refuses_anonymous_clients_is_named(self):
        with Run("run", SCENARIOS / "drop-fin.yaml",
                 "--set", "broker.config.allow_anonymous=false") as run:
            check_ending(run, run.finish(SECONDS_UNTIL_NAMED), 6)
            check("refused" in run.stderr(), "does not say that it was refused", run)

    def test_a_broker_whose_acl_denies_every_will_is_named_with_the_remedy(self):
        with tempfile.NamedTemporaryFile("w") as acl:
            acl.write("topic read #\n")
            acl.flush()
            with Run("run", SCENARIOS / "drop-fin.yaml",
                     "--set", f"broker.config.acl_file={acl.name}") as run:
                check_ending(run, run.finish(SECONDS_UNTIL_NAMED), 6)
                for word in ("published no will", "ACL", "broker: {wills: none}"):
                    check(word in run.stderr(), f"does not say {word!r}", run)

    def test_a_broker_said_to_publish_no_wills_is_judged_as_one(self):
        with tempfile.NamedTemporaryFile("w") as acl:
            acl.write("topic read #\ntopic read $SYS/#\ntopic write probate/#\n"
                      "topic write /device/#\n")
            acl.flush()
            with Run("run", SCENARIOS / "drop-fin.yaml", "--set", "broker.wills=none",
                     "--set", f"broker.config.acl_file={acl.name}") as run:
                check_ending(run, run.finish(SECONDS_UNTIL_NAMED), 3)
                wills = run.result()["wills"]["all"]
                self.assertEqual(wills["missing"]["broker_no_will"], 20)
                self.assertEqual(wills["by_class"]["missing"], 20)
                self.assertEqual(wills["observed"], 0)

    def test_a_wrong_setting_of_the_managed_broker_shows_what_it_said(self):
        with Run("run", SCENARIOS / "drop-fin.yaml", "--set", "broker.config.no_such_key=1") as run:
            check_ending(run, run.finish(SECONDS_UNTIL_NAMED), 6)
            for words in ("mosquitto", 'Unknown configuration variable "no_such_key"'):
                check(words in run.stderr(), f"does not say {words!r}", run)

    def test_a_managed_broker_that_hides_its_version_is_known_all_the_same(self):
        with Run("run", SCENARIOS / "drop-fin.yaml",
                 "--set", "broker.config.sys_interval=0") as run:
            check_ending(run, run.finish(20), 0)
            said = run.result()["run"]
            self.assertTrue(said["broker"].startswith("mosquitto version "), said["broker"])
            self.assertTrue(said["profile"].startswith("mosquitto-"), said["profile"])

    def test_a_broker_that_dies_makes_the_run_inconclusive(self):
        with Run("run", SCENARIOS / "will-on-return.yaml") as run:
            run.wait_for_devices(40)
            os.kill(run.broker(), signal.SIGKILL)
            check_ending(run, run.finish(25), 4)
            said = run.stdout() + run.stderr()
            check("broker was lost" in said, "does not say that the broker was lost", run)
            result = run.result()
            check("killed by signal 9" in said + result["reason"],
                  "does not say how the broker ended", run)
            check(result["verdict"] == "inconclusive", f"verdict {result['verdict']}", run)
            statuses = {rule["status"] for rule in result["rules"]}
            check(statuses == {"inconclusive"}, f"rules are {statuses}, expected all void", run)

    def test_a_broker_that_hangs_for_a_while_makes_the_run_inconclusive(self):
        with Run("run", SCENARIOS / "will-on-return.yaml") as run:
            run.wait_for_devices(40)
            os.kill(run.broker(), signal.SIGSTOP)
            time.sleep(HANG_SECONDS)
            os.kill(run.broker(), signal.SIGCONT)
            check_ending(run, run.finish(35), 4)
            guards = {guard["kind"] for guard in run.result()["guards"]}
            check("observer_gap" in guards, f"guards are {sorted(guards)}", run)


if __name__ == "__main__":
    unittest.main()
