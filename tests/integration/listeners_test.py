"""One `probate proxy` with several listeners: brokers of their own, IPv6, faults at one of them."""

import contextlib
import pathlib
import re
import resource
import socket
import subprocess
import tempfile
import unittest

from control_test import ControlCase
from private_broker import PrivateBroker, reserved_port
from program import START_SECONDS, Run, check, check_ending, wait_until
from proxy_test import CONNACK, CONNECT, connect, end, events, figure, port_of
from toxiproxy_test import ToxiproxyCase

LISTENS = re.compile(r"^proxy: (\S+):(\d+) → broker (\S+)", re.MULTILINE)


def listeners_of(run, count):
    """(HOST, PORT, BROKER) of each, in their order."""
    return wait_until(lambda: (found := LISTENS.findall(run.stderr())) and len(found) == count
                      and [(host, int(port), broker) for host, port, broker in found],
                      f"{count} listeners are there", START_SECONDS)


def session(host, port):
    peer = socket.create_connection((host, port), timeout=10)
    peer.sendall(CONNECT)
    assert peer.recv(4) == CONNACK
    return peer


class TwoBrokers(ControlCase):
    def setUp(self):
        super().setUp()
        folder = self.folder / "other"
        folder.mkdir()
        self.other = PrivateBroker(folder)
        self.addCleanup(self.other.stop)
        self.other.start()

    @contextlib.contextmanager
    def two(self, *more):
        with self.proxy("--listen", "[::1]:0", "--upstream", f"127.0.0.1:{self.other.port}",
                        *more) as run:
            self.listeners = listeners_of(run, 2)
            yield run

    def test_are_led_to_by_two_listeners_and_shown_by_links(self):
        with self.two() as run:
            (_, first, _), (host, second, _) = self.listeners
            self.assertEqual(host, "[::1]")
            with session("127.0.0.1", first), session("::1", second):
                shown = self.command("links").stdout
                check(f"to 127.0.0.1:{first} " in shown, shown, run)
                check(f"to [::1]:{second} " in shown, shown, run)
                answer = self.ask("GET", "/v1/listeners")[1]["listeners"]
                self.assertEqual([(each["listen"], each["upstream"]) for each in answer],
                                 [(f"127.0.0.1:{first}", f"127.0.0.1:{self.broker.port}"),
                                  (f"[::1]:{second}", f"127.0.0.1:{self.other.port}")])
                self.assertEqual([each["accepted"] for each in answer], [1, 1])
            end(run)
            devices = {event["device"] for event in events(run, "connect_forwarded")}
            check(devices == {0, 1}, f"one ClientID at two brokers is two devices: {devices}", run)

    def test_let_a_fault_hit_at_one_listener_only(self):
        with self.two() as run:
            (_, first, _), (_, second, _) = self.listeners
            with session("127.0.0.1", first) as spared, session("::1", second) as hit:
                made = self.command("fault", "add", "drop", "how=fin", "--on",
                                    f"listener=*:{second}")
                self.assertEqual(made.returncode, 0, made.stderr)
                self.assertIn("1 hit", made.stdout)
                self.assertEqual(hit.recv(1), b"")
                spared.sendall(bytes.fromhex("c000"))
                self.assertEqual(spared.recv(2), bytes.fromhex("d000"))
            end(run)

    def test_are_named_when_one_of_them_is_away(self):
        with self.two() as run:
            self.other.stop()
            with socket.create_connection(("::1", self.listeners[1][1]), timeout=10) as peer:
                peer.sendall(CONNECT)
                with self.assertRaises(ConnectionResetError):
                    peer.recv(1)
            wait_until(lambda: f"the broker 127.0.0.1:{self.other.port} did not take" in
                       run.stderr(), "the broker is named", START_SECONDS)
            check(f"the broker 127.0.0.1:{self.broker.port} did not" not in run.stderr(),
                  "the other one did take connections", run)
            self.assertEqual([each["dial_errors"]
                              for each in self.ask("GET", "/v1/listeners")[1]["listeners"]], [0, 1])
            end(run)

    def test_are_both_bound_or_none(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            free = reserved_port(self)
            with Run("proxy", "--upstream", "127.0.0.1:1", "--listen", str(free), "--listen",
                     str(port)) as run:
                check_ending(run, run.finish(), 6)
                check(f"cannot listen on 127.0.0.1:{port}" in run.stderr(), "not said", run)


class Ipv6(unittest.TestCase):
    def test_is_taken_for_both_ends(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        port = reserved_port(self, "::1")
        broker = PrivateBroker(folder, f"listener {port} ::1\n")
        self.addCleanup(broker.stop)
        broker.start()
        with Run("proxy", "--listen", "[::1]:0", "--upstream", f"[::1]:{port}", "--observe",
                 "--drain", "0", "--out", "out") as run:
            [(host, listens, upstream)] = listeners_of(run, 1)
            self.assertEqual((host, upstream), ("[::1]", f"[::1]:{port}"))
            with session("::1", listens):
                pass
            end(run)
            check(len(events(run, "connect_forwarded")) == 1, "it was not seen", run)
            broker_said = run.result()["run"]["broker"]
            check(broker_said.startswith("mosquitto"), f"the broker said {broker_said}", run)


class ProxyProtocol(ControlCase):
    def behind(self, outer, version):
        """A proxy that expects the header, behind one that sends it."""
        return Run("proxy", "--listen", "0", "--upstream", f"127.0.0.1:{outer}",
                   "--proxy-protocol-out", version, "--drain", "0")

    def test_carries_the_address_of_a_stock_client_through_two_proxies(self):
        with self.proxy("--proxy-protocol-in") as inner:
            inner_port = self.port
            for version in ("v1", "v2"):
                with self.behind(inner_port, version) as outer:
                    self.port = port_of(outer)
                    device = self.device(f"meter-{version}")
                    source = self.links()[f"meter-{version}"]["source"]
                    ends = subprocess.run(["ss", "-Htnp", f"dport = :{self.port}"],
                                          capture_output=True, text=True, check=True).stdout
                    own = re.search(rf"(127\.0\.0\.1:\d+).*pid={device.process.pid},", ends)
                    check(own and own[1] == source, f"links say {source}, the kernel {ends}", inner)
                    end(outer)
            end(inner)

    def test_tells_an_ipv4_client_of_a_listener_for_both_families_as_one(self):
        for version in ("v1", "v2"):
            with self.proxy("--proxy-protocol-in") as inner:
                outer = Run("proxy", "--listen", "[::]:0", "--upstream", f"127.0.0.1:{self.port}",
                            "--proxy-protocol-out", version, "--drain", "0")
                with outer, session("127.0.0.1", listeners_of(outer, 1)[0][1]) as peer:
                    own = "{}:{}".format(*peer.getsockname())
                    self.assertEqual(self.links()["m1"]["source"], own)
                    end(outer)
                end(inner)

    def test_refuses_who_brings_no_header_and_serves_the_others(self):
        with self.proxy("--proxy-protocol-in", "--metrics", "0") as run:
            with connect(self.port) as naked:
                with self.assertRaises(ConnectionResetError):
                    naked.recv(1)
            wait_until(lambda: "did not begin with a header of the PROXY protocol" in run.stderr(),
                       "it is said", START_SECONDS)
            with socket.create_connection(("127.0.0.1", self.port), timeout=10) as told:
                told.sendall(b"PROXY TCP4 192.0.2.7 192.0.2.8 4711 1883\r\n" + CONNECT)
                self.assertEqual(told.recv(4), CONNACK)
                self.assertEqual(self.links()["m1"]["source"], "192.0.2.7:4711")
                made = self.command("fault", "add", "drop", "how=fin", "--on", "source=192.0.2.*")
                self.assertIn("1 hit", made.stdout)
                self.assertEqual(told.recv(1), b"")
            [listener] = self.ask("GET", "/v1/listeners")[1]["listeners"]
            self.assertEqual(listener["refused"], {"proxy_header": 1})
            self.assertEqual(figure(run, 'connections_refused_total{reason="proxy_header"}'), 1)
            end(run)
            check("refused: 1 proxy_header" in run.stderr(), "not counted", run)


class Greetings(ControlCase):
    def test_that_come_to_nothing_are_counted_by_reason_and_said_once(self):
        with self.proxy("--metrics", "0") as run:
            for _ in range(2):
                with socket.create_connection(("127.0.0.1", self.port), timeout=10) as large:
                    large.sendall(bytes.fromhex("10ffffff7f"))
                    with self.assertRaises(ConnectionResetError):
                        large.recv(1)
            with socket.create_connection(("127.0.0.1", self.port), timeout=10) as half:
                half.sendall(CONNECT[:7])
                half.shutdown(socket.SHUT_WR)
                self.assertEqual(half.recv(1), b"")
            with socket.create_connection(("127.0.0.1", self.port), timeout=10) as looks:
                looks.shutdown(socket.SHUT_WR)
                self.assertEqual(looks.recv(1), b"")
            [listener] = self.ask("GET", "/v1/listeners")[1]["listeners"]
            self.assertEqual(listener["refused"], {"connect_too_large": 2, "connect_half": 1})
            wait_until(lambda: figure(run, 'connections_refused_total{reason="connect_half"}') == 1,
                       "it is counted", START_SECONDS)
            end(run)
            check("refused: 2 connect_too_large, 1 connect_half" in run.stderr(), "not told", run)
            check(run.stderr().count("its CONNECT is of more than 256 KiB") == 1, "not once", run)

    def test_that_find_no_descriptor_are_not_the_brokers_fault(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))

        with self.proxy(preexec_fn=limit) as run:
            check("no more than 60 file descriptors: that is room for about 9 devices" in
                  run.stderr(), "nobody was warned", run)
            with contextlib.ExitStack() as peers:
                for _ in range(40):
                    peer = socket.create_connection(("127.0.0.1", self.port), timeout=10)
                    peers.enter_context(peer)
                    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
                        peer.sendall(CONNECT)
                        peer.recv(1)
                [listener] = self.ask("GET", "/v1/listeners")[1]["listeners"]
                check(list(listener["refused"]) == ["descriptors"], f"{listener}", run)
                self.assertEqual(listener["dial_errors"], 0)
            end(run)
            check("did not take a connection" not in run.stderr(), "the broker is blamed", run)
            check("0 dials to the broker failed" in run.stderr(), "not told", run)


class Toxiproxy(ToxiproxyCase):
    def test_has_a_proxy_for_each_listener(self):
        second = reserved_port(self)
        with self.toxiproxy("--listen", str(second), "--upstream",
                            f"127.0.0.1:{self.broker.port}"):
            self.assertEqual(self.call("all"), ["mqtt", "mqtt-2"])
            made = self.call("create", {"name": "other", "listen": f"127.0.0.1:{second}",
                                        "upstream": f"localhost:{self.broker.port}"})
            self.assertEqual(made["listen"], f"127.0.0.1:{second}")
            self.call("add", "other", {"name": "slow", "type": "latency", "stream": "downstream",
                                       "toxicity": 1, "attributes": {"latency": 300}})
            fast = self.session()
            self.assertFalse(self.is_delayed(fast, 0.3))
            slow = self.enterContext(session("127.0.0.1", second))
            self.assertGreaterEqual(self.ping_seconds(slow), 0.3)
            self.assertFalse(self.call("enable", "other", False)["enabled"])
            self.assertEqual(slow.recv(1), b"")
            self.session()
