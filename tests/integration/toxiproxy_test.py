"""The Toxiproxy-compatible API, through a public client library of Toxiproxy, on real sockets."""

import contextlib
import json
import os
import pathlib
import re
import socket
import subprocess
import time
import unittest

from control_test import ControlCase
from private_broker import publish
from program import START_SECONDS, check, wait_until
from proxy_test import CONNACK, connect, end

HERE = pathlib.Path(__file__).resolve().parent
MODULES = pathlib.Path(os.environ.get("TOXIPROXY_CLIENT_MODULES",
                                      HERE.parents[1] / "build/npm/node_modules"))
PINGREQ = bytes.fromhex("c000")
PINGRESP = bytes.fromhex("d000")
PINGS = 5


class Refused(Exception):
    """The library threw."""


class ToxiproxyCase(ControlCase):
    @contextlib.contextmanager
    def toxiproxy(self, *more):
        check(MODULES.is_dir(), f"{MODULES} is not there: `./dev test` installs it", None)
        with self.proxy(*more) as run:
            self.client = subprocess.Popen(
                ["node", str(HERE / "toxiproxy/client.js"), f"http://{self.control}"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                env={**os.environ, "NODE_PATH": str(MODULES)})
            try:
                self.call("populate", [{"name": "mqtt", "listen": f"127.0.0.1:{self.port}",
                                        "upstream": f"localhost:{self.broker.port}"}])
                yield run
            finally:
                self.client.stdin.close()
                self.client.stdout.close()
                self.client.kill()
                self.client.wait()
            end(run)

    def call(self, *words):
        self.client.stdin.write(json.dumps(words) + "\n")
        self.client.stdin.flush()
        answer = json.loads(self.client.stdout.readline())
        if "error" in answer:
            raise Refused(answer["error"])
        return answer["value"]

    def add(self, kind, stream="downstream", **attributes):
        return self.call("add", "mqtt", {"name": kind, "type": kind, "stream": stream,
                                         "toxicity": 1, "attributes": attributes})

    def session(self):
        peer = self.enterContext(connect(self.port))
        self.assertEqual(peer.recv(4), CONNACK)
        return peer

    def ping_seconds(self, peer):
        began = time.monotonic()
        peer.sendall(PINGREQ)
        self.assertEqual(peer.recv(2), PINGRESP)
        return time.monotonic() - began

    def is_delayed(self, peer, seconds):
        """What delays every packet delays each of these; a machine that is busy, one or another."""
        return all(self.ping_seconds(peer) >= seconds for _ in range(PINGS))


class Proxies(ToxiproxyCase):
    def test_is_one_proxy_that_takes_the_name_that_a_client_gives_it(self):
        with self.toxiproxy():
            self.assertIn("probate", self.call("version"))
            self.assertEqual(self.call("all"), ["mqtt"])
            made = self.call("create", {"name": "broker", "listen": f"0.0.0.0:{self.port}",
                                        "upstream": f"127.0.0.1:{self.broker.port}"})
            self.assertEqual(made["name"], "broker")
            self.assertEqual(self.call("all"), ["broker"])
            with self.assertRaisesRegex(Refused, "400"):
                self.call("create", {"name": "other", "listen": "127.0.0.1:1", "upstream": "h:2"})

    def test_is_disabled_and_enabled(self):
        with self.toxiproxy():
            peer = self.session()
            half = self.enterContext(socket.create_connection(("127.0.0.1", self.port), 10))
            half.sendall(b"\x10")
            wait_until(lambda: len(self.ask("GET", "/v1/links")[1]["links"]) == 2, "both are in",
                       START_SECONDS)
            self.assertFalse(self.call("enable", "mqtt", False)["enabled"])
            self.assertEqual(peer.recv(1), b"")
            self.assertEqual(half.recv(1), b"")
            with self.assertRaises(ConnectionRefusedError):
                connect(self.port)
            self.assertTrue(self.call("enable", "mqtt", True)["enabled"])
            self.session()


class Toxics(ToxiproxyCase):
    def test_latency_delays_from_the_first_packet_until_it_is_removed(self):
        with self.toxiproxy():
            self.add("latency", latency=300)
            began = time.monotonic()
            peer = self.session()
            self.assertGreaterEqual(time.monotonic() - began, 0.3)
            self.assertGreaterEqual(self.ping_seconds(peer), 0.3)
            self.call("change", "mqtt", "latency", {"latency": 600})
            self.assertGreaterEqual(self.ping_seconds(peer), 0.6)
            self.call("remove", "mqtt", "latency")
            self.assertEqual(self.call("all"), ["mqtt"])
            self.assertFalse(self.is_delayed(peer, 0.3))

    def test_timeout_stops_everything_and_then_closes(self):
        with self.toxiproxy():
            peer = self.session()
            self.add("timeout", "upstream", timeout=400)
            began = time.monotonic()
            peer.sendall(PINGREQ)
            self.assertEqual(peer.recv(2), b"")
            self.assertGreaterEqual(time.monotonic() - began, 0.3)
            with connect(self.port) as later:
                self.assertEqual(later.recv(4), b"")

    def test_timeout_downstream_keeps_the_connack_back(self):
        with self.toxiproxy():
            self.add("timeout", timeout=0)
            with connect(self.port) as new:
                wait_until(lambda: self.links().get("m1", {}).get("state") == "silent", "it is in",
                           START_SECONDS)
                # The broker has answered once it has told somebody of the session.
                publish(self.broker.port, "probate-test/news", "later")
                new.setblocking(False)
                with self.assertRaises(BlockingIOError):
                    new.recv(1)
                new.setblocking(True)
                new.settimeout(10)
                self.call("remove", "mqtt", "timeout")
                self.assertEqual(new.recv(1), b"")
            self.session()

    def test_latency_of_nothing_is_a_toxic_and_jitter_may_be_more(self):
        with self.toxiproxy():
            self.add("latency", latency=0)
            self.assertLess(self.ping_seconds(self.session()), 5)
            self.call("change", "mqtt", "latency", {"latency": 10, "jitter": 20})
            self.session()
            self.call("remove", "mqtt", "latency")

    def test_timeout_of_zero_lasts_until_it_is_removed_and_then_closes(self):
        with self.toxiproxy():
            peer = self.session()
            self.add("timeout", "upstream", timeout=0)
            peer.sendall(PINGREQ)
            wait_until(lambda: self.links()["m1"]["state"] == "silent", "it is silent",
                       START_SECONDS)
            self.call("remove", "mqtt", "timeout")
            self.assertEqual(peer.recv(2), b"")

    def test_reset_peer_resets_after_its_timeout(self):
        with self.toxiproxy():
            self.add("reset_peer", timeout=300)
            began = time.monotonic()
            peer = self.session()
            with self.assertRaises(ConnectionResetError):
                peer.recv(1)
            self.assertGreaterEqual(time.monotonic() - began, 0.3)

    def test_limit_data_closes_after_so_many_bytes(self):
        with self.toxiproxy():
            self.add("limit_data", bytes=len(CONNACK) + 1)
            peer = self.session()
            peer.sendall(PINGREQ)
            rest = b""
            with contextlib.suppress(ConnectionResetError):
                while byte := peer.recv(16):
                    rest += byte
            self.assertEqual(rest, PINGRESP[:1])

    def test_bandwidth_lets_so_much_through(self):
        with self.toxiproxy():
            peer = self.session()
            peer.sendall(bytes.fromhex("820c0001000770726f62652f2300"))
            self.assertEqual(peer.recv(5)[0], 0x90)
            self.add("bandwidth", rate=40)
            began = time.monotonic()
            publish(self.broker.port, "probe/1", "x" * 20_000)
            seen = 0
            while seen < 20_000:
                seen += len(peer.recv(4096))
            self.assertGreaterEqual(time.monotonic() - began, 0.4)

    def test_slow_close_delays_the_end(self):
        with self.toxiproxy():
            peer = self.session()
            self.add("slow_close", delay=300)
            began = time.monotonic()
            peer.shutdown(socket.SHUT_WR)
            self.assertEqual(peer.recv(1), b"")
            self.assertGreaterEqual(time.monotonic() - began, 0.3)

    def test_reset_removes_every_toxic(self):
        with self.toxiproxy():
            self.add("latency", latency=5_000)
            self.add("timeout", "upstream", timeout=0)
            self.call("reset")
            self.assertLess(self.ping_seconds(self.session()), 5)
            self.assertEqual(self.ask("GET", "/v1/faults")[1], {"faults": []})

    def test_says_what_it_has_not(self):
        with self.toxiproxy():
            for words in [("slicer", {"average_size": 10}), ("latency", {"latencey": 10}),
                          ("latency", {"latency": -1}), ("bandwidth", {"rate": 0})]:
                with self.assertRaisesRegex(Refused, "400"):
                    self.add(words[0], **words[1])
            status, answer = self.ask("POST", "/proxies/mqtt/toxics", {"type": "slicer"})
            self.assertEqual(status, 400)
            self.assertTrue(re.search("latency, bandwidth", answer["error"]), answer)
            self.add("latency", latency=10)
            with self.assertRaisesRegex(Refused, "409"):
                self.add("latency", latency=10)
            with self.assertRaisesRegex(Refused, "404"):
                self.call("remove", "mqtt", "nothing")


if __name__ == "__main__":
    unittest.main()
