#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Files: loquat beside nginx's sendfile, and chat beside a file.

    bench/files.py short           1 GiB, three rounds; `make bench-files`
    bench/files.py full            1 GiB and five rounds, 4 GiB beside the chat

The same bytes lie in the page cache for both servers, in the same run; a round
visits each, beginning with another one, and a ratio is taken within a round.
The reader throws the bytes away in the kernel (MSG_TRUNC), so that it is the
server that is measured. An upload is compared with one thread that does what
has to be done: read from a socket, hash, write, sync. Results go where
bench/run.py's go, as DATE-files-MODE.json and .md.
"""
import argparse
import datetime
import hashlib
import os
import pathlib
import re
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

import peers
import run as runner
import table

MIB = 1 << 20
GIB = 1 << 30
PATIENCE = 600

NGINX = peers.Kind("nginx", "http", "http", ("nginx", "-c", "{config}"),
                   ("nginx", "-v"), "nginx.conf", on_disk=True)
CHAT_RATE = 200

FIGURES = (("mib_per_s", "MiB/s", 0), ("cpu_s_per_gib", "CPU s/GiB", 3),
           ("client_cpu_s_per_gib", "client CPU s/GiB", 3))
DELAYS = [(f"{way}_{q}_us", f"{way} {q} µs", 0)
          for way in ("in", "out", "ack") for q in ("p50", "p99")]


# A file in each server.

def make_file(path, size):
    block = os.urandom(MIB)
    with open(path, "wb") as out:
        for n in range(size // MIB):
            out.write(n.to_bytes(8, "big") + block[8:])


def warm(path):
    """Every page of it is in memory."""
    with open(path, "rb", buffering=0) as file:
        while file.read(4 * MIB):
            pass


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Measure:
    """What the server and we used within it, for so many bytes."""

    def __init__(self, pid, size):
        self.pid, self.size = pid, size

    def __enter__(self):
        self.cpu, self.own = cpu_seconds(self.pid), time.process_time()
        self.begun = time.perf_counter()
        return self

    def __exit__(self, *_):
        seconds = time.perf_counter() - self.begun
        gib = self.size / GIB
        self.figures = {
            "seconds": seconds, "bytes": self.size,
            "mib_per_s": self.size / MIB / seconds,
            "cpu_s_per_gib": (cpu_seconds(self.pid) - self.cpu) / gib,
            "client_cpu_s_per_gib": (time.process_time() - self.own) / gib}


# HTTP, as little of it as will do.

def connect(server):
    sock = socket.create_connection(("127.0.0.1", server.port), PATIENCE)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def read_head(sock):
    """Status, head, and the bytes of the body that came with it."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = sock.recv(65536)
        if not more:
            raise peers.Failed(f"ended in its head: {data!r}")
        data += more
    head, _, rest = data.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), head.decode("latin-1"), rest


def send_all(sock, file, size):
    """By sendfile, which does not wait by itself where there is a time-out."""
    sent = 0
    while sent < size:
        try:
            sent += os.sendfile(sock.fileno(), file.fileno(), sent,
                                min(4 * MIB, size - sent))
        except BlockingIOError:
            if not select.select([], [sock], [], PATIENCE)[1]:
                raise peers.Failed("an upload has stalled") from None


def put(server, path):
    """Uploads; returns the target of the download."""
    size = path.stat().st_size
    with connect(server) as sock, open(path, "rb") as file:
        sock.sendall(f"PUT /r/bench/files/{path.name} HTTP/1.1\r\n"
                     f"Host: 127.0.0.1:{server.port}\r\n"
                     f"Content-Length: {size}\r\n\r\n".encode())
        send_all(sock, file, size)
        status, head, _ = read_head(sock)
    if status != 201:
        raise peers.Failed(f"an upload was answered {status}: {head}")
    location = re.search(r"(?im)^location: *(\S+)", head).group(1)
    return re.sub(r"^https?://[^/]+", "", location)


def download(server, target, readers, size):
    """So many at once, all of it to nowhere."""
    left = {}
    for _ in range(readers):
        sock = connect(server)
        sock.sendall(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:"
                     f"{server.port}\r\n\r\n".encode())
        status, head, rest = read_head(sock)
        if status != 200 or f"content-length: {size}" not in head.lower():
            raise peers.Failed(f"a download was answered: {head}")
        left[sock.fileno()] = [sock, size - len(rest)]
    poll = select.epoll()
    for fd in left:
        poll.register(fd, select.EPOLLIN)
    buffer = bytearray(4 * MIB)
    while left:
        for fd, _ in poll.poll(PATIENCE):
            sock, wanted = left[fd]
            got = sock.recv_into(buffer, min(wanted, len(buffer)),
                                 socket.MSG_TRUNC)
            if got == 0:
                raise peers.Failed(f"ended {wanted} bytes too early")
            left[fd][1] -= got
            if left[fd][1] == 0:
                poll.unregister(fd)
                sock.close()
                del left[fd]


# The measurements; each gets a fresh server and gives figures.

