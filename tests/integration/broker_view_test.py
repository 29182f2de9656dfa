"""What the broker itself sees of a fault: its sockets, asked of the kernel, and its own log."""

import pathlib
import re
import subprocess
import tempfile
import unittest

from program import START_SECONDS, Run, check, wait_until

DEVICES = 5
SCENARIO = """version: 1
name: broker-view
devices:
  meter:
    client_id: "868570{{index:09}}"
    keep_alive: {keep_alive}
    connect: {{connack_timeout: 2s, retry: {{policy: fixed, every: 2s}}}}
    will: {{topic: "/willmsg", payload: "{{client_id}} {{epoch}}"}}
    on_error: close
fleet: {{city: {{device: meter, count: {devices}}}}}
phases:
  - {{name: ramp, connect: {{rate: 200/s}}, until: {{online: 100%, timeout: 10s}}}}
  - {{name: storm, for: {storm}}}
faults:
  - {{name: trouble, at: storm + 300ms, on: {{}}, {fault}}}
"""


def established(expression):
    """How many TCP connections the kernel holds in state ESTABLISHED for that ss filter."""
    command = ["ss", "-Htn", "state", "established", expression]
    return len(subprocess.run(command, check=True, capture_output=True).stdout.splitlines())


class World:
    """A run of one fault; `device_legs` and `broker_legs` count both ends of what stands."""

    def __init__(self, fault, storm="3s", keep_alive="60s"):
        self._folder = tempfile.TemporaryDirectory()
        scenario = pathlib.Path(self._folder.name) / "broker-view.yaml"
        scenario.write_text(SCENARIO.format(fault=fault, storm=storm, keep_alive=keep_alive,
                                            devices=DEVICES))
        self.run = Run("run", scenario)

    def __enter__(self):
        self.run.__enter__()
        self.run.broker()
        pattern = re.compile(r"→ proxy \S+:(\d+) → broker \S+:(\d+)")
        found = wait_until(lambda: pattern.search(self.run.stderr()), "the proxy is announced",
                           START_SECONDS)
        self.proxy_port, self.port = found.groups()
        return self

    def __exit__(self, *_):
        self.run.__exit__()
        self._folder.cleanup()

    def device_legs(self):
        return established(f"dport = :{self.proxy_port}")

    def broker_legs(self):
        # The broker's own ends, but those of the two observers.
        return established(f"sport = :{self.port}") - 2

    def wait_for(self, condition, what):
        wait_until(lambda: self.run.running() and condition(), what, START_SECONDS)

    def log(self):
        return (self.run.out / "mosquitto.log").read_text()

    def log_says(self, sentence):
        return len(re.findall(r"Client 8685\d+ " + sentence, self.log()))

    def finish(self):
        code = self.run.finish()
        check(code == 0, f"exit code {code}", self.run)


class BrokerView(unittest.TestCase):
    def test_a_half_open_link_is_established_at_the_broker_while_its_device_has_no_socket(self):
        with World("do: half_open, notices: 500ms, until: device_returns", storm="6s") as world:
            world.wait_for(lambda: world.broker_legs() == DEVICES, "every device is connected")
            world.wait_for(lambda: world.device_legs() == 0, "every device has noticed")
            self.assertEqual(world.broker_legs(), DEVICES)
            world.finish()
            self.assertEqual(world.log_says("already connected, closing old connection"), DEVICES)

    def test_a_power_cut_leaves_the_broker_with_an_established_connection(self):
        with World("do: power_cut, for: 2s", storm="5s") as world:
            world.wait_for(lambda: world.broker_legs() == DEVICES, "every device is connected")
            world.wait_for(lambda: world.device_legs() == 0, "every device is off")
            self.assertEqual(world.broker_legs(), DEVICES)
            world.finish()
            self.assertEqual(world.log_says("already connected, closing old connection"), DEVICES)

    def test_a_silence_longer_than_the_keep_alive_is_ended_by_the_broker(self):
        with World("do: half_open, notices: never, for: 8s", storm="9s", keep_alive="1s") as world:
            world.wait_for(lambda: world.broker_legs() == DEVICES, "every device is connected")
            world.wait_for(lambda: world.broker_legs() == 0, "the broker has given up on them")
            self.assertEqual(world.device_legs(), DEVICES, "the devices have noticed nothing")
            self.assertEqual(world.log_says("has exceeded timeout, disconnecting"), DEVICES)

    def test_a_stall_leaves_both_legs_established(self):
        with World("do: stall, for: 1500ms") as world:
            world.wait_for(lambda: world.device_legs() == DEVICES, "every device is connected")
            self.assertEqual(world.broker_legs(), DEVICES)
            world.finish()
            self.assertEqual(world.log_says("disconnected"), DEVICES, "only the drain ended them")
            self.assertEqual(world.log_says("closed its connection"), 0)

    def test_a_drop_of_either_kind_is_the_end_of_the_connection(self):
        for how in ("fin", "rst"):
            with World(f"do: drop, how: {how}") as world:
                world.finish()
                self.assertEqual(world.log_says("closed its connection"), DEVICES, how)

    def test_a_drop_of_the_device_leg_leaves_the_broker_leg_alone(self):
        with World("do: drop, how: rst, leg: device", storm="4s") as world:
            world.wait_for(lambda: world.broker_legs() == DEVICES, "every device is connected")
            world.wait_for(lambda: world.device_legs() == 0, "every device was reset")
            self.assertEqual(world.broker_legs(), DEVICES)
            world.finish()

    def test_a_twin_logs_in_from_another_connection_and_throws_the_device_out(self):
        with World("do: duplicate_login, logins: 1, gap: 1s") as world:
            world.finish()
            # The twin takes over the device, the device takes over the twin.
            self.assertGreaterEqual(
                world.log_says("already connected, closing old connection"), DEVICES)

    def test_a_device_that_leaves_says_so(self):
        with World("do: leave, for: 1s") as world:
            world.finish()
            self.assertEqual(world.log_says("disconnected"), 2 * DEVICES, "the leave and the drain")
            self.assertEqual(world.log_says("closed its connection"), 0)


if __name__ == "__main__":
    unittest.main()
