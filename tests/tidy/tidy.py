"""Holds the whole project to its written rules: python3 tests/tidy/tidy.py [ROOT]

Each finding is one line, FILE:LINE: what; what to do. Exit code 1 if there is any.
tidy_test.py proves of every rule that it can fail.
"""

import pathlib
import sys

import ban_rules
import coroutine_rule
import doc_rules
import include_rules
from tree import Tree

RULES = include_rules.RULES + coroutine_rule.RULES + ban_rules.RULES + doc_rules.RULES


def main(arguments):
    root = arguments[1] if len(arguments) > 1 else pathlib.Path(__file__).resolve().parents[2]
    tree = Tree.load(root)
    if not tree.paths(".hpp", under="core/"):
        print(f"{root}: no core/*.hpp there; this is not the project's root")
        return 1
    findings = [finding for rule in RULES for finding in rule(tree)]
    for finding in sorted(findings, key=lambda f: (f.path, f.line)):
        print(finding)
    print(f"tidy: {len(tree.files)} files, {len(RULES)} rules, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
