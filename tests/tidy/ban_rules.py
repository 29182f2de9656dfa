"""Words that must not stand where they stand."""

import re

from tree import CPP, Finding, line_of

LINES_MAX = 500
COLUMNS_MAX = 100
# Data tables and goldens: long because their subject is.
LENGTH_EXEMPT = re.compile(r"^tests/(scenario/golden|fuzz/corpus)/")

# (where, pattern, what, remedy): searched in bare code, so comments and strings are free.
PRODUCT = r"^(core|proxy|metrics|sim)/"
CODE_BANS = [
    (r"^core/", r"::\s*now\s*\(", "core reads a clock", "take `Instant now` as an argument"),
    (r"^core/", r"\bthrow\b", "core throws", "return Failure{…} for what others did, CHECK for us"),
    (r"", r"\brandom_device\b", "std::random_device", "draw from Rng::stream: a run has one seed"),
    (r"", r"\bs?rand\s*\(", "rand()", "draw from Rng::stream: a run has one seed"),
    (r"", r"\bstd::\w+_distribution\b", "a distribution of the standard library",
     "use Rng's own draws: std's differ from library to library"),
    (r"", r"\busing\s+namespace\s+std\s*;", "using namespace std", "name what you use"),
    (r"^sim/", r"\bf?printf?\s*\(\s*stderr\b", "a stderr that is gone would end the run",
     "tell() and complain() of sim/cli/command.hpp lose the words and nothing else"),
    (r"^tests/", r"\b(sleep_for|sleep_until|usleep|nanosleep)\b", "a test sleeps",
     "wait for the event, or prove absence in virtual time"),
    (r"^tests/", r"\bGTEST_SKIP\b", "a test skips itself",
     "make what it needs; a missing part is a failure"),
    (r"^tests/", r"\bDISABLED_", "a disabled test", "mend it or remove it"),
    (r"^tests/", r"\b(SUCCEED\s*\(|EXPECT_TRUE\s*\(\s*true\s*\)|ASSERT_TRUE\s*\(\s*true\s*\))",
     "a test that cannot fail", "assert what was promised"),
]

_TEST = re.compile(r"\bTEST(?:_F|_P)?\s*\(\s*(\w+)\s*,\s*(\w+)\s*\)")
_SUITE_NAME = re.compile(r"^[A-Z][A-Za-z0-9]*$")
_CASE_NAME = re.compile(r"^[a-z0-9]+(_[a-z0-9]+)*$")

# Allowed: TODO(cleanup): …, TODO(perf): …, TODO(test): …
_UNFINISHED = re.compile(r"\b(FIXME|XXX|HACK)\b|\bTODO\b(?!\((cleanup|perf|test)\): \S)")


def banned_code(tree):
    for where, pattern, what, remedy in CODE_BANS:
        compiled = re.compile(pattern)
        for path in tree.paths(*CPP):
            if re.search(where, path):
                for match in compiled.finditer(tree.code(path)):
                    yield Finding(path, line_of(tree.code(path), match.start()), what, remedy)


def unfinished_words(tree):
    for path in tree.paths(*CPP) + tree.scripts():
        if path.startswith("tests/tidy/"):  # these files speak about the words
            continue
        for number, line in enumerate(tree.lines(path), 1):
            match = _UNFINISHED.search(line)
            if match:
                yield Finding(path, number, f"{match.group(0)} is not a finished thought",
                              "do it now, or write TODO(cleanup|perf|test): and a sentence")


def pragma_once(tree):
    for path in tree.paths(".hpp"):
        if not re.search(r"^#pragma once$", tree.files[path], re.M):
            yield Finding(path, 1, "no #pragma once", "add it below the comment on top")


def test_names(tree):
    for path in tree.paths(".cpp", under="tests/"):
        code = tree.code(path)
        for match in _TEST.finditer(code):
            suite, case = match.groups()
            line = line_of(code, match.start())
            if not _SUITE_NAME.match(suite):
                yield Finding(path, line, f"test suite {suite}",
                              "a suite is the thing in PascalCase, without _")
            if not _CASE_NAME.match(case):
                yield Finding(path, line, f"test case {case}",
                              "a case is a snake_case sentence, no leading, trailing or double _")


def sizes(tree):
    for path in tree.paths(*CPP) + tree.scripts():
        lines = tree.lines(path)
        if len(lines) - 1 > LINES_MAX and not LENGTH_EXEMPT.match(path):
            yield Finding(path, len(lines) - 1, f"{len(lines) - 1} lines, at most {LINES_MAX}",
                          "split it by subject")
        for number, line in enumerate(lines, 1):
            if len(line) > COLUMNS_MAX:
                yield Finding(path, number, f"{len(line)} columns, at most {COLUMNS_MAX}",
                              "break the line")


RULES = [banned_code, unfinished_words, pragma_once, test_names, sizes]
