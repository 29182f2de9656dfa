"""What a fault leaves of both of a link's TCP connections: the device's and the broker's socket,
which are the test's own, asked by TCP_INFO."""

import errno
import select
import socket
import unittest

from control_test import PINGREQ, PINGRESP, ControlCase
from program import check, wait_until
from proxy_test import CONNACK, CONNECT, connect, end, events
from segment_test import ESTABLISHED, SECONDS, SEGMENT, SYN_SENT, tcp_info
from segments import can_show


class Upstream:
    """Stands where the broker stands: it takes connections and says what the test says."""

    def __init__(self):
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(10)
        self.port = self._server.getsockname()[1]

    def start(self):
        """As of a broker that is there already."""

    def stop(self):
        self._server.close()

    def accept(self, client_id):
        """The next connection that begins with a CONNECT."""
        while True:
            peer, _ = self._server.accept()
            peer.settimeout(10)
            said = peer.recv(len(CONNECT))
            if said:  # else somebody looked whether it is there
                assert said == CONNECT[:-2] + client_id, said
                return peer
            peer.close()

    def dialled(self):
        self._server.setblocking(False)
        try:
            self._server.accept()[0].close()
            return True
        except BlockingIOError:
            return False
        finally:
            self._server.settimeout(10)


class ScriptedCase(ControlCase):
    def setUp(self):
        self.broker = Upstream()
        self.addCleanup(self.broker.stop)

    def session(self, client_id=b"m1"):
        device = connect(self.port, client_id)
        self.addCleanup(device.close)
        broker = self.broker.accept(client_id)
        self.addCleanup(broker.close)
        broker.sendall(CONNACK)
        self.assertEqual(device.recv(4), CONNACK)
        return device, broker

    def fault(self, run, hit=1, **what):
        status, fault = self.ask("POST", "/v1/faults", what)
        check(status == 201 and fault["hit"] == hit, f"{status}: {fault}", run)
        return fault

    def heal(self, fault):
        self.assertEqual(self.ask("DELETE", f"/v1/faults/{fault['id']}")[0], 200)

    def passes(self, device, broker):
        device.sendall(PINGREQ)
        self.assertEqual(broker.recv(2), PINGREQ)
        broker.sendall(PINGRESP)
        self.assertEqual(device.recv(2), PINGRESP)

    def says_and_is_acknowledged(self, *peers):
        for peer in peers:
            peer.sendall(PINGREQ)
            wait_until(lambda: tcp_info(peer)[1] == 0, "it was acknowledged", SECONDS)
            self.assertEqual(tcp_info(peer)[0], ESTABLISHED)

    def says_and_is_unheard(self, *peers):
        for peer in peers:
            peer.sendall(PINGREQ)
        for peer in peers:
            wait_until(lambda: tcp_info(peer)[2] >= 2, "it was sent again", SECONDS)
            state, unacknowledged, _ = tcp_info(peer)
            self.assertEqual(state, ESTABLISHED)
            self.assertGreaterEqual(unacknowledged, 1)

    def got_nothing(self, *peers):
        self.assertEqual(select.select(peers, [], [], 0)[0], [], "bytes or an end")


