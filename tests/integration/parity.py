"""Holds a live run against the same file and seed in virtual time: parity.py LIVE-OUT-FOLDER

Each device's story must be the same: which connections, ends, silences, faults, wills and births
there were, with everything in them but the instant, the connection's number and the bytes of a
payload, which may tell the time. So must every class and count of the judge. Where chance or the
machine has a say, BOUNDS says how far, and why.

The profile is the one by which the live run was judged. Not compared: times, and so in which phase
something happens, which are not the model's claim; ordinary messages, which are volume; and
everything after judging has stopped.
"""

import collections
import gzip
import json
import pathlib
import re
import sys

from program import Run, Trouble

# By scenario: [(pattern of what a record or figure is called, how far apart)]. What is not here
# must agree exactly.
#
# A twin takes the session of a device that is there. The broker publishes the will and closes the
# connection 10 to 80 µs later; which of both is read first is up to the machine. If the will is, a
# policy believes the device offline for that long, and the outage that follows is then no news.
# Once for each login at most: three devices twice, three five times, seven once.
_FLICKER = r"presence\.(?!.*over_flicker).*(false_offlines|declarations|reconnects_followed)$"

# mosquitto's list of delayed wills is looked at on whole seconds of its own clock. Where in a
# second a run begins decides of one will or two whether another held it up beyond the allowance.
_HELD_UP = [(r"deviations\.delay_head_of_line$", 2)]
BOUNDS = {
    "will-delay-blocked": _HELD_UP,
    "delayed-wills-hold-one-another-up": _HELD_UP,
    "first-look": [(_FLICKER, 6)],
    "twin-war": [(_FLICKER, 15)],
    "stolen-device": [(_FLICKER, 7)],
    # Who gets nowhere dials again and again, and each time a real one takes a little longer: the
    # fault may end before or after a device's last attempt, which moves the numbers of its epochs
    # from there on.
    "walled-garden": [(r".* epoch=1[4-9]\b", 1),
                      (r"leg_closed leg=device by=proxy how=fin fault=arrears$", 1),
                      (r"wills\..*never_accepted$", 10)],
    "cell-outage-storm": [(r".* epoch=[5-9]\b", 1),
                          (r"leg_closed leg=device by=device how=fin fault=cell$", 1),
                          (r"wills\..*never_accepted$", 10)],
}

SECONDS_MAX = 60
DIFFERENCES_SHOWN = 10

# Of each kind, what is the same in every run. A kind that is not here is no part of a story.
KEYS = {
    "attempt_began": ("epoch",),
    "attempt_failed": ("epoch", "cause"),
    "connect_forwarded": ("epoch", "twin", "client_id", "clean", "will"),
    "connack_received": ("reason", "session_present", "assigned_client_id"),
    "session_up": (),
    "disconnect_forwarded": ("reason",),
    "disconnect_received": ("reason",),
    "connect_repeated": (),
    "silence_began": ("flow", "fault"),
    "silence_ended": (),
    "leg_closed": ("leg", "by", "how", "fault"),
    "connect_swallowed": ("epoch", "fault"),
    "packet_swallowed": ("direction", "packet", "fault"),
    "packet_altered": ("direction", "packet", "how", "reason", "fault"),
    "malformed": ("direction",),
    "fault_applied": ("fault",),
    "fault_skipped": ("fault", "reason"),
    "fault_healed": ("fault",),
    "observed": ("observer", "message", "epoch", "topic", "qos", "retain", "dup"),
}
MESSAGES = ("will", "birth", "farewell")
# Of result.json: `wills` and `presence` have parts with these figures.
WILL_FIGURES = ("expected", "observed", "by_class", "missing", "censored", "no_will", "duplicates",
                "filled_by_cause", "takeover", "ghost", "ambiguous")
PRESENCE_FIGURES = ("reconnects", "reconnects_followed", "reconnects_followed_over_flicker",
                    "outages", "missed_offlines", "offline_declarations", "false_offlines",
                    "false_offlines_over_flicker")


def records_of(folder):
    """The records that are judged."""
    with gzip.open(folder / "events.ndjson.gz", "rt") as file:
        next(file)
        for line in file:
            record = json.loads(line)
            if record["kind"] == "drain_began":
                return
            yield record


def stories_of(folder, faults):
    """By device: [(seconds, what happened)], in the order of the journal."""
    stories = collections.defaultdict(list)
    owners = {}  # connection: (device, "twin " or "")
    leaving = set()
    for record in records_of(folder):
        keys = KEYS.get(record["kind"])
        if keys is None or record.get("message", "will") not in MESSAGES:
            continue
        connection = record.get("connection")
        if "device" in record and connection is not None:
            owners[connection] = (record["device"], "twin " if record.get("twin") else "")
        device, who = owners.get(connection, (record.get("device", "nobody's"), ""))
        said = {key: record[key] for key in keys if key in record}
        if record["kind"] == "disconnect_forwarded":
            leaving.add(connection)
        elif connection in leaving:
            # Both peers close then, and which close is read first is up to the machine.
            said.pop("by", None)
        if "fault" in said:
            said["fault"] = faults[said["fault"]]
        words = [f"{key}={_text(value)}" for key, value in said.items()]
        stories[device].append((record["at_ns"] / 1e9, who + " ".join([record["kind"], *words])))
    return stories