def take_download(kind, options, readers):
    size = options.size
    with peers.Server(kind, options.server_cpus) as server:
        if kind.family == "loquat":
            target = put(server, options.file)
        else:
            target = f"/{options.file.name}"
            os.link(options.file, server.folder / options.file.name)
        warm(options.file)
        download(server, target, 1, size)       # once for everyone's caches
        with Measure(server.pid, readers * size) as measure:
            download(server, target, readers, size)
        return measure.figures


def take_upload(kind, options):
    with peers.Server(kind, options.server_cpus) as server:
        warm(options.file)
        with Measure(server.pid, options.size) as measure:
            put(server, options.file)
        return measure.figures


def take_plain_upload(options):
    """The floor: one thread that receives, hashes, writes and syncs."""
    ours, theirs = socket.socketpair()

    def feed():
        os.sched_setaffinity(0, [options.load_cpu])
        with open(options.file, "rb") as file, theirs:
            send_all(theirs, file, options.size)

    feeder = threading.Thread(target=feed)
    buffer = memoryview(bytearray(65536))
    whole = hashlib.sha256()
    os.sched_setaffinity(0, options.server_cpus)
    begun, spent = time.perf_counter(), time.thread_time()
    with tempfile.NamedTemporaryFile(dir=peers.DATA, buffering=0) as out:
        feeder.start()
        while n := ours.recv_into(buffer):
            whole.update(buffer[:n])
            out.write(buffer[:n])
        os.fdatasync(out.fileno())
    seconds = time.perf_counter() - begun
    feeder.join()
    ours.close()
    os.sched_setaffinity(0, [options.load_cpu])
    return {"seconds": seconds, "bytes": options.size,
            "mib_per_s": options.size / MIB / seconds,
            "cpu_s_per_gib": (time.thread_time() - spent) /
            (options.size / GIB)}


def take_chat(kind, options, way):
    """By loquat-load; `way` the file goes: none, down, up."""
    words = ["chatfile", "--rate", str(CHAT_RATE), "--messages",
             str(options.messages), "--patience", "60"]
    with peers.Server(kind, options.server_cpus) as server:
        if way == "down":
            target = put(server, options.chat_file)
            words += ["--file", target.split("/")[2]]
            warm(options.chat_file)
        elif way == "up":
            words += ["--upload", str(options.chat_size)]
        return peers.measure(server, words, options.load_cpu,
                             wording="native", timeout=PATIENCE)


def scenarios(options):
    """Name, title, columns, and for each server a way to take it."""
    loquats = [peers.loquat(label, path) for label, path in options.loquat]
    size = f"{options.size >> 20:,} MiB"
    for readers in (1, 8):
        yield (f"download-{readers}", f"{size} in the page cache, "
               f"{readers} reader{'s' if readers > 1 else ''}", FIGURES,
               {kind.name: lambda kind=kind, n=readers:
                take_download(kind, options, n)
                for kind in [*loquats, NGINX]})
    yield ("upload", f"{size} by PUT, hashed and synced", FIGURES,
           {**{kind.name: lambda kind=kind: take_upload(kind, options)
               for kind in loquats},
            "one thread": lambda: take_plain_upload(options)})
    yield ("chatfile", f"delay of {CHAT_RATE} messages/s on a connection "
           f"without and with {options.chat_size >> 20:,} MiB of a file",
           [*DELAYS, ("file_mib_per_s", "file MiB/s", 0)],
           {f"{kind.name}, {way}": lambda kind=kind, way=way:
            take_chat(kind, options, way)
            for kind in loquats for way in ("none", "down", "up")})


# What comes out.

def columns_text(figures, columns):
    return " · ".join(f"{table.number(figures[key], decimals)} {heading}"
                      for key, heading, decimals in columns
                      if key in figures)


def run_scenario(scenario, report, options):
    name, title, columns, ways = scenario
    report["scenarios"].append({"name": name, "title": title,
                                "columns": columns})
    print(f"\n{name}: {title}", flush=True)
    servers = list(ways)
    for number in range(options.rounds):
        first = number % len(servers)
        for server in servers[first:] + servers[:first]:
            run = {"scenario": name, "round": number + 1, "server": server}
            try:
                run["figures"] = ways[server]()
                said = columns_text(run["figures"], columns)
            except (peers.Failed, OSError) as failure:
                run["error"] = str(failure)
                said = f"FAILED: {failure}"
            report["runs"].append(run)
            print(f"  {number + 1:>2}  {server:<16} {said}", flush=True)
    print()
    print(scenario_table(report, report["scenarios"][-1]), flush=True)


def scenario_table(report, scenario):
    rows = []
    runs = [run for run in report["runs"]
            if run["scenario"] == scenario["name"]]
    for server in dict.fromkeys(run["server"] for run in runs):
        own = [run for run in runs if run["server"] == server]
        good = [run for run in own if "figures" in run]
        cells = [table.number(table.median(report, scenario["name"], server,
                                           key), decimals)
                 for key, _, decimals in scenario["columns"]]
        rows.append([server, *cells, f"{len(good)} of {len(own)}"])
    return table.grid(["server", *[heading for _, heading, _ in
                                   scenario["columns"]], "runs"], rows)


