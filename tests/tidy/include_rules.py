"""Who may include whom (docs/architecture.md has the picture), and where foreign headers may go."""

import re

from tree import CPP, Finding, line_of

CORE = ["core/base", "core/mqtt", "core/journal", "core/fault", "core/device", "core/broker",
        "core/scenario", "core/analysis"]
_BELOW_JOURNAL = ["core/base", "core/mqtt"]
_BELOW_MACHINES = _BELOW_JOURNAL + ["core/journal"]
_MACHINES = ["core/fault", "core/device", "core/broker"]

# Part → the parts it may include besides itself. A part that is not here may not exist.
MAY_INCLUDE = {
    "core/base": [],
    "core/mqtt": ["core/base"],
    "core/journal": _BELOW_JOURNAL,
    "core/fault": _BELOW_MACHINES,
    "core/device": _BELOW_MACHINES,
    "core/broker": _BELOW_MACHINES,
    "core/scenario": _BELOW_MACHINES + _MACHINES,
    "core/analysis": _BELOW_MACHINES + ["core/fault", "core/device", "core/scenario"],
    "proxy": CORE,
    "metrics": CORE,
    "sim/virtual": CORE,
    "sim/yaml": CORE,
    "sim/report": CORE,
    "sim/shard": CORE,
    "sim/live": CORE + ["proxy"],
}
MAY_INCLUDE["sim/cli"] = [part for part in MAY_INCLUDE]

# The judge shares no code with the broker model but the description of a broker.
MAY_INCLUDE_FILE = {"core/analysis": ["core/broker/profile.hpp"]}

# Foreign headers → the parts (or files) of the product that may include them.
FOREIGN = [
    (r"boost/(asio|beast)\b", ["proxy", "sim/live"]),
    (r"yaml-cpp/", ["sim/yaml"]),
    (r"(prometheus/|civetweb\.h|CivetServer\.h)", ["metrics"]),
    (r"boost/program_options\b", ["sim/cli"]),
    (r"openssl/", ["core/base/digest.cpp", "proxy", "sim/live"]),
    (r"pugixml\.hpp", ["sim/report"]),
    (r"zlib\.h", ["sim/report"]),
    (r"mpi\.h", ["sim/shard"]),
]
# What core may use besides the standard library.
CORE_FOREIGN = r"(fmt/|boost/(json|histogram|math)\b|openssl/)"
# The standard library's parts that reach outside the core or bring in a clock, a thread, a stream.
CORE_BANNED_STD = ["thread", "iostream", "fstream", "filesystem", "future", "condition_variable",
                   "random", "csignal", "ctime", "stop_token", "semaphore", "latch", "barrier"]
_STD_HEADER = r"[a-z0-9_]+$"

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>)', re.M)


def part_of(path):
    """core/mqtt of core/mqtt/framer.hpp, proxy of proxy/link.hpp, "" of anything else."""
    pieces = path.split("/")
    if pieces[0] in ("core", "sim") and len(pieces) > 2:
        return "/".join(pieces[:2])
    return pieces[0] if pieces[0] in ("proxy", "metrics") else ""


def includes(tree, path):
    text = tree.code(path)
    for match in _INCLUDE.finditer(text):
        yield line_of(text, match.start()), match.group(1), match.group(2)


def include_graph(tree):
    """An include goes only where the graph allows it, and is written from the root."""
    for path in tree.paths(*CPP):
        part = part_of(path)
        if path.split("/")[0] in ("core", "sim", "proxy", "metrics") and part not in MAY_INCLUDE:
            yield Finding(path, 1, "this folder is not a part of the include graph",
                          "move the file, or add the part to tests/tidy/include_rules.py")
            continue
        for line, ours, _ in includes(tree, path):
            if ours is not None:
                yield from _check_ours(tree, path, part, line, ours)


def _check_ours(tree, path, part, line, ours):
    target = part_of(ours)
    generated = ours.endswith("/embedded.hpp") or ours + ".in" in tree.files
    if not generated and ours not in tree.files:
        yield Finding(path, line, f'"{ours}" is no file of this project',
                      "write the path from the root, or use <> for a foreign header")
        return
    if not part:  # tests may include every part
        return
    if not target:
        yield Finding(path, line, f'the product includes "{ours}"',
                      "tests include the product, never the other way round")
    elif target != part and target not in MAY_INCLUDE[part] \
            and ours not in MAY_INCLUDE_FILE.get(part, []):
        allowed = ", ".join(MAY_INCLUDE[part] + MAY_INCLUDE_FILE.get(part, [])) or "nothing"
        yield Finding(path, line, f"{part} may not include {ours}",
                      f"it may include {allowed}; move what both need down the graph")


def foreign_headers(tree):
    """A library stays in the rooms that were given to it, also in the unit tests of other parts."""
    for path in tree.paths(*CPP):
        tested = path.startswith("tests/unit/")
        inner = path.removeprefix("tests/unit/")
        part = part_of(inner)
        if not part:
            continue
        for line, ours, foreign in includes(tree, path):
            name = ours if ours is not None and not part_of(ours) else foreign
            if name is None or (tested and re.match(r"(gtest|gmock|tests)/", name)):
                continue
            yield from _check_foreign(path, inner, part, line, name, tested)


def _check_foreign(path, inner, part, line, name, tested):
    for pattern, rooms in FOREIGN:
        if re.match(pattern, name) and part not in rooms and inner not in rooms:
            yield Finding(path, line, f"<{name}> does not belong in {part}",
                          f"it may be used in {', '.join(rooms)} only")
            return
    if tested or not part.startswith("core/"):
        return
    if name in CORE_BANNED_STD:
        yield Finding(path, line, f"<{name}> in core",
                      "core has no threads, files, streams or clock; hand the effect to the caller")
    elif not re.match(_STD_HEADER, name) and not re.match(CORE_FOREIGN, name):
        yield Finding(path, line, f"<{name}> in core",
                      "core uses the standard C++ headers, fmt, and Boost.JSON, Histogram and Math")


RULES = [include_graph, foreign_headers]
