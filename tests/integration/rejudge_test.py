"""A recorded run is judged as what it was: its own scenario, its own end, wherever it is asked."""

import gzip
import json
import pathlib
import resource
import signal
import subprocess
import tempfile
import unittest

from program import ROOT, SCENARIOS, Run, check, check_ending, wait_until

SECONDS_MAX = 20
DROP = SCENARIOS / "drop-fin.yaml"
EXAMPLE = ROOT / "docs" / "examples" / "foreign-log.ndjson"

# What a run reads besides its own file.
BASE = "judge: {allowance: 1s, horizon: 1s}\n"
PRESET = 'client_id: "m-{index:03}"\nkeep_alive: 10s\n'
MAIN = """\
version: 1
include: base.yaml
devices:
  meter:
    preset: ./meter.yaml
    will: {topic: "w/{client_id}", payload: "gone {epoch}"}
fleet:
  city: {device: meter, count: "${COUNT:-8}"}
phases:
  - {name: ramp, until: {online: 100%, timeout: 10s}}
  - {name: storm, for: 3s}
  - {name: settle, for: auto, at_most: 20s}
backend:
  presence: [{debounce: 20s}]
faults:
  - {name: cut, at: storm + 1s, do: drop}
gate:
  - {name: all, expect: "wills_true == 8"}
"""


