"""Runs a scenario that must end as its own header says: negative_test.py tests/negative/NAME.yaml

    # Must end with: exit 3
    # Must say of rule RULE: status=fail numerator=6 denominator=6     (fields of result.json)
    # Must name an offender: REGULAR EXPRESSION

A check that cannot fail proves nothing; these are the proofs that the gate can. What they see must
be the same in virtual time, too (parity.py).
"""

import pathlib
import re
import sys

from parity import check_parity
from program import Run, Trouble, check, check_ending

SECONDS_MAX = 25


def check_rule(run, result, name, expectation):
    rules = [rule for rule in result["rules"] if rule["name"] == name]
    check(len(rules) == 1, f"{len(rules)} rules in result.json are called {name}", run)
    for pair in expectation.split():
        field, _, expected = pair.partition("=")
        found = rules[0][field]
        text = f"{found:g}" if isinstance(found, (int, float)) else str(found)
        check(text == expected, f"rule {name}: {field} is {text}, expected {expected}", run)


def offenders(result):
    return [str(offender) for rule in result["rules"] for offender in rule["offenders"]]


def main(path):
    header = path.read_text()
    expected_code = re.search(r"^# Must end with: exit (\d+)$", header, re.MULTILINE)
    rules = re.findall(r"^# Must say of rule (\S+): (.+)$", header, re.MULTILINE)
    if not expected_code or not rules:
        raise Trouble("its header names no exit code or no rule")
    with Run("run", path) as run:
        code = run.finish(SECONDS_MAX)
        check_ending(run, code, int(expected_code[1]))
        result = run.result()
        for name, expectation in rules:
            check_rule(run, result, name, expectation)
        for pattern in re.findall(r"^# Must name an offender: (.+)$", header, re.MULTILINE):
            named = any(re.search(pattern, line, re.IGNORECASE) for line in offenders(result))
            check(named, f"no offender fits {pattern}: {offenders(result)}", run)
        check_parity(path, run.out)
        print(f"{path.stem}: exit {code} in {run.seconds:.1f} s, as it must")


if __name__ == "__main__":
    try:
        main(pathlib.Path(sys.argv[1]).resolve())
    except Trouble as trouble:
        sys.exit(f"{sys.argv[1]}: {trouble}")
