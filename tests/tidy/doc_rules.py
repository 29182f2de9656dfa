"""What the pages, the comments and the specification say of one another."""

import posixpath
import re

from tree import CPP, Finding

_CITATION = re.compile(r"\[(MQTT5?-\d+(?:\.\d+)*-\d+)\]")
_LINK = re.compile(r"(?<!!)!?\[[^\]\n]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
_PAGE_IN_CODE = re.compile(r"\bdocs/[\w./-]+\.(?:md|html)\b")
_FENCE = re.compile(r"^\s*(```|~~~)")
_HEADING = re.compile(r"^#+\s+(.*?)\s*#*$")
# Spelt with groups, so that this file does not name the places itself.
_OUTSIDE = re.compile(r"\.\.(?:/)shared\b|(?:^|[^A-Za-z0-9_.}])/(?:work|farm|root)/")


def citations(tree):
    """A statement of the specification that core claims to implement is proven by a test."""
    proven = set()
    for path in tree.paths(under="tests/"):
        if not path.startswith("tests/tidy/"):
            proven.update(_CITATION.findall(tree.files[path]))
    for path in tree.paths(*CPP, under="core/"):
        for number, line in enumerate(tree.lines(path), 1):
            for statement in _CITATION.findall(line):
                if statement not in proven:
                    yield Finding(path, number, f"no test cites [{statement}]",
                                  "cite it in the test that proves it")


def links(tree):
    """A relative link, or a page that a comment names, leads somewhere."""
    for path in tree.paths(".md"):
        for number, line in _prose(tree.lines(path)):
            for target in _LINK.findall(line):
                yield from _check_link(tree, path, number, target)
    for path in tree.paths(*CPP) + tree.scripts():
        if path.startswith("tests/tidy/"):
            continue
        for number, line in enumerate(tree.lines(path), 1):
            for target in _PAGE_IN_CODE.findall(line):
                if not tree.has(target):
                    yield Finding(path, number, f"{target} does not exist",
                                  "write the page or mend the name")


def _prose(lines):
    fenced = False
    for number, line in enumerate(lines, 1):
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced:
            yield number, re.sub(r"`[^`]*`", "", line)


def _check_link(tree, path, number, target):
    if re.match(r"[a-z]+:", target):
        return
    page, _, anchor = target.partition("#")
    full = posixpath.normpath(posixpath.join(posixpath.dirname(path), page)) if page else path
    if not tree.has(full):
        yield Finding(path, number, f"the link {target} leads nowhere",
                      f"{full} does not exist; mend the link or add the file")
    elif anchor and full.endswith(".md") and anchor not in _anchors(tree.lines(full)):
        yield Finding(path, number, f"the link {target} leads to no heading",
                      f"{full} has no heading that makes #{anchor}")


def _anchors(lines):
    found = set()
    for _, line in ((n, l) for n, l in enumerate(lines, 1)):
        match = _HEADING.match(line)
        if match:
            text = re.sub(r"[^\w\- ]", "", match.group(1).lower())
            found.add(text.replace(" ", "-"))
    return found


def stands_alone(tree):
    """No file needs, or names, a place outside the project."""
    for path in tree.files:
        for number, line in enumerate(tree.lines(path), 1):
            if _OUTSIDE.search(line):
                yield Finding(path, number, "a path outside the project",
                              "carry the fact over, or make the path relative")


RULES = [citations, links, stands_alone]