class Rejudge(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def ran(self, code, path, *flags, **how):
        run = self.enterContext(Run("run", path, "--engine", "virtual", *flags, **how))
        check_ending(run, run.finish(SECONDS_MAX), code)
        return run

    def gates(self, code, *arguments, says=(), prints=(), **how):
        with Run("gate", *arguments, **how) as run:
            check(run.finish(SECONDS_MAX) == code, f"not exit code {code}", run)
            for text in says:
                check(text in run.stderr(), f"does not say {text!r}", run)
            for text in prints:
                check(text in run.stdout(), f"does not print {text!r}", run)

    def journal(self, out):
        with gzip.open(out / "events.ndjson.gz", "rt") as file:
            return file.readlines()

    def with_line(self, lines, number, **changes):
        record = json.loads(lines[number])
        record.update(changes)
        path = self.folder / "changed.ndjson"
        path.write_text("".join(lines[:number]) + json.dumps(record) + "\n" +
                        "".join(lines[number:][1:]))
        return path

    def write_parts(self):
        for name, text in (("base.yaml", BASE), ("meter.yaml", PRESET), ("main.yaml", MAIN)):
            (self.folder / name).write_text(text)
        return self.folder / "main.yaml"

    def compares(self, code, *arguments, says=()):
        with Run("compare", *arguments) as run:
            check(run.finish(SECONDS_MAX) == code, f"not exit code {code}", run)
            for text in says:
                check(text in run.stderr(), f"does not say {text!r}", run)

    # How it ended ---------------------------------------------------------------------------------

    def test_a_run_that_was_interrupted_is_no_pass_when_it_is_judged_again(self):
        # Endless in virtual time as far as this test is concerned: it ends when it is told to.
        with Run("run", DROP, "--engine", "virtual", "--set", "phases[storm].for=1000h") as run:
            wait_until(lambda: list(run.out.glob("events.ndjson.gz.*.part")), "it runs",
                       SECONDS_MAX)
            run.signal(signal.SIGINT)
            check_ending(run, run.finish(SECONDS_MAX), 130)
            self.gates(4, run.out, prints=["ended early (SIGINT)"])
            self.gates(4, run.out / "result.json", prints=["ended early (SIGINT)"])
            self.gates(4, run.out, "--expect", "wills_true < 9999", "--out", self.folder / "again")
            whole = self.ran(0, DROP).out
            few = ("--anyway", "--expect", "wills_missing <= 0")
            self.compares(0, whole, whole, *few)
            self.compares(4, whole, run.out, *few, says=["ended early (SIGINT)"])
            self.compares(4, run.out, whole, *few, says=["ended early (SIGINT)"])
            self.compares(0, whole, run.out, "--anyway")
        self.gates(4, self.folder / "again" / "result.json")

    def test_a_run_that_its_rule_ended_has_failed(self):
        out = self.ran(3, ROOT / "tests/negative/abort-ends-the-run.yaml").out
        self.gates(3, out, prints=["few-wills"])
        self.gates(3, out / "result.json", prints=["few-wills"])
        self.gates(4, out, "--expect", "wills_true >= 1",
                   prints=["ended early (abort rule few-wills)"])
        self.gates(3, out, "--expect", "wills_true == 99")

    # What was run ---------------------------------------------------------------------------------

    def test_a_header_with_another_scenario_is_told(self):
        lines = self.journal(self.ran(0, DROP).out)
        self.assertIn("count: 20", lines[0])
        lines[0] = lines[0].replace("count: 20", "count: 21")
        path = self.folder / "forged.ndjson"
        path.write_text("".join(lines))
        self.gates(5, path, says=["forged.ndjson:1: the scenario in this header is not the one"])

    def test_a_scenario_from_a_pipe_is_kept_like_any_other(self):
        text = DROP.read_text().replace('"wills_true == 20"', '"wills_true == 19"')
        with subprocess.Popen(["printf", "%s", text], stdout=subprocess.PIPE) as source:
            run = self.ran(3, "-", stdin=source.stdout)
        self.gates(3, run.out, prints=["every-will-in-time"])
        result = run.result()
        self.assertEqual(result["scenario"]["text"], text)
        self.assertIn("run - --seed 7", result["run"]["repeat"])
        self.assertIn("scenario.text", result["run"]["repeat"])
        with subprocess.Popen(["printf", "%s", text], stdout=subprocess.PIPE) as source:
            run = self.ran(3, "/dev/stdin", stdin=source.stdout)
        self.gates(3, run.out / "result.json")
        self.assertIn("run - --seed 7", run.result()["run"]["repeat"])

    def test_files_and_variables_are_those_of_the_run(self):
        path = self.write_parts()
        run = self.ran(0, path, "--time-scale", "5", environment={"UNUSED": "1"})
        for part in self.folder.iterdir():
            part.unlink()
        elsewhere = {"COUNT": "3"}
        for file in (run.out, run.out / "result.json"):
            # 20 s at five times the speed, or the run of 4.67 s would have no false offline; rules
            # know the policy by what is written.
            self.gates(0, file, environment=elsewhere,
                       prints=["debounce_20s          8 ", "8 devices"])
        self.gates(0, run.out, "--expect", "wills_true == 8", environment=elsewhere,
                   prints=["--time-scale 5 --engine virtual"])

    def test_a_password_is_in_no_journal(self):
        path = self.write_parts()
        (self.folder / "secret.txt").write_text("geheim-4711\n")
        path.write_text(path.read_text().replace(
            "    preset:", "    username: u\n    password_file: secret.txt\n    preset:"))
        run = self.ran(0, path)
        self.assertNotIn("geheim-4711", "".join(self.journal(run.out)))
        self.assertNotIn("geheim-4711", (run.out / "result.json").read_text())
        (self.folder / "secret.txt").unlink()
        self.gates(0, run.out)

    # What could not be written --------------------------------------------------------------------

    def without_room(self):
        """No file may be longer than 3,000 bytes: a full disk, without being root."""
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
        return limit

    def test_results_that_cannot_be_written_are_no_pass_anywhere(self):
        with Run("run", DROP, "--engine", "virtual", preexec_fn=self.without_room()) as run:
            check(run.finish(SECONDS_MAX) == 6, "not exit code 6", run)
            check("events.ndjson.gz: File too large" in run.stderr(), "does not say so", run)
            check("exit 6" in run.stdout() and "PASS" not in run.stdout().split("\n")[0],
                  "calls it a pass", run)
            for name in ("result.json", "junit.xml", "summary.md"):
                path = run.out / name
                check(not path.exists() or "exit 0" not in path.read_text(), f"{name} passed", run)
            self.assertIn("the run itself", (run.out / "junit.xml").read_text())

    def test_a_result_without_its_journal_is_not_called_ended_early(self):
        out = self.folder / "out"
        (out / "events.ndjson.gz" / "in-the-way").mkdir(parents=True)
        self.ran(6, DROP, "--out", out)
        says = "has not left all of its files (cannot write"
        self.gates(4, out / "result.json", prints=[says])
        whole = self.ran(0, DROP).out
        self.compares(4, whole, out, "--expect", "wills_missing <= 0", says=[says])

    def test_files_of_two_runs_never_stand_together(self):
        out = self.folder / "out"
        self.ran(0, DROP, "--out", out)
        (out / "result.json.4711.part").write_text("left by a run that was killed")
        (out / "notes.txt").write_text("not ours")
        with Run("run", DROP, "--engine", "virtual", "--seed", "2", "--out", out,
                 preexec_fn=self.without_room()) as run:
            check(run.finish(SECONDS_MAX) == 6, "not exit code 6", run)
        self.assertNotIn("result.json", [path.name for path in out.iterdir()])
        self.assertNotIn("events.ndjson.gz", [path.name for path in out.iterdir()])
        self.assertFalse(list(out.glob("*.part")))
        self.assertTrue((out / "notes.txt").exists())

    # What it can be judged by ---------------------------------------------------------------------

    def test_another_fleet_is_not_judged_by(self):
        out = self.ran(0, DROP).out
        self.gates(5, out, "--set", "fleet.city.count=2",
                   says=["fleet.city.count was 40 in the run, not 2"])
        self.gates(5, out, "--scenario", SCENARIOS / "drop-rst.yaml",
                   says=["cannot be judged by this scenario"])
        self.gates(5, out / "result.json", "--set", "fleet.city.count=2", says=["was 40"])
        self.gates(2, out, "--seed", "99", says=["--seed has no effect"])
        self.gates(0, out, "--scenario", DROP, "--profile", "spec-3.1.1")
        self.gates(0, out, "--set", "judge.allowance=2s", prints=["--set judge.allowance=2s"])

    def test_reports_that_were_skipped_are_missed_by_no_policy(self):
        tcp = SCENARIOS / "tcp-gives-up.yaml"  # its last_seen bears six minutes
        out = self.ran(0, tcp, "--policies", "naive", "--set", "gate=[]").out
        skipped = "a policy counts messages that the run skipped"
        self.gates(4, out, "--policies", "last_seen", says=[skipped])
        out = self.ran(0, tcp).out
        self.gates(0, out, "--policies", "last_seen", "--set", "gate=[]")
        self.gates(4, out, "--set", "gate=[]", "--set",
                   "backend.presence=[{last_seen: {heartbeat: 20s}}]", says=[skipped])

    def test_a_record_about_nobody_of_the_fleet_is_named(self):
        lines = self.journal(self.ran(0, DROP).out)
        for kind, change, says in (("connect_forwarded", {"device": 4000000000}, "device"),
                                   ("fault_applied", {"fault": 7}, "fault 7 is none of the 1"),
                                   ("phase_began", {"phase": 3}, "phase 3 is none of the 3")):
            number = next(i for i, line in enumerate(lines) if f'"kind":"{kind}"' in line)
            path = self.with_line(lines, number, **change)
            self.gates(5, path, says=[f"changed.ndjson:{number + 1}:", says])

    def test_a_result_written_by_gate_can_be_judged_itself(self):
        out = self.ran(0, DROP, "--set", "fleet.city.count=41").out
        again = self.folder / "again"
        self.gates(0, out, "--policies", "naive", "--expect", "wills_true == 20", "--out", again)
        repeat = json.loads((again / "result.json").read_text())["run"]["repeat"]
        self.assertIn("--set fleet.city.count=41", repeat)
        self.assertIn("--engine virtual", repeat)
        self.gates(0, again / "result.json", "--expect", "wills_true == 20",
                   prints=["--engine virtual"])

    def test_rules_about_what_a_foreign_log_has_not_are_refused_with_their_place(self):
        scenario = self.folder / "rules.yaml"
        for rule, says in (('"wills_missing{fault=cut} == 0"', "cut"),
                           ('"wills_missing{group=city} == 0"', "city"),
                           ('{expect: "wills_missing == 0", per: fault}', "fault"),
                           ('{expect: "wills_missing == 0", over: fault cut}', "cut"),
                           ('{expect: "wills_missing == 0", over: phase storm}', "storm")):
            scenario.write_text(DROP.read_text().replace("name: close", "name: cut") +
                                f"  - {rule}\n")
            self.gates(5, EXAMPLE, "--scenario", scenario, says=["rules.yaml:39:", says])


if __name__ == "__main__":
    unittest.main()
