"""A mosquitto of the test's own, which can be away, and stock clients as real devices."""

import os
import shutil
import socket
import subprocess
import weakref

from program import START_SECONDS, wait_until

# Debian keeps it in /usr/sbin, which is not in every user's PATH.
MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")

CONFIG = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence false
"""
READY = "probate-test/ready"


def reserved_port(owner, host="127.0.0.1"):
    """A port that nobody else is given while `owner` lives, and where nobody answers until a server
    that sets SO_REUSEADDR, as all of ours do, listens on it."""
    reserved = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind((host, 0))
    port = reserved.getsockname()[1]
    weakref.finalize(owner, os.close, reserved.detach())
    return port


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


class PrivateBroker:
    """`more`: lines for its configuration, such as further listeners.

    Its port is its own from the beginning to the end, also while it does not run: nobody answers
    there then, and nobody else is given it.
    """

    def __init__(self, folder, more=""):
        self.port = reserved_port(self)
        self._config = folder / "mosquitto.conf"
        self._config.write_text(CONFIG.format(port=self.port) + more)
        self._process = None

    def start(self):
        self._process = subprocess.Popen([MOSQUITTO, "-c", str(self._config)],
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self._answers, "the broker answers", START_SECONDS)
        publish(self.port, READY, "ready", "-r")

    def _answers(self):
        code = self._process.poll()
        assert code is None, f"the test's own mosquitto ended with {code}"
        return accepts(self.port)

    def running(self):
        return self._process is not None and self._process.poll() is None

    def pid(self):
        return self._process.pid

    def stop(self):
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._process = None


def publish(port, topic, payload, *more):
    subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(port), "-q", "1", "-t", topic,
                    "-m", payload, *more], check=True, timeout=10, capture_output=True)


class Device:
    """mosquitto_sub with a ClientID and a will: connected, and subscribed to `topic`.

    `more`: further flags.
    """

    def __init__(self, port, client_id, topic="probate-test/news", more=()):
        self.process = subprocess.Popen(
            ["mosquitto_sub", "-h", "127.0.0.1", "-p", str(port), "-V", "mqttv311", "-q", "1",
             "-i", client_id, "-k", "60", "-t", READY, "-t", topic,
             "--will-topic", f"status/{client_id}", "--will-payload", "gone", *more],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def wait_until_ready(self):
        self.wait_for("ready")
        return self

    def wait_for(self, line):
        seen = self.process.stdout.readline().strip()
        assert seen == line, f"expected {line!r}, got {seen!r}"

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