def _text(value):
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def figures_of(result):
    """Every class and count, by a name like wills.by_fault.arrears.by_class.true."""
    figures = {"verdict": result["verdict"]}
    for rule in result["rules"]:
        figures[".".join(["rule", rule["name"], rule["per"]]).rstrip(".")] = rule["status"]
    for fault in result["faults"]:
        _add(figures, f"faults.{fault['name']}", {k: fault[k] for k in ("injected", "skipped")})
    for part, totals in _parts(result["wills"]):
        _add(figures, f"wills.{part}", {key: totals[key] for key in WILL_FIGURES})
    for policy in result["presence"]:
        for part, totals in _parts(policy):
            known = {key: totals[key] for key in PRESENCE_FIGURES}
            _add(figures, f"presence.{policy['policy']}.{part}", known)
    for deviation in result["deviations"]:
        figures[f"deviations.{deviation['rule']}"] = deviation["count"]
    return figures


def _parts(section):
    yield "all", section["all"]
    for by in ("by_fault", "by_group"):
        for totals in section[by]:
            yield f"{by}.{totals['name']}", totals


def _add(figures, name, value):
    if not isinstance(value, dict):
        figures[name] = value
        return
    for key, part in value.items():
        _add(figures, f"{name}.{key}", part)


class Bounds:
    """How far what chance or the machine decides may be apart; everything else not at all."""

    def __init__(self, scenario):
        self._bounds = [(re.compile(pattern), most)
                        for pattern, most in BOUNDS.get(scenario, ())]

    def allow(self, name, live, virtual):
        if live == virtual:
            return True
        most = max((most for pattern, most in self._bounds if pattern.match(name)), default=0)
        numbers = all(type(value) is int for value in (live, virtual))
        return abs(live - virtual) <= most if numbers else most > 0


def differing_figures(live, virtual, bounds):
    for name in sorted(live.keys() | virtual.keys()):
        pair = live.get(name, 0), virtual.get(name, 0)
        if not bounds.allow(name, *pair):
            yield f"{name}: live {pair[0]}, virtual {pair[1]}"


def differing_records(live, virtual, bounds):
    """The first record of each device that the other engine lacks, earliest first."""
    found = []
    for device in live.keys() | virtual.keys():
        sides = {"live": live.get(device, []), "virtual": virtual.get(device, [])}
        counts = {side: collections.Counter(what for _, what in story)
                  for side, story in sides.items()}
        beyond = []
        for side, other in (("live", "virtual"), ("virtual", "live")):
            seen = collections.Counter()
            for at, what in sides[side]:
                seen[what] += 1
                if seen[what] <= counts[other][what]:
                    continue
                if bounds.allow(what, counts["live"][what], counts["virtual"][what]):
                    continue
                beyond.append((at, side, what, counts["live"][what], counts["virtual"][what]))
                break
        if beyond:
            found.append((min(beyond), device))
    for (at, side, what, of_live, of_virtual), device in sorted(found, key=str):
        yield (f"device {device}, only {side}, at {at:+.3f} s: {what} "
               f"(virtual time expects {of_virtual}, the live run saw {of_live})")


def check_parity(scenario, live_out, result=None, options=()):
    """Raises Trouble with the first differences. Returns how many devices' stories agree.

    `options` are those of the live run that changed the scenario.
    """
    live_out = pathlib.Path(live_out)
    result = result or json.loads((live_out / "result.json").read_text())
    arguments = ["run", scenario, "--engine", "virtual", "--seed", result["scenario"]["seed"],
                 "--set", f"broker.profile={result['run']['profile']}", *options]
    with Run(*arguments) as run:
        code = run.finish(SECONDS_MAX)
        if code not in (0, 3, 4):
            raise Trouble(f"parity: exit code {code} in virtual time\n{run.story()}")
        expected = run.result()
        faults = [fault["name"] for fault in expected["faults"]]
        bounds = Bounds(expected["scenario"]["name"])
        stories = [stories_of(folder, faults) for folder in (live_out, run.out)]
        differences = [*differing_records(*stories, bounds),
                       *differing_figures(figures_of(result), figures_of(expected), bounds)]
        if not differences:
            return len(stories[0])
        shown = differences[:DIFFERENCES_SHOWN]
        if len(differences) > len(shown):
            shown.append(f"and {len(differences) - len(shown)} more")
        listed = "\n  ".join(shown)
        raise Trouble(f"the engines disagree, first:\n  {listed}\n"
                      f"repeat with: {result['run']['repeat']}\n        and: {run.repeat()}")


if __name__ == "__main__":
    try:
        folder = pathlib.Path(sys.argv[1]).resolve()
        stored = json.loads((folder / "result.json").read_text())
        count = check_parity(pathlib.Path(stored["scenario"]["file"]).resolve(), folder)
        print(f"{stored['scenario']['name']}: {count} devices have the same story on both engines")
    except Trouble as trouble:
        sys.exit(str(trouble))
