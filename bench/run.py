#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures loquat beside its peers and the floor, in one interleaved run.

    bench/run.py short             a few minutes; `make bench`
    bench/run.py full              every peer, an hour; `make bench-full`

Every measurement gets a fresh server. A round visits each server once, and
ratios are taken within a round: what the machine does in one minute touches
both sides of a pair. The figures go into bench/results, as JSON (all of them)
and as tables (medians, ratios, goals); see bench/README.md.
"""
import argparse
import dataclasses
import datetime
import os
import pathlib
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time

import peers
import table

RESULTS = peers.ROOT / "bench" / "results"


@dataclasses.dataclass(frozen=True)
class Scenario:
    """One column of the tables; arguments are loquat-load's. What has the size
    of a mode in it stands in `short` and `full`."""
    name: str
    title: str
    arguments: str
    short: str = ""
    full: str = ""
    native: bool = False        # for loquat alone, in the native protocol
    fill: str = ""              # posts that are stored first
    fill_short: str = ""
    fill_full: str = ""
    restart: bool = False       # kill -9 and start again after them
    slowsync_us: int = 0        # as on a disk that needs this long
    rounds: int = 99            # more are not worth it
    irc: str = ""               # other arguments for the IRC servers
    families: tuple = ()        # only for servers of these
    modes: tuple = ("short", "full")

    @property
    def verb(self):
        return self.arguments.split()[0]

    def words(self, mode, family=""):
        more = self.irc if family == "irc" else ""
        return f"{self.arguments} {getattr(self, mode)} {more}".split()

    def fill_words(self, mode):
        return f"{self.fill} {getattr(self, 'fill_' + mode)}".split()


BIG = "fanout --rooms 1 --members 1000"
MANY = "fanout --rooms 1000 --members 10"
FILL = "posts --senders 50 --window 32"

# An arrival is told to everybody in an IRC room: ten times the people are a
# hundred times the work, and a quarter of an hour for 10,000. What was told to
# a crowd that came at once would be found in the memory afterwards.
FEWER = "--members 1000 --batch 25"

SCENARIOS = (
    Scenario("big-20", "1 room × 1,000, 20 messages/s",
             f"{BIG} --rate 20", "--messages 60", "--messages 200"),
    Scenario("big-100", "1 room × 1,000, 100 messages/s",
             f"{BIG} --rate 100", "--messages 200", "--messages 500"),
    Scenario("big-flat", "1 room × 1,000, as fast as it goes",
             f"{BIG} --rate 0 --ahead 256", "--messages 5000",
             "--messages 5000"),
    Scenario("many-2000", "1,000 rooms × 10, 2,000 messages/s",
             f"{MANY} --rate 2000", "--messages 4000", "--messages 8000"),
    Scenario("many-flat", "1,000 rooms × 10, as fast as it goes",
             f"{MANY} --rate 0 --ahead 256", "--messages 20000",
             "--messages 20000"),
    Scenario("latency", "1 room × 100, 200 messages/s",
             "fanout --rooms 1 --members 100 --rate 200",
             "--messages 400", "--messages 1000"),
    Scenario("idle-10000", "10,000 idle connections in one room",
             "idle --members 10000", "--hold 5", "--hold 10", rounds=1,
             irc=FEWER),
    Scenario("idle-50000", "50,000 idle connections in one room",
             "idle --members 50000", full="--hold 10", rounds=1,
             modes=("full",), families=("loquat", "floor", "broker", "node")),
    Scenario("posts", "durable posts, 50 senders with 32 unanswered each",
             "posts --senders 50 --window 32 --rooms 10",
             "--messages 200000", "--messages 500000", native=True),
    Scenario("posts-waiting", "durable posts, 50 senders that wait",
             "posts --senders 50 --window 1 --rooms 10",
             "--messages 20000", "--messages 100000", native=True),
    Scenario("posts-slow", "durable posts, 2 ms fsync, 50 senders × 32",
             "posts --senders 50 --window 32 --rooms 10",
             "--messages 50000", "--messages 200000", native=True,
             slowsync_us=2000),
    Scenario("posts-slow-waiting", "durable posts, 2 ms fsync, 50 that wait",
             "posts --senders 50 --window 1 --rooms 10",
             "--messages 10000", "--messages 50000", native=True,
             slowsync_us=2000),
    Scenario("catchup", "1,000 clients return after kill -9, "
             "100 messages missed",
             "catchup --clients 1000 --missed 100 --rooms 10", native=True,
             fill=f"{FILL} --rooms 10", fill_short="--messages 10000",
             fill_full="--messages 100000", restart=True),
    Scenario("history", "pages of 50 at random places",
             "history --window 1 --limit 50", "--pages 2000", "--pages 10000",
             native=True, fill=f"{FILL} --rooms 1",
             fill_short="--messages 100000", fill_full="--messages 1000000"),
)

SHORT_PEERS = ("floor", "inspircd", "redis")
PROGRAMS = ("loquat-load", "loquat-floor", "slowsync.so")


# What the figures were measured on.

def fsync_us(folder, count=200):
    """Median and 99th percentile of appending 4 KiB and fdatasync."""
    taken = []
    with tempfile.NamedTemporaryFile(dir=folder, buffering=0) as file:
        for _ in range(count):
            start = time.perf_counter()
            file.write(b"x" * 4096)
            os.fdatasync(file.fileno())
            taken.append((time.perf_counter() - start) * 1e6)
    taken.sort()
    return round(taken[count // 2]), round(taken[count * 99 // 100])


def first_value(path, key):
    for line in pathlib.Path(path).read_text().splitlines():
        if line.startswith(key):
            return line.split("=" if "=" in line else ":", 1)[1].strip(' "')
    return "unknown"


def machine():
    median, p99 = fsync_us(peers.DATA)
    filesystem = subprocess.run(
        ["df", "--output=fstype", peers.DATA], capture_output=True, text=True,
        check=False).stdout.split()[-1:]
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": first_value("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count(),
        "memory": f"{memory / 2**30:.0f} GiB",
        "kernel": platform.release(),
        "system": first_value("/etc/os-release", "PRETTY_NAME"),
        "filesystem": "".join(filesystem) or "unknown",
        "fsync_us": median,
        "fsync_p99_us": p99,
        "files_max": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
    }


def commit():
    """What was measured: the commit, and whether the tree had changes."""
    described = subprocess.run(
        ["git", "-C", peers.ROOT, "describe", "--always", "--dirty"],
        capture_output=True, text=True, check=False).stdout.strip()
    return described or "unknown"


# Which servers take part.

def all_kinds(options):
    """Every loquat by line and native, then the floor and the peers."""
    loquats = [peers.loquat(label, path, wording)
               for label, path in options.loquat
               for wording in ("line", "native")]
    return loquats + list(peers.KINDS)


def chosen_kinds(options):
    kinds = all_kinds(options)
    if options.servers:
        known = {kind.name: kind for kind in kinds}
        unknown = set(options.servers) - set(known)
        if unknown:
            sys.exit(f"no such server: {', '.join(sorted(unknown))}; "
                     f"there are {', '.join(known)}")
        return [known[name] for name in options.servers]
    if options.mode == "short":
        return [kind for kind in kinds if kind.name in SHORT_PEERS or
                (kind.family == "loquat" and kind.wording == "line")]
    return kinds


def kinds_for(scenario, kinds, options):
    """A native scenario is for each loquat that takes part, by native."""
    if not scenario.native:
        return [kind for kind in kinds if not scenario.families or
                kind.family in scenario.families]
    names = {kind.name.removesuffix("-native") for kind in kinds
             if kind.family == "loquat"}
    return [peers.loquat(label, path, "native")
            for label, path in options.loquat if label in names]


def present(kinds):
    """Those that are installed, and what the others lack."""
    versions, missing = {}, {}
    for kind in kinds:
        try:
            versions[kind.name] = peers.version(kind)
        except peers.Failed as failure:
            missing[kind.name] = str(failure)
            print(f"{kind.name}: {failure}", file=sys.stderr)
    return versions, missing


# The run itself.

def fit(words):
    """No more idle connections than we may have open."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 500
    if words[0] == "idle" and int(words[2]) > most:
        return [*words[:2], str(most), *words[3:]]
    return words


