"""The files that a run leaves for people and machines, and that they agree with one another."""

import gzip
import json
import shlex
import unittest
import xml.etree.ElementTree as ElementTree

from program import ROOT, SCENARIOS, Run, check, check_ending

NEGATIVE = ROOT / "tests" / "negative"
SECONDS_MAX = 20


class Results(unittest.TestCase):
    def ran(self, path, code):
        """Runs it and compares its files; returns the test cases of junit.xml."""
        run = self.enterContext(Run("run", path))
        check_ending(run, run.finish(SECONDS_MAX), code)
        self.run_, self.result = run, run.result()
        check(self.result["exit_code"] == code, "result.json has another exit code", run)
        suite = ElementTree.parse(run.out / "junit.xml").getroot()
        cases = {case.get("name"): case for case in suite.iter("testcase")}
        check(set(cases) == {rule["name"] for rule in self.result["rules"]},
              f"junit.xml has the cases {sorted(cases)}", run)
        summary = (run.out / "summary.md").read_text()
        for rule in self.result["rules"]:
            check(rule["name"] in summary, f"summary.md lacks {rule['name']}", run)
            check(rule["name"] in run.stdout(), f"stdout lacks {rule['name']}", run)
        return cases

    def records(self):
        with gzip.open(self.run_.out / "events.ndjson.gz", "rt") as file:
            return [json.loads(line) for line in file]

    def test_a_run_that_passes_can_be_judged_again_with_the_same_verdict(self):
        cases = self.ran(SCENARIOS / "drop-fin.yaml", 0)
        self.assertEqual(self.result["verdict"], "pass")
        self.assertEqual(self.result["run"]["fidelity"], "stream")
        self.assertFalse([name for name, case in cases.items()
                          if case.find("failure") is not None or case.find("error") is not None])
        self.assertGreater(len(self.records()), 40)
        with Run("gate", self.run_.out / "events.ndjson.gz") as again:
            check(again.finish(SECONDS_MAX) == 0, "judged otherwise the second time", again)

    def test_a_failed_rule_is_a_failure_in_junit(self):
        cases = self.ran(NEGATIVE / "naive-flickers.yaml", 3)
        self.assertEqual(self.result["verdict"], "fail")
        self.assertIsNotNone(cases["naive-never-errs"].find("failure"))
        self.assertIsNone(cases["every-will-came"].find("failure"))
        with Run("gate", self.run_.out / "events.ndjson.gz") as again:
            check(again.finish(SECONDS_MAX) == 3, "judged otherwise the second time", again)

    def test_an_inconclusive_rule_is_an_error_in_junit(self):
        cases = self.ran(NEGATIVE / "zero-devices.yaml", 4)
        self.assertEqual(self.result["verdict"], "inconclusive")
        self.assertIsNotNone(cases["no-missing-wills"].find("error"))

    def test_the_command_that_repeats_the_run_does(self):
        self.ran(NEGATIVE / "one-device.yaml", 0)
        words = shlex.split(self.result["run"]["repeat"])
        self.assertEqual(words[:2], ["probate", "run"])
        with Run(*words[1:]) as again:
            check_ending(again, again.finish(SECONDS_MAX), 0)
            self.assertEqual(again.result()["scenario"]["digest"],
                             self.result["scenario"]["digest"])


if __name__ == "__main__":
    unittest.main()
