"""MQTT over WebSocket through `probate proxy`, between scripted peers and with mosquitto."""

import base64
import hashlib
import os
import select
import socket
import threading
import time

from control_test import ControlCase, control_of
from private_broker import PrivateBroker, accepts, reserved_port
from program import START_SECONDS, Run, check, wait_until
from proxy_test import CONNACK, CONNECT, end, events, port_of
from segment_test import tcp_info

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
PINGREQ = bytes.fromhex("c000")
PINGRESP = bytes.fromhex("d000")
ANSWERS = {CONNECT: CONNACK, PINGREQ: PINGRESP}


def read_head(peer):
    head = b""
    while b"\r\n\r\n" not in head:
        more = peer.recv(4096)
        if not more and not head:
            raise EOFError  # somebody looked whether it is there
        assert more, f"it ended inside {head}"
        head += more
    return head


def accept_key(key):
    return base64.b64encode(hashlib.sha1(key + GUID).digest())


def read_exactly(peer, count):
    got = b""
    while len(got) < count:
        more = peer.recv(count - len(got))
        if not more:
            raise EOFError
        got += more
    return got


def read_frame(peer):
    """The payload of one small binary frame."""
    first, length = read_exactly(peer, 2)
    assert first == 0x82, first
    mask = read_exactly(peer, 4) if length & 0x80 else bytes(4)
    payload = read_exactly(peer, length & 0x7f)
    return bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


def frame(payload, mask=b""):
    head = bytes([0x82, len(payload) | (0x80 if mask else 0)])
    if not mask:
        return head + payload
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


class Broker:
    """Takes WebSockets and answers CONNECT and PINGREQ in them."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.troubles = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        try:
            key = next(line.split(b": ")[1] for line in read_head(peer).split(b"\r\n")
                       if line.startswith(b"Sec-WebSocket-Key"))
            peer.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                         b"Connection: Upgrade\r\nSec-WebSocket-Protocol: mqtt\r\n"
                         b"Sec-WebSocket-Accept: " + accept_key(key) + b"\r\n\r\n")
            while True:
                peer.sendall(frame(ANSWERS[read_frame(peer)]))
        except (EOFError, ConnectionError):
            pass
        except Exception as trouble:  # a test looks
            self.troubles.append(repr(trouble))
        finally:
            peer.close()

    def close(self):
        self.listener.close()


class Client:
    def __init__(self, port):
        self.peer = socket.create_connection(("127.0.0.1", port), timeout=10)
        key = base64.b64encode(os.urandom(16))
        self.peer.sendall(b"GET /mqtt HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                          b"Connection: Upgrade\r\nSec-WebSocket-Key: " + key + b"\r\n"
                          b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n")
        head = read_head(self.peer)
        assert accept_key(key) in head, head

    def say(self, packet):
        self.peer.sendall(frame(packet, os.urandom(4)))
        return read_frame(self.peer)


class Mosquitto(ControlCase):
    """Its own listener for WebSockets, which knows an interface and no address."""

    def test_speaks_to_a_device_through_the_proxy_which_a_fault_may_cut(self):
        folder = self.folder / "websockets"
        folder.mkdir()
        port = reserved_port(self)
        broker = PrivateBroker(folder, f"listener {port} lo\nprotocol websockets\n")
        self.addCleanup(broker.stop)
        broker.start()
        wait_until(lambda: accepts(port), "it takes WebSockets", START_SECONDS)
        with Run("proxy", "--listen", "0", "--upstream", f"127.0.0.1:{port}", "--control", "0",
                 "--drain", "0", "--out", "out") as run:
            client = Client(port_of(run))
            self.addCleanup(client.peer.close)
            self.control = control_of(run)
            self.assertEqual(client.say(CONNECT), CONNACK)
            self.assertEqual(client.say(PINGREQ), PINGRESP)
            [link] = self.ask("GET", "/v1/links")[1]["links"]
            self.assertEqual((link["speaks"], link["state"]), ("websocket", "open"))
            stall = self.ask("POST", "/v1/faults", {"do": "stall", "direction": "up"})[1]
            self.assertEqual(stall["hit"], 1)
            client.peer.sendall(frame(PINGREQ, os.urandom(4)))
            wait_until(lambda: tcp_info(client.peer)[1] == 0, "acknowledged", START_SECONDS)
            self.assertEqual(select.select([client.peer], [], [], 0)[0], [])
            self.assertEqual(self.ask("DELETE", f"/v1/faults/{stall['id']}")[0], 200)
            self.assertEqual(read_frame(client.peer), PINGRESP)
            self.assertEqual(self.ask("POST", "/v1/faults", {"do": "drop"})[1]["hit"], 1)
            with self.assertRaises(ConnectionResetError):
                client.peer.recv(1)
            end(run)
            check(not events(run, "malformed"), "it was taken for MQTT", run)


class WebSocket(ControlCase):
    def setUp(self):
        super().setUp()
        self.websockets = Broker()
        self.addCleanup(self.websockets.close)

    def client(self):
        client = Client(self.port)
        self.addCleanup(client.peer.close)
        return client

    def test_passes_untouched_and_is_hit_by_faults_of_tcp(self):
        with Run("proxy", "--listen", "0", "--upstream", f"127.0.0.1:{self.websockets.port}",
                 "--control", "0", "--drain", "0", "--out", "out") as run:
            self.port = port_of(run)
            self.control = wait_until(lambda: run.stderr().partition("control: http://")[2],
                                      "the control API listens", START_SECONDS).partition("/")[0]
            first, second = self.client(), self.client()
            for client in (first, second):
                self.assertEqual(client.say(CONNECT), CONNACK)
            shown = self.ask("GET", "/v1/links")[1]["links"]
            self.assertEqual([link["speaks"] for link in shown], ["websocket", "websocket"])
            self.assertEqual([link["source"] for link in shown],
                             ["%s:%d" % each.peer.getsockname() for each in (first, second)])
            self.assertRegex(self.command("links").stdout, r"(?m)^websocket +open +127\.0\.0\.1:")
            self.assertIn("2 hit", self.command("fault", "add", "latency", "delay=300ms").stdout)
            began = time.monotonic()
            self.assertEqual(first.say(PINGREQ), PINGRESP)
            self.assertGreaterEqual(time.monotonic() - began, 0.6)
            self.command("fault", "heal", "--all")
            self.assertIn("2 hit", self.command("fault", "add", "drop", "how=rst").stdout)
            for client in (first, second):
                with self.assertRaises(ConnectionResetError):
                    client.peer.recv(1)
            third = self.client()
            self.assertEqual(third.say(CONNECT), CONNACK)
            end(run)
            check(not events(run, "malformed"), "it was taken for MQTT", run)
            self.assertEqual(self.websockets.troubles, [])
