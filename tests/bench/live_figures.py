#!/usr/bin/env python3
"""What the live engine reaches on this machine, beside its targets: docs/performance.md explains.

    PROBATE=build/release/probate tests/bench/live_figures.py [--rounds 3] [--only connect,storm]

Measures real runs from outside: /proc, and the journal that each run leaves. A run whose verdict is
not `pass` has no figures, and is a miss. Exits 1 if any target is missed.
"""

import argparse
import contextlib
import gzip
import json
import os
import pathlib
import resource
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))
import program  # noqa: E402
from figures import Figures, cpu_seconds, percentile, written_kib  # noqa: E402

DEVICES = 2000
MANY_DEVICES = 5000
FEW_DEVICES = 10
DESCRIPTORS_PER_DEVICE = 3  # the device's own, and two of the proxy

RATES = (2000, 4000)  # connects per second
CONNECTS_PER_SECOND_MIN = 1000
IDLE_CPU_PERCENT_MAX = 3.0
DEVICE_KIB_MAX = 8.0

CALM_SECONDS = 3  # from the last connect until the observers and the judge have nothing left to do
QUIET_SECONDS = 20
KEEP_ALIVE_SECONDS = 60  # as in live-connected.yaml: in this time every device pings once
MARGIN_SECONDS = 4
RUN_SECONDS_MAX = 180


class Miss(Exception):
    """A run that gives no figures; the text says why."""


# Runs --------------------------------------------------------------------------------------------


@contextlib.contextmanager
def running(scenario, *settings):
    flags = [word for setting in settings for word in ("--set", setting)]
    with program.Run("run", HERE / f"{scenario}.yaml", *flags, "--events", "all",
                     "--color", "never") as run:
        yield run


def passed(run):
    """Waits for its end. Without a passed gate nothing that was measured can be trusted."""
    code = run.finish(RUN_SECONDS_MAX)
    if code == 0:
        return run
    result = run.result()
    reasons = [guard["text"] for guard in result["guards"]] + [
        f"rule {rule['name']} {rule['status']}"
        for rule in result["rules"] if rule["status"] != "pass"]
    raise Miss(f"{result['scenario']['name']} ended {result['verdict']}: {'; '.join(reasons)}")


def journal_of(run):
    with gzip.open(run.out / "events.ndjson.gz", "rt", encoding="utf-8") as lines:
        next(lines)  # the header
        return [json.loads(line) for line in lines]


def of_kind(journal, kind):
    return [record for record in journal if record["kind"] == kind]


@contextlib.contextmanager
def at_rest(devices, seconds):
    """A run whose devices are all connected and will stay for that long; gives its pid."""
    steady = CALM_SECONDS + seconds + MARGIN_SECONDS
    with running("live-connected", f"fleet.city.count={devices}",
                 f"phases.steady.for={steady}s") as run:
        folder = pathlib.Path(f"/proc/{run.pid()}/fd")
        program.wait_until(
            lambda: not run.running() or
            len(os.listdir(folder)) >= devices * DESCRIPTORS_PER_DEVICE,
            f"{devices} devices are connected", RUN_SECONDS_MAX)
        time.sleep(CALM_SECONDS)
        if not run.running():
            raise Miss(f"ended too early\n{run.story()}")
        yield run.pid()
        passed(run)


def cpu_percent(pid, seconds):
    """Of one core, from now on."""
    began, before = time.monotonic(), cpu_seconds(pid)
    time.sleep(seconds)
    return 100 * (cpu_seconds(pid) - before) / (time.monotonic() - began)


# What is measured --------------------------------------------------------------------------------


def measure_connect(figures):
    """How fast devices get in through the proxy, and how long one waits for its CONNACK."""
    for rate in RATES:
        with running("live-connected", f"fleet.city.count={DEVICES}",
                     f"phases.ramp.connect.rate={rate}/s") as run:
            journal = journal_of(passed(run))
        ramp = of_kind(journal, "phase_began")[0]["at_ns"]
        # The devices dial in the order of the schedule, so the n-th attempt was meant for n/rate.
        first_attempts = [a for a in of_kind(journal, "attempt_began") if a["epoch"] == 1]
        intended = {attempt["device"]: ramp + position * 10**9 / rate
                    for position, attempt in enumerate(first_attempts)}
        device_of = {forwarded["connection"]: forwarded["device"]
                     for forwarded in of_kind(journal, "connect_forwarded")}
        ups = of_kind(journal, "session_up")
        waited = [(up["at_ns"] - intended[device_of[up["connection"]]]) / 1e6 for up in ups]
        seconds = (ups[-1]["at_ns"] - ups[0]["at_ns"]) / 1e9
        load = f"{DEVICES} devices at {rate}/s"
        figures.add(f"{load}: sessions per second", (len(ups) - 1) / seconds,
                    at_least=CONNECTS_PER_SECOND_MIN)
        figures.add(f"{load}: CONNACK p50, ms", percentile(waited, 50))
        figures.add(f"{load}: CONNACK p99, ms", percentile(waited, 99))
        figures.add(f"{load}: attempts that failed", len(of_kind(journal, "attempt_failed")),
                    at_most=0)


