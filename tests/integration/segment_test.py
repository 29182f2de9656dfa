"""Silence that TCP notices: `fidelity: segment` in front of a real mosquitto."""

import json
import pathlib
import signal
import socket
import struct
import tempfile
import unittest

from control_test import PINGREQ, ControlCase
from private_broker import Device, PrivateBroker, publish, reserved_port
from program import SCENARIOS, Run, check, check_ending, wait_until
from proxy_test import CONNACK, CONNECT, connect, end, events, port_of
from segments import can_show, lose_the_right

SEGMENT = ("--set", "fidelity=segment")
SECONDS = 10
ESTABLISHED, SYN_SENT = 1, 2


def tcp_info(peer):
    """Its state, what is not acknowledged, and what was sent again, in segments."""
    info = peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    return info[0], *struct.unpack_from("I", info, 24), *struct.unpack_from("I", info, 100)


class Silence(ControlCase):
    def setUp(self):
        self.shown = can_show(self)
        if not self.shown:
            return
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.log = self.folder / "mosquitto.log"
        # As root, which one is in a namespace of one's own, it would become somebody else, who
        # may not write here.
        self.broker = PrivateBroker(self.folder, f"log_dest file {self.log}\nuser root\n")
        self.addCleanup(self.broker.stop)
        self.broker.start()

    def fault(self, run, **what):
        status, fault = self.ask("POST", "/v1/faults", {"on": {"devices": "m1"}, **what})
        check(status == 201 and fault["hit"] == 1, f"{status}: {fault}", run)
        return fault

    def wait_until_unheard(self, peer):
        wait_until(lambda: tcp_info(peer)[2] >= 2, "it was sent again", SECONDS)
        state, unacknowledged, _ = tcp_info(peer)
        self.assertEqual(state, ESTABLISHED)
        self.assertGreaterEqual(unacknowledged, 1)

    def test_a_dead_link_is_silent_for_the_device_until_the_broker_takes_it_over(self):
        if not self.shown:
            return
        with self.proxy(*SEGMENT) as run:
            check("fidelity: segment" in run.stderr(), "it does not say so", run)
            with connect(self.port) as old:
                self.assertEqual(old.recv(4), CONNACK)
                self.fault(run, do="half_open", until="device_returns", notices="1h")
                old.sendall(PINGREQ)
                self.wait_until_unheard(old)
                with connect(self.port) as new:
                    self.assertEqual(new.recv(4), CONNACK)
                    with self.assertRaises(ConnectionResetError):
                        old.recv(1)
                wait_until(lambda: "Client m1 already connected, closing old connection."
                           in self.log.read_text(), "mosquitto took it over", SECONDS)
            end(run)
            began = events(run, "run_began")
            check([event["fidelity"] for event in began] == ["segment"], f"{began}", run)
            ghost = [event for event in events(run, "leg_closed")
                     if event["leg"] == "broker" and event["by"] == "broker"]
            check(ghost, "the end of the ghost was not heard", run)

    def test_what_was_said_into_a_stall_reaches_the_broker_after_it(self):
        if not self.shown:
            return
        with self.proxy(*SEGMENT) as run, connect(self.port) as peer:
            self.assertEqual(peer.recv(4), CONNACK)
            stall = self.fault(run, do="stall")
            peer.sendall(PINGREQ)
            self.wait_until_unheard(peer)
            self.assertEqual(self.ask("DELETE", f"/v1/faults/{stall['id']}")[0], 200)
            self.assertEqual(peer.recv(2), bytes.fromhex("d000"), "PINGRESP")
            self.assertEqual(tcp_info(peer)[1], 0)
            end(run)

    def test_a_device_gives_up_by_its_own_tcp(self):
        if not self.shown:
            return
        with self.proxy(*SEGMENT) as run, connect(self.port) as peer:
            self.assertEqual(peer.recv(4), CONNACK)
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 300)
            self.fault(run, do="outage")
            peer.sendall(PINGREQ)
            with self.assertRaises(TimeoutError) as raised:
                peer.recv(1)
            self.assertIsNotNone(raised.exception.errno, "ETIMEDOUT, not the test's own patience")
            end(run)

    def dial(self, source):
        """Has sent its SYN from that address; on loopback an answer is there at once."""
        peer = socket.socket()
        self.addCleanup(peer.close)
        peer.bind((source, 0))
        peer.setblocking(False)
        peer.connect_ex(("127.0.0.1", self.port))
        return peer

    def session_from(self, source, client_id=b"m1"):
        peer = socket.create_connection(("127.0.0.1", self.port), timeout=10,
                                        source_address=(source, 0))
        self.addCleanup(peer.close)
        peer.sendall(CONNECT[:-2] + client_id)
        self.assertEqual(peer.recv(4), CONNACK)
        return peer

    def test_a_connection_that_vanishes_is_reset_for_whoever_speaks_first(self):
        if not self.shown:
            return
        with self.proxy(*SEGMENT) as run:
            victim = self.device("meter-1")
            watch = Device(self.broker.port, "watch", "status/#")
            self.addCleanup(watch.kill)
            watch.wait_until_ready()
            status, fault = self.ask("POST", "/v1/faults", {
                "on": {"devices": "meter-1"}, "do": "vanish", "leg": "broker"})
            check(status == 201 and fault["hit"] == 1, f"{status}: {fault}", run)
            publish(self.broker.port, "probate-test/news", "anybody?")
            watch.wait_for("gone")
            check(victim.process.poll() is None, "the device was told", run)
            with connect(self.port, b"m2") as other:
                self.assertEqual(other.recv(4), CONNACK)
                status, fault = self.ask("POST", "/v1/faults", {
                    "on": {"devices": "m2"}, "do": "vanish"})
                check(status == 201 and fault["hit"] == 1, f"{status}: {fault}", run)
                self.assertEqual(tcp_info(other)[0], ESTABLISHED)
                other.sendall(PINGREQ)
                with self.assertRaises(ConnectionResetError):
                    other.recv(1)
            end(run)
            began = events(run, "silence_began")
            check([event.get("vanished") for event in began] == [True, True], f"{began}", run)

    def test_no_syn_of_an_address_is_answered_until_the_fault_is_healed(self):
        if not self.shown:
            return
        with self.proxy(*SEGMENT) as run:
            standing = self.session_from("127.0.0.5")
            hole = self.fault(run, do="syn_drop")
            lost = self.dial("127.0.0.5")
            self.assertEqual(tcp_info(lost)[0], SYN_SENT)
            self.session_from("127.0.0.6", b"m2")
            standing.sendall(PINGREQ)
            self.assertEqual(standing.recv(2), bytes.fromhex("d000"), "what stands goes on")
            wait_until(lambda: tcp_info(lost)[2] >= 1, "its SYN was sent again", SECONDS)
            self.assertEqual(tcp_info(lost)[0], SYN_SENT)
            self.assertEqual(self.ask("DELETE", f"/v1/faults/{hole['id']}")[0], 200)
            wait_until(lambda: tcp_info(lost)[0] == ESTABLISHED, "its SYN was answered", SECONDS)
            end(run)
            check(not events(run, "connect_swallowed"), "a CONNECT came through", run)

    def test_a_shared_address_is_spared_unless_the_fault_means_it(self):
        if not self.shown:
            return
        with self.proxy(*SEGMENT) as run:
            for client_id in (b"m1", b"m2"):
                self.session_from("127.0.0.5", client_id)
            status, fault = self.ask("POST", "/v1/faults",
                                     {"do": "syn_drop", "on": {"devices": "m1"}})
            check(status == 201 and fault["skipped"] == {"shared_source": 1}, f"{fault}", run)
            self.assertEqual(tcp_info(self.dial("127.0.0.5"))[0], ESTABLISHED)
            status, fault = self.ask("POST", "/v1/faults",
                                     {"do": "syn_drop", "on": {"source": "127.0.0.5"}})
            check(status == 201 and fault["hit"] == 2, f"{fault}", run)
            self.assertEqual(tcp_info(self.dial("127.0.0.5"))[0], SYN_SENT)
            end(run)

    def test_unpaid_sims_of_a_fleet_find_nobody_who_answers(self):
        if not self.shown:
            return
        with Run("run", SCENARIOS / "sim-arrears.yaml", *SEGMENT) as run:
            check_ending(run, run.finish(40), 0)
            check(not events(run, "connect_swallowed"), "a CONNECT came through", run)
            causes = {event["cause"] for event in events(run, "attempt_failed")}
            check(causes == {"tcp_timeout"}, f"{causes}", run)

    def test_who_is_rejected_for_good_is_heard_once_and_nobody_else_is(self):
        if not self.shown:
            return
        with Run("run", SCENARIOS / "paid-in-batches.yaml", *SEGMENT, "--set", "gate=[]") as run:
            check_ending(run, run.finish(40), 0)
            rejected = [event["device"] for event in events(run, "connect_swallowed")]
            check(5 <= len(set(rejected)) == len(rejected) < 20, f"{rejected}", run)
            gave_up = {event["device"] for event in events(run, "attempt_failed")
                       if event["cause"] == "tcp_timeout"}
            check(gave_up and not gave_up & set(rejected), f"{gave_up}, {rejected}", run)

    def test_scenarios_whose_faults_tcp_notices_pass_as_with_stream(self):
        if not self.shown:
            return
        for name in ("lost-state", "black-hole"):
            with self.subTest(name), Run("run", SCENARIOS / f"{name}.yaml", *SEGMENT) as run:
                check_ending(run, run.finish(40), 0)

    def test_lost_segments_are_sent_again_and_nothing_is_missing(self):
        if not self.shown:
            return
        with self.proxy(*SEGMENT) as run, connect(self.port) as peer:
            self.assertEqual(peer.recv(4), CONNACK)
            self.fault(run, do="lossy", loss="50%", direction="up")
            pings = 0
            while tcp_info(peer)[2] == 0:
                check(pings < 100, "of so many none was lost", run)
                peer.sendall(PINGREQ)
                pings += 1
                self.assertEqual(peer.recv(2, socket.MSG_WAITALL), bytes.fromhex("d000"))
            end(run)

    def test_a_stall_says_who_acknowledges(self):
        if not self.shown:
            return
        with self.proxy() as run, connect(self.port) as peer, connect(self.port, b"m2") as other:
            for each in (peer, other):
                self.assertEqual(each.recv(4), CONNACK)
            self.fault(run, do="stall", ack="none")
            status, fault = self.ask("POST", "/v1/faults",
                                     {"do": "stall", "ack": "proxy", "on": {"devices": "m2"}})
            check(status == 201 and fault["hit"] == 1, f"{fault}", run)
            peer.sendall(PINGREQ)
            other.sendall(PINGREQ)
            self.wait_until_unheard(peer)
            wait_until(lambda: tcp_info(other)[1] == 0, "it was acknowledged", SECONDS)
            self.assertEqual(tcp_info(other)[2], 0)
            end(run)

    def test_a_signal_ends_all_of_them(self):
        if not self.shown:
            return
        with self.proxy(*SEGMENT) as run:
            for number, what in enumerate(({"do": "syn_drop"}, {"do": "vanish", "leg": "broker"},
                                           {"do": "lossy", "loss": "90%"},
                                           {"do": "stall", "ack": "none"})):
                name = f"d{number}"
                self.session_from(f"127.0.0.{number + 5}", name.encode())
                status, fault = self.ask("POST", "/v1/faults", {**what, "on": {"devices": name}})
                check(status == 201 and fault["hit"] == 1, f"{fault}", run)
            end(run, signal.SIGINT)


