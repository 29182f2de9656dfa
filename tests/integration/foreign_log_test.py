"""A log that no run has written, judged: the example of the documentation, and its troubles."""

import base64
import json
import pathlib
import re
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

from program import ROOT, Run, check, check_ending

EXAMPLE = ROOT / "docs" / "examples" / "foreign-log.ndjson"
SECONDS_MAX = 20

RULES = """\
version: 1
name: production
devices:
  meter:
    client_id: "{index}"
    will: {topic: "/willmsg", payload: "{client_id}device_conn_err#{epoch}"}
    birth: {topic: "/device/{client_id}/birth", payload: "up {epoch}"}
fleet:
  city: {device: meter, count: 2}
phases:
  - {name: log, for: 24h}
backend:
  presence: [naive, epoch]
gate:
  - {name: each-will, expect: "wills_expected == 3"}
  - {name: two-came, expect: "wills_true == 2"}
  - {name: one-missing, expect: "wills_missing{cause=broker} == 1"}
  - {name: epoch-is-right, expect: "false_offlines{policy=epoch} == 0"}
  - {name: naive, expect: "false_offlines{policy=naive} == NAIVE"}
"""


class ForeignLog(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def judged(self, code, log, naive="1"):
        rules = self.folder / "rules.yaml"
        rules.write_text(RULES.replace("NAIVE", naive))
        run = self.enterContext(Run("gate", "--scenario", rules, log))
        check_ending(run, run.finish(SECONDS_MAX), code)
        return run

    def changed(self, change):
        lines = EXAMPLE.read_text().splitlines()
        path = self.folder / "log.ndjson"
        path.write_text("\n".join(change(lines)) + "\n")
        return path

    def test_the_example_is_judged_by_rules(self):
        self.judged(0, EXAMPLE)
        run = self.judged(3, EXAMPLE, naive="0")
        check("868570000000025" in run.stdout(), "does not say who was falsely offline", run)

    def test_it_counts_time_from_anywhere(self):
        def story(run):
            return [line for line in run.stdout().splitlines() if "gate" not in line]

        expected = story(self.judged(3, EXAMPLE, naive="0"))
        for offset in (-1_000_000_000_000, 1_000_000_000_000_000_000):
            moved = self.changed(lambda lines: [
                re.sub(r'_ns": ?(\d+)', lambda at: f'_ns":{int(at[1]) + offset}', line)
                for line in lines])
            self.assertEqual(story(self.judged(3, moved, naive="0")), expected)

    def test_its_results_are_written_where_they_are_wanted(self):
        run = self.enterContext(Run("gate", EXAMPLE, "--out", self.folder / "results"))
        check_ending(run, run.finish(SECONDS_MAX), 0)
        result = json.loads((self.folder / "results" / "result.json").read_text())
        self.assertEqual(result["verdict"], "pass")
        self.assertTrue((self.folder / "results" / "junit.xml").exists())

    def test_it_is_judged_without_any_scenario(self):
        run = self.enterContext(Run("gate", EXAMPLE))
        check_ending(run, run.finish(SECONDS_MAX), 0)
        for text in ("3 =", "2 true", "1 missing", "foreign log"):
            check(text in run.stdout(), f"does not show {text!r}", run)

    def test_a_pipe_is_refused_since_it_is_read_twice(self):
        with subprocess.Popen(["cat", EXAMPLE], stdout=subprocess.PIPE) as source:
            run = self.enterContext(Run("gate", "/dev/stdin", stdin=source.stdout))
            check_ending(run, run.finish(SECONDS_MAX), 2)
        check("not through a pipe" in run.stderr(), "does not say why", run)

    def test_a_clock_that_goes_back_makes_it_inconclusive(self):
        def late(lines):
            will = next(line for line in lines if '"message":"will"' in line.replace(" ", ""))
            return [line for line in lines if line != will] + [will]

        run = self.judged(4, self.changed(late))
        check("goes back" in run.stdout(), "does not say why", run)

    def test_a_connection_is_told_of_between_its_connect_and_its_end(self):
        def numbers(lines, kind):
            return [number for number, line in enumerate(lines)
                    if json.loads(line).get("kind") == kind]

        def reused(lines):  # the last connection has the number of the first
            first, *_, last = numbers(lines, "connect_forwarded")
            connection = json.loads(lines[first])["connection"]
            lines[last] = json.dumps({**json.loads(lines[last]), "connection": connection})
            self.wrong = last + 1, f"connection {connection} had its connect_forwarded before"
            return lines

        def unknown(lines):
            end = numbers(lines, "leg_closed")[0]
            lines[end] = json.dumps({**json.loads(lines[end]), "connection": 4711})
            self.wrong = end + 1, "connection 4711 has no connect_forwarded before this"
            return lines

        for change in (reused, unknown):
            path = self.changed(change)
            run = self.judged(5, path)
            line, text = self.wrong
            check(f"{path}:{line}:1: {text}" in run.stderr(), f"does not say {text!r}", run)

    def test_a_clock_that_leaps_makes_it_inconclusive(self):
        def leap(lines):
            last = json.loads(lines[-1])
            last["at_ns"] += 2 * 24 * 3600 * 10**9
            return lines[:-1] + [json.dumps(last)]

        run = self.judged(4, self.changed(leap))
        check("leaps" in run.stdout(), "does not say why", run)

    def test_a_file_that_cannot_be_read_is_no_mistake_in_it(self):
        none = self.folder / "none.yaml"
        for flag in ("--rules", "--scenario"):
            run = self.enterContext(Run("gate", EXAMPLE, flag, none))
            check_ending(run, run.finish(SECONDS_MAX), 6)
            check(f"cannot read {none}: No such file" in run.stderr(), "does not say why", run)

    def test_a_line_that_is_cut_is_named(self):
        path = self.folder / "cut.ndjson"
        path.write_text(EXAMPLE.read_text()[:-20])
        run = self.judged(5, path)
        lines = len(EXAMPLE.read_text().splitlines())
        check(f"{path}:{lines}:" in run.stderr(), "does not name the line", run)

    def test_what_begins_a_journal_of_our_own_has_no_place_in_it(self):
        began = {"at_ns": 1200000000, "kind": "run_began", "scenario": "a", "digest": "d",
                 "seed": 1, "engine": "live", "profile": "p", "broker": "b", "fidelity": "stream"}
        path = self.changed(lambda lines: [*lines[:3], json.dumps(began), *lines[3:]])
        run = self.enterContext(Run("gate", path, "--expect", "wills_missing == 0"))
        check_ending(run, run.finish(SECONDS_MAX), 5)
        check(f"{path}:4:1: run_began" in run.stderr(), "no place", run)

    def test_a_log_in_which_nobody_connects_is_no_pass(self):
        seen = {"kind": "observed", "observer": "backend", "message": "birth", "client_id": "a",
                "topic": "b/a", "payload": "up", "qos": 1, "at_ns": 1}
        path = self.changed(lambda lines: [lines[0], json.dumps(seen)])
        run = self.enterContext(Run("gate", path, "--expect", "wills_missing == 0"))
        check_ending(run, run.finish(SECONDS_MAX), 4)
        check("no device was ever connected" in run.stdout(), "does not say why", run)

    def test_what_a_notable_log_left_out_cannot_be_counted(self):
        def notable(lines):
            return [json.dumps({**json.loads(lines[0]), "events": "notable"})] + lines[1:]

        path = self.changed(notable)
        for policies, code in (("last_seen", 4), ("naive_alarm", 0)):
            run = self.enterContext(Run("gate", path, "--policies", policies, "--expect",
                                        "wills_late == 0"))
            check_ending(run, run.finish(SECONDS_MAX), code)
        check("--events notable" not in run.stdout(), "doubts what needs no heartbeat", run)

    def test_devices_of_the_scenario_do_not_count(self):
        rules = self.folder / "rules.yaml"
        rules.write_text(RULES.replace("NAIVE", "1").replace("[naive, epoch]",
                                                             "[naive, epoch, last_seen]"))
        run = self.enterContext(Run("gate", "--scenario", rules, EXAMPLE))
        check_ending(run, run.finish(SECONDS_MAX), 0)
        check("n/a" not in run.stdout(), "calls a policy not applicable", run)

    def test_its_results_can_be_read_whatever_a_name_holds(self):
        name = {"client_id_base64": base64.b64encode(b"\xff\xfe").decode()}

        def renamed(lines):
            records = [json.loads(line) for line in lines]
            for record in records:
                if record.get("client_id") == "868570000000041":  # one with a causal line
                    del record["client_id"]
                    record.update(name)
            return [json.dumps(record) for record in records]

        results = self.folder / "results"
        run = self.enterContext(Run("gate", self.changed(renamed), "--out", results))
        check_ending(run, run.finish(SECONDS_MAX), 0)
        written = (results / "result.json").read_text("utf-8")
        check("\\\\xff\\\\xfe" in written, "lost the name", run)
        xml.etree.ElementTree.parse(results / "junit.xml")
        (results / "summary.md").read_text("utf-8")

    def test_a_log_of_nobody_is_told_so(self):
        run = self.judged(5, self.changed(lambda lines: lines[:1]))
        check("no record names a ClientID" in run.stderr(), "does not say why", run)


if __name__ == "__main__":
    unittest.main()