def ratio_lines(report, label):
    """Of loquat to nginx, within rounds."""
    for name in ("download-1", "download-8"):
        for key, what in (("mib_per_s", "speed"),
                          ("cpu_s_per_gib", "CPU per GiB")):
            spread = table.ratio(report, name, (label, "nginx"), key)
            if spread:
                yield (f"- {name}, {what}: {label} / nginx = "
                       f"{spread.middle:.2f} ({spread.least:.2f}–"
                       f"{spread.most:.2f})")


def lost_lines(report):
    for run in report["runs"]:
        if "error" in run or run["figures"].get("lost"):
            yield (f"- {run['server']}, {run['scenario']}, round "
                   f"{run['round']}: " + (run.get("error") or
                                          f"{run['figures']['lost']} lost"))


def conclusions(report, labels):
    ratios = [line for label in labels for line in ratio_lines(report, label)]
    faults = list(lost_lines(report))
    return "\n".join([*(["## Failed or lost", *faults, ""] if faults else []),
                      "## Ratios", *(ratios or ["- none: no pairs"])])


def markdown(report, labels):
    versions = ", ".join(f"{name} {version}".strip() for name, version in
                         report["versions"].items())
    parts = [f"# Files, {report['date']}, {report['mode']}",
             f"Commit {report['commit']}. {table.machine_line(report)}. "
             f"Servers on core "
             f"{', '.join(map(str, report['server_cpus']))}, clients on core "
             f"{report['load_cpu']}. {versions}.",
             conclusions(report, labels)]
    for scenario in report["scenarios"]:
        parts += [f"## {scenario['name']}: {scenario['title']}",
                  scenario_table(report, scenario)]
    return "\n\n".join(parts) + "\n"


def parse_options():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=("short", "full"))
    parser.add_argument("--only", type=lambda text: text.split(","))
    parser.add_argument("--loquat", type=runner.loquat_option,
                        action="append", metavar="LABEL=PATH")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--size", type=int, default=1024, metavar="MIB")
    parser.add_argument("--chat-size", type=int, metavar="MIB")
    parser.add_argument("--server-cpus", default="0", metavar="CORE,..")
    parser.add_argument("--load-cpu", type=int, default=1, metavar="CORE")
    parser.add_argument("--name", help="of the results: DATE-NAME")
    parser.add_argument("--folder", type=pathlib.Path, default=runner.RESULTS)
    options = parser.parse_args()
    full = options.mode == "full"
    options.loquat = options.loquat or [("loquat", peers.BUILD / "loquatd")]
    options.server_cpus = [int(n) for n in options.server_cpus.split(",")]
    options.rounds = options.rounds or (5 if full else 3)
    options.size *= MIB
    options.chat_size = (options.chat_size or (4096 if full else 1024)) * MIB
    options.messages = 2000 if full else 1000
    options.name = options.name or f"files-{options.mode}"
    return options


def new_report(options):
    kinds = [*(peers.loquat(*pair) for pair in options.loquat), NGINX]
    versions, missing = runner.present(kinds)
    return {"date": datetime.date.today().isoformat(), "mode": options.mode,
            "commit": runner.commit(), "machine": runner.machine(),
            "server_cpus": options.server_cpus, "load_cpu": options.load_cpu,
            "versions": {**versions, **missing}, "scenarios": [], "runs": []}


def save(report, path, labels):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".json").write_text(table.to_json(report))
    path.with_suffix(".md").write_text(markdown(report, labels))


def measure_all(options):
    labels = [label for label, _ in options.loquat]
    report = new_report(options)
    print(table.machine_line(report), flush=True)
    path = options.folder / f"{report['date']}-{options.name}"
    make_file(options.file, options.size)
    make_file(options.chat_file, options.chat_size)
    os.sync()
    for scenario in scenarios(options):
        if options.only and scenario[0] not in options.only:
            continue
        run_scenario(scenario, report, options)
        save(report, path, labels)
    print(conclusions(report, labels))
    print(f"\n{path}.json and .md")


def main():
    options = parse_options()
    peers.DATA.mkdir(parents=True, exist_ok=True)
    need = 3 * (options.size + options.chat_size)
    if shutil.disk_usage(peers.DATA).free < need:
        sys.exit(f"this takes {need >> 20:,} MiB of disk")
    subprocess.run(["ninja", "-C", str(peers.BUILD), "--quiet",
                    "bench/loquat-load"], check=True,
                   stdout=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory(dir=peers.DATA) as folder:
        options.loquat = runner.keep(options.loquat, folder)
        options.file = pathlib.Path(folder) / "file.bin"
        options.chat_file = pathlib.Path(folder) / "chat.bin"
        os.sched_setaffinity(0, [options.load_cpu])
        measure_all(options)


if __name__ == "__main__":
    main()
