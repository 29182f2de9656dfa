"""What leave, rebind, power_cut and broker_restart leave of both TCP connections of a link: the
broker's sockets are a relay's in front of mosquitto, of the devices' the kernel tells."""

import pathlib
import re
import selectors
import socket
import subprocess
import tempfile
import threading
import unittest

from private_broker import PrivateBroker
from program import START_SECONDS, Run, check, wait_until
from proxy_test import CONNACK, CONNECT, events
from segment_test import ESTABLISHED, tcp_info

SCENARIO = """version: 1
name: run-ends
{broker}
devices:
  meter:
    client_id: "meter-{{index:03}}"
    keep_alive: 60s
    connect: {{connack_timeout: 2s, retry: {{policy: fixed, every: 300ms}}}}
    will: {{topic: "/willmsg", payload: "{{client_id}} {{epoch}}"}}
    on_error: close
fleet: {{city: {{device: meter, count: 1}}}}
phases:
  - {{name: ramp, connect: {{rate: 200/s}}, until: {{online: 100%, timeout: 10s}}}}
  - {{name: storm, for: {storm}}}
faults:
  - {{name: trouble, at: storm + 700ms, {fault}}}
"""
SECONDS = 20
DISCONNECT = bytes.fromhex("e000")


class Carried:
    """A connection that the relay took: what came on it, and how each side ended it, in order."""

    def __init__(self, near, far):
        self.near, self.far = near, far
        self.said = b""
        self.ends = []  # "proxy fin", "proxy rst", "broker fin"

    def client_id(self):
        return self.said[14:14 + self.said[13]] if len(self.said) > 13 else b""


class Relay:
    """Stands between the proxy and a broker, and passes everything on as it comes."""

    def __init__(self, broker_port):
        self._broker_port = broker_port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self.carried = []
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._server, selectors.EVENT_READ)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        while not self._over.is_set():
            for key, _ in self._selector.select(0.05):
                if key.fileobj is self._server:
                    self._take()
                else:
                    self._pass(key.fileobj, *key.data)

    def _take(self):
        near, _ = self._server.accept()
        far = socket.create_connection(("127.0.0.1", self._broker_port))
        carried = Carried(near, far)
        self.carried.append(carried)
        self._selector.register(near, selectors.EVENT_READ, (carried, far))
        self._selector.register(far, selectors.EVENT_READ, (carried, near))

    def _pass(self, source, carried, sink):
        who = "proxy" if source is carried.near else "broker"
        try:
            said = source.recv(65536)
            end = None if said else "fin"
        except ConnectionResetError:
            said, end = b"", "rst"
        if who == "proxy":
            carried.said += said
        try:
            if end:
                carried.ends.append(f"{who} {end}")
                self._selector.unregister(source)
                sink.shutdown(socket.SHUT_WR)
            else:
                sink.sendall(said)
        except OSError:  # the other side has gone already
            pass

    def of_devices(self):
        return [each for each in self.carried if each.client_id().startswith(b"meter-")]

    def close(self):
        self._over.set()
        self._thread.join()
        for each in self.carried:
            each.near.close()
            each.far.close()
        self._server.close()


