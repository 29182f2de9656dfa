"""`--engine virtual` as a user meets it: the same files as a live run, and the same bytes twice."""

import gzip
import json
import unittest

from program import ROOT, SCENARIOS, Run, check, check_ending

SECONDS_MAX = 20


class VirtualTime(unittest.TestCase):
    def ran(self, path, code, *flags):
        run = self.enterContext(Run("run", path, "--engine", "virtual", *flags))
        check_ending(run, run.finish(SECONDS_MAX), code)
        return run

    def test_a_run_leaves_the_files_of_a_live_one(self):
        run = self.ran(SCENARIOS / "will-on-return.yaml", 0)
        result = run.result()
        self.assertEqual(result["run"]["engine"], "virtual")
        self.assertEqual(result["run"]["fidelity"], "stream")
        check("fidelity stream" in run.stdout(), "the summary does not say which fidelity", run)
        self.assertEqual(result["verdict"], "pass")
        self.assertIn("--engine virtual", result["run"]["repeat"])
        for name in ("junit.xml", "summary.md", "events.ndjson.gz", "metrics.prom"):
            check((run.out / name).stat().st_size > 0, f"{name} is empty", run)
        check(not (run.out / "mosquitto.log").exists(), "there was a broker", run)

    def test_the_credentials_of_observers_keep_no_device_out(self):
        self.ran(SCENARIOS / "drop-rst.yaml", 0, "--set", "broker.username=observer")

    def test_the_same_seed_writes_the_same_bytes(self):
        path = SCENARIOS / "first-look.yaml"
        first, second = (self.ran(path, 0).out / "events.ndjson.gz" for _ in range(2))
        lines = [gzip.open(file, "rt").readlines() for file in (first, second)]
        for number, pair in enumerate(zip(*lines)):
            self.assertEqual(*pair, f"line {number} differs")
        self.assertEqual(first.read_bytes(), second.read_bytes())
        other = self.ran(path, 0, "--seed", "8").out / "events.ndjson.gz"
        self.assertNotEqual(first.read_bytes(), other.read_bytes())

    def test_the_path_that_was_typed_changes_the_first_line_alone(self):
        path = SCENARIOS / "drop-fin.yaml"
        other = SCENARIOS / ".." / "scenarios" / "drop-fin.yaml"
        one, two = (gzip.open(self.ran(each, 0).out / "events.ndjson.gz", "rt").readlines()
                    for each in (path, other))
        headers = [json.loads(lines[0]) for lines in (one, two)]
        self.assertNotEqual(*(header.pop("scenario_file") for header in headers))
        self.assertEqual(*headers)
        self.assertEqual(one[1:], two[1:])

    def test_wills_that_are_not_awaited_decide_nothing(self):
        run = self.ran(SCENARIOS / "silent-keepalive.yaml", 4,
                       "--set", "phases[settle]={name: settle, for: 100ms}",
                       "--set", "phases[storm].for=2s",
                       "--set", 'gate=[{expect: "wills_missing == 0"}]')
        for text in ("none was decided", "not due yet when judging stopped"):
            check(text in run.stdout(), f"does not say {text!r}", run)

    def test_results_of_an_earlier_run_do_not_outlive_a_scenario_with_mistakes(self):
        run = self.ran(SCENARIOS / "drop-rst.yaml", 0)
        again = self.ran(SCENARIOS / "drop-rst.yaml", 5, "--out", run.out, "--set", "seed=x")
        self.assertEqual([path.name for path in run.out.iterdir()], [], again.story())

    def test_its_journal_can_be_judged_again(self):
        run = self.ran(SCENARIOS / "drop-rst.yaml", 0)
        with Run("gate", run.out / "events.ndjson.gz") as again:
            check(again.finish(SECONDS_MAX) == 0, "judged otherwise the second time", again)
        with gzip.open(run.out / "events.ndjson.gz", "rt") as file:
            self.assertNotIn("started_at", json.loads(file.readline()))

    def test_the_result_is_the_same_whatever_is_stored_of_the_events(self):
        path = SCENARIOS / "article-back-end.yaml"
        runs = {level: self.ran(path, 0, "--events", level) for level in ("notable", "all", "none")}
        results = []
        for run in runs.values():
            result = run.result()
            for key in ("started_at", "ended_at"):
                del result["run"][key]
            results.append(json.dumps(result))
        self.assertEqual(results[0], results[1])
        self.assertEqual(results[0], results[2])
        sizes = {}
        for level in ("notable", "all"):
            with gzip.open(runs[level].out / "events.ndjson.gz", "rt") as file:
                self.assertEqual(json.loads(file.readline())["events"], level)
                sizes[level] = len(file.readlines())
        self.assertLess(sizes["notable"], sizes["all"])
        check(not (runs["none"].out / "events.ndjson.gz").exists(), "there are events", run)

    def test_a_journal_without_every_report_does_not_judge_who_counts_them(self):
        path = SCENARIOS / "article-back-end.yaml"
        thin = self.ran(path, 0)
        # Every report is kept where the scenario's own policies count them.
        whole = self.ran(path, 0, "--policies", "last_seen",
                         "--set", "gate=[{name: came, expect: wills_true == 10}]")
        for run, policy, code in ((thin, "naive", 0), (thin, "last_seen", 4),
                                  (whole, "last_seen", 0)):
            with Run("gate", run.out, "--policies", policy, "--expect", "wills_true == 10") as gate:
                check(gate.finish(SECONDS_MAX) == code, f"not {code} with {policy}", gate)
                self.assertEqual("--events all" in gate.stderr(), code == 4)

    def test_a_failed_gate_fails_here_too(self):
        self.ran(ROOT / "tests/negative/naive-flickers.yaml", 3)

    def test_other_policies_are_judged_in_place_of_the_scenario_s(self):
        path = SCENARIOS / "clean-disconnect.yaml"
        wanted = ["naive", "debounce_5s", "epoch"]
        run = self.ran(path, 0, "--policies", "naive,debounce=5s,epoch")
        self.assertEqual([p["policy"] for p in run.result()["presence"]], wanted)
        wrong = self.ran(path, 2, "--policies", "naive,debonce=5s")
        check("debounce" in wrong.stderr(), "proposes nothing", wrong)

    def test_a_slow_broker_makes_a_storm_queue(self):
        path = SCENARIOS / "article-back-end.yaml"
        slow = self.ran(path, 3, "--set", "broker.capacity={connects: 1/s, backlog: 3}")
        self.assertIn("phase ramp did not reach its end", slow.stdout())
        with Run("run", path, "--set", "broker.capacity.backlog=3") as live:
            check(live.finish(SECONDS_MAX) == 5, "a real broker takes it", live)
            check("--engine virtual" in live.stderr(), "does not say what to do", live)

    def test_what_the_model_does_not_have_is_refused(self):
        path = SCENARIOS / "drop-fin.yaml"
        for setting, named in (("broker.config.max_packet_size=1000", "max_packet_size"),
                               ("broker.wills=none", "wills")):
            run = self.ran(path, 5, "--set", setting)
            check(named in run.stderr() and "--engine live" in run.stderr(),
                  "does not say what, or what to do", run)


if __name__ == "__main__":
    unittest.main()
