"""What Prometheus gets from a run: valid, bounded, answered while it runs, and exact at its end."""

import re
import signal
import subprocess
import unittest
import urllib.error
import urllib.request

from program import SCENARIOS, START_SECONDS, Run, check, check_ending, wait_until

SERIES_MAX = 1000
DEVICE = "8685700000"


class Scraped:
    """The text of one scrape."""

    def __init__(self, text):
        self.text = text
        self.series = re.findall(r"^([a-z_]+)(?:\{(.*)\})? (\S+)$", text, re.MULTILINE)

    def of_the_run(self):
        """Every series but those of the HTTP library, which are about the scrapes themselves."""
        return [each for each in self.series if not each[0].startswith("exposer_")]

    def value(self, name, labels=""):
        """The sum over all series of that name whose labels contain the given ones."""
        found = [float(value) for each, given, value in self.series
                 if each == name and labels in given]
        if not found:
            raise AssertionError(f"no series {name}{{{labels}}}")
        return sum(found)


def lint(text):
    """What promtool has against it."""
    run = subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20)
    return run.returncode, run.stdout


def get(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.read().decode()


def address(run):
    """Where the run serves its figures, as it says on stderr."""
    found = wait_until(lambda: re.search(r"(http://\S+)/metrics", run.stderr())
                       or not run.running(), "the address of the metrics is told", START_SECONDS)
    check(found is not True, "ended before it told where its metrics are", run)
    return found[1]


def answers(url):
    try:
        get(url)
        return True
    except (urllib.error.URLError, OSError):
        return False


class Metrics(unittest.TestCase):
    def test_a_scrape_during_the_run_is_valid_bounded_and_names_no_device(self):
        with Run("run", SCENARIOS / "drop-fin.yaml", "--metrics", 0) as run:
            base = address(run)
            wait_until(lambda: answers(f"{base}/-/ready"), "it is ready", START_SECONDS)
            self.assertTrue(answers(f"{base}/-/healthy"))
            scraped = Scraped(get(f"{base}/metrics"))
            self.assertEqual(scraped.value("probate_run_end_timestamp_seconds"), 0)
            self.assertLessEqual(len(scraped.series), SERIES_MAX)
            self.assertNotIn(DEVICE, scraped.text)
            self.assertEqual(lint(scraped.text), (0, ""))
            # The scrape above makes the run wait for another: Ctrl-C is the way out.
            wait_until((run.out / "result.json").exists, "the results are written", START_SECONDS)
            run.signal(signal.SIGINT)
            check_ending(run, run.finish(5), 0)

    def test_the_last_scrape_has_the_figures_of_the_result(self):
        with Run("run", SCENARIOS / "drop-fin.yaml", "--metrics", 0,
                 "--metrics-linger", "20s") as run:
            base = address(run)
            wait_until((run.out / "result.json").exists, "the results are written", START_SECONDS)

            def last():
                scraped = Scraped(get(f"{base}/metrics"))
                return scraped if scraped.value("probate_run_end_timestamp_seconds") > 0 else None
            scraped = wait_until(last, "the figures are frozen", 5)
            # Answered: it goes, long before the twenty seconds are over.
            check_ending(run, run.finish(5), 0)
            written = Scraped((run.out / "metrics.prom").read_text())
            self.assertEqual(written.of_the_run(), scraped.of_the_run())
            wills = run.result()["wills"]["all"]["by_class"]
            for name in ("true", "early", "late", "missing", "censored"):
                series = scraped.value("probate_will_obligations_total", f'class="{name}"')
                self.assertEqual(series, wills[name], name)
            for rule in run.result()["rules"]:
                labels = f'rule="{rule["name"]}",status="{rule["status"]}"'
                self.assertEqual(scraped.value("probate_gate_status", labels), 1, labels)

    def test_a_run_in_virtual_time_leaves_its_figures_in_a_file_without_a_scraper(self):
        with Run("run", SCENARIOS / "drop-fin.yaml", "--engine", "virtual") as run:
            check_ending(run, run.finish(START_SECONDS), 0)
            text = (run.out / "metrics.prom").read_text()
            self.assertEqual(lint(text), (0, ""))
            written = Scraped(text)
            self.assertLessEqual(len(written.series), SERIES_MAX)
            self.assertGreater(written.value("probate_run_end_timestamp_seconds"), 0)
            wills = run.result()["wills"]["all"]["by_class"]
            self.assertGreater(wills["true"], 0)
            self.assertEqual(written.value("probate_will_obligations_total", 'class="true"'),
                             wills["true"])
            # Judged again into the same folder, they would be those of another judging.
            with Run("gate", run.out, "--out", run.out) as again:
                check_ending(again, again.finish(START_SECONDS), 0)
            self.assertFalse((run.out / "metrics.prom").exists())

    def test_the_last_scrape_in_virtual_time_is_what_the_file_has(self):
        with Run("run", SCENARIOS / "drop-fin.yaml", "--engine", "virtual", "--metrics", 0,
                 "--metrics-linger", "20s") as run:
            base = address(run)
            wait_until((run.out / "result.json").exists, "the results are written", START_SECONDS)
            scraped = Scraped(get(f"{base}/metrics"))
            check_ending(run, run.finish(5), 0)
            written = Scraped((run.out / "metrics.prom").read_text())
            self.assertEqual(written.of_the_run(), scraped.of_the_run())
            self.assertGreater(len(written.series), 100)

    def test_a_run_that_nobody_scrapes_waits_for_nobody(self):
        with Run("run", SCENARIOS / "drop-fin.yaml", "--metrics", 0) as run:
            wait_until((run.out / "result.json").exists, "the results are written", START_SECONDS)
            check_ending(run, run.finish(3), 0)


if __name__ == "__main__":
    unittest.main()
