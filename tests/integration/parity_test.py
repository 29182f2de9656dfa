"""The comparison of the engines itself: what is the same agrees, and what is not is named."""

import gzip
import json
import unittest

from parity import check_parity
from program import SCENARIOS, Run, Trouble, check_ending

SECONDS_MAX = 20
SCENARIO = SCENARIOS / "drop-rst.yaml"


class Parity(unittest.TestCase):
    """A run in virtual time stands for the live one: only its files count."""

    def setUp(self):
        self.run_ = self.enterContext(Run("run", SCENARIO, "--engine", "virtual"))
        check_ending(self.run_, self.run_.finish(SECONDS_MAX), 0)

    def complaint(self):
        with self.assertRaises(Trouble) as caught:
            check_parity(SCENARIO, self.run_.out)
        return str(caught.exception)

    def rewrite(self, change):
        path = self.run_.out / "events.ndjson.gz"
        with gzip.open(path, "rt") as file:
            head, *lines = file.readlines()
        records = change([json.loads(line) for line in lines])
        with gzip.open(path, "wt") as file:
            file.writelines([head, *(json.dumps(record) + "\n" for record in records)])

    def test_the_same_run_has_the_same_story(self):
        self.assertEqual(check_parity(SCENARIO, self.run_.out), 40)

    def test_a_record_that_one_engine_lacks_is_named_with_its_device_and_both_commands(self):
        def lose_a_will(records):
            lost = next(record for record in records if record.get("message") == "will")
            self.device = lost["device"]
            return [record for record in records if record is not lost]

        self.rewrite(lose_a_will)
        told = self.complaint()
        self.assertIn(f"device {self.device}, only virtual, at ", told)
        self.assertIn("observed observer=backend message=will", told)
        self.assertIn("(virtual time expects 1, the live run saw 0)", told)
        self.assertIn(f"repeat with: probate run {SCENARIO}", told)
        self.assertIn("--engine virtual --seed 7 --set broker.profile=mosquitto-2.0.11", told)

    def test_a_record_that_says_something_else_is_a_difference(self):
        def mend_a_close(records):
            closed = next(record for record in records if record["kind"] == "leg_closed")
            closed["how"] = "fin"
            return records

        self.rewrite(mend_a_close)
        self.assertIn("leg_closed leg=device by=proxy how=fin fault=reset", self.complaint())

    def test_a_count_of_the_judge_that_differs_is_named(self):
        path = self.run_.out / "result.json"
        result = json.loads(path.read_text())
        result["wills"]["by_fault"][0]["by_class"]["true"] -= 1
        path.write_text(json.dumps(result))
        self.assertIn("wills.by_fault.reset.by_class.true: live 39, virtual 40", self.complaint())


if __name__ == "__main__":
    unittest.main()
