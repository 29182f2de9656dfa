#!/usr/bin/env python3
"""Measures what virtual runs cost: the figures of struct Costs in sim/virtual/estimate.hpp.

    python3 tests/bench/virtual_costs.py [BINARY]

Runs fleets of several sizes with `probate sweep --jobs 1` and fits by differences: memory is the
largest resident set of the process, time is its user time, events are those of sweep.json.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import os

ROOT = pathlib.Path(__file__).resolve().parents[2]
# With it every packet is played: it has to know when a link was idle.
IDLE = "  - {name: idle, at: day + 0s, on: {}, do: nat_idle, after: 20h, then: silent}\n"
SCENARIO = """
version: 1
name: costs
about: "what a virtual run costs"
seed: 7
devices:
  meter:
    client_id: "8685700000{{index:07}}"
    keep_alive: 300s
    will: {{topic: "/willmsg", payload: "{{client_id}}device_conn_err#{{epoch}}"}}
    birth: {{topic: "/device/{{client_id}}/birth", payload: "up {{epoch}}"}}
    publish: [{{topic: "/device/{{client_id}}/report", payload: "x", every: {every}}}]
fleet:
  city: {{device: meter, count: {devices}}}
phases:
  - {{name: ramp, connect: {{rate: 1000/s}}, until: {{online: 100%, timeout: 30m}}}}
  - {{name: day, for: {hours}h}}
faults:
  - {{name: cuts, every: 10m, during: day, on: {{count: {struck}}}, do: drop}}
{more}backend: {{presence: [{policies}]}}
"""


def measured(binary, folder, **values):
    """(events, bytes, seconds of one core) of one run."""
    path = folder / "costs.yaml"
    path.write_text(SCENARIO.format(**{
        "devices": 1000, "hours": 1, "every": "120s", "struck": 1, "policies": "naive",
        "more": "", **values}))
    process = subprocess.Popen(
        [binary, "sweep", path, "--jobs", "1", "--quiet", "--detection", "false_online",
         "--out", folder / "out"], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 4):
        sys.exit(f"the run failed: {values}")
    document = json.loads((folder / "out/sweep.json").read_text())
    events = document["points"][0]["runs"][0]["events"]
    print(f"{values}: {events} events, {usage.ru_maxrss} KiB, {usage.ru_utime:.2f} s", flush=True)
    return events, usage.ru_maxrss * 1024, usage.ru_utime


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/release/probate"
    with tempfile.TemporaryDirectory() as name:
        def run(**values):
            return measured(binary, pathlib.Path(name), **values)

        small = run(devices=1000)
        large = run(devices=41000)
        tracks = run(devices=41000, policies="naive, naive_alarm, {debounce: 1m}, epoch, retained")
        struck = run(devices=41000, struck=8001)
        longer = run(devices=1000, hours=11)
        chatty = run(devices=1000, more=IDLE)
        chattier = run(devices=1000, more=IDLE, every="12s")
    more = 40_000
    strikes = 6 * 8000
    messages = 1000 * 3600 * (1 / 12 - 1 / 120)
    idle = longer[0] - small[0]
    print(f"""
bytes_of_a_run       {small[1] - 1000 * (large[1] - small[1]) / more:.0f}
bytes_per_device     {(large[1] - small[1]) / more:.0f} with one policy
bytes_per_track      {(tracks[1] - large[1]) / (41000 * 4):.0f}
bytes_per_end        {(struck[1] - large[1]) / strikes:.0f}
events_per_second    {idle / 36000:.1f} with 60 strikes in ten hours
events_per_connect   {(large[0] - small[0]) / more:.1f} with what is played after it
events_per_message   {(chattier[0] - chatty[0]) / messages:.2f}
events_per_strike    {(struck[0] - large[0]) / strikes:.1f} with the connect that follows
microseconds/event   {(chattier[2] - chatty[2]) / (chattier[0] - chatty[0]) * 1e6:.2f}
microseconds/device  {(large[2] - small[2]) / more * 1e6:.2f} with its events""")


if __name__ == "__main__":
    main()
