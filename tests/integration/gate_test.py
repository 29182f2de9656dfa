"""A recorded run judged again, and compared with another: rules, policies, mistakes, exit codes."""

import gzip
import json
import os
import pathlib
import tempfile
import unittest

from program import SCENARIOS, Run, check, check_ending

SECONDS_MAX = 20


class Gate(unittest.TestCase):
    def ran(self):
        """A run of forty devices; twenty drop, and all of their wills come."""
        run = self.enterContext(Run("run", SCENARIOS / "drop-fin.yaml"))
        check_ending(run, run.finish(SECONDS_MAX), 0)
        return run.out

    def pipe(self, text):
        """The end of a pipe with that text in it, to be read."""
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        with os.fdopen(writer, "w") as file:
            file.write(text)
        return reader

    def ends(self, code, *arguments, says=(), prints=(), **options):
        with Run(*arguments, **options) as again:
            check(again.finish(SECONDS_MAX) == code, f"not exit code {code}", again)
            for text in says:
                check(text in again.stderr(), f"does not say {text!r}", again)
            for text in prints:
                check(text in again.stdout(), f"does not print {text!r}", again)

    def test_a_journal_answers_other_rules_and_other_policies(self):
        out = self.ran()
        self.ends(0, "gate", out, "--expect", "wills_true == 20")
        self.ends(3, "gate", out, "--expect", "wills_true == 19", prints=["20 is not == 19"])
        self.ends(3, "gate", out, "--expect", "wills_true > 3", "--expect", "wills_late == 1")
        self.ends(0, "gate", out, "--policies", "naive,debounce=9s",
                  "--expect", "false_offlines{policy=debounce_9s} == 0", prints=["debounce_9s"])
        self.ends(2, "gate", out, "--policies", "naive,debounse=9s",
                  says=['did you mean "debounce"?', "--policies"])
        self.ends(5, "gate", out, "--expect", "wills_mising == 0",
                  says=["--expect", 'did you mean "wills_missing"?'])
        rules = out / "rules.yaml"
        rules.write_text('gate:\n  - {name: a, expect: "wills_true == 20", over: last 1h}\n'
                         '  - {name: b, expect: "wills_true <= 20", for: 0s}\n')
        self.ends(0, "gate", out / "events.ndjson.gz", "--rules", rules)
        rules.write_text('- {name: once, expect: "wills_observed <= 3", abort: true}\n')
        self.ends(3, "gate", out, "--rules", rules, prints=["this ends the run"])
        written = out / "again"
        self.ends(3, "gate", out, "--expect", "wills_true == 19", "--out", written)
        self.assertEqual(json.loads((written / "result.json").read_text())["verdict"], "fail")

    def test_rules_and_a_scenario_can_come_through_a_pipe(self):
        out = self.ran()
        scenario = (SCENARIOS / "drop-fin.yaml").read_text()
        for flag, name, text, code in (
                ("--rules", "/dev/stdin", '- "wills_true == 19"', 3),
                ("--rules", "-", '- "wills_true == 19"', 3),
                ("--scenario", "/dev/stdin", scenario, 0), ("--scenario", "-", scenario, 0)):
            for judged in (out, out / "result.json"):
                self.ends(code, "gate", judged, flag, name, stdin=self.pipe(text))
        self.ends(2, "gate", out, "--rules", "-", "--scenario", "-", says=["standard input"])

    def test_setting_a_rule_that_others_replace_is_a_usage_error(self):
        out = self.ran()
        rules = out / "rules.yaml"
        rules.write_text('- "wills_true == 20"\n')
        setting = ("--set", "gate[0].min_samples=10000")
        for flag, value in (("--expect", "wills_true == 20"), ("--rules", rules)):
            self.ends(2, "gate", out, flag, value, *setting,
                      says=["gate[0].min_samples=10000 has no effect", flag])
        self.ends(3, "gate", out, "--set", "gate=[wills_true == 19]")

    def test_stored_sums_answer_what_they_can_and_say_what_they_cannot(self):
        result = self.ran() / "result.json"
        self.ends(0, "gate", result)
        self.ends(3, "gate", result, "--expect", "p99(will_delay) < 1us")
        self.ends(0, "gate", result, "--expect", "wills_true{fault=close} == 20",
                  "--expect", "wills_true{group=city} == 20")
        rules = result.parent / "rules.yaml"
        rules.write_text('- {expect: "wills_true == 20", over: phase storm}\n'
                         '- {expect: "false_offline_ratio{policy=naive} < 50%", confidence: 95%}\n')
        self.ends(0, "gate", result, "--rules", rules)
        rules.write_text('- {expect: "wills_true == 20", over: last 60s}\n')
        self.ends(4, "gate", result, "--rules", rules, prints=["needs the journal of"])
        self.ends(2, "gate", result, "--policies", "naive", says=["has sums only"])
        self.ends(5, "gate", result, "--set", "fleet={town: {device: meter, count: 40}}",
                  says=["its groups are [city], not [town]"])

    def test_what_was_run_and_heard_cannot_be_changed_afterwards(self):
        out = self.ran()
        self.ends(5, "gate", out, "--set", 'backend.wills=["nope/#"]',
                  says=['backend.wills was "/willmsg" in the run, not "nope/#"'])
        self.ends(2, "gate", out, "--time-scale", "2", says=["--time-scale"])
        self.ends(2, "gate", out, "--seed", "3", says=["--seed"])
        self.ends(0, "gate", out, "--set", "backend.presence=[naive]",
                  "--expect", "wills_true == 20")

    def test_mistakes_in_files_end_with_the_code_of_their_kind(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.ends(6, "gate", folder / "none.json", says=["none.json: No such file"])
        self.ends(6, "gate", folder / "none.ndjson", says=["none.ndjson: No such file"])
        self.ends(6, "compare", folder / "none.json", folder / "none.json", says=["none.json"])
        damaged = folder / "damaged.json"
        damaged.write_text('{"probate_result": 1,\n "verdict": "pa')
        self.ends(5, "gate", damaged, says=["damaged.json:2:", "this is no JSON"])
        self.ends(5, "compare", damaged, damaged, says=["damaged.json:2:"])
        journal = folder / "damaged.ndjson"
        journal.write_text('{"probate_journal":1,"program":"0.1.0"}\n{"at_ns":')
        self.ends(5, "gate", journal, says=["damaged.ndjson:2:"])
        self.ends(2, "gate", journal, "--rules", "a", "--expect", "b", says=["take one"])
        self.ends(2, "compare", damaged, says=["compare needs two results"])
        self.ends(2, "compare", damaged, damaged, "--confidence", "7", says=["--confidence 7"])

    def test_a_cut_journal_is_inconclusive_and_says_where(self):
        out = self.ran()
        with gzip.open(out / "events.ndjson.gz", "rt") as file:
            lines = file.readlines()
        cut = out / "cut.ndjson"
        cut.write_text("".join(lines[:len(lines) // 2]))
        self.ends(4, "gate", cut, says=["the journal has no run_ended"])
        cut.write_text("".join(lines[:-1])[:-30])
        self.ends(5, "gate", cut, says=[f"cut.ndjson:{len(lines) - 1}:"])

    def test_runs_are_compared_with_bounds_and_a_gate(self):
        out = self.ran()
        self.ends(0, "compare", out, out, prints=["0 of "])
        stored = json.loads((out / "result.json").read_text())
        changed = out / "changed.json"

        def write(change):
            result = json.loads(json.dumps(stored))
            change(result)
            changed.write_text(json.dumps(result))

        def lose_ten(result):
            every = result["wills"]["all"]
            every["by_class"]["true"] -= 10
            every["observed"] -= 10
            every["by_class"]["missing"] += 10
            every["missing"]["broker"] += 10
            causes = every["filled_by_cause"]
            causes[max(causes, key=causes.get)] -= 10
            # What else is told of them would contradict it.
            for histogram in (every["delay"], every["lateness"]):
                histogram.update(dict.fromkeys(histogram, 0), buckets_us=[])
            for part in ("by_group", "by_fault", "by_phase"):
                result["wills"][part] = []
        write(lose_ten)
        self.ends(0, "compare", out, changed, prints=["* will_missing_ratio", "+50 %"])
        self.ends(3, "compare", out, changed, "--expect", "will_missing_ratio <= 5%",
                  prints=["fail", "the change is +50 %"])
        self.ends(0, "compare", changed, out, "--expect", "will_missing_ratio <= 5%")
        with Run("compare", out, changed, "--format", "json") as run:
            check(run.finish(SECONDS_MAX) == 0, "not exit code 0", run)
            figures = {each["figure"]: each for each in json.loads(run.stdout())["figures"]}
        self.assertTrue(figures["will_missing_ratio"]["significant"])
        self.assertEqual(figures["will_missing_ratio"]["new"]["numerator"], 10)
        self.assertFalse(figures["wills_expected"]["significant"])

        def another_fleet(result):
            result["scenario"]["digest"] = "another"
            result["scenario"]["overrides"] = ["fleet.city.count=41"]
        write(another_fleet)
        self.ends(4, "compare", out, changed,
                  prints=["fleet.city.count: 40 → 41", "--anyway compares them all the same"])
        self.ends(0, "compare", out, changed, "--anyway")

        def another_seed(result):
            result["scenario"]["digest"] = "another"
            result["scenario"]["seed"] = 8
        write(another_seed)
        self.ends(0, "compare", out, changed, prints=["seed: 7 → 8"])

        def another_fidelity(result):
            result["run"]["fidelity"] = "segment"
        write(another_fidelity)
        self.ends(0, "compare", out, changed, prints=["fidelity: stream → segment"])
        write(lambda result: result["run"].pop("fidelity"))
        self.ends(0, "compare", out, changed, prints=["fidelity: stream → unknown"])

    def test_a_result_folder_has_one_writer_at_a_time(self):
        with Run("run", SCENARIOS / "will-on-return.yaml") as first:
            first.wait_for_devices(1)
            self.ends(6, "run", SCENARIOS / "drop-fin.yaml", "--out", first.out,
                      says=["another probate writes its results to"])


if __name__ == "__main__":
    unittest.main()
