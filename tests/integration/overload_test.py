"""Many at once: a signal while devices are busy, connections that begin and never go on, a broker
that accepts and does nothing. What is well behaved goes on meanwhile, and all is counted."""

import os
import pathlib
import selectors
import signal
import socket
import time
import unittest

from control_test import PINGREQ, PINGRESP, ControlCase
from listeners_test import TwoBrokers
from private_broker import accepts
from program import check, check_ending, wait_until
from proxy_test import CONNACK, CONNECT, ProxyCase, connect, end, events, port_of
from segment_test import ESTABLISHED, tcp_info

BUSY = 24
HALF_OPEN, SLOW = 200, 200
# Of an answer that takes a millisecond: the machine has other things to do, too.
PING_SECONDS = 2
SECONDS = 20
PUBLISH = bytes.fromhex("300a0003742f78") + b"hello"


def busy_id(number):
    return b"%02d" % number


class Busy:
    """Devices that say as much as they are let, and read what comes; all in one thread."""

    def __init__(self, port, count):
        self._selector = selectors.DefaultSelector()
        self.peers = [connect(port, busy_id(number)) for number in range(count)]
        for peer in self.peers:
            assert peer.recv(4) == CONNACK
            peer.setblocking(False)
            self._selector.register(peer, selectors.EVENT_READ | selectors.EVENT_WRITE)
        self.answers = dict.fromkeys(self.peers, 0)
        self._unsent = dict.fromkeys(self.peers, b"")
        self.ended = {}

    def turn(self):
        for key, what in self._selector.select(0.01):
            peer = key.fileobj
            try:
                if what & selectors.EVENT_READ:
                    said = peer.recv(65536)
                    if not said:
                        self._over(peer, "fin")
                        continue
                    self.answers[peer] += len(said) // len(PINGRESP)
                if what & selectors.EVENT_WRITE:
                    rest = self._unsent[peer] or PUBLISH * 50 + PINGREQ
                    self._unsent[peer] = rest[peer.send(rest):]
            except BlockingIOError:
                continue
            except (ConnectionResetError, BrokenPipeError):
                self._over(peer, "rst")

    def _over(self, peer, how):
        self._selector.unregister(peer)
        self.ended[peer] = how

    def turn_until(self, condition, what):
        deadline = time.monotonic() + SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"in vain until {what}"
            self.turn()

    def close(self):
        for peer in self.peers:
            peer.close()
        self._selector.close()


class SignalUnderLoad(ProxyCase):
    def test_ends_every_busy_device_in_time_and_tells_of_each(self):
        self.broker.start()
        with self.proxy("--drain", "4s") as run:
            port = port_of(run)
            busy = Busy(port, BUSY)
            self.addCleanup(busy.close)
            busy.turn_until(lambda: min(busy.answers.values()) >= 3, "all are busy")
            run.signal(signal.SIGTERM)
            busy.turn_until(lambda: not accepts(port), "nobody is let in any more")
            before = dict(busy.answers)
            busy.turn_until(lambda: busy.ended or all(busy.answers[peer] > before[peer]
                                                      for peer in busy.peers),
                            "they are served while it drains")
            check(not busy.ended, f"ended before the drain did: {busy.ended}", run)
            busy.turn_until(lambda: len(busy.ended) == BUSY, "all of them were told")
            check_ending(run, run.finish(SECONDS), 0)
            # Who only looked whether it listens was no device.
            devices = {event["connection"] for event in events(run, "connect_forwarded")}
            closed = [event for event in events(run, "leg_closed")
                      if event["connection"] in devices]
            for leg in ("device", "broker"):
                count = sum(event["leg"] == leg for event in closed)
                check(count == BUSY, f"{count} ends of {leg} legs", run)
            check(not events(run, "malformed"), "packets were torn", run)
            check(f" of {BUSY} devices, " in run.stderr(), "not counted", run)