class Stream(ScriptedCase):
    """The proxy's kernel acknowledges everything, and neither peer is told anything."""

    def is_answered_by_nobody(self, run, before):
        with connect(self.port) as again:
            wait_until(lambda: self.count(run) > before, "it was accepted", SECONDS)
            wait_until(lambda: tcp_info(again)[1] == 0, "it was acknowledged", SECONDS)
            wait_until(lambda: any(link["state"] == "swallowed" for link in
                                   self.ask("GET", "/v1/links")[1]["links"]), "swallowed", SECONDS)
            self.assertEqual(tcp_info(again)[0], ESTABLISHED)
            self.got_nothing(again)
            self.assertFalse(self.broker.dialled())

    def count(self, run):
        [front] = self.ask("GET", "/v1/listeners")[1]["listeners"]
        return front["accepted"]

    def test_an_outage_keeps_what_both_say_and_brings_it(self):
        with self.proxy() as run:
            device, broker = self.session()
            outage = self.fault(run, do="outage")
            self.says_and_is_acknowledged(device, broker)
            self.got_nothing(device, broker)
            self.is_answered_by_nobody(run, self.count(run))
            self.heal(outage)
            self.assertEqual(broker.recv(2), PINGREQ)
            self.assertEqual(device.recv(2), PINGREQ, "what the broker said")
            self.passes(device, broker)
            end(run)

    def test_an_outage_with_a_ramp_ends_for_one_after_the_other(self):
        with self.proxy() as run:
            pairs = [self.session(name) for name in (b"m1", b"m2", b"m3")]
            self.fault(run, hit=3, do="outage", ramp="3s", **{"for": "1s"})
            for device, broker in pairs:
                self.says_and_is_acknowledged(device, broker)
            for device, broker in pairs:
                self.assertEqual(broker.recv(2), PINGREQ)
                self.assertEqual(device.recv(2), PINGREQ, "what the broker said")
            end(run)
            [*healed] = sorted(event["at_ns"] / 1e9 for event in events(run, "fault_healed"))
            self.assertEqual(len(healed), 3)
            for earlier, later in zip(healed, healed[1:]):
                self.assertAlmostEqual(later - earlier, 1.0, delta=0.5)

    def test_unpaid_and_barred_keeps_its_session_and_gets_no_other(self):
        with self.proxy() as run:
            device, broker = self.session()
            self.fault(run, do="sim_arrears", mode="barred")
            self.passes(device, broker)
            self.is_answered_by_nobody(run, self.count(run))
            self.passes(device, broker)
            self.assertEqual(tcp_info(broker)[0], ESTABLISHED)
            end(run)

    def test_unpaid_and_cut_leaves_two_ends_that_know_nothing(self):
        for mode in ({"mode": "cut"}, {"mode": "walled_garden", "answer": "discard"}):
            with self.subTest(**mode), self.proxy() as run:
                device, broker = self.session()
                self.fault(run, do="sim_arrears", notices="1h", **mode)
                self.says_and_is_acknowledged(device, broker)
                self.got_nothing(device, broker)
                self.is_answered_by_nobody(run, self.count(run))
                device.close()
                wait_until(lambda: any(link["state"] == "ghost" for link in
                                       self.ask("GET", "/v1/links")[1]["links"]),
                           "only the broker's side is left", SECONDS)
                self.got_nothing(broker)
                self.assertEqual(tcp_info(broker)[0], ESTABLISHED)
                end(run)


class Segment(ScriptedCase):
    """Nobody acknowledges anything: each peer's own TCP gives up."""

    def setUp(self):
        super().setUp()
        self.shown = can_show(self)

    def both_give_up(self, *peers):
        for peer in peers:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 300)
            with self.assertRaises(OSError) as raised:
                peer.recv(1)
            self.assertEqual(raised.exception.errno, errno.ETIMEDOUT)

    def syn_is_lost(self):
        again = socket.socket()
        self.addCleanup(again.close)
        again.setblocking(False)
        again.connect_ex(("127.0.0.1", self.port))
        wait_until(lambda: tcp_info(again)[2] >= 1, "its SYN was sent again", SECONDS)
        self.assertEqual(tcp_info(again)[0], SYN_SENT)
        self.assertFalse(self.broker.dialled())

    def test_an_outage_makes_both_give_up_by_their_own_tcp(self):
        if not self.shown:
            return
        with self.proxy(*SEGMENT) as run:
            device, broker = self.session()
            self.fault(run, do="outage")
            self.says_and_is_unheard(device, broker)
            self.syn_is_lost()
            self.both_give_up(device, broker)
            end(run)

    def test_unpaid_and_barred_keeps_its_session_and_finds_nobody_who_answers(self):
        if not self.shown:
            return
        with self.proxy(*SEGMENT) as run:
            device, broker = self.session()
            self.fault(run, do="sim_arrears", mode="barred")
            self.syn_is_lost()
            self.passes(device, broker)
            for peer in (device, broker):
                wait_until(lambda: tcp_info(peer)[1] == 0, "it was acknowledged", SECONDS)
                self.assertEqual(tcp_info(peer)[0], ESTABLISHED)
            end(run)

    def test_unpaid_and_cut_makes_both_give_up_by_their_own_tcp(self):
        if not self.shown:
            return
        for mode in ({"mode": "cut"}, {"mode": "walled_garden", "answer": "discard"}):
            with self.subTest(**mode), self.proxy(*SEGMENT) as run:
                device, broker = self.session()
                self.fault(run, do="sim_arrears", notices="1h", **mode)
                self.says_and_is_unheard(device, broker)
                self.syn_is_lost()
                self.both_give_up(device, broker)
                end(run)


del ControlCase, ScriptedCase  # their own tests are another file's, or none


if __name__ == "__main__":
    unittest.main()
