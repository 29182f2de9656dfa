#!/usr/bin/env python3
"""What a byte costs in probate's proxy, beside its peers: docs/performance.md explains.

    export PROBATE=build/release/probate PEERS=build/release/tests/bench/peers
    tests/bench/proxy_figures.py [--rounds 5] [--only messages,setup]

One load (peers/peer_client.cpp) against one back end (peers/peer_server.cpp): directly, and through
each proxy in turn: `probate proxy`, the same with a schedule of faults that hits nobody, HAProxy,
nginx, and a minimal proxy on epoll, the practical limit (peers/peer_proxy.cpp). The proxy has one
processor, load and back end have the other. Rounds are interleaved; ratios are taken within one.
Exits 1 if a median misses its target.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))
import program  # noqa: E402
from figures import Figures, cpu_seconds, written_kib  # noqa: E402

PEERS = pathlib.Path(os.environ["PEERS"])
PROXY_CPU, LOAD_CPU = 0, os.cpu_count() - 1

LINKS = 1000
IDLE_LINKS = 3000
MESSAGE_SECONDS = 4
FAIR_SECONDS = 5
SETUPS = 6000
SETUPS_IN_FLIGHT = 32
BULK_LINKS = 64
BULK_MEBIBYTES = 32
SECONDS_MAX = 120

IDLE_LINK_BYTES_MAX = 1536
FAIR_P99_MS_MAX = 20
CONTROL_MS_MAX = 50

# Faults that are installed and hit nobody: what they cost is what having a schedule costs.
IDLE_FAULTS = """\
version: 1
name: idle-faults
phases:
  - {name: storm, for: 1h}
faults:
  - {name: cut, at: storm + 1s, on: {devices: "nobody-*"}, do: drop}
  - {name: slow, at: storm, on: {devices: "nobody-*"}, do: latency, delay: 50ms, for: 59m}
  - {name: still, every: 1s, during: storm, on: {devices: "nobody-*"}, do: stall, for: 500ms}
"""

HAPROXY = """\
global
  nbthread 1
  maxconn 6000
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
listen proxy
  bind 127.0.0.1:{port}
  server back 127.0.0.1:{upstream}
"""

NGINX = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
events {{ worker_connections 12000; }}
stream {{
  server {{
    listen 127.0.0.1:{port};
    proxy_pass 127.0.0.1:{upstream};
    proxy_timeout 1h;
    tcp_nodelay on;
  }}
}}
"""


def on(processor):
    return lambda: os.sched_setaffinity(0, {processor})


@contextlib.contextmanager
def process(command, processor, **options):
    child = subprocess.Popen([str(word) for word in command], preexec_fn=on(processor), **options)
    try:
        yield child
    finally:
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout):
            if stream:
                stream.close()


@contextlib.contextmanager
def printing_its_port(command, processor):
    with process(command, processor, stdout=subprocess.PIPE, text=True) as child:
        yield child, int(child.stdout.readline())


def free_port():
    """HAProxy and nginx cannot say which port they have chosen."""
    import socket
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port):
    import socket
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


# The proxies: each gives (process id or None, port, address of its control API or None) -----------


@contextlib.contextmanager
def direct(upstream, _):
    yield None, upstream


@contextlib.contextmanager
def epoll(upstream, _):
    with printing_its_port([PEERS / "peer_proxy", upstream], PROXY_CPU) as (child, port):
        yield child.pid, port


@contextlib.contextmanager
def configured(command, name, text, upstream, folder):
    port = free_port()
    path = pathlib.Path(folder) / name
    path.write_text(text.format(port=port, upstream=upstream, folder=folder))
    said = pathlib.Path(folder) / "stderr"
    with said.open("w") as stderr, \
            process([*command, path], PROXY_CPU, stderr=stderr) as child:
        program.wait_until(lambda: child.poll() is not None or answers(port), f"{name} listens",
                           SECONDS_MAX)
        if child.poll() is not None:
            raise program.Trouble(f"{command[0]} does not start: {said.read_text()}")
        yield child.pid, port


def haproxy(upstream, folder):
    return configured(["/usr/sbin/haproxy", "-db", "-f"], "haproxy.cfg", HAPROXY, upstream, folder)


def nginx(upstream, folder):
    return configured(["/usr/sbin/nginx", "-c"], "nginx.conf", NGINX, upstream, folder)


@contextlib.contextmanager
def probate(upstream, folder, *more):
    with program.Run("proxy", "--listen", "127.0.0.1:0", "--upstream", f"127.0.0.1:{upstream}",
                     *more, preexec_fn=on(PROXY_CPU)) as run:
        found = program.wait_until(
            lambda: not run.running() or
            re.search(r"proxy: 127\.0\.0\.1:(\d+) → broker", run.stderr()),
            "probate listens", SECONDS_MAX)
        if found is True:
            raise program.Trouble(f"probate does not start\n{run.story()}")
        yield run.pid(), int(found[1])


def probate_with_faults(upstream, folder):
    path = pathlib.Path(folder) / "idle-faults.yaml"
    path.write_text(IDLE_FAULTS)
    return probate(upstream, folder, "--scenario", path)


def probate_with_metrics(upstream, folder):
    """With a journal, and a judge that remembers each connection."""
    return probate(upstream, folder, "--metrics", "0")


PROXIES = {"direct": direct, "epoll": epoll, "HAProxy": haproxy, "nginx": nginx,
           "probate": probate, "probate, idle faults": probate_with_faults,
           "probate, metrics": probate_with_metrics}


# What is measured --------------------------------------------------------------------------------