class WithTheRight(unittest.TestCase):
    def test_a_live_run_says_in_its_results_which_fidelity_it_had(self):
        if not can_show(self):
            return
        with Run("run", SCENARIOS / "drop-fin.yaml", *SEGMENT) as run:
            check_ending(run, run.finish(), 0)
            self.assertEqual(run.result()["run"]["fidelity"], "segment")
            for text in (run.stdout(), (run.out / "summary.md").read_text()):
                check("live, fidelity segment" in text, "the summary does not say so", run)
            with Run("gate", run.out / "events.ndjson.gz", "--out", run.folder / "again") as gate:
                check_ending(gate, gate.finish(), 0)
            again = json.loads((run.folder / "again/result.json").read_text())
            self.assertEqual(again["run"]["fidelity"], "segment")


class WithoutTheRight(unittest.TestCase):
    def run_scenario(self, *more, preexec_fn=lose_the_right):
        return Run("run", SCENARIOS / "drop-fin.yaml", *more, preexec_fn=preexec_fn)

    def test_a_proxy_says_that_it_is_stream_and_why(self):
        with Run("proxy", "--listen", "0", "--upstream", f"127.0.0.1:{reserved_port(self)}",
                 "--drain", "0", "--out", "out", *SEGMENT, preexec_fn=lose_the_right) as run:
            port_of(run)
            end(run)
            text = run.stderr()
            check("fidelity: stream instead of segment: " in text and "CAP_NET_ADMIN" in text,
                  "it does not say so", run)
            began = events(run, "run_began")
            check([event["fidelity"] for event in began] == ["stream"], f"{began}", run)

    def test_a_run_that_requires_it_does_not_begin(self):
        with self.run_scenario("--set", "require_fidelity=segment") as run:
            check_ending(run, run.finish(), 6)
            check("`require_fidelity: segment` cannot be had on this machine: " in run.stderr(),
                  "it does not say so", run)

    def test_a_run_one_of_whose_faults_needs_it_does_not_begin(self):
        scenario = SCENARIOS / "late-disconnect.yaml"
        with Run("run", scenario, "--set", "faults[0].ack=none",
                 preexec_fn=lose_the_right) as run:
            check_ending(run, run.finish(), 6)
            check("`ack: none` of the fault " in run.stderr() and "CAP_NET_ADMIN" in run.stderr(),
                  "it does not say so", run)

    def test_virtual_time_needs_none(self):
        for key in ("fidelity", "require_fidelity"):
            with self.run_scenario("--set", f"{key}=segment", "--engine", "virtual") as run:
                check_ending(run, run.finish(), 0)
                check("fidelity: segment" in run.stderr(), "it does not say so", run)
                self.assertEqual(run.result()["run"]["fidelity"], "segment")
                began = events(run, "run_began")
                check([event["fidelity"] for event in began] == ["segment"], f"{began}", run)


class HandWithoutTheRight(ControlCase):
    def test_a_fault_by_hand_that_needs_it_is_refused(self):
        with self.proxy(preexec_fn=lose_the_right) as run:
            status, answer = self.ask("POST", "/v1/faults", {"do": "stall", "ack": "none"})
            check(status == 409 and "CAP_NET_ADMIN" in answer["error"], f"{status}: {answer}", run)
            status, answer = self.ask("POST", "/v1/faults", {"do": "stall", "ack": "proxy"})
            check(status == 201, f"{status}: {answer}", run)
            end(run)


del ControlCase  # its own tests are another file's


if __name__ == "__main__":
    unittest.main()