def take(scenario, kind, options):
    """One measurement by a fresh server."""
    extra = {}
    if scenario.slowsync_us:
        extra = {"LD_PRELOAD": str(peers.SLOWSYNC),
                 "LOQUAT_SLOWSYNC_US": str(scenario.slowsync_us)}
    cpu = options.load_cpu
    with peers.Server(kind, options.server_cpus, extra) as server:
        if scenario.fill:
            peers.measure(server, scenario.fill_words(options.mode), cpu)
        if scenario.restart:
            server.kill()
            server.start()
        words = fit(scenario.words(options.mode, kind.family))
        return peers.measure(server, words, cpu, timeout=options.timeout)


def run_round(scenario, kinds, number, report, options):
    """Visits each server once, beginning with another one in each round."""
    first = number % len(kinds)
    for kind in kinds[first:] + kinds[:first]:
        run = {"scenario": scenario.name, "round": number + 1,
               "server": kind.name}
        given_up = [old for old in report["runs"] if "error" in old and
                    (old["scenario"], old["server"]) ==
                    (scenario.name, kind.name)]
        if len(given_up) >= 2:
            continue
        try:
            run["figures"] = take(scenario, kind, options)
        except peers.Failed as failure:
            run["error"] = str(failure)
        report["runs"].append(run)
        print(table.run_line(run, scenario.verb), flush=True)