@contextlib.contextmanager
def load(port, mode, links, amount):
    """A client that is connected and waits for `go`."""
    with process([PEERS / "peer_client", port, mode, links, amount], LOAD_CPU,
                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
        if client.stdout.readline() != "ready\n":
            raise program.Trouble(f"{mode}: the client did not connect")
        yield client


def go(client):
    client.stdin.write("\n")
    client.stdin.flush()
    return json.loads(client.stdout.readline())


def measured(name, mode, links, amount):
    """The client's figures, and the CPU time and memory of the proxy."""
    with tempfile.TemporaryDirectory() as folder, \
            printing_its_port([PEERS / "peer_server"], LOAD_CPU) as (_, upstream), \
            PROXIES[name](upstream, folder) as (pid, port):
        before = written_kib(pid) if pid else 0
        with load(port, mode, links, amount) as client:
            figures = {"kib": written_kib(pid) - before if pid else 0}
            spent = cpu_seconds(pid) if pid else 0
            figures |= go(client)
            figures["cpu"] = cpu_seconds(pid) - spent if pid else 0
            return figures


def each(names, mode, links, amount):
    return {name: measured(name, mode, links, amount) for name in names}


def measure_messages(figures):
    found = each(PROXIES, "pingpong", LINKS, MESSAGE_SECONDS)
    title = f"{LINKS} links, 64 bytes"
    cost = {}
    for name, one in found.items():
        figures.add(f"{title}: {name}, messages/s", one["messages"] / one["seconds"])
        if name != "direct":
            cost[name] = one["cpu"] / one["messages"] * 1e6
            figures.add(f"{title}: {name}, CPU µs", cost[name])
        figures.add(f"{title}: {name}, p99.9 ms", one["p999_us"] / 1e3)
    figures.add(f"{title}: CPU, probate / epoll", cost["probate"] / cost["epoll"], at_most=1.2)
    figures.add(f"{title}: CPU, probate / HAProxy", cost["probate"] / cost["HAProxy"], at_most=1.0)
    figures.add(f"{title}: CPU, idle faults / none",
                cost["probate, idle faults"] / cost["probate"], at_most=1.02)


def measure_setup(figures):
    names = [name for name in PROXIES if name != "probate, idle faults"]
    found = each(names, "setup", SETUPS_IN_FLIGHT, SETUPS)
    rate = {name: one["connections"] / one["seconds"] for name, one in found.items()}
    for name, one in found.items():
        figures.add(f"connections: {name}, per s", rate[name])
        if name != "direct":
            figures.add(f"connections: {name}, CPU µs", one["cpu"] / one["connections"] * 1e6)
    figures.add("connections: rate, probate / HAProxy", rate["probate"] / rate["HAProxy"],
                at_least=0.95)


def measure_bulk(figures):
    names = [name for name in PROXIES if name != "probate, idle faults"]
    found = each(names, "bulk", BULK_LINKS, BULK_MEBIBYTES)
    rate = {name: one["bytes"] / one["seconds"] / 1e9 for name, one in found.items()}
    for name in names:
        figures.add(f"bulk, {BULK_LINKS} links: {name}, GB/s", rate[name])
    figures.add("bulk: probate / HAProxy", rate["probate"] / rate["HAProxy"], at_least=0.9)


def measure_idle(figures):
    for name in ("epoll", "HAProxy", "nginx", "probate", "probate, metrics"):
        one = measured(name, "idle", IDLE_LINKS, 0)
        figures.add(f"idle link: {name}, bytes", one["kib"] * 1024 / IDLE_LINKS,
                    at_most=IDLE_LINK_BYTES_MAX if name.startswith("probate") else None)


def measure_fairness(figures):
    """One link at full speed, and a control call meanwhile; the others ask twice a second."""
    for name in ("epoll", "HAProxy", "nginx"):
        one = measured(name, "fair", LINKS, FAIR_SECONDS)
        figures.add(f"beside a greedy link: {name}, p99 ms", one["p99_us"] / 1e3)
    with tempfile.TemporaryDirectory() as folder, \
            printing_its_port([PEERS / "peer_server"], LOAD_CPU) as (_, upstream):
        control = free_port()
        with probate(upstream, folder, "--control", f"127.0.0.1:{control}") as (_, port), \
                load(port, "fair", LINKS, FAIR_SECONDS) as client:
            client.stdin.write("\n")
            client.stdin.flush()
            time.sleep(FAIR_SECONDS / 2)
            began = time.monotonic()
            with urllib.request.urlopen(f"http://127.0.0.1:{control}/v1/faults", timeout=5) as said:
                said.read()
            figures.add("beside a greedy link: control call, ms",
                        (time.monotonic() - began) * 1e3, at_most=CONTROL_MS_MAX)
            one = json.loads(client.stdout.readline())
    figures.add("beside a greedy link: probate, p99 ms", one["p99_us"] / 1e3,
                at_most=FAIR_P99_MS_MAX)
    figures.add("beside a greedy link: probate, answered / asked", one["messages"] / one["asked"],
                at_least=0.95)


PARTS = {"messages": measure_messages, "setup": measure_setup, "bulk": measure_bulk,
         "idle": measure_idle, "fairness": measure_fairness}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of {', '.join(PARTS)}")
    options = parser.parse_args()
    figures = Figures()
    print(f"load average before: {os.getloadavg()[0]:.2f}; {os.cpu_count()} processors; "
          f"{options.rounds} rounds", flush=True)
    for number in range(options.rounds):
        for name in options.only.split(","):
            print(f"  {name}, round {number + 1} (load average {os.getloadavg()[0]:.2f})",
                  flush=True)
            try:
                PARTS[name](figures)
            except (program.Trouble, json.JSONDecodeError) as trouble:
                figures.misses.append(f"{name}: {trouble}")
    figures.print()
    return 1 if figures.misses else 0


if __name__ == "__main__":
    sys.exit(main())
