"""`probate proxy` reads its files again while it runs: SIGHUP, `probate fault reload`."""

import fcntl
import os
import shutil
import signal
import socket
import ssl
import termios
import unittest

from certificates import Certificates
from control_test import ControlCase
from program import START_SECONDS, check, check_ending, wait_until
from proxy_test import CONNACK, CONNECT, connect, end, events

PINGREQ = bytes.fromhex("c000")
PINGRESP = bytes.fromhex("d000")
HEAD = "version: 1\nname: storm\nfaults:\n"
STALL = "  - {name: hold, at: proxy + 0s, on: {devices: m1}, do: stall}\n"
WAITS = "  - {name: waits, at: proxy + 1h, do: drop}\n"


class ReloadCase(ControlCase):
    def setUp(self):
        super().setUp()
        self.file = self.folder / "storm.yaml"
        self.write(WAITS)

    def write(self, faults):
        self.file.write_text(HEAD + faults)

    def hang_up(self, run, said):
        """SIGHUP, until the proxy has said that, once more than before."""
        before = run.stderr().count(said)
        run.signal(signal.SIGHUP)
        wait_until(lambda: run.stderr().count(said) > before, f"it says {said}", START_SECONDS)

    def answers(self, peer):
        peer.sendall(PINGREQ)
        self.assertEqual(peer.recv(2), PINGRESP)


class Scenario(ReloadCase):
    def test_sighup_begins_new_faults_heals_those_gone_and_lets_links_stand(self):
        with self.proxy("--scenario", self.file) as run, connect(self.port) as peer:
            self.assertEqual(peer.recv(4), CONNACK)
            self.write(WAITS + STALL)
            self.hang_up(run, "storm.yaml: 1 fault as before, new: hold\n")
            self.assertEqual(self.links()["m1"]["faults"], ["hold"])
            peer.sendall(PINGREQ)
            wait_until(lambda: self.links()["m1"]["bytes_up"] > len(PINGREQ),
                       "it has reached the proxy", START_SECONDS)
            # Read once more it goes on as it is.
            self.hang_up(run, "storm.yaml: 2 faults as before\n")
            self.assertEqual(self.links()["m1"]["state"], "silent")
            self.write(STALL.replace("do: stall", "do: latency, delay: 1ms"))
            self.hang_up(run, "storm.yaml: 0 faults as before, changed: hold, removed: waits\n")
            self.assertEqual(peer.recv(2), PINGRESP, "what was held is not lost")
            what = [fault["what"] for fault in self.ask("GET", "/v1/faults")[1]["faults"]]
            self.assertEqual(what, ["latency delay: 1ms, jitter: 0s, direction: both"])
            self.answers(peer)
            end(run)
            told = [(each["kept"], each["removed"]) for each in events(run, "reloaded")]
            check(told == [(1, []), (2, []), (0, ["waits", "hold"])], f"{told}", run)
            added = [each["name"] for each in events(run, "fault_added")]
            check(added == ["hold", "hold"], f"{added}", run)

    def test_a_fault_that_is_gone_does_not_fire_again_and_a_new_one_counts_from_its_coming(self):
        head = "version: 1\nphases: [{name: storm, for: 60s}]\nfaults:\n"
        cut = "{name: cut, every: 100ms, during: storm, on: {devices: m1}, do: drop}\n"
        mark = "{name: mark, at: storm + 400ms, on: {devices: m2}, do: drop, how: fin}\n"
        self.file.write_text(f"{head}  - {cut}")
        with self.proxy("--scenario", self.file) as run:
            with connect(self.port) as victim, self.assertRaises(ConnectionResetError):
                while victim.recv(4):
                    pass
            self.file.write_text(f"{head}  - {mark}")
            with connect(self.port, b"m2") as marked:
                self.assertEqual(marked.recv(4), CONNACK)
                self.hang_up(run, "0 faults as before, new: mark, removed: cut\n")
                with connect(self.port) as spared:
                    self.assertEqual(spared.recv(4), CONNACK)
                    self.assertEqual(marked.recv(1), b"", "400 ms after the reload")
                    self.answers(spared)
            end(run, code=143)

    def test_a_broken_file_changes_nothing(self):
        with self.proxy("--scenario", self.file) as run, connect(self.port) as peer:
            self.assertEqual(peer.recv(4), CONNACK)
            self.write(WAITS + "  - {name: x, at: proxy + 0s, do: dropp}\n")
            self.hang_up(run, "nothing has changed: ")
            self.assertIn("storm.yaml:5:", run.stderr())
            refused = self.command("fault", "reload")
            self.assertEqual(refused.returncode, 5, refused.stderr)
            self.assertIn("did you mean", refused.stderr)
            self.file.write_text("seed: 3\n" + HEAD + WAITS)
            refused = self.command("fault", "reload")
            self.assertEqual(refused.returncode, 5, refused.stderr)
            self.assertIn("`seed` is not what it was", refused.stderr)
            self.file.unlink()
            self.hang_up(run, "cannot be read")
            self.answers(peer)
            end(run)
            check(not events(run, "reloaded"), "something was reloaded", run)

    def test_the_control_api_reads_the_file_again_and_says_what_changed(self):
        with self.proxy("--scenario", self.file) as run, connect(self.port) as peer:
            self.assertEqual(peer.recv(4), CONNACK)
            self.write("  - {name: cut, at: proxy + 0s, do: drop, how: fin, leg: device}\n")
            done = self.command("fault", "reload")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("new: cut, removed: waits", done.stdout)
            self.assertEqual(peer.recv(1), b"", "it has struck")
            status, answer = self.ask("POST", "/v1/reload")
            self.assertEqual((status, answer["faults"]["kept"]), (200, 1))
            end(run)

    def test_a_fault_that_came_later_is_judged_as_one_by_hand(self):
        with self.proxy("--scenario", self.file, "--observe") as run:
            self.device("meter-1")
            self.write(WAITS + "  - {name: cut, at: proxy + 0s, do: drop}\n")
            self.hang_up(run, "new: cut")
            wait_until(lambda: self.links().get("meter-1", {}).get("connection", 0) > 1,
                       "it is back", START_SECONDS)
            run.signal(signal.SIGTERM)
            run.finish()
            result = run.result()
            hit = {each["name"]: each["injected"] for each in result["faults"]}
            check(hit == {"waits": 0, "by-hand": 1}, f"{hit}", run)
            again = self.command("gate", str(run.out / "events.ndjson.gz"))
            self.assertNotEqual(again.returncode, 1, again.stderr)


