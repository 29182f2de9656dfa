"""`probate proxy` between stock clients and a private mosquitto."""

import errno
import gzip
import json
import pathlib
import re
import resource
import signal
import socket
import tempfile
import unittest
import urllib.request

from private_broker import Device, PrivateBroker, accepts, publish, reserved_port
from program import ROOT, START_SECONDS, Run, check, check_ending, wait_until

FAULTS = """\
version: 1
name: cut-meters
phases:
  - {name: storm, for: 4s}
  - {name: settle, for: auto, at_most: 15s}
faults:
  - {name: cut, every: 500ms, during: storm, on: {devices: "meter-*"}, do: drop, how: rst}
backend: {presence: [naive]}
gate:
  - {name: none-missing, expect: "wills_missing == 0"}
  - {name: some-came, expect: "wills_true > 0"}
"""
CONNECT = bytes.fromhex("100e00044d5154540402003c0002") + b"m1"
CONNACK = bytes.fromhex("20020000")


class ProxyCase(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.broker = PrivateBroker(self.folder)
        self.addCleanup(self.broker.stop)

    def proxy(self, *more, **process):
        return Run("proxy", "--listen", "0", "--upstream", f"127.0.0.1:{self.broker.port}",
                   "--out", "out", *more, **process)

    def device(self, port, client_id):
        device = Device(port, client_id)
        self.addCleanup(device.kill)
        return device.wait_until_ready()


def port_of(run):
    pattern = re.compile(r"proxy: 127\.0\.0\.1:(\d+) → broker")

    def found():
        match = pattern.search(run.stderr())
        check(match or run.running(), "it ended before it listened", run)
        return match

    return int(wait_until(found, "the proxy listens", START_SECONDS)[1])


def events(run, kind):
    with gzip.open(run.out / "events.ndjson.gz", "rt") as lines:
        return [event for event in map(json.loads, lines) if event.get("kind") == kind]


def figure(run, name):
    """A figure that the running proxy serves, or nothing yet."""
    address = re.search(r"metrics: (\S+)", run.stderr())[1]
    with urllib.request.urlopen(address, timeout=5) as answer:
        text = answer.read().decode()
    found = re.search(rf"^probate_{re.escape(name)} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else None


def end(run, number=signal.SIGTERM, code=0, seconds=30):
    run.signal(number)
    check_ending(run, run.finish(seconds), code)


def connect(port, client_id=b"m1"):
    """One MQTT session over a bare socket; the ClientID has two letters."""
    peer = socket.create_connection(("127.0.0.1", port), timeout=10)
    peer.sendall(CONNECT[:-2] + client_id)
    return peer


class PassThrough(ProxyCase):
    def test_names_devices_by_their_client_ids_and_passes_what_they_say(self):
        self.broker.start()
        with self.proxy("--drain", "0") as run:
            port = port_of(run)
            device = self.device(port, "meter-1")
            publish(port, "probate-test/news", "hello", "-i", "valve-1")
            device.wait_for("hello")
            end(run)
            ids = {event["client_id"]: event["device"]
                   for event in events(run, "connect_forwarded")}
            check(ids == {"meter-1": 0, "valve-1": 1}, f"devices: {ids}", run)
            check("2 connections of 2 devices" in run.stderr(), "no closing line", run)
            check(not (run.out / "result.json").exists(), "a result without --observe", run)

    def test_passes_bytes_that_are_no_mqtt_and_lives_on(self):
        self.broker.start()
        with self.proxy("--drain", "0") as run:
            port = port_of(run)
            with socket.create_connection(("127.0.0.1", port), timeout=10) as stranger:
                stranger.sendall(b"GET / HTTP/1.0\r\n\r\n")
                try:
                    stranger.shutdown(socket.SHUT_WR)
                    while stranger.recv(4096):
                        pass
                except OSError as error:
                    # Reset by the broker: before or after shutdown().
                    self.assertIn(error.errno, (errno.ECONNRESET, errno.ENOTCONN))
            self.device(port, "meter-1")
            end(run)
            check(len(events(run, "malformed")) == 1, "no record of it", run)

    def test_without_descriptors_says_so_and_serves_on_when_it_has_some(self):
        def few():
            resource.setrlimit(resource.RLIMIT_NOFILE, (80, 80))

        self.broker.start()
        with self.proxy("--drain", "0", preexec_fn=few) as run:
            port = port_of(run)
            peers = [connect(port) for _ in range(50)]
            wait_until(lambda: "no more than 80 file descriptors" in run.stderr(),
                       "the limit is named", START_SECONDS)
            for peer in peers:
                peer.close()
            self.device(port, "meter-1")
            end(run)

    def test_blames_no_broker_for_descriptors_that_it_lacks_itself(self):
        def few():
            resource.setrlimit(resource.RLIMIT_NOFILE, (80, 80))

        self.broker.start()
        with self.proxy("--drain", "0", preexec_fn=few) as run:
            port = port_of(run)
            # Silent ones, as many as it can have: none is left for the way to the broker.
            silent = [socket.create_connection(("127.0.0.1", port), timeout=10)
                      for _ in range(120)]
            wait_until(lambda: "no more than 80 file descriptors" in run.stderr(),
                       "the limit is named", START_SECONDS)
            silent[0].sendall(CONNECT)
            try:
                gone = silent[0].recv(1) == b""
            except ConnectionResetError:
                gone = True
            self.assertTrue(gone, "a device was served without a connection to the broker")
            for peer in silent:
                peer.close()
            end(run)
            check("did not take a connection" not in run.stderr(), "blames the broker", run)

    def test_lets_links_end_by_themselves_at_sigterm(self):
        self.broker.start()
        with self.proxy("--drain", "60s") as run:
            port = port_of(run)
            device = self.device(port, "meter-1")
            run.signal(signal.SIGTERM)
            wait_until(lambda: not accepts(port), "nobody is let in any more", START_SECONDS)
            publish(self.broker.port, "probate-test/news", "still here")
            device.wait_for("still here")
            said = "proxy: ending: 1 link, up to 1m; once more to end now"
            wait_until(lambda: said in run.stderr(), "it says what it waits for", START_SECONDS)
            device.kill()
            check_ending(run, run.finish(20), 0)

    def test_ends_what_does_not_end_by_itself(self):
        self.broker.start()
        with self.proxy("--drain", "0.2s") as run:
            port = port_of(run)
            with connect(port) as peer:
                self.assertEqual(peer.recv(4), CONNACK)
                end(run, signal.SIGINT)
                self.assertEqual(peer.recv(1), b"")

    def test_of_a_port_in_use_says_so_and_is_an_environment_error(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            with Run("proxy", "--listen", str(port), "--upstream", "127.0.0.1:1") as run:
                check_ending(run, run.finish(), 6)
                check(f"cannot listen on 127.0.0.1:{port}" in run.stderr(), "not said", run)

    def test_that_would_be_its_own_broker_is_refused(self):
        # Of this address alone: at every address somebody may have the port. resolve_test.cpp has
        # the listeners at any address.
        own = f"127.0.0.1:{reserved_port(self)}"
        with Run("proxy", "--listen", own, "--upstream", own) as run:
            check_ending(run, run.finish(), 2)
            check("leads to this proxy itself" in run.stderr(), "not said", run)

    def test_starts_without_a_broker_and_resets_devices_until_it_is_there(self):
        with self.proxy("--drain", "0") as run:
            port = port_of(run)
            wait_until(lambda: "does not answer (Connection refused)" in run.stderr(),
                       "it says that nobody answers", START_SECONDS)
            with connect(port) as peer, self.assertRaises(ConnectionResetError):
                peer.recv(1)
            self.broker.start()
            self.device(port, "meter-1")
            end(run)
            check("1 dial to the broker failed" in run.stderr(), "not counted", run)


class Faults(ProxyCase):
    def test_hit_real_devices_by_a_pattern_of_client_ids(self):
        self.broker.start()
        scenario = self.folder / "cut-meters.yaml"
        scenario.write_text(FAULTS)
        with self.proxy("--observe", "--scenario", scenario, "--drain", "0") as run:
            port = port_of(run)
            valve = Device(port, "valve-1")
            self.addCleanup(valve.kill)
            meter = Device(port, "meter-1")
            self.addCleanup(meter.kill)
            check_ending(run, run.finish(40), 0)
            names = {event["connection"]: event["client_id"]
                     for event in events(run, "connect_forwarded")}
            cut = {names[event["connection"]] for event in events(run, "leg_closed")
                   if event["by"] == "proxy" and event["how"] == "rst"}
            check(cut == {"meter-1"}, f"cut were {cut}", run)
            check(len(events(run, "fault_applied")) > 0, "nobody was hit", run)
            with Run("gate", run.out) as again:
                check_ending(again, again.finish(), 0)


    def test_that_a_signal_ends_are_aborted_though_the_journal_cannot_be_written(self):
        self.broker.start()
        scenario = self.folder / "long.yaml"
        scenario.write_text("version: 1\nname: long\nphases: [{name: only, for: 1h}]\n")
        with self.proxy("--scenario", scenario, "--drain", "0") as run:
            port_of(run)
            (run.out / "events.ndjson.gz" / "in-the-way").mkdir(parents=True)
            end(run, code=143)
            check("cannot write" in run.stderr(), "does not say so", run)

    def test_that_end_leave_the_last_figures_for_a_scrape(self):
        self.broker.start()
        scenario = self.folder / "short.yaml"
        scenario.write_text("version: 1\nname: short\nphases: [{name: only, for: 1s}]\n")
        with self.proxy("--scenario", scenario, "--drain", "0", "--metrics", "0",
                        "--metrics-linger", "20s") as run:
            port_of(run)
            wait_until(lambda: figure(run, "run_end_timestamp_seconds"), "the figures are frozen",
                       START_SECONDS)
            # Answered: it goes, long before the twenty seconds are over.
            check_ending(run, run.finish(5), 0)

    def test_of_the_manual_need_nobody_who_observes(self):
        page = (ROOT / "docs" / "proxy.md").read_text()
        scenario = self.folder / "cut-meters.yaml"
        scenario.write_text(re.search(r"```yaml\n(.*?)```", page, re.DOTALL)[1])
        with self.proxy("--scenario", scenario, "--drain", "0") as run:
            port_of(run)
            end(run, code=143)  # before its phases are over


class Observed(ProxyCase):
    def test_judges_the_will_of_a_real_device_that_was_killed(self):
        self.broker.start()
        with self.proxy("--observe", "--drain", "0", "--metrics", "0") as run:
            port = port_of(run)
            self.device(port, "meter-1")
            self.device(port, "meter-2").kill()
            self.device(port, "meter-3").kill()
            wait_until(lambda: figure(run, 'will_obligations_total{class="true"}') == 2,
                       "both wills are judged", START_SECONDS)
            end(run)
            wills = [event for event in events(run, "observed") if event["message"] == "will"]
            check({event["client_id"] for event in wills} == {"meter-2", "meter-3"},
                  f"wills seen: {wills}", run)
            result = run.result()
            check(result["verdict"] == "pass", "verdict", run)
            self.assertEqual(result["run"]["fidelity"], "stream")
            check((run.out / "junit.xml").exists(), "no junit.xml", run)
            check("2 = 2 true" in run.stdout(), "the wills are not in the summary", run)
            with Run("gate", run.out) as gate:
                check_ending(gate, gate.finish(), 0)
                check("3 devices" in gate.stdout(), "does not count those who came", gate)
                check("fidelity stream" in gate.stdout(), "has forgotten the fidelity", gate)

    def test_without_a_broker_is_inconclusive_and_passes_nothing(self):
        with self.proxy("--observe", "--drain", "0") as run:
            port_of(run)
            wait_until(lambda: "nothing is judged" in run.stderr(), "it says so", START_SECONDS)
            end(run, code=4)


class Unobserved(ProxyCase):
    def test_says_nothing_of_wills_that_nobody_can_hear(self):
        self.broker.start()
        with self.proxy("--drain", "0", "--metrics", "0") as run:
            self.device(port_of(run), "meter-2").kill()
            wait_until(lambda: figure(run, 'will_obligations_total{class="censored"}') == 1,
                       "its will is owed and not judged", START_SECONDS)
            check(not figure(run, 'wills_missing_total{cause="broker"}'), "blames the broker", run)
            check(figure(run, 'observer_up{observer="backend"}') == 0, "an observer is up", run)
            end(run)
            with Run("gate", run.out, "--rules", self.rules()) as gate:
                check_ending(gate, gate.finish(), 4)
                check("0 missing + 1 censored" in gate.stdout(), "blames the broker", gate)

    def test_with_quiet_says_its_counts_at_the_end(self):
        self.broker.start()
        with Run("proxy", "--listen", "0", "--upstream", f"127.0.0.1:{self.broker.port}",
                 "--drain", "0", "--quiet") as run:
            with connect(port_of(run)) as peer:
                self.assertEqual(peer.recv(4), CONNACK)
            end(run)
            check("1 connection of 1 device" in run.stderr(), "no counts", run)

    def rules(self):
        rules = self.folder / "rules.yaml"
        rules.write_text("gate: [\"wills_missing == 0\"]\n")
        return rules


class Mistakes(unittest.TestCase):
    def test_in_a_scenario_are_told_with_their_place(self):
        with tempfile.TemporaryDirectory() as folder:
            scenario = pathlib.Path(folder) / "fleet.yaml"
            scenario.write_text("version: 1\nname: x\ndevices: {}\n")
            with Run("proxy", "--listen", "0", "--upstream", f"127.0.0.1:{reserved_port(self)}",
                     "--scenario", scenario) as run:
                check_ending(run, run.finish(), 5)
                check("fleet.yaml:3:1: error: `devices` describes" in run.stderr(), "place", run)

    def test_of_rules_that_nobody_can_judge_are_usage_errors(self):
        with tempfile.TemporaryDirectory() as folder:
            scenario = pathlib.Path(folder) / "rules.yaml"
            scenario.write_text("version: 1\nname: x\ngate: [\"wills_missing == 0\"]\n")
            with Run("proxy", "--listen", "0", "--upstream", "127.0.0.1:1",
                     "--scenario", scenario) as run:
                check_ending(run, run.finish(), 2)
                check("need --observe" in run.stderr(), "not said", run)


if __name__ == "__main__":
    unittest.main()
