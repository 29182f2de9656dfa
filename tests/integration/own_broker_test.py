"""A broker of the user's, which outlives the run: used as it is, and left as it was.

The stock client mosquitto_sub looks at it from outside.
"""

import pathlib
import subprocess
import tempfile
import threading
import unittest

from private_broker import READY, PrivateBroker, publish
from program import Run, check, check_ending

SCENARIO = """\
version: 1
name: retained
broker: {{address: "127.0.0.1:{port}"}}
devices:
  meter:
    client_id: "8685700000{{index:05}}"
    clean: false
    keep_alive: 10s
    connect: {{retry: {{policy: fixed, every: 300ms}}}}
    will: {{topic: "gone/{{client_id}}/{{epoch}}", payload: "gone {{epoch}}", retain: true}}
    birth: {{topic: "state/{{client_id}}", payload: "here {{epoch}}", retain: true}}
    subscribe: ["req/{{client_id}}"]
    publish: [{{topic: "data/{{client_id}}", payload: "{{seq}}", every: 500ms, retain: true}}]
fleet:
  city: {{device: meter, count: 6}}
phases:
  - {{name: ramp, connect: {{rate: 200/s}}, until: {{online: 100%, timeout: 10s}}}}
  - {{name: storm, for: 1s}}
  - {{name: settle, for: auto, at_most: 10s}}
backend:
  publish: [{{topic: "req/{{client_id}}", payload: "x", every: 500ms, retain: true}}]
faults:
  - {{name: reset, at: storm + 200ms, on: {{count: 3}}, do: drop, how: rst}}
gate:
  - {{name: every-will-came, expect: "wills_true == 3"}}
"""


class OwnBroker(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.broker = PrivateBroker(self.folder)
        self.port = self.broker.port
        self.addCleanup(self.broker.stop)
        self.broker.start()
        # Only what the tests themselves retain is there.
        publish(self.port, READY, "", "-r")
        self.scenario = self.folder / "retained.yaml"
        self.scenario.write_text(SCENARIO.format(port=self.port))

    def retained(self):
        """The topics with a retained message, as the stock client sees them."""
        # It waits for more than there is, and ends by its own timeout of one second.
        seen = subprocess.run(["mosquitto_sub", "-h", "127.0.0.1", "-p", str(self.port),
                               "-t", "#", "--retained-only", "-W", "1", "-F", "%t"],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              timeout=20, check=False)
        return sorted(seen.stdout.split())

    def run_with(self, *flags):
        """Runs it, and returns what it said on stderr."""
        with Run("run", self.scenario, *flags) as run:
            check_ending(run, run.finish(20), 0)
            check(self.broker.running(), "ended a broker that is not its own", run)
            return run.stderr()

    def retain(self, topic, text="x"):
        subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(self.port), "-t", topic,
                        "-m", text, "-r"], timeout=20, check=True)

    def test_nothing_of_the_run_stays_on_it_and_all_else_does(self):
        theirs = ["data/pump", "gone/pump/1", "state/868570000000006"]
        for topic in theirs:
            self.retain(topic)
        self.run_with()
        self.assertEqual(self.retained(), theirs)

    def test_what_was_retained_before_stays_unless_the_run_wrote_over_it(self):
        # No second connection of a device that is not hit: the first topic is nobody's this time.
        epochs = [f"gone/8685700000{i:05}/9" for i in range(6)]
        for topic in (*epochs, "state/868570000000002"):
            self.retain(topic)
        said = self.run_with()
        self.assertEqual(self.retained(), epochs)
        self.assertIn("lost on the broker: 1 message that was retained before the run, the first "
                      "under state/868570000000002", said)
        self.assertNotIn("lost on the broker", self.run_with())

    def test_the_traffic_of_others_does_not_keep_a_run_from_its_end(self):
        # Under a filter of the run, and more often than the silence that is waited for.
        with subprocess.Popen(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(self.port), "-t",
                               "state/pump", "-l"], stdin=subprocess.PIPE) as others:
            over = threading.Event()

            def talk():
                while not over.wait(0.1):
                    others.stdin.write(b"on\n")
                    others.stdin.flush()
            talker = threading.Thread(target=talk)
            talker.start()
            try:
                self.run_with()
            finally:
                over.set()
                talker.join()
                others.stdin.close()
        self.assertEqual(self.retained(), [])

    def test_keep_state_leaves_what_the_devices_retained(self):
        self.run_with("--keep-state")
        retained = self.retained()
        for what in ("data", "req", "state"):
            self.assertEqual([topic for topic in retained if topic.startswith(what)],
                             [f"{what}/8685700000{i:05}" for i in range(6)])
        self.assertEqual(len([topic for topic in retained if topic.startswith("gone")]), 3)


if __name__ == "__main__":
    unittest.main()
