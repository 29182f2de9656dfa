"""`probate sweep` as a user meets it: a grid, its files, its refusals."""

import csv
import io
import json
import os
import resource
import signal
import unittest
import xml.etree.ElementTree as ElementTree

from program import SCENARIOS, Run, check, check_ending, wait_until

SECONDS_MAX = 30
SCENARIO = SCENARIOS / "first-look.yaml"
KEEP_ALIVES = "devices.meter.keep_alive=5s,10s"
# Without the gate: a rule of it is about the policy debounce_2s, which not every point has.
GRID = (SCENARIO, "--set", "gate=[]", "--vary", KEEP_ALIVES,
        "--vary", "backend.presence[2].debounce=1s,2s")
FILES = ("sweep.csv", "sweep.json", "sweep.svg", "sweep.html")


class Sweep(unittest.TestCase):
    def ran(self, code, *arguments, **how):
        run = self.enterContext(Run("sweep", *arguments, **how))
        check_ending(run, run.finish(SECONDS_MAX), code)
        return run

    def swept(self, *arguments):
        return self.ran(0, *arguments, "--out", "swept").folder / "swept"

    def test_a_grid_leaves_a_table_and_files_that_agree(self):
        run = self.ran(0, *GRID, "--seeds", "2", "--out", "swept")
        folder = run.folder / "swept"
        document = json.loads((folder / "sweep.json").read_text())
        self.assertEqual(document["probate_sweep"], 1)
        self.assertTrue(document["complete"])
        self.assertEqual(document["runs_done"], 8)
        self.assertEqual(len(document["points"]), 4)
        options = document["options"]
        self.assertEqual(len(options), 16)  # four policies at each point
        self.assertIn("debounce", document["series"])
        front = [option for option in options if option["front"]]
        self.assertTrue(front)
        for option in options:
            by = option["dominated_by"]
            self.assertFalse(option["front"] and by is not None)
            if by is not None:
                self.assertTrue(options[by]["front"])
        rows = list(csv.DictReader(io.StringIO(csv_text(folder))))
        self.assertEqual(len(rows), len(options))
        for row, option in zip(rows, options):
            self.assertEqual(row["policy"], option["policy"])
            self.assertEqual(row["standing"] == "front", option["front"])
            rate = option["rate"]["mean"]
            self.assertEqual(row["false_offline_ratio"], "" if rate is None else repr_of(rate))
        picture = ElementTree.parse(folder / "sweep.svg").getroot()
        marks = [e for e in picture.iter() if e.get("class", "").startswith("option")]
        own = [option for option in options if option["same_as"] is None]
        self.assertEqual(len(marks), sum(option["comparable"] for option in own))
        # The wait of debounce does not touch the three other policies.
        self.assertEqual(len(options) - len(own), 6)
        self.assertEqual(run.stdout().count("\n5s "), len(own) // 2)
        for option in options:
            if option["same_as"] is not None:
                first = options[option["same_as"]]
                self.assertEqual(option["rate"], first["rate"])
                self.assertEqual(option["front"], first["front"])
        check("Pareto front" in run.stdout(), "no sentence", run)
        check("dominated by" in run.stdout(), "nothing dominated", run)

    def test_the_results_do_not_depend_on_how_many_run_at_a_time(self):
        one = self.swept(*GRID, "--seeds", "2", "--jobs", "1")
        two = self.swept(*GRID, "--seeds", "2", "--jobs", "2")
        for name in FILES:
            self.assertEqual((one / name).read_bytes(), (two / name).read_bytes(), name)

    def test_a_run_of_a_point_is_the_run_that_its_command_repeats(self):
        folder = self.swept(SCENARIO, "--vary", KEEP_ALIVES)
        point = json.loads((folder / "sweep.json").read_text())["points"][0]
        words = point["runs"][0]["repeat"].split()
        self.assertEqual(words[:2], ["probate", "run"])
        with Run(*words[1:]) as again:
            check_ending(again, again.finish(SECONDS_MAX), 0)
            result = again.result()
        self.assertEqual(result["scenario"]["digest"], point["runs"][0]["digest"])
        for policy, figures in zip(result["presence"], point["runs"][0]["policies"]):
            self.assertEqual(policy["all"]["reconnects_followed"], figures["reconnects_followed"])
            self.assertEqual(policy["all"]["outages"], figures["outages"])

    def test_a_point_whose_gate_fails_is_shown_and_fails_nothing(self):
        run = self.ran(0, SCENARIO, "--vary", "judge.horizon=2s", "--set",
                       "gate[0].expect=wills_missing == 99")
        check(" fail " in run.stdout(), "no failed point", run)

    def test_an_invalid_point_is_refused_before_anything_runs(self):
        run = self.ran(5, SCENARIO, "--vary", "devices.meter.keep_alive=10s,30", "--out", "swept")
        check("--vary:" in run.stderr() and "unit" in run.stderr(), "does not say where", run)
        check("1 of 2 points cannot be run; nothing was run" in run.stderr(), "no count", run)
        check(not (run.folder / "swept").exists(), "left something", run)

    def test_a_rule_about_a_policy_that_a_point_lacks_is_refused_with_the_way_out(self):
        run = self.ran(5, SCENARIO, "--vary", "backend.presence[2].debounce=1s,2s")
        check('unknown policy "debounce_2s"' in run.stderr(), "does not say what", run)
        check("--set gate=[]" in run.stderr(), "no way out", run)

    def test_an_unknown_path_is_refused_with_a_suggestion(self):
        run = self.ran(5, SCENARIO, "--vary", "devices.meter.keep_aliv=10s,30s")
        check('did you mean "keep_alive"?' in run.stderr(), "no suggestion", run)

    def test_a_mistyped_name_is_refused_with_a_suggestion(self):
        run = self.ran(5, SCENARIO, "--set", "gate=[]", "--vary", "fleet.citty.count=5,6")
        check('did you mean "city"?' in run.stderr(), "no suggestion", run)

    def test_what_the_model_of_the_broker_lacks_is_refused(self):
        run = self.ran(5, SCENARIO, "--vary", "broker.wills=normal,none")
        check("broker.wills" in run.stderr(), "does not say what", run)

    def test_nonsense_on_the_command_line_is_a_usage_error(self):
        for words in (("--vary", "keep_alive"), ("--vary", "a=1,1"), ("--vary", "a=1,"),
                      ("--vary", "a='1"), ("--seeds", "0"), ("--seeds", "1e3"), ("--jobs", "0"),
                      ("--jobs", "99999999999999999999"), ("--rate", "x"), ("--detection", "p1"),
                      ("--out", ""), ("--vary", "a=1", "--vary", "a=2"),
                      ("--vary", "a=" + ",".join(map(str, range(10001)))),
                      ("--seed", str(2**64 - 1), "--seeds", "2")):
            run = self.ran(2, SCENARIO, *words)
            check(len(run.stderr().splitlines()) == 1, "not one sentence", run)
        self.ran(2)
        self.ran(2, "-")

    def test_flags_that_set_the_same_are_a_usage_error_that_names_both(self):
        policies = "backend.presence=[naive],[epoch]"
        for words, both in (
                (("--vary", "seed=1,2", "--seed", "5"), ("--seed 5", "--vary seed=1,2")),
                (("--vary", policies, "--policies", "naive"), ("--policies naive", policies)),
                (("--vary", "judge.horizon=2s,3s", "--set", "judge.horizon=4s"),
                 ("--set judge.horizon=4s", "--vary judge.horizon=2s,3s"))):
            run = self.ran(2, SCENARIO, *words)
            check(len(run.stderr().splitlines()) == 1, "not one sentence", run)
            check(all(flag in run.stderr() for flag in both), "names not both", run)
        run = self.enterContext(Run("run", SCENARIO, "--seed", "5", "--set", "seed=6"))
        check_ending(run, run.finish(SECONDS_MAX), 2)
        check("--seed 5 and --set seed=6" in run.stderr(), "names not both", run)

    def test_a_short_keep_alive_that_detects_more_is_not_dominated_by_one_that_overlooks(self):
        folder = self.swept(SCENARIO, "--vary", "devices.meter.keep_alive=2s,8s", "--policies",
                            "naive,debounce=500ms", "--set", "gate=[]")
        options = json.loads((folder / "sweep.json").read_text())["options"]
        at = {(option["policy"], option["point"]): option for option in options}
        quick = at[("naive", 0)]
        self.assertGreater(quick["detected"] / quick["outages"],
                           at[("debounce_500ms", 1)]["detected"] / quick["outages"])
        self.assertTrue(quick["front"])

    def test_a_varied_seed_is_the_seed_that_is_run(self):
        folder = self.swept(SCENARIO, "--vary", "seed=1,2", "--set", "gate=[]")
        points = json.loads((folder / "sweep.json").read_text())["points"]
        for point in points:
            run = point["runs"][0]
            self.assertEqual(point["values"]["seed"], str(run["seed"]))
            self.assertIn(f"--seed {run['seed']} --set 'gate=[]'", run["repeat"])
        self.assertEqual(len({point["runs"][0]["digest"] for point in points}), 2)

    def test_the_last_seed_of_all_is_a_seed(self):
        self.ran(0, SCENARIOS / "drop-fin.yaml", "--seed", str(2**64 - 1), "--detection",
                 "false_online")

    def test_a_value_that_looks_like_markup_stays_text(self):
        folder = self.swept(SCENARIO, "--vary", 'about="</title><script>x</script>","b,c"')
        ElementTree.parse(folder / "sweep.svg")
        self.assertNotIn("<script", (folder / "sweep.html").read_text())
        rows = list(csv.reader(io.StringIO(csv_text(folder))))
        self.assertEqual({len(row) for row in rows}, {len(rows[0])})

    def test_an_interrupted_sweep_keeps_what_it_has(self):
        run = self.enterContext(Run("sweep", SCENARIO, "--seeds", "1000", "--jobs", "1",
                                    "--out", "swept"))
        wait_until(lambda: "at a time" in run.stderr(), "it runs", SECONDS_MAX)
        wait_until(lambda: cpu_seconds(run.pid()) > 0.3 or not run.running(), "a run is done",
                   SECONDS_MAX)
        run.signal(signal.SIGINT)
        check_ending(run, run.finish(SECONDS_MAX), 130)
        document = json.loads((run.folder / "swept" / "sweep.json").read_text())
        self.assertFalse(document["complete"])
        self.assertEqual(document["stopped"], "SIGINT")
        self.assertLess(document["runs_done"], 1000)
        check(run.stdout().startswith("PARTIAL: stopped by SIGINT"), "not marked", run)
        done = document["runs_done"]
        check(f"\nmeans over {done} of 1000 seeds at each point" in run.stdout(), "seeds", run)

    def test_files_of_two_sweeps_never_stand_together(self):
        folder = self.swept(SCENARIOS / "drop-fin.yaml")
        (folder / "sweep.json").unlink()
        (folder / "sweep.json" / "in-the-way").mkdir(parents=True)
        (folder / "notes.txt").write_text("not ours")
        run = self.ran(6, SCENARIOS / "drop-fin.yaml", "--seed", "2", "--out", folder)
        check("cannot write" in run.stderr(), "does not say why", run)
        check("sweep.csv, sweep.svg, sweep.html\n" in run.stdout(), "names the others not", run)
        run = self.ran(5, SCENARIOS / "drop-fin.yaml", "--vary", "devices.meter.keep_alive=30",
                       "--out", folder)
        self.assertEqual([path.name for path in folder.iterdir() if path.is_file()], ["notes.txt"])

    def test_a_folder_that_cannot_be_made_ends_before_anything_runs(self):
        run = self.ran(6, SCENARIO, "--out", "/proc/nowhere")
        check("/proc/nowhere" in run.stderr(), "does not say which", run)

    def test_more_memory_than_there_is_is_refused_with_figure_and_remedy(self):
        def little():
            resource.setrlimit(resource.RLIMIT_AS, (3 << 28, 3 << 28))

        path = SCENARIOS / "drop-fin.yaml"
        for words in (("run", path, "--engine", "virtual"), ("sweep", path)):
            with Run(*words, "--set", "fleet.city.count=1000000",
                     "--set", "devices.meter.client_id=m{index}",
                     "--set", "phases[0].until.timeout=2h", preexec_fn=little) as run:
                check(run.finish(SECONDS_MAX) == 6, "was not refused", run)
                check("of memory (1000000 devices" in run.stderr(), "no figure", run)
                check("run at most" in run.stderr(), "no remedy", run)


def csv_text(folder):
    return (folder / "sweep.csv").read_bytes().decode()


def repr_of(number):
    """As the program prints it: a whole number without a fraction."""
    return str(int(number)) if number == int(number) else repr(number)


def cpu_seconds(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    unittest.main()
