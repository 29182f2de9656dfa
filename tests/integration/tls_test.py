"""`probate proxy` and TLS: ended here, begun here, passed on; with mosquitto and stock clients."""

import contextlib
import os
import socket
import ssl
import subprocess
import time

from certificates import Certificates
from control_test import ControlCase
from private_broker import Device, PrivateBroker, publish, reserved_port
from program import START_SECONDS, Run, check, check_ending, wait_until
from proxy_test import CONNACK, CONNECT, connect, end, events, figure, port_of

PINGREQ = bytes.fromhex("c000")
PINGRESP = bytes.fromhex("d000")


class TlsCase(ControlCase):
    """A mosquitto with a plain listener, one for TLS, and one that asks for a certificate, too."""

    def setUp(self):
        super().setUp()
        self.broker.stop()
        self.made = Certificates(self.folder)
        self.tls_port, self.mutual_port = reserved_port(self), reserved_port(self)
        own = (f"cafile {self.made.pem('ca')}\ncertfile {self.made.pem('server')}\n"
               f"keyfile {self.made.key('server')}\n")
        more = (f"listener {self.tls_port} 127.0.0.1\n{own}"
                f"listener {self.mutual_port} 127.0.0.1\n{own}require_certificate true\n")
        if os.geteuid() == 0:
            more += "user root\n"  # else it could not read the keys
        self.broker = PrivateBroker(self.folder, more)
        self.addCleanup(self.broker.stop)
        self.broker.start()

    def ending_tls(self, *more):
        return self.proxy("--tls-cert", self.made.pem("server"), "--tls-key",
                          self.made.key("server"), *more)

    @contextlib.contextmanager
    def to(self, upstream, *more):
        with Run("proxy", "--listen", "0", "--upstream", f"localhost:{upstream}", "--control",
                 "0", "--drain", "0", "--out", "out", *more) as run:
            self.use(run)
            yield run

    def use(self, run):
        self.port = port_of(run)
        self.control = wait_until(lambda: run.stderr().partition("control: http://")[2],
                                  "the control API listens", START_SECONDS).partition("/")[0]

    def tls_device(self, client_id, *more):
        device = Device(self.port, client_id,
                        more=("-h", "localhost", "--cafile", self.made.pem("ca"), *more))
        self.addCleanup(device.kill)
        return device

    def tls_socket(self, port, name="a.lab"):
        context = ssl.create_default_context(cafile=self.made.pem("ca"))
        plain = socket.create_connection(("127.0.0.1", port), timeout=10)
        return context.wrap_socket(plain, server_hostname=name)

    def refused(self):
        return self.ask("GET", "/v1/listeners")[1]["listeners"][0]["refused"]