def measure_rest(figures):
    """What connected devices cost that have nothing to say but PINGREQ."""
    memory = {}
    with at_rest(FEW_DEVICES, QUIET_SECONDS) as pid:
        few = cpu_percent(pid, QUIET_SECONDS)
        memory[FEW_DEVICES] = written_kib(pid)
    with at_rest(DEVICES, KEEP_ALIVE_SECONDS) as pid:
        quiet = cpu_percent(pid, QUIET_SECONDS)
        rest = cpu_percent(pid, KEEP_ALIVE_SECONDS - QUIET_SECONDS)
        whole = (quiet * QUIET_SECONDS + rest * (KEEP_ALIVE_SECONDS - QUIET_SECONDS)) / \
            KEEP_ALIVE_SECONDS
        memory[DEVICES] = written_kib(pid)
    with at_rest(MANY_DEVICES, 0) as pid:
        memory[MANY_DEVICES] = written_kib(pid)
    figures.add(f"{FEW_DEVICES} devices: idle CPU, % of a core", few)
    figures.add(f"{DEVICES} devices: idle CPU between PINGREQs, % of a core", quiet,
                at_most=IDLE_CPU_PERCENT_MAX)
    figures.add(f"{DEVICES} devices: idle CPU over a keep-alive, % of a core", whole,
                at_most=IDLE_CPU_PERCENT_MAX)
    figures.add(f"{FEW_DEVICES} devices: memory, KiB", memory[FEW_DEVICES])
    for devices in (DEVICES, MANY_DEVICES):
        figures.add(f"{devices} devices: memory per device, KiB",
                    (memory[devices] - memory[FEW_DEVICES]) / (devices - FEW_DEVICES),
                    at_most=DEVICE_KIB_MAX)


def measure_storm(figures):
    """All devices reset at once: when the last will is at the back end's observer."""
    with running("live-storm", f"fleet.city.count={DEVICES}") as run:
        journal = journal_of(passed(run))
        wills = run.result()["wills"]["all"]["by_class"]
    cuts = [closed["at_ns"] for closed in of_kind(journal, "leg_closed")
            if closed["leg"] == "broker" and "fault" in closed]
    seen = [record["at_ns"] for record in of_kind(journal, "observed")
            if record["observer"] == "backend" and record["message"] == "will"]
    figures.add(f"{DEVICES} resets: first to last cut, ms", (max(cuts) - min(cuts)) / 1e6)
    figures.add(f"{DEVICES} resets: first cut to last will, ms", (max(seen) - min(cuts)) / 1e6)
    figures.add(f"{DEVICES} resets: wills classified as true", wills["true"], at_least=DEVICES)


def measure_gate(figures, rounds):
    """How fast a stored journal is read and judged again."""
    with running("live-churn") as run:
        passed(run)
        with gzip.open(run.out / "events.ndjson.gz", "rb") as lines:
            records = sum(1 for _ in lines) - 1
        for _ in range(rounds):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            with program.Run("gate", run.out / "events.ndjson.gz") as gate:
                if gate.finish(RUN_SECONDS_MAX) != 0:
                    raise Miss(f"probate gate disagrees with the run\n{gate.story()}")
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
            figures.add("probate gate: records per second of CPU", records / spent)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="connect,rest,storm,gate",
                        help="some of connect, rest, storm, gate")
    options = parser.parse_args()
    only = options.only.split(",")
    figures = Figures()
    print(f"load average before: {os.getloadavg()[0]:.2f}; {os.cpu_count()} processors; "
          f"{options.rounds} rounds", flush=True)
    # Interleaved, so that a disturbance of the machine does not hit one figure alone.
    parts = {"connect": measure_connect, "rest": measure_rest, "storm": measure_storm}
    work = [(f"{name}, round {number + 1}", parts[name], ())
            for number in range(options.rounds) for name in parts if name in only]
    if "gate" in only:
        work.append(("gate", measure_gate, (options.rounds,)))
    for name, measure, arguments in work:
        print(f"  {name} (load average {os.getloadavg()[0]:.2f})", flush=True)
        try:
            measure(figures, *arguments)
        except (Miss, program.Trouble) as miss:
            figures.misses.append(f"{name}: {miss}")
    figures.print()
    return 1 if figures.misses else 0


if __name__ == "__main__":
    sys.exit(main())