class Flood(ControlCase):
    def ping(self, peer):
        began = time.monotonic()
        peer.sendall(PINGREQ)
        self.assertEqual(peer.recv(2, socket.MSG_WAITALL), PINGRESP)
        return time.monotonic() - began

    def accepted(self):
        [front] = self.ask("GET", "/v1/listeners")[1]["listeners"]
        return front["accepted"]

    def test_of_connections_that_never_go_on_hinders_nobody_and_is_counted(self):
        with self.proxy() as run, connect(self.port) as bystander:
            self.assertEqual(bystander.recv(4), CONNACK)
            took = [self.ping(bystander)]
            silent = []
            for _ in range(HALF_OPEN):
                silent.append(socket.create_connection(("127.0.0.1", self.port), timeout=10))
                self.addCleanup(silent[-1].close)
                if len(silent) % 20 == 0:
                    took.append(self.ping(bystander))
            # The others send their CONNECT byte by byte, and never its last.
            slow = []
            for _ in range(SLOW):
                slow.append(socket.create_connection(("127.0.0.1", self.port), timeout=10))
                slow[-1].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.addCleanup(slow[-1].close)
            for byte in CONNECT[:-1]:
                for peer in slow:
                    peer.sendall(bytes([byte]))
                took.append(self.ping(bystander))
            wait_until(lambda: self.accepted() == 1 + HALF_OPEN + SLOW, "all are counted", SECONDS)
            states = [link["state"] for link in self.everybody()]
            self.assertEqual(states.count("greeting"), HALF_OPEN + SLOW)
            self.assertEqual(states.count("open"), 1)
            took.append(self.ping(bystander))
            self.assertLess(max(took), PING_SECONDS)
            for peer in silent + slow:
                peer.close()
            wait_until(lambda: len(self.everybody()) == 1, "they are forgotten", SECONDS)
            self.ping(bystander)
            # One of them may still become a device.
            with connect(self.port, b"m2") as late:
                self.assertEqual(late.recv(4), CONNACK)
            end(run)
            dialled = [event for event in events(run, "connect_forwarded")]
            check(len(dialled) == 2, f"{len(dialled)} were passed on", run)

    def everybody(self):
        status, page = self.ask("GET", "/v1/links?limit=1000")
        self.assertEqual((status, "after" in page), (200, False), "all on one page")
        return page["links"]


class StoppedBroker(TwoBrokers):
    """It accepts, as its kernel does, and says nothing."""

    def pause(self):
        pid = self.broker.pid()
        os.kill(pid, signal.SIGSTOP)
        self.addCleanup(self.go_on, pid)
        stat = pathlib.Path(f"/proc/{pid}/stat")
        wait_until(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T", "it is stopped",
                   SECONDS)
        return pid

    def go_on(self, pid):
        if self.broker.running():
            os.kill(pid, signal.SIGCONT)

    def test_is_felt_by_its_own_devices_only_and_goes_on_where_it_was(self):
        with self.two() as run:
            (_, port, _), (_, other_port, _) = self.listeners
            with connect(port) as device, socket.create_connection(("::1", other_port),
                                                                   timeout=10) as other:
                self.assertEqual(device.recv(4), CONNACK)
                other.sendall(CONNECT)
                self.assertEqual(other.recv(4), CONNACK)
                pid = self.pause()
                device.sendall(PINGREQ)
                newcomer = connect(port, b"m2")
                self.addCleanup(newcomer.close)
                for peer in (device, newcomer):
                    wait_until(lambda: tcp_info(peer)[1] == 0, "it was acknowledged", SECONDS)
                    self.assertEqual(tcp_info(peer)[0], ESTABLISHED)
                other.sendall(PINGREQ)
                self.assertEqual(other.recv(2), PINGRESP, "the other broker's device is served")
                self.assertEqual(self.ask("GET", "/-/healthy")[0], 200)
                self.assertIn("1 hit", self.command("fault", "add", "drop", "how=fin", "--on",
                                                    f"listener=*:{other_port}").stdout)
                self.assertEqual(other.recv(1), b"", "faults work")
                os.kill(pid, signal.SIGCONT)
                self.assertEqual(device.recv(2), PINGRESP)
                self.assertEqual(newcomer.recv(4), CONNACK)
            end(run)

    def test_does_not_keep_the_proxy_from_ending(self):
        with self.two() as run:
            port = self.listeners[0][1]
            with connect(port) as device:
                self.assertEqual(device.recv(4), CONNACK)
                self.pause()
                device.sendall(PINGREQ)
                newcomer = connect(port, b"m2")
                self.addCleanup(newcomer.close)
                end(run)
                self.assertEqual(device.recv(1), b"")


del ControlCase, ProxyCase, TwoBrokers  # their own tests are other files'


if __name__ == "__main__":
    unittest.main()