class EndedHere(TlsCase):
    def test_lets_faults_treat_what_a_stock_client_says_in_either_version(self):
        with self.ending_tls() as run:
            for version in ("tlsv1.2", "tlsv1.3"):
                device = self.tls_device(f"meter-{version[-1]}", "--tls-version", version)
                device.wait_until_ready()
                link = self.links()[f"meter-{version[-1]}"]
                self.assertEqual((link["sni"], link["speaks"]), ("localhost", "mqtt"))
                made = self.command("fault", "add", "mqtt", "swallow=publish", "direction=down",
                                    "nth=1", "--on", f"meter-{version[-1]}")
                self.assertEqual(made.returncode, 0, made.stderr)
                publish(self.broker.port, "probate-test/news", "swallowed")
                publish(self.broker.port, "probate-test/news", "heard")
                device.wait_for("heard")
            end(run)
            swallowed = events(run, "packet_swallowed")
            check([event["packet"] for event in swallowed] == ["publish", "publish"],
                  f"swallowed were {swallowed}", run)
            check(not events(run, "malformed"), "it was seen as MQTT", run)

    def test_refuses_devices_without_a_certificate_where_it_asks_for_one(self):
        with self.ending_tls("--tls-client-ca", self.made.pem("ca")) as run:
            naked = self.tls_device("meter-1")
            naked.process.wait(timeout=20)
            wait_until(lambda: self.refused() == {"tls_certificate": 1}, "it is counted",
                       START_SECONDS)
            known = self.tls_device("meter-2", "--cert", self.made.pem("client"), "--key",
                                    self.made.key("client"))
            known.wait_until_ready()
            wait_until(lambda: "no certificate that --tls-client-ca accepts (peer did not return "
                       "a certificate)" in run.stderr(), "it is said", START_SECONDS)
            end(run)
            check(run.stderr().count("--tls-client-ca accepts") == 1, "said once", run)

    def test_closes_what_is_no_tls_for_itself_only(self):
        with self.ending_tls() as run, self.tls_socket(self.port) as good:
            good.sendall(CONNECT)
            self.assertEqual(good.recv(4), CONNACK)
            with connect(self.port) as plain:  # MQTT without TLS: an alert, then FIN
                heard = plain.recv(64)
                self.assertIn(heard[:1], (b"", b"\x15"))
            with socket.create_connection(("127.0.0.1", self.port), timeout=10) as half:
                half.sendall(bytes.fromhex("1603010200010001fc0303"))
                half.shutdown(socket.SHUT_WR)
                self.assertIn(half.recv(64)[:1], (b"", b"\x15"))
            wait_until(lambda: self.refused() == {"tls_handshake": 2}, "both are counted",
                       START_SECONDS)
            good.sendall(PINGREQ)
            self.assertEqual(good.recv(2), PINGRESP)
            end(run)
            check(run.stderr().count("its TLS handshake failed (") == 1, "said once", run)
            check("refused: 2 tls_handshake" in run.stderr(), "in the closing lines", run)

    def test_waits_for_a_handshake_ten_seconds(self):
        with self.ending_tls() as run:
            with socket.create_connection(("127.0.0.1", self.port), timeout=30) as silent:
                began = time.monotonic()
                self.assertEqual(silent.recv(1), b"")
                self.assertGreaterEqual(time.monotonic() - began, 9)
            self.assertEqual(self.refused(), {"tls_late": 1})
            end(run)

    def test_names_the_file_that_it_cannot_use(self):
        with Run("proxy", "--listen", "0", "--upstream", "127.0.0.1:1", "--tls-cert",
                 self.made.pem("server"), "--tls-key", self.made.key("client")) as run:
            check_ending(run, run.finish(), 6)
            check(f"the key {self.made.key('client')}" in run.stderr(), "not named", run)
        with Run("proxy", "--listen", "0", "--upstream", "127.0.0.1:1", "--tls-cert",
                 "/dev/null", "--tls-key", self.made.key("server")) as run:
            check_ending(run, run.finish(), 6)
            check("the certificate /dev/null: no start line" in run.stderr(), "no reason", run)


