"""A real Prometheus has, after a short run, exactly the figures that the run ended with."""

import json
import pathlib
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.parse
import urllib.request

from private_broker import reserved_port
from program import SCENARIOS, START_SECONDS, Run, check_ending, wait_until

CONFIG = """\
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: probate
    static_configs: [{{targets: ["127.0.0.1:{target}"]}}]
"""


class Prometheus:
    """A server of this test's own: free ports, a folder that goes with it, ended by its pid."""

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="probate-prometheus-")
        folder = pathlib.Path(self._folder.name)
        self.target = reserved_port(self)
        (folder / "prometheus.yml").write_text(CONFIG.format(target=self.target))
        self._port = reserved_port(self)
        self._log = open(folder / "log", "wb")
        self._process = subprocess.Popen(
            ["prometheus", f"--config.file={folder}/prometheus.yml",
             f"--storage.tsdb.path={folder}/data", "--log.level=warn",
             f"--web.listen-address=127.0.0.1:{self._port}"],
            stdout=self._log, stderr=subprocess.STDOUT, cwd=folder)
        wait_until(lambda: self._ready() or self._process.poll() is not None,
                   "Prometheus is ready", START_SECONDS)
        if self._process.poll() is not None:
            self._log.close()
            raise AssertionError("Prometheus did not start: " + (folder / "log").read_text())
        # Its first scrape comes seconds later; of nobody yet, but from then on regularly.
        wait_until(lambda: self.last("up"), "Prometheus scrapes", START_SECONDS)
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._log.close()
        self._folder.cleanup()

    def _get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self._port}{path}", timeout=5) as answer:
            return answer.read()

    def _ready(self):
        try:
            self._get("/-/ready")
            return True
        except (urllib.error.URLError, OSError):
            return False

    def last(self, metric):
        """The last value of each series, by its labels; the target may be gone."""
        query = urllib.parse.quote(f"last_over_time({metric}[5m])")
        result = json.loads(self._get(f"/api/v1/query?query={query}"))["data"]["result"]
        return {frozenset(series["metric"].items()): float(series["value"][1])
                for series in result}

    def value(self, metric, **labels):
        """The one series whose labels contain the given ones."""
        found = [value for series, value in self.last(metric).items()
                 if labels.items() <= dict(series).items()]
        if len(found) != 1:
            raise AssertionError(f"{len(found)} series {metric}{labels}")
        return found[0]


class PrometheusEnd(unittest.TestCase):
    def test_a_real_prometheus_gets_the_end_of_a_short_run_exactly(self):
        with Prometheus() as prometheus, \
                Run("run", SCENARIOS / "drop-fin.yaml", "--metrics", prometheus.target) as run:
            code = run.finish(60)
            check_ending(run, code, 0)
            wait_until(lambda: any(prometheus.last("probate_run_end_timestamp_seconds").values()),
                       "Prometheus has the end of the run", 5)
            result = run.result()
            wills = result["wills"]["all"]["by_class"]
            for name in ("true", "early", "late", "missing", "censored"):
                self.assertEqual(prometheus.value("probate_will_obligations_total",
                                                  **{"class": name}), wills[name], name)
            for name in ("true", "duplicate", "spurious", "wrong_epoch", "unattributed"):
                self.assertEqual(prometheus.value("probate_wills_observed_total",
                                                  **{"class": name}), wills[name], name)
            self.assertGreater(sum(wills.values()), 0)
            for policy in result["presence"]:
                self.assertEqual(prometheus.value("probate_false_offlines_total",
                                                  policy=policy["policy"]),
                                 policy["all"]["false_offlines"])
            traffic = result["traffic"]
            self.assertEqual(prometheus.value("probate_uplink_bytes_total"),
                             traffic["uplink_bytes"])
            self.assertEqual(sum(prometheus.last("probate_connects_total").values()),
                             traffic["connects"])
            self.assertEqual(prometheus.value("probate_events_total"),
                             result["instruments"]["events"])
            for rule in result["rules"]:
                self.assertEqual(prometheus.value("probate_gate_status", rule=rule["name"],
                                                  status=rule["status"]), 1)


if __name__ == "__main__":
    unittest.main()
