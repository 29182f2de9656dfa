"""Runs one file of the scenario library live: scenario_test.py scenarios/NAME.yaml

It must pass in bounded time and leave nothing behind, and the same file and seed must give the same
in virtual time (parity.py). A run that a slow machine made inconclusive is a failure with its
figures, never a pass.
"""

import pathlib
import re
import sys
import unittest

from parity import check_parity
from program import Run, Trouble, check, check_ending
from segments import can_show

SECONDS_MAX = {"first-look": 60, "soak": 40, "dark-tunnel": 45, "the-article-in-seconds": 60}
SECONDS_MAX_OTHERWISE = 15
# What takes a day is run as a sample; its faults strike at the start of their phase already.
ARGUMENTS = {"soak": ["--set", "phases[1].for=10s"],
             "the-article-in-seconds": ["--time-scale", "100"]}


def main(path):
    needs_segments = re.search("^(require_)?fidelity: segment|ack: none", path.read_text(),
                               re.MULTILINE)
    if needs_segments and not can_show(unittest.TestCase()):
        return
    limit = SECONDS_MAX.get(path.stem, SECONDS_MAX_OTHERWISE)
    options = ARGUMENTS.get(path.stem, [])
    with Run("run", path, *options) as run:
        code = run.finish(limit + 10)
        check(code != 4, "inconclusive: its figures are not to be trusted, so nothing is shown",
              run)
        check_ending(run, code, 0)
        check(run.seconds <= limit, f"took {run.seconds:.1f} s, at most {limit} s allowed", run)
        result = run.result()
        check(result["verdict"] == "pass", f"verdict {result['verdict']} with exit 0", run)
        devices = check_parity(path, run.out, options=options)
        print(f"{path.stem}: pass in {run.seconds:.1f} s; the same story in virtual time for each "
              f"of {devices} devices")


if __name__ == "__main__":
    try:
        main(pathlib.Path(sys.argv[1]).resolve())
    except Trouble as trouble:
        sys.exit(f"{sys.argv[1]}: {trouble}")
