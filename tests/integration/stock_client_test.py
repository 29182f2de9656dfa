"""Stock clients through the proxy: nothing differs from a direct connection."""

import pathlib
import re
import subprocess
import tempfile
import unittest

from program import START_SECONDS, Run, wait_until

SCENARIO = """version: 1
name: stock-client
devices:
  meter:
    client_id: "meter-{index}"
    keep_alive: 60s
    will: {topic: "/will", payload: "{client_id} {epoch}"}
fleet: {city: {device: meter, count: 1}}
phases: [{name: steady, for: 25s}]
"""
VERSIONS = ("mqttv31", "mqttv311", "mqttv5")
PAYLOAD = "payload with bytes \u00e9\u4e2d and a length " + "x" * 5000


def seen_through(publish_at, subscribe_at, version, qos):
    """What mosquitto_sub prints for three messages, one of them retained before it came."""
    topic = f"stock/{version}/{qos}/{publish_at[1]}-{subscribe_at[1]}"

    def publish(payload, *more):
        subprocess.run(
            ["mosquitto_pub", "-h", publish_at[0], "-p", publish_at[1], "-V", version, "-q", qos,
             "-t", topic, "-m", payload, *more], check=True, timeout=10, capture_output=True)

    publish("retained", "-r")
    subscriber = subprocess.Popen(
        ["mosquitto_sub", "-h", subscribe_at[0], "-p", subscribe_at[1], "-V", version, "-q", qos,
         "-t", topic, "-C", "3", "-W", "10", "-F", "%q %r %p"], stdout=subprocess.PIPE, text=True)
    try:
        first = subscriber.stdout.readline()  # the retained one: the subscription stands
        publish(PAYLOAD)
        publish("last")
        rest, _ = subscriber.communicate(timeout=15)
    finally:
        subscriber.kill()
    return first + rest


class StockClient(unittest.TestCase):
    def test_sees_through_the_proxy_what_it_sees_directly(self):
        with tempfile.TemporaryDirectory() as folder:
            scenario = pathlib.Path(folder) / "stock-client.yaml"
            scenario.write_text(SCENARIO)
            self.compare(scenario)

    def compare(self, scenario):
        with Run("run", scenario) as run:
            pattern = re.compile(r"proxy (\S+):(\d+) → broker (\S+):(\d+)")
            line = wait_until(lambda: pattern.search(run.stderr()), "the proxy is announced",
                              START_SECONDS)
            proxy, broker = line.group(1, 2), line.group(3, 4)
            for version in VERSIONS:
                for qos in "012":
                    direct = seen_through(broker, broker, version, qos)
                    self.assertEqual(direct.count("\n"), 3, f"{version} QoS {qos}: {direct}")
                    self.assertEqual(seen_through(proxy, proxy, version, qos), direct,
                                     f"{version} QoS {qos}")


if __name__ == "__main__":
    unittest.main()