class BegunHere(TlsCase):
    def test_carries_a_plain_device_to_a_broker_with_tls_and_judges_its_will(self):
        for place in ((), ("--observe-at", f"127.0.0.1:{self.broker.port}")):
            with self.to(self.tls_port, "--upstream-tls", "--upstream-ca", self.made.pem("ca"),
                         "--observe", *place, "--metrics", "0") as run:
                self.device("meter-1").kill()
                self.device("meter-2")
                wait_until(lambda: figure(run, 'will_obligations_total{class="true"}') == 1,
                           "its will is judged", START_SECONDS)
                end(run)
                check(run.result()["verdict"] == "pass", "verdict", run)

    def test_does_not_observe_a_broker_whose_certificate_is_not_accepted(self):
        with Run("proxy", "--listen", "0", "--upstream", f"localhost:{self.tls_port}",
                 "--upstream-tls", "--upstream-ca", self.made.pem("other-ca"), "--observe") as run:
            check_ending(run, run.finish(), 6)
            check("certificate verify failed (" in run.stderr(), "not said", run)

    def test_checks_the_certificate_of_the_broker(self):
        with self.to(self.tls_port, "--upstream-tls", "--upstream-ca",
                     self.made.pem("other-ca")) as run:
            with connect(self.port) as device, self.assertRaises(ConnectionResetError):
                device.recv(1)
            wait_until(lambda: "the certificate of its broker is not accepted (certificate verify "
                       "failed (" in run.stderr(), "it is said", START_SECONDS)
            self.assertEqual(self.refused(), {"upstream_certificate": 1})
            end(run)
        with self.to(self.tls_port, "--upstream-tls", "--upstream-ca", self.made.pem("ca"),
                     "--upstream-sni", "other.lab") as run:
            with connect(self.port) as device, self.assertRaises(ConnectionResetError):
                device.recv(1)
            wait_until(lambda: "ostname mismatch" in run.stderr(), "it is said", START_SECONDS)
            end(run)
        with self.to(self.tls_port, "--upstream-tls", "--upstream-insecure") as run:
            self.device("meter-1")
            end(run)

    def test_takes_the_answer_to_a_bare_fin_for_no_trouble(self):
        with self.to(self.tls_port, "--upstream-tls", "--upstream-ca",
                     self.made.pem("ca")) as run, connect(self.port) as device:
            self.assertEqual(device.recv(4), CONNACK)
            # The FIN of a fault is a bare one; mosquitto's OpenSSL answers with an alert.
            self.assertIn("1 hit", self.command("fault", "add", "drop", "how=fin").stdout)
            self.assertEqual(device.recv(1), b"")
            device.close()
            wait_until(lambda: not self.links(), "the link is over", START_SECONDS)
            self.assertEqual(self.refused(), {})
            end(run)

    def test_brings_a_certificate_of_its_own_and_tls_of_its_own_to_both_sides(self):
        with self.to(self.mutual_port, "--upstream-tls", "--upstream-ca", self.made.pem("ca"),
                     "--upstream-cert", self.made.pem("client"), "--upstream-key",
                     self.made.key("client"), "--tls-cert", self.made.pem("server"), "--tls-key",
                     self.made.key("server")) as run:
            device = self.tls_device("meter-1").wait_until_ready()
            publish(self.broker.port, "probate-test/news", "hello")
            device.wait_for("hello")
            end(run)

    def test_tells_when_the_broker_wants_a_certificate_that_it_does_not_have(self):
        with self.to(self.mutual_port, "--upstream-tls", "--upstream-ca",
                     self.made.pem("ca")) as run:
            with connect(self.port) as device, self.assertRaises(ConnectionResetError):
                device.recv(1)
            # In TLS 1.3 the broker says so when the handshake is over for us, and its RST may
            # overtake what it says.
            wait_until(self.refused, "it is counted", START_SECONDS)
            wait_until(lambda: "certificate required" in run.stderr() or
                       "asks for a certificate" in run.stderr(), "it is said", START_SECONDS)
            end(run)


RUN = """\
version: 1
name: over-tls
broker: {{address: "localhost:{port}", tls: {{{tls}}}}}
devices:
  meter:
    client_id: "meter-{{index}}"
    keep_alive: 10s
    connect: {{retry: {{policy: fixed, every: 300ms}}}}
    will: {{topic: "probate-tls/{{client_id}}", payload: offline, retain: true}}
    birth: {{topic: "probate-tls/{{client_id}}", payload: online, retain: true}}
fleet:
  city: {{device: meter, count: 20}}
phases:
  - {{name: ramp, connect: {{rate: 200/s}}, until: {{online: 100%, timeout: 10s}}}}
  - {{name: storm, for: 1s}}
  - {{name: settle, for: auto, at_most: 10s}}
faults:
  - {{name: reset, at: storm + 200ms, on: {{count: 5}}, do: drop, how: rst}}
gate:
  - {{name: every-will-came, expect: "wills_true == 5"}}
  - {{name: and-no-other, expect: "wills_spurious == 0"}}
"""


