"""Connections that come and go through `probate proxy`, in every way that clients have.

10,000 of them; with PROBATE_SOAK=1 (`./dev soak`) a million. Nothing may be left of them: no
descriptor, no link, no memory; and a device that was there before sees nothing of it.
"""

import asyncio
import os
import pathlib
import random
import socket
import struct
import unittest

from private_broker import publish
from program import check, wait_until
from proxy_test import CONNACK, CONNECT, ProxyCase, end, figure, port_of

SOAK = os.environ.get("PROBATE_SOAK") == "1"
CONNECTIONS = 1_000_000 if SOAK else 10_000
# Until the buffers of the journal are about as large as they get.
WARM_UP = 100_000 if SOAK else 2_000
AT_ONCE = 64
# Several, or the client would run out of ports.
SOURCES = [f"127.0.0.{last}" for last in range(2, 10)]
SETTLE_SECONDS = 20
# Of a million as of ten thousand: a leak of three bytes per connection would show in the soak.
GROWTH_KIB_MAX = 2_048
RESET = struct.pack("ii", 1, 0)


def descriptors(run):
    return len(os.listdir(f"/proc/{run.pid()}/fd"))


def memory_kib(run):
    for line in pathlib.Path(f"/proc/{run.pid()}/smaps_rollup").read_text().splitlines():
        if line.startswith("Private_Dirty:"):
            return int(line.split()[1])
    raise AssertionError("no Private_Dirty")


def connect_of(number):
    """A CONNECT of one of a hundred ClientIDs."""
    client_id = f"churn-{number % 100:03}".encode()
    body = CONNECT[2:12] + struct.pack(">H", len(client_id)) + client_id
    return bytes([0x10, len(body)]) + body


class Client:
    """One connection, made and ended in a way that its number decides."""

    def __init__(self, port, number):
        self._number = number
        self._port = port
        self._loop = asyncio.get_running_loop()
        self._peer = socket.socket()
        self._peer.setblocking(False)

    async def play(self):
        way = [self.leaves, self.resets, self.talks_nonsense, self.stops_within_a_packet,
               self.says_nothing][self._number % 5]
        try:
            self._peer.bind((SOURCES[self._number % len(SOURCES)], 0))
            await self._loop.sock_connect(self._peer, ("127.0.0.1", self._port))
            await way()
        except (ConnectionResetError, BrokenPipeError):
            pass  # a twin of its ClientID came, or its nonsense was answered with RST
        finally:
            self._peer.close()

    async def leaves(self):
        await self.log_in()
        await self.send(b"\xe0\x00")
        await self.read_to_end()

    async def resets(self):
        await self.log_in()
        self._peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    async def talks_nonsense(self):
        await self.send(random.Random(self._number).randbytes(40))

    async def stops_within_a_packet(self):
        await self.send(connect_of(self._number)[:9])

    async def says_nothing(self):
        pass

    async def log_in(self):
        await self.send(connect_of(self._number))
        answer = await self._loop.sock_recv(self._peer, 4)
        if answer and not CONNACK.startswith(answer):
            raise AssertionError(f"connection {self._number}: answer {answer.hex()}")

    async def send(self, text):
        await self._loop.sock_sendall(self._peer, text)

    async def read_to_end(self):
        while await self._loop.sock_recv(self._peer, 4096):
            pass


async def churn(port, numbers):
    numbers = iter(numbers)

    async def work():
        for number in numbers:
            await asyncio.wait_for(Client(port, number).play(), timeout=30)

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))


class Churn(ProxyCase):
    def test_leaves_nothing_and_touches_no_other_link(self):
        self.broker.start()
        with self.proxy("--drain", "0", "--metrics", "0") as run:
            port = port_of(run)
            bystander = self.device(port, "bystander")
            before = descriptors(run)

            def is_quiet():
                return descriptors(run) <= before

            asyncio.run(churn(port, range(WARM_UP)))
            wait_until(is_quiet, "the links of the warm-up are gone", SETTLE_SECONDS)
            warm = memory_kib(run)
            asyncio.run(churn(port, range(WARM_UP, WARM_UP + CONNECTIONS)))
            wait_until(is_quiet, f"no more than {before} descriptors are open", SETTLE_SECONDS)
            growth = memory_kib(run) - warm
            check(growth <= GROWTH_KIB_MAX,
                  f"{growth} KiB more after {CONNECTIONS} connections", run)
            self.counts(run)
            publish(self.broker.port, "probate-test/news", "still here")
            bystander.wait_for("still here")
            end(run)

    def counts(self, run):
        made = WARM_UP + CONNECTIONS + 1  # and the bystander
        wait_until(lambda: figure(run, "links_accepted_total") == made,
                   f"{made} accepted links are counted", SETTLE_SECONDS)
        for state, expected in (("open", 1), ("ghost", 0)):
            wait_until(lambda: (figure(run, f'links{{state="{state}"}}') or 0) == expected,
                       f"links that are {state}: {expected}", SETTLE_SECONDS)


if __name__ == "__main__":
    unittest.main()