class Hangup(ReloadCase):
    def test_nohup_does_not_keep_it_from_reading_its_files_again(self):
        def ignore():
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        with self.proxy("--scenario", self.file, preexec_fn=ignore) as run:
            self.hang_up(run, "storm.yaml: 1 fault as before\n")
            end(run)

    def test_a_terminal_that_goes_away_ends_it(self):
        master, slave = os.openpty()

        def own_terminal():
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        with self.proxy(preexec_fn=own_terminal) as run:
            os.close(slave)
            self.hang_up(run, "there is nothing to be read again")
            os.close(master)
            check_ending(run, run.finish(), 0)


class TlsFiles(ReloadCase):
    def certificate(self):
        """What the proxy shows, as its issuer signed it."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with self.tls(context) as peer:
            return peer.getpeercert(binary_form=True)

    def tls(self, context):
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        return context.wrap_socket(plain, server_hostname="localhost")

    def test_are_those_of_the_next_handshake_and_a_bad_one_changes_nothing(self):
        made = Certificates(self.folder)
        other = self.folder / "other"
        other.mkdir()
        renewed = Certificates(other)
        with self.proxy("--tls-cert", made.pem("server"), "--tls-key",
                        made.key("server")) as run:
            old = ssl.create_default_context(cafile=made.pem("ca"))
            before = self.certificate()
            with self.tls(old) as peer:
                peer.sendall(CONNECT)
                self.assertEqual(peer.recv(4), CONNACK)
                shutil.copy(renewed.pem("server"), made.pem("server"))
                self.hang_up(run, "nothing has changed: the key ")
                self.assertEqual(self.certificate(), before, "the key is not that of the new one")
                shutil.copy(renewed.key("server"), made.key("server"))
                self.hang_up(run, "read again: TLS files of 1 listener\n")
                self.assertNotEqual(self.certificate(), before)
                with self.assertRaises(ssl.SSLCertVerificationError):
                    self.tls(old)
                self.answers(peer)
            end(run)


if __name__ == "__main__":
    unittest.main()