def run_scenario(scenario, kinds, report, options):
    words = scenario.words(options.mode)
    title = scenario.title
    if fit(words) != words:
        title += f" (only {fit(words)[2]}: a process may not open more files)"
    report["scenarios"].append({
        "name": scenario.name, "title": title, "verb": scenario.verb,
        "slowsync_us": scenario.slowsync_us,
        "arguments": " ".join(fit(words)),
        "irc": scenario.irc,
        "fill": " ".join(scenario.fill_words(options.mode)),
        "fsync_us": []})
    print(f"\n{scenario.name}: {title}", flush=True)
    for number in range(min(options.rounds, scenario.rounds)):
        report["scenarios"][-1]["fsync_us"].append(fsync_us(peers.DATA)[0])
        run_round(scenario, kinds, number, report, options)
    print()
    print(table.scenario_table(report, report["scenarios"][-1]), flush=True)


def save(report, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".json").write_text(table.to_json(report))
    path.with_suffix(".md").write_text(table.markdown(report))


def prepare():
    """The measuring programs, built; room for many sockets."""
    targets = [f"bench/{program}" for program in PROGRAMS]
    subprocess.run(["ninja", "-C", str(peers.BUILD), "--quiet", *targets],
                   check=True, stdout=subprocess.DEVNULL)
    peers.raise_file_limit()


def keep(loquats, folder):
    """Copies of the servers, which a build meanwhile does not touch."""
    kept = []
    for label, path in loquats:
        copy = pathlib.Path(folder) / label / path.name
        copy.parent.mkdir()
        shutil.copy2(path, copy)
        kept.append((label, copy))
    return kept


def loquat_option(text):
    label, _, path = text.rpartition("=")
    return label or "loquat", pathlib.Path(path).resolve()


def parse_options():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)

    def names(text):
        return text.split(",")

    parser.add_argument("mode", choices=("short", "full"))
    parser.add_argument("--only", type=names, metavar="SCENARIO,..",
                        help=", ".join(s.name for s in SCENARIOS))
    parser.add_argument("--servers", type=names, metavar="NAME,..",
                        help="LABEL, LABEL-native, " +
                        ", ".join(kind.name for kind in peers.KINDS))
    parser.add_argument("--loquat", type=loquat_option, action="append",
                        metavar="LABEL=PATH", help="a loquatd to measure, may "
                        "be repeated (loquat=build/loquatd)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--timeout", type=int, default=180, metavar="SECONDS",
                        help="for one measurement")
    parser.add_argument("--server-cpus", default="0", metavar="CORE,..")
    parser.add_argument("--load-cpu", type=int, default=1, metavar="CORE")
    parser.add_argument("--name", help="of the results: DATE-NAME")
    parser.add_argument("--folder", type=pathlib.Path, default=RESULTS)
    options = parser.parse_args()
    options.loquat = options.loquat or [("loquat", peers.BUILD / "loquatd")]
    options.server_cpus = [int(n) for n in options.server_cpus.split(",")]
    whole = not options.only and not options.servers
    options.name = options.name or options.mode + ("" if whole else "-part")
    return options


def chosen_scenarios(options):
    if not options.only:
        return [s for s in SCENARIOS if options.mode in s.modes]
    unknown = set(options.only) - {s.name for s in SCENARIOS}
    if unknown:
        sys.exit(f"no such scenario: {', '.join(sorted(unknown))}; see --help")
    return [s for s in SCENARIOS if s.name in options.only]


def new_report(options, kinds, versions, missing):
    return {
        "date": datetime.date.today().isoformat(), "mode": options.mode,
        "commit": commit(), "machine": machine(),
        "server_cpus": options.server_cpus,
        "servers": [{"name": kind.name, "family": kind.family,
                     "wording": kind.wording,
                     "version": versions.get(kind.name, ""),
                     "missing": missing.get(kind.name, "")}
                    for kind in kinds],
        "scenarios": [], "runs": []}


def run(options):
    scenarios = chosen_scenarios(options)
    kinds = chosen_kinds(options)
    measured = {kind.name: kind for scenario in scenarios
                for kind in kinds_for(scenario, kinds, options)}
    versions, missing = present(measured.values())
    report = new_report(options, measured.values(), versions, missing)
    print(table.machine_line(report), flush=True)
    path = options.folder / f"{report['date']}-{options.name}"
    for scenario in scenarios:
        taking_part = [kind for kind in kinds_for(scenario, kinds, options)
                       if kind.name in versions]
        if taking_part:
            run_scenario(scenario, taking_part, report, options)
            save(report, path)
    print(table.conclusions(report))
    print(f"\n{path}.json and .md")


def main():
    options = parse_options()
    prepare()
    peers.DATA.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=peers.DATA) as folder:
        options.loquat = keep(options.loquat, folder)
        run(options)


if __name__ == "__main__":
    main()
