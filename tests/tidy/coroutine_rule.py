"""g++ 12.2 destroys some temporaries of a co_await expression twice: aggregates, capturing lambdas
and `?:` of class type. So a statement with co_await holds no `{` and no `?`; each operand gets a
name first."""

import re

from tree import CPP, Finding, line_of

_AWAIT = re.compile(r"\bco_await\b")
_HEAD_OF_BLOCK = re.compile(r"\s*(else\s+)?(if|while|for|switch)\b")
# Words after which a `{` opens a block rather than a value.
_BEFORE_BLOCK = re.compile(r"(\b(else|do|try|mutable|noexcept|const|override|final)|->[^;{}()]*)$")


def coroutine_temporaries(tree):
    for path in tree.paths(*CPP):
        code = tree.code(path)
        reported = set()
        for match in _AWAIT.finditer(code):
            start, brace = _statement_start(code, match.start())
            brace = brace or _brace_after(code, start, match.end())
            statement = code[start:_statement_end(code, match.end())]
            line = line_of(code, match.start())
            if (brace or "?" in statement) and line not in reported:
                reported.add(line)
                yield Finding(path, line, f"`{'{' if brace else '?'}` in a statement with co_await",
                              "name the operand first: g++ 12 destroys such temporaries twice")


def _statement_start(code, at):
    """Where the statement around `at` begins, and whether a value's brace stands before `at`."""
    for i in range(at - 1, -1, -1):
        if code[i] == ";":
            # In the head of a for, or between statements: both end what can hold a temporary.
            return i + 1, False
        if code[i] == "}":
            following = code[i + 1:at].lstrip()
            if following[:1] in (",", ")", ".", "?", ":", "]") or following[:2] in ("->", "=="):
                return i + 1, True
            return i + 1, False
        if code[i] == "{":
            return i + 1, not _opens_block(code, i)
    return 0, False


def _opens_block(code, i):
    before = code[max(0, i - 200):i].rstrip()
    if before == "" or before[-1] in ");{}:]":
        return True
    return _BEFORE_BLOCK.search(before) is not None


def _statement_end(code, at):
    depth = 0
    for i in range(at, len(code)):
        if code[i] in "([":
            depth += 1
        elif code[i] in ")]":
            depth -= 1
        elif code[i] == ";" and depth <= 0:
            return i
        elif code[i] == "{":
            return i
    return len(code)


def _brace_after(code, start, at):
    end = _statement_end(code, at)
    if end >= len(code) or code[end] != "{":
        return False
    # `if (co_await x) {`: the head is closed, the brace opens its block.
    text = code[start:end]
    closed = text.count("(") == text.count(")") and text.rstrip().endswith(")")
    return not (closed and _HEAD_OF_BLOCK.match(text))


RULES = [coroutine_temporaries]