class RunThere(TlsCase):
    """`probate run` with `broker.tls`."""

    def over_tls(self, port, tls):
        scenario = self.folder / "over-tls.yaml"
        scenario.write_text(RUN.format(port=port, tls=tls))
        return Run("run", scenario, "--out", "out")

    def test_judges_the_wills_of_devices_and_tidies_up_behind_them(self):
        # Files are beside the scenario.
        for port, tls in ((self.tls_port, "ca: ca.pem"), (self.tls_port, "insecure: true"),
                          (self.mutual_port, "ca: ca.pem, cert: client.pem, key: client.key")):
            with self.over_tls(port, tls) as run:
                check_ending(run, run.finish(30), 0)
                check(run.result()["verdict"] == "pass", "verdict", run)
        left = subprocess.run(["mosquitto_sub", "-p", str(self.broker.port), "-t",
                               "probate-tls/#", "--retained-only", "-W", "1", "-F", "%t"],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              timeout=20, check=False)
        self.assertEqual(left.stdout, "")

    def test_says_why_there_is_no_tls_with_the_broker(self):
        for port, tls, why in (
                (self.tls_port, "ca: other-ca.pem", "certificate verify failed (self-signed"),
                (self.tls_port, "ca: ca.pem, sni: other.lab", "failed (hostname mismatch)"),
                (self.mutual_port, "ca: ca.pem", "certificate"),
                (self.broker.port, "ca: ca.pem", f"no TLS with the broker localhost:"),
                (self.tls_port, "ca: client.key", "the certificates of ")):
            with self.subTest(why), self.over_tls(port, tls) as run:
                check_ending(run, run.finish(30), 6)
                check(why in run.stderr(), "not said", run)


class PassedOn(TlsCase):
    def test_is_known_by_its_name_and_hit_by_faults_of_tcp(self):
        with self.to(self.tls_port) as run:
            with self.tls_socket(self.port, "a.lab") as first, \
                    self.tls_socket(self.port, "b.lab") as second:
                for peer, connect_bytes in ((first, CONNECT), (second, CONNECT[:-1] + b"2")):
                    peer.sendall(connect_bytes)
                    self.assertEqual(peer.recv(4), CONNACK)
                self.assertRegex(self.command("links").stdout, r"(?m)^tls a\.lab +open ")
                made = self.command("fault", "add", "stall", "for=600ms", "--on", "sni=a.*")
                self.assertIn("1 hit", made.stdout)
                began = time.monotonic()
                for peer in (first, second):
                    peer.sendall(PINGREQ)
                self.assertEqual(second.recv(2), PINGRESP)
                self.assertEqual(first.recv(2), PINGRESP)
                self.assertGreaterEqual(time.monotonic() - began, 0.5)
                skipped = self.command("fault", "add", "mqtt", "swallow=pingreq")
                self.assertIn("skipped 2 no_mqtt", skipped.stdout)
                cut = self.command("fault", "add", "drop", "how=rst", "--on", "sni=b.lab")
                self.assertIn("1 hit", cut.stdout)
                with contextlib.suppress(ConnectionResetError):  # Python may say EOF
                    self.assertEqual(second.recv(1), b"")
                first.sendall(PINGREQ)
                self.assertEqual(first.recv(2), PINGRESP)
            end(run)
            check(not events(run, "malformed"), "it was taken for MQTT", run)

    def test_carries_stock_clients_and_their_certificates(self):
        with self.to(self.mutual_port) as run:
            device = self.tls_device("meter-1", "--cert", self.made.pem("client"), "--key",
                                     self.made.key("client")).wait_until_ready()
            done = subprocess.run(
                ["mosquitto_pub", "-h", "localhost", "-p", str(self.port), "-t",
                 "probate-test/news", "-m", "hello", "--cafile", self.made.pem("ca"), "--cert",
                 self.made.pem("client"), "--key", self.made.key("client")],
                capture_output=True, timeout=20)
            self.assertEqual(done.returncode, 0, done.stderr)
            device.wait_for("hello")
            end(run)

    def test_is_hit_by_a_fault_that_was_there_before_it_came(self):
        with self.to(self.tls_port) as run:
            self.command("fault", "add", "refuse", "--on", "sni=a.lab", "--newcomers")
            with self.assertRaises((ConnectionResetError, ssl.SSLError)):
                self.tls_socket(self.port, "a.lab")
            with self.tls_socket(self.port, "b.lab") as spared:
                spared.sendall(CONNECT)
                self.assertEqual(spared.recv(4), CONNACK)
            end(run)