class RunEnds(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def begin(self, fault, storm="4s", broker=""):
        path = self.folder / "run-ends.yaml"
        path.write_text(SCENARIO.format(fault=fault, storm=storm, broker=broker))
        run = self.enterContext(Run("run", path))
        found = wait_until(lambda: re.search(r"→ proxy \S+:(\d+) → broker", run.stderr()) or
                           not run.running(), "the proxy is announced", START_SECONDS)
        check(run.running(), "it ended too early", run)
        self.proxy_port = int(found[1])
        return run

    def behind_a_relay(self, fault):
        broker = PrivateBroker(self.folder)
        self.addCleanup(broker.stop)
        broker.start()
        self.relay = Relay(broker.port)
        self.addCleanup(self.relay.close)
        return self.begin(f"on: {{}}, {fault}", storm="5s",
                          broker=f'broker: {{address: "127.0.0.1:{self.relay.port}"}}')

    def device_sockets(self):
        """The states of the devices' sockets, as ss calls them, by their own address."""
        told = subprocess.run(["ss", "-Htan", f"dport = :{self.proxy_port}"], check=True,
                              capture_output=True, text=True).stdout
        return {words[3]: words[0] for words in map(str.split, told.splitlines())}

    def connected(self):
        return [address for address, state in self.device_sockets().items() if state == "ESTAB"]

    def carried(self, count):
        return wait_until(lambda: len(found := self.relay.of_devices()) >= count and found,
                          f"{count} connections of the device came", SECONDS)

    def passes(self, run):
        code = run.finish(30)
        check(code == 0, f"exit code {code}", run)

    def test_leave_is_a_goodbye_and_the_devices_own_fin_at_both(self):
        run = self.behind_a_relay("do: leave, for: 1500ms")
        first = self.carried(1)[0]
        # The broker closes behind a DISCONNECT as well: either FIN may be the first.
        wait_until(lambda: "proxy fin" in first.ends, "it has left", SECONDS)
        self.assertEqual(first.said[-2:], DISCONNECT)
        # Who closes first keeps the connection's name for a while: the device did.
        wait_until(lambda: "TIME-WAIT" in self.device_sockets().values(), "TIME-WAIT", SECONDS)
        self.carried(2)
        self.passes(run)
        closed = {event["leg"]: (event["by"], event["how"])
                  for event in reversed(events(run, "leg_closed"))}
        self.assertEqual(closed["device"], ("device", "fin"))
        self.assertEqual(closed["broker"][1], "fin")

    def silent_until_it_is_back(self, fault, is_away_for_long):
        """The device goes from its first connection without a word, and is back on a second."""
        run = self.behind_a_relay(fault)
        old = self.carried(1)[0]
        [address] = wait_until(self.connected, "it is connected", SECONDS)
        wait_until(lambda: address not in self.connected(), "its socket has gone", SECONDS)
        said = old.said
        if is_away_for_long:
            self.assertEqual((tcp_info(old.near)[0], old.ends), (ESTABLISHED, []))
        old, new = self.carried(2)[:2]
        self.assertEqual(new.client_id(), old.client_id())
        wait_until(lambda: old.ends, "the broker took it over", SECONDS)
        self.assertEqual(old.ends[0], "broker fin")
        self.assertEqual(old.said, said, "nothing more of the device came")
        self.assertEqual(tcp_info(new.near)[0], ESTABLISHED)
        self.assertEqual(new.ends, [])
        self.passes(run)
        return run

    def test_power_cut_tells_the_broker_nothing_until_the_device_has_booted(self):
        run = self.silent_until_it_is_back("do: power_cut, for: 3s", is_away_for_long=True)
        self.assertEqual(len(events(run, "attempt_began")), 2)

    def test_rebind_tells_the_broker_nothing_until_the_device_is_there_from_elsewhere(self):
        self.silent_until_it_is_back("do: rebind, notices: 700ms", is_away_for_long=False)

    def client(self):
        peer = socket.create_connection(("127.0.0.1", self.proxy_port), timeout=10)
        self.addCleanup(peer.close)
        peer.sendall(CONNECT)
        return peer

    def is_told(self, how):
        run = self.begin(f"do: broker_restart, how: {how}, for: 2s", storm="5s")
        run.broker()
        peer = self.client()
        self.assertEqual(peer.recv(4), CONNACK)
        self.assertEqual(peer.recv(1), b"", "FIN")
        # Nobody listens there now: the proxy's dial is refused, and it says so in the only way.
        with self.assertRaises(ConnectionResetError):
            self.client().recv(4)
        code = run.finish(30)
        check(code in (0, 3), f"exit code {code}", run)
        ends = {(event["leg"], event["by"], event["how"]) for event in events(run, "leg_closed")}
        self.assertIn(("broker", "broker", "fin"), ends)

    # Its sockets end with its process; the device's is a client's of the test's own.
    def test_broker_restart_is_fin_for_who_is_connected_and_rst_for_who_comes(self):
        self.is_told("term")

    def test_broker_restart_by_kill_is_so_too(self):
        self.is_told("kill")


if __name__ == "__main__":
    unittest.main()
