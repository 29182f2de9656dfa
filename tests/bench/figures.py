"""Figures of a measurement with their samples and targets, and a process seen from outside."""

import os
import pathlib

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


class Figures:
    """Every figure with its samples, in the order of the first of each."""

    def __init__(self):
        self._samples = {}
        self._targets = {}
        self.misses = []

    def add(self, name, value, at_least=None, at_most=None):
        self._samples.setdefault(name, []).append(value)
        self._targets[name] = (at_least, at_most)

    def print(self):
        print(f"\n{'figure':<58}{'min':>9}{'median':>9}{'max':>9}  target")
        for name, samples in self._samples.items():
            low, middle, high = min(samples), percentile(samples, 50), max(samples)
            print(f"{name:<58}{short(low):>9}{short(middle):>9}{short(high):>9}  "
                  f"{self._judge(name, middle)}")
        for miss in self.misses:
            print(f"MISSED: {miss}")

    def _judge(self, name, median):
        at_least, at_most = self._targets[name]
        if at_least is None and at_most is None:
            return ""
        held = (at_least is None or median >= at_least) and (at_most is None or median <= at_most)
        if not held:
            self.misses.append(f"{name}: median {short(median)}")
        wanted = f"≥ {short(at_least)}" if at_most is None else f"≤ {short(at_most)}"
        return wanted if held else f"{wanted} MISSED"


def percentile(samples, rank):
    """Nearest rank: a value that was really seen."""
    ordered = sorted(samples)
    return ordered[max(0, -(-len(ordered) * rank // 100) - 1)]


def short(value):
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def cpu_seconds(pid):
    """User and system time of all threads; children, the broker among them, are not in it."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS


def written_kib(pid):
    """Memory that the process has written: heap, stacks, data. Code that others map too is not."""
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Private_Dirty:"):
            return int(line.split()[1])
    raise RuntimeError("smaps_rollup has no Private_Dirty")
