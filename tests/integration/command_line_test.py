"""Mistakes on the command line, in the scenario and in the environment: code, sentence, remedy."""

import os
import pathlib
import resource
import socket
import subprocess
import tempfile
import unittest

from program import PROBATE, SCENARIOS, Run, check, check_ending

MISTAKES = """\
version: 1
name: bad
seed: x7
devices:
  meter:
    client_id: "{index}"
    keep_alive: 10
    keepalive: 3s
    clean: yes
fleet:
  city: {device: metr, count: 5}
phases:
  - {name: ramp, connect: {rate: 200/s}, until: {online: 100%, timeout: 10s}}
"""

MISTAKES_IN_RULES = """\
version: 1
name: bad
devices:
  meter: {client_id: "{index}"}
fleet:
  city: {device: meter, count: 5}
phases:
  - {name: ramp, for: 1s}
gate:
  - {name: a, expect: "wills_mising == 0"}
  - {name: b, expect: "p99(will_lateness) < 5%"}
  - {name: c, expect: "wills_missing =="}
"""


def says(run, *texts):
    for text in texts:
        check(text in run.stderr(), f"does not say {text!r}", run)


class CommandLine(unittest.TestCase):
    def ends(self, code, *arguments, says_all=(), **options):
        with Run(*arguments, **options) as run:
            check_ending(run, run.finish(15), code)
            says(run, *says_all)
            check(run.stdout() == "", "an error was printed to stdout", run)
            check("internal error" not in run.stderr(), "calls it an internal error", run)

    def test_an_unknown_command_is_a_usage_error_with_a_proposal(self):
        self.ends(2, "rnu", "x.yaml", says_all=['"rnu"', 'did you mean "run"?'])

    def test_an_unknown_flag_is_a_usage_error_with_a_proposal(self):
        self.ends(2, "run", SCENARIOS / "drop-fin.yaml", "--metrcs", "0",
                  says_all=["--metrcs", 'did you mean "--metrics"?'])

    def test_a_bad_value_of_a_flag_is_a_usage_error(self):
        self.ends(2, "run", SCENARIOS / "drop-fin.yaml", "--metrics-linger", "soon",
                  says_all=["--metrics-linger soon"])

    def test_a_run_without_a_scenario_is_a_usage_error(self):
        self.ends(2, "run", says_all=["run needs one scenario"])

    def test_a_linger_that_is_no_number_is_a_usage_error(self):
        self.ends(2, "run", SCENARIOS / "drop-fin.yaml", "--metrics-linger", "nans",
                  says_all=["--metrics-linger nans"])

    def test_keeping_the_state_of_no_broker_is_a_usage_error(self):
        self.ends(2, "run", SCENARIOS / "drop-fin.yaml", "--engine", "virtual", "--keep-state",
                  says_all=["--keep-state", "virtual"])
        self.ends(2, "run", SCENARIOS / "drop-fin.yaml", "--keep-state",
                  says_all=["--keep-state", "starts its own"])

    def test_a_full_disk_behind_standard_output_is_an_environment_error(self):
        with open("/dev/full", "wb") as full:
            said = subprocess.run([PROBATE, "list", "metrics"], stdout=full,
                                  stderr=subprocess.PIPE, text=True, timeout=20, check=False)
        self.assertEqual((said.returncode, said.stderr.strip()),
                         (6, "probate: cannot write to standard output"))

    def test_a_pipe_that_nobody_reads_is_an_environment_error(self):
        reader, writer = os.pipe()
        os.close(reader)
        said = subprocess.run([PROBATE, "list", "metrics"], stdout=writer, stderr=subprocess.PIPE,
                              text=True, timeout=20, check=False)
        os.close(writer)
        self.assertEqual((said.returncode, said.stderr.strip()),
                         (6, "probate: cannot write to standard output"))

    def test_a_standard_error_that_is_gone_changes_nothing(self):
        reader, broken = os.pipe()
        os.close(reader)
        full = os.open("/dev/full", os.O_WRONLY)
        with tempfile.TemporaryDirectory() as folder:
            for words, code in ((["validate", "none.yaml"], 5), (["rnu"], 2),
                                (["gate", "none.json"], 6),
                                (["proxy", "--listen", "0", "--upstream", "::nowhere::"], 2),
                                (["run", SCENARIOS / "drop-rst.yaml", "--engine", "virtual"],
                                 0)):
                for stderr in (broken, full, None):
                    ended = subprocess.run(
                        [PROBATE, *words], stdout=subprocess.PIPE, stderr=stderr, cwd=folder,
                        preexec_fn=(lambda: os.close(2)) if stderr is None else None,
                        timeout=20, check=False)
                    self.assertEqual(ended.returncode, code, words)
            written = pathlib.Path(folder) / "probate-out"
            self.assertIn('"verdict": "pass"', (written / "result.json").read_text())
        os.close(full)
        os.close(broken)

    def test_a_file_that_may_not_grow_is_an_environment_error_that_names_it(self):
        def small():
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        with Run("run", SCENARIOS / "first-look.yaml", "--engine", "virtual",
                 preexec_fn=small) as run:
            check_ending(run, run.finish(20), 6)
            says(run, f"cannot write {run.out}/events.ndjson.gz: File too large")

    def test_too_few_descriptors_for_a_proxy_are_an_environment_error_with_figures(self):
        for most in (10, 20, 43):
            def few(most=most):
                resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
            self.ends(6, "proxy", "--listen", "0", "--upstream", "127.0.0.1:1", preexec_fn=few,
                      says_all=["needs 44 file descriptors", f"at most {most}: raise"])

    def test_a_tls_file_that_is_not_there_is_said_to_be_that(self):
        for flags in (["--tls-cert", "nofile", "--tls-key", "nofile"],
                      ["--upstream-tls", "--upstream-ca", "nofile"]):
            self.ends(6, "proxy", "--listen", "0", "--upstream", "127.0.0.1:1", *flags,
                      says_all=["nofile: No such file or directory"])

    def test_a_proxys_scenario_is_validated_without_listening(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "cut.yaml"
            path.write_text("version: 1\nname: cut\nphases: [{name: storm, for: 5m}]\nfaults:\n"
                            "  - {name: a, at: storm, on: {devices: \"m-*\"}, do: drop}\n")
            with Run("validate", "--proxy", path) as run:
                check_ending(run, run.finish(15), 0)
                check(run.stdout() == f"{path}: ok: real devices, 1 phase, 1 fault, 0 rules\n",
                      "says something else", run)
            path.write_text("version: 1\nname: cut\nphases: [{name: storm, for: 5m}]\nfaults:\n"
                            "  - {name: a, at: storm, do: leave}\n"
                            "  - {name: b, at: storm, on: {group: x}, do: drop}\n")
            self.ends(5, "validate", "--proxy", path, says_all=["E0234", "\"x\""])
            self.ends(2, "validate", "--proxy", "--time-scale", "2", path,
                      says_all=["--time-scale is none of `probate proxy`"])

    def test_a_policy_that_nobody_knows_is_a_usage_error(self):
        self.ends(2, "run", SCENARIOS / "drop-fin.yaml", "--policies", "naive,debounse=9s",
                  says_all=["--policies naive,debounse=9s", 'did you mean "debounce"?'])

    def test_a_flag_can_stand_in_the_environment_and_a_mistyped_one_is_told(self):
        self.ends(2, "run", SCENARIOS / "drop-fin.yaml", environment={"PROBATE_ENGINE": "steam"},
                  says_all=["--engine steam"])
        self.ends(5, "run", "none.yaml", environment={"PROBATE_METRCS": "0"},
                  says_all=["PROBATE_METRCS has no effect", 'did you mean "PROBATE_METRICS"?'])
        with Run("gate", "none.json", environment={"PROBATE_METRICS": "0"}) as run:
            check(run.finish(15) == 6, "not exit code 6", run)
            check("no effect" not in run.stderr(), "warns of a flag of another command", run)

    def test_a_missing_scenario_is_invalid(self):
        self.ends(5, "run", "none.yaml", says_all=["none.yaml: error: cannot be read"])

    def test_a_folder_for_results_below_a_file_is_an_environment_error(self):
        with tempfile.NamedTemporaryFile() as file:
            self.ends(6, "run", SCENARIOS / "drop-fin.yaml", "--out", f"{file.name}/results",
                      says_all=[f"{file.name}/results", "Not a directory"])

    def test_too_few_descriptors_are_an_environment_error_with_the_remedy(self):
        def few():
            resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))
        self.ends(6, "run", SCENARIOS / "drop-fin.yaml", preexec_fn=few,
                  says_all=["at most 200", "ulimit -Hn", "LimitNOFILE="])

    def test_a_port_for_metrics_that_is_in_use_is_an_environment_error(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            self.ends(6, "run", SCENARIOS / "drop-fin.yaml", "--metrics", port,
                      says_all=[str(port)])


class Mistakes(unittest.TestCase):
    def complains(self, text, *places):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "bad.yaml"
            path.write_text(text)
            for command in (["run", path], ["validate", path]):
                with Run(*command) as run:
                    check_ending(run, run.finish(15), 5)
                    for place, words in places:
                        line = next((each for each in run.stderr().splitlines()
                                     if each.startswith(f"{path}:{place}: error: ")), "")
                        check(words in line, f"no {words!r} at {place}", run)
                    check(run.stderr().count(": error: ") == len(places),
                          f"not exactly {len(places)} complaints", run)
                    check(not run.out.exists(), "made a folder for results", run)

    def test_all_mistakes_in_a_scenario_are_shown_at_once_with_their_places(self):
        self.complains(MISTAKES,
                       ("3:7", 'not "x7"'),
                       ("7:17", "did you mean 10s?"),
                       ("8:5", 'did you mean "keep_alive"?'),
                       ("9:12", "write true"),
                       ("11:18", 'did you mean "meter"?'))

    def test_all_mistakes_in_rules_are_shown_at_once_with_their_places(self):
        self.complains(MISTAKES_IN_RULES,
                       ("10:24", 'did you mean "wills_missing"?'),
                       ("11:45", "a duration cannot be compared with a ratio"),
                       ("12:40", "expected a quantity"))


if __name__ == "__main__":
    unittest.main()
