"""The control API of `probate proxy`, `probate fault` and `probate links`, with stock clients."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import socket
import statistics
import subprocess
import tempfile
import time
import unittest

from private_broker import Device, PrivateBroker, publish
from program import START_SECONDS, Run, check, wait_until
from proxy_test import CONNACK, connect, end, events, figure, port_of

PROBATE = os.environ["PROBATE"]
TOKEN = "0123456789abcdef0123456789abcdef"
PINGREQ = bytes.fromhex("c000")
PINGRESP = bytes.fromhex("d000")
BUSY_CALLS = 21
ANSWER_SECONDS = 0.05


def control_of(run):
    found = wait_until(lambda: re.search(r"control: http://([^/]+)/v1/", run.stderr()),
                       "the control API listens", START_SECONDS)
    return found[1]


def probate(*words):
    return subprocess.run([PROBATE, *words], capture_output=True, text=True, timeout=30)


class ControlCase(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.broker = PrivateBroker(self.folder)
        self.addCleanup(self.broker.stop)
        self.broker.start()

    @contextlib.contextmanager
    def proxy(self, *more, **process):
        with Run("proxy", "--listen", "0", "--upstream", f"127.0.0.1:{self.broker.port}",
                 "--control", "0", "--drain", "0", "--out", "out", *more, **process) as run:
            self.port = port_of(run)
            self.control = control_of(run)
            yield run

    def device(self, client_id):
        device = Device(self.port, client_id)
        self.addCleanup(device.kill)
        return device.wait_until_ready()

    def ask(self, method, path, body=None, **fields):
        api = http.client.HTTPConnection(self.control, timeout=10)
        try:
            api.request(method, path, body if isinstance(body, (str, type(None)))
                        else json.dumps(body), fields)
            answer = api.getresponse()
            text = answer.read().decode()
            is_json = answer.getheader("Content-Type") == "application/json"
            return answer.status, json.loads(text) if is_json else text
        finally:
            api.close()

    def links(self):
        return {link["client_id"]: link for link in self.ask("GET", "/v1/links")[1]["links"]}

    def command(self, *words):
        return probate(*words, "--control", self.control)


class Api(ControlCase):
    def test_shows_who_is_connected_and_how_much_passed(self):
        with self.proxy() as run:
            self.device("meter-1")
            link = self.links()["meter-1"]
            check(link["state"] == "open" and link["faults"] == [], f"{link}", run)
            check(link["source"].startswith("127.0.0.1:"), f"{link}", run)
            check(link["bytes_up"] > 0 and link["bytes_down"] > 0, f"{link}", run)
            status, page = self.ask("GET", "/v1/links?devices=valve-*")
            check(status == 200 and page == {"links": []}, f"{page}", run)
            end(run)

    def test_cuts_at_once_whom_it_selects_and_nobody_else(self):
        with self.proxy() as run:
            with connect(self.port) as victim:
                self.assertEqual(victim.recv(4), CONNACK)
                bystander = self.device("valve-1")
                status, fault = self.ask("POST", "/v1/faults", {
                    "do": "drop", "how": "rst", "leg": "device", "on": {"devices": "m?"},
                    "name": "cut-by-me"})
                check(status == 201 and fault["hit"] == 1, f"{status}: {fault}", run)
                with self.assertRaises(ConnectionResetError):
                    victim.recv(1)
                publish(self.broker.port, "probate-test/news", "untouched")
                bystander.wait_for("untouched")
            end(run)
            added = events(run, "fault_added")
            check([event["name"] for event in added] == ["cut-by-me"], f"{added}", run)
            number = added[0]["fault"]
            applied = events(run, "fault_applied")
            check([event["fault"] for event in applied] == [number], f"{applied}", run)
            closed = [event for event in events(run, "leg_closed")
                      if event["by"] == "proxy" and event.get("fault") == number]
            check(closed, "no close says by which fault", run)

    def test_stalls_until_it_is_healed_and_loses_nothing(self):
        with self.proxy() as run:
            with connect(self.port) as peer:
                self.assertEqual(peer.recv(4), CONNACK)
                fault = self.ask("POST", "/v1/faults",
                                 {"do": "stall", "on": {"source": "127.*"}})[1]
                check(fault["active"] == 1 and 299 < fault["left_s"] <= 300, f"{fault}", run)
                check(self.links()["m1"]["faults"] == ["hand-1"], f"{self.links()}", run)
                check(self.links()["m1"]["state"] == "silent", f"{self.links()}", run)
                peer.sendall(PINGREQ)
                wait_until(lambda: self.links()["m1"]["bytes_up"] > len(PINGREQ),
                           "it has reached the proxy", START_SECONDS)
                peer.setblocking(False)
                with self.assertRaises(BlockingIOError):
                    peer.recv(1)
                peer.setblocking(True)
                self.assertEqual(self.ask("DELETE", f"/v1/faults/{fault['id']}")[0], 200)
                self.assertEqual(peer.recv(2), PINGRESP)
                self.assertEqual(self.ask("GET", "/v1/faults")[1], {"faults": []})
                self.assertEqual(self.ask("DELETE", f"/v1/faults/{fault['id']}")[0], 404)
            end(run)

    def test_ends_a_fault_when_its_time_is_over(self):
        with self.proxy() as run:
            with connect(self.port) as peer:
                self.assertEqual(peer.recv(4), CONNACK)
                self.ask("POST", "/v1/faults", {"do": "stall", "for": "300ms"})
                peer.sendall(PINGREQ)
                self.assertEqual(peer.recv(2), PINGRESP)
                self.assertEqual(self.ask("GET", "/v1/faults")[1], {"faults": []})
            end(run)
            check(len(events(run, "fault_healed")) == 1, "it was not healed once", run)

    def test_hits_newcomers_only_if_it_is_to(self):
        with self.proxy() as run:
            nobody = self.ask("POST", "/v1/faults", {"do": "refuse", "on": {"devices": "m1"}})[1]
            check(nobody["hit"] == 0 and nobody["active"] == 0, f"{nobody}", run)
            with connect(self.port) as peer:
                self.assertEqual(peer.recv(4), CONNACK)
            fault = self.ask("POST", "/v1/faults", {
                "do": "refuse", "on": {"username": ""}, "newcomers": True, "forever": True})[1]
            check(fault["left_s"] is None, f"{fault}", run)
            with connect(self.port) as peer:
                with self.assertRaises(ConnectionResetError):
                    peer.recv(1)
            self.assertEqual(self.ask("DELETE", "/v1/faults")[0], 200)
            with connect(self.port) as peer:
                self.assertEqual(peer.recv(4), CONNACK)
            end(run)

    def test_points_at_the_mistakes_of_a_fault_and_makes_none(self):
        with self.proxy() as run:
            status, answer = self.ask("POST", "/v1/faults", '{"do":"stal","for":30}')
            check(status == 400 and len(answer["mistakes"]) == 1, f"{answer}", run)
            check('did you mean "stall"?' in answer["error"], f"{answer}", run)
            self.assertEqual(self.ask("GET", "/v1/faults")[1], {"faults": []})
            end(run)

    def test_answers_in_time_while_links_are_blocked_and_busy(self):
        with self.proxy():
            idle = self.control
            with self.proxy() as run:
                with connect(self.port) as deaf, connect(self.port) as _:
                    self.assertEqual(deaf.recv(4), CONNACK)
                    # It subscribes, and never reads what comes: its sink is blocked.
                    deaf.sendall(bytes.fromhex("820c0001000770726f62652f2300"))
                    deaf.recv(5)
                    payload = "x" * 60_000
                    for _ in range(20):
                        publish(self.broker.port, "probe/1", payload)
                    busy = self.control
                    # By how much longer than a proxy that has nothing to do. The middle one: this
                    # machine also does other things.
                    later = [self.links_seconds(busy) - self.links_seconds(idle)
                             for _ in range(BUSY_CALLS)]
                    check(statistics.median(later) < ANSWER_SECONDS, f"later by {later}", run)
                end(run)

    def links_seconds(self, control):
        self.control = control
        began = time.monotonic()
        self.assertEqual(self.ask("GET", "/v1/links")[0], 200)
        return time.monotonic() - began

    def test_heals_before_it_drains(self):
        with self.proxy() as run:
            with connect(self.port) as peer:
                self.assertEqual(peer.recv(4), CONNACK)
                self.ask("POST", "/v1/faults", {"do": "stall", "forever": True})
                peer.sendall(PINGREQ)
                wait_until(lambda: self.links()["m1"]["bytes_up"] > len(PINGREQ),
                           "it has reached the proxy", START_SECONDS)
                end(run)
            check(len(events(run, "fault_healed")) == 1, "it was not healed", run)


def connect_v5(port, client_id=b"m5"):
    peer = socket.create_connection(("127.0.0.1", port), timeout=10)
    peer.sendall(bytes.fromhex("100f00044d5154540502003c000002") + client_id)
    return peer


def received(peer):
    """One whole packet of less than 128 bytes."""
    head = peer.recv(2, socket.MSG_WAITALL)
    return head + peer.recv(head[1], socket.MSG_WAITALL)


class Versions(ControlCase):
    def hit(self, **fault):
        status, answer = self.ask("POST", "/v1/faults", {"do": "mqtt", **fault})
        self.assertEqual(status, 201, answer)
        return answer

    def test_a_disconnect_of_the_brokers_reaches_devices_of_mqtt_5_only(self):
        with self.proxy() as run:
            with connect(self.port) as old, connect_v5(self.port) as new:
                self.assertEqual(received(old), CONNACK)
                self.assertEqual(received(new)[3], 0)
                made = self.command("fault", "add", "mqtt", "inject=disconnect", "reason=0x89")
                check("1 hit, 0 active, skipped 1 version, over" in made.stdout, str(made), run)
                self.assertEqual(received(new)[2], 0x89)
                old.sendall(PINGREQ)
                self.assertEqual(received(old), PINGRESP)
            end(run)
            skipped = events(run, "fault_skipped")
            check([each["reason"] for each in skipped] == ["version"], f"{skipped}", run)

    def test_a_refusal_is_said_to_newcomers_that_know_its_code(self):
        with self.proxy() as run:
            # One that is known is skipped when the fault begins, too, and again when it comes.
            for code, takes, skips in ((0x88, connect, 1), (5, connect_v5, 2)):
                fault = self.hit(inject="connack", reason=code, newcomers=True)
                with takes(self.port) as spared:
                    self.assertEqual(received(spared)[3], 0)
                other = connect if takes is connect_v5 else connect_v5
                with other(self.port) as refused:
                    self.assertEqual(received(refused)[3], code)
                    self.assertEqual(refused.recv(1), b"")
                shown = self.ask("GET", f"/v1/faults/{fault['id']}")[1]
                check(shown["hit"] == 1 and shown["skipped"] == {"version": skips}, f"{shown}", run)
                self.ask("DELETE", "/v1/faults")
            end(run)

    def test_a_connack_is_rewritten_in_the_words_of_its_version(self):
        with self.proxy() as run:
            self.hit(rewrite="connack", reason=0x87, newcomers=True)
            with connect_v5(self.port) as new:
                self.assertEqual(received(new)[3], 0x87)
            with connect(self.port) as old:
                self.assertEqual(received(old), CONNACK)
            end(run)


class Latency(ControlCase):
    def test_upwards_delays_the_connect_of_who_is_new_and_of_who_returns(self):
        with self.proxy() as run:
            self.ask("POST", "/v1/faults", {"do": "latency", "delay": "400ms", "direction": "up",
                                            "newcomers": True})
            for who in ("new", "returning"):
                began = time.monotonic()
                with connect(self.port) as peer:
                    self.assertEqual(peer.recv(4), CONNACK)
                check(time.monotonic() - began >= 0.4, f"not delayed: {who}", run)
            end(run)


class Judged(ControlCase):
    def test_knows_the_cause_of_a_will_and_judges_the_journal_again(self):
        with self.proxy("--observe") as run:
            self.device("meter-1")
            fault = self.ask("POST", "/v1/faults", {"do": "drop", "name": "cut-by-me"})[1]
            check(fault["hit"] == 1, f"{fault}", run)
            wait_until(lambda: self.links().get("meter-1", {}).get("connection", 0) > 1,
                       "it is back", START_SECONDS)
            end(run)
            result = json.loads((run.out / "result.json").read_text())
            check([each["name"] for each in result["faults"]] == ["by-hand"], "faults", run)
            check(result["faults"][0]["injected"] == 1, f"{result['faults']}", run)
            by_fault = {each["name"]: each["expected"] for each in result["wills"]["by_fault"]}
            check(by_fault == {"by-hand": 1, "none": 0}, f"{by_fault}", run)
            again = probate("gate", str(run.out / "events.ndjson.gz"))
            check(again.returncode == 0, f"gate: {again.stderr}", run)
            stored = probate("gate", str(run.out / "result.json"))
            check(stored.returncode == 0, f"gate: {stored.stderr}", run)


class Safety(ControlCase):
    def test_answers_neither_names_that_lead_here_nor_pages_from_elsewhere(self):
        with self.proxy() as run:
            self.assertEqual(self.ask("GET", "/v1/links", Host="evil.example")[0], 403)
            self.assertEqual(self.ask("GET", "/v1/links", Origin="http://evil.example")[0], 403)
            self.assertEqual(self.ask("GET", "/-/healthy")[0], 200)
            end(run)

    def test_wants_its_token(self):
        token = self.folder / "token"
        token.write_text(TOKEN + "\n")
        with self.proxy("--control-token-file", str(token)) as run:
            self.assertEqual(self.ask("GET", "/v1/links")[0], 401)
            self.assertEqual(self.ask("GET", "/v1/links", Authorization="Bearer x")[0], 401)
            self.assertEqual(self.ask("GET", "/v1/links", Authorization=f"Bearer {TOKEN}")[0], 200)
            without = self.command("links")
            check(without.returncode == 6 and "Bearer" in without.stderr, without.stderr, run)
            known = self.command("links", "--token-file", str(token))
            check(known.returncode == 0 and "no links" in known.stdout, known.stderr, run)
            end(run)

    def test_is_counted_by_what_it_answered_and_what_it_did_not_take(self):
        with self.proxy("--metrics", "0") as run:
            self.assertEqual(self.ask("GET", "/v1/links")[0], 200)
            self.assertEqual(self.ask("GET", "/v1/nothing")[0], 404)
            self.assertEqual(self.ask("GET", "/v1/links", Host="evil.example")[0], 403)
            wait_until(lambda: figure(run, 'control_requests_total{code="4xx"}') == 2,
                       "two are counted", START_SECONDS)
            self.assertEqual(figure(run, 'control_requests_total{code="2xx"}'), 1)
            self.assertEqual(figure(run, 'control_rejected_total{reason="origin"}'), 1)
            wait_until(lambda: figure(run, "schedule_lag_seconds_count") > 0,
                       "the loop looked at itself", START_SECONDS)
            end(run)

    def test_is_not_opened_to_others_without_a_token(self):
        refused = probate("proxy", "--listen", "0", "--upstream", "127.0.0.1:1", "--control",
                          "0.0.0.0:0")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("needs a --control-token-file", refused.stderr)

    def test_of_a_port_in_use_says_so_and_is_an_environment_error(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            refused = probate("proxy", "--listen", "0", "--upstream",
                              f"127.0.0.1:{self.broker.port}", "--control",
                              str(taken.getsockname()[1]))
        self.assertEqual(refused.returncode, 6)
        self.assertIn("for the control API", refused.stderr)

    def test_gives_up_slow_and_large_requests_and_lives_on(self):
        with self.proxy() as run:
            host, port = self.control.split(":")
            with socket.create_connection((host, int(port)), timeout=30) as slow:
                slow.sendall(b"POST /v1/faults HTTP/1.1\r\nHost: 127")
                status, answer = self.ask("POST", "/v1/faults", "x" * (64 * 1024 + 1))
                check(status == 413, f"{answer}", run)
                self.assertEqual(self.ask("GET", "/v1/faults")[0], 200)
                check(slow.recv(4096).startswith(b"HTTP/1.1 408 "), "it was not given up", run)
            end(run)


class Command(ControlCase):
    def test_makes_lists_and_heals_faults(self):
        with self.proxy() as run:
            self.device("meter-1")
            made = self.command("fault", "add", "stall", "for=90s", "--on", "meter-*", "--name",
                                "mine")
            check(made.returncode == 0 and "mine: stall" in made.stdout, str(made), run)
            listed = self.command("fault", "list")
            check("1  mine: stall direction: both" in listed.stdout, str(listed), run)
            links = self.command("links", "--devices", "meter-*")
            check(re.search(r"meter-1 +silent .* mine$", links.stdout, re.M), str(links), run)
            listed = json.loads(self.command("fault", "list", "--json").stdout)
            check(listed["faults"][0]["id"] == 1, str(listed), run)
            healed = self.command("fault", "heal", "1")
            check(healed.returncode == 0 and "mine" in healed.stdout, str(healed), run)
            check(self.command("fault", "list").stdout == "no faults\n", "it stands", run)
            for name in ("slow", "slow", "silent"):
                self.command("fault", "add", "latency", "delay=1ms", "for=90s", "--newcomers",
                             "--on", "meter-*", "--name", name)
            healed = self.command("fault", "heal", "slow")
            check(healed.stdout.count("healed: ") == 2 and "silent" not in healed.stdout,
                  str(healed), run)
            listed = self.command("fault", "list")
            check(re.match(r"4  silent: .*\n$", listed.stdout), str(listed), run)
            check(self.command("fault", "heal", "--all").returncode == 0, "heal --all", run)
            end(run)

    def test_ends_with_codes_that_scripts_can_tell_apart(self):
        with self.proxy() as run:
            wrong = self.command("fault", "add", "stal", "for=30")
            check(wrong.returncode == 5 and 'did you mean "stall"?' in wrong.stderr, str(wrong),
                  run)
            check("^" in wrong.stderr, f"nothing points at it: {wrong.stderr}", run)
            nobody = self.command("fault", "add", "drop")
            check(nobody.returncode == 4 and "hit nobody" in nobody.stderr, str(nobody), run)
            check(self.command("fault", "heal", "77").returncode == 5, "heal 77", run)
            unknown = self.command("fault", "heal", "x")
            check(unknown.returncode == 5 and 'is called "x"' in unknown.stderr, str(unknown), run)
            check(self.command("fault", "heal").returncode == 2, "heal nothing", run)
            check(self.command("fault", "ad", "drop").returncode == 2, "ad", run)
            check(self.command("fault", "add").returncode == 2, "add nothing", run)
            check(self.command("links", "--device", "x").returncode == 2, "--device", run)
            end(run)
        gone = self.command("links")
        self.assertEqual(gone.returncode, 6)
        self.assertIn("cannot connect to the control API at", gone.stderr)


if __name__ == "__main__":
    unittest.main()
