#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Cost curves: what one more costs when there is ten times as much already.

    bench/curves.py                measure, then table and plots (20 minutes)
    bench/curves.py --full         idle connections up to 50,000
    bench/curves.py --draw FILE    table and plots from a result, unmeasured

Each curve lets one size grow by ten and by ten again and holds the rest still;
a point is the median of three rounds. The figures go into bench/results, the
plots into docs/performance: the same figures give the same files.
"""
import argparse
import dataclasses
import datetime
import json
import pathlib
import resource
import statistics
import sys

import peers
import run as bench
import table

PLOTS = peers.ROOT / "docs" / "performance"
FLAT = 1.10                     # up to here a cost counts as flat
COLOURS = {"loquat": "#c2410c", "floor": "#64748b"}

CPU = table.CPU
MEMORY = table.MEMORY


@dataclasses.dataclass(frozen=True)
class Curve:
    """What grows, how it is measured at a size, and what is read off. In
    `arguments` and `fill` {size} and what `derived` makes of it are filled
    in."""
    name: str
    title: str
    axis: str
    sizes: tuple
    arguments: str
    metric: str
    unit: str
    derived: dict = dataclasses.field(default_factory=dict)
    fill: str = ""              # posts that are stored first
    servers: tuple = ("loquat", "floor")
    full_sizes: tuple = ()

    @property
    def wording(self):
        return "native" if self.fill else "line"

    def words(self, text, size):
        values = {key: make(size) for key, make in self.derived.items()}
        return text.format(size=size, **values).split()


# Rates are such that the server sleeps now and then: a busy one's batches
# grow, and a cost that falls for that reason would hide one that rises.
CURVES = (
    Curve("deliveries", "One room of 100, 1,000 messages a second",
          "deliveries", (10**4, 10**5, 10**6, 10**7),
          "fanout --rooms 1 --members 100 --rate 1000 --messages {messages}",
          CPU, "server CPU, µs per delivery",
          {"messages": lambda size: size // 100}, servers=("loquat",)),
    Curve("members", "One room, 10,000 deliveries a second",
          "members of the room", (10, 100, 1000, 10000),
          "fanout --rooms 1 --members {size} --rate {rate} "
          "--messages {messages}",
          CPU, "server CPU, µs per delivery",
          {"rate": lambda size: 10**4 // size,
           "messages": lambda size: max(5 * 10**4 // size, 5)}),
    Curve("rooms", "Rooms of 10, 1,000 messages a second in all",
          "rooms", (1, 10, 100, 1000),
          "fanout --rooms {size} --members 10 --rate 1000 --messages 5000",
          CPU, "server CPU, µs per delivery"),
    Curve("connections", "Named, idle connections in one room",
          "connections", (100, 1000, 10000),
          "idle --members {size} --hold 1",
          MEMORY, "resident bytes per connection", full_sizes=(50000,)),
    Curve("history", "Pages of 50 from anywhere in a room",
          "messages in the room", (10**3, 10**4, 10**5, 10**6),
          "history --pages 2000 --window 1 --limit 50",
          "p50_us", "median delay of a page, µs",
          fill="posts --senders 50 --window 32 --rooms 1 --messages {size}",
          servers=("loquat",)),
)


# Measuring.

def kind_of(curve, server, program):
    if server == "floor":
        return peers.find("floor")
    return peers.loquat("loquat", program, curve.wording)


def take(curve, size, server, options):
    """One measurement by a fresh server."""
    kind = kind_of(curve, server, options.loquat)
    with peers.Server(kind, options.server_cpus) as running:
        if curve.fill:
            peers.measure(running, curve.words(curve.fill, size),
                          options.load_cpu, timeout=options.timeout)
        return peers.measure(running, curve.words(curve.arguments, size),
                             options.load_cpu, timeout=options.timeout)


def sizes_of(curve, options):
    """No more connections than we may have open."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 500
    large = curve.full_sizes if options.full else ()
    sizes = curve.sizes + tuple(min(size, most) for size in large)
    return sizes[:options.steps]


def say(run, curve):
    start = f"  {run['round']}  {run['server']:8} {run['size']:>10,}"
    if "error" in run:
        print(f"{start} FAILED: {run['error']}", flush=True)
        return
    figures = run["figures"]
    faults = table.faults_text(figures)
    print(f"{start} {table.number(figures[curve.metric]):>10} {curve.unit}" +
          (f"  !! {faults}" if faults else ""), flush=True)


def measure_curve(curve, report, options):
    """Round by round over all sizes, so that a bad minute of the machine
    touches no size alone."""
    print(f"\n{curve.name}: {curve.title}", flush=True)
    places = [(number, size, server) for number in range(options.rounds)
              for size in sizes_of(curve, options) for server in curve.servers]
    for number, size, server in places:
        run = {"curve": curve.name, "size": size, "server": server,
               "round": number + 1}
        try:
            run["figures"] = take(curve, size, server, options)
        except peers.Failed as failure:
            run["error"] = str(failure)
        report["runs"].append(run)
        say(run, curve)


def measure(options):
    bench.prepare()
    today = datetime.date.today().isoformat()
    report = {"date": today, "commit": bench.commit(),
              "machine": bench.machine(), "server_cpus": options.server_cpus,
              "runs": []}
    part = f"-{options.only}" if options.only else ""
    path = options.folder / f"{today}-curves{part}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    print(table.machine_line(report), flush=True)
    for curve in CURVES:
        if options.only in ("", curve.name):
            measure_curve(curve, report, options)
            path.write_text(table.to_json(report))
    print(f"\n{path}\n")
    return report


# What it says.

def points(report, curve, server):
    """[(size, median cost)], the smallest first."""
    costs = {}
    for run in report["runs"]:
        if (run["curve"], run["server"]) == (curve.name, server) and \
                "figures" in run:
            costs.setdefault(run["size"], []).append(
                run["figures"][curve.metric])
    return [(size, statistics.median(costs[size])) for size in sorted(costs)]


def growth_row(report, curve, server):
    """From the smallest size to the largest, and the worst step between."""
    line = points(report, curve, server)
    if len(line) < 2:
        return None
    (small, first), (large, last) = line[0], line[-1]
    worst = max(after / before for (_, before), (_, after)
                in zip(line, line[1:]))
    verdict = "flat" if last <= FLAT * first else "**grows**"
    if last < first / FLAT:
        verdict = "falls"
    runs = [run for run in report["runs"]
            if (run["curve"], run["server"]) == (curve.name, server)]
    faults = sum("error" in run for run in runs) + \
        sum(run.get("figures", {}).get(key) or 0 for run in runs
            for key in table.FAULTS)
    return [curve.name, server, curve.unit, f"{small:,} to {large:,}",
            table.number(first), table.number(last), f"{last / first:.2f}",
            f"{worst:.2f}", verdict, f"**{faults:,}**" if faults else "0"]


def growth_table(report):
    rows = [growth_row(report, curve, server) for curve in CURVES
            for server in curve.servers]
    return table.grid(["curve", "server", "cost", "sizes", "at the bottom",
                       "at the top", "top / bottom", "worst step", "verdict",
                       "faults"], [row for row in rows if row])


# The plots.

def plain_number(value, _position):
    return f"{value:,.0f}"


def draw_curve(report, curve, folder):
    """One SVG; nothing if nothing of it was measured."""
    from matplotlib import pyplot
    lines = {server: points(report, curve, server) for server in curve.servers}
    lines = {server: line for server, line in lines.items() if line}
    if not lines:
        return
    figure, axes = pyplot.subplots(figsize=(6.4, 3.6))
    for server, line in lines.items():
        axes.plot(*zip(*line), marker="o", label=server,
                  color=COLOURS[server])
    highest = max(cost for line in lines.values() for _, cost in line)
    axes.set(title=curve.title, xlabel=curve.axis, ylabel=curve.unit,
             xscale="log")
    axes.xaxis.set_major_formatter(plain_number)
    axes.tick_params(which="minor", length=0)
    axes.set_ylim(0, highest * 1.2)
    axes.grid(axis="y", color="#e2e8f0")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    figure.savefig(folder / f"{curve.name}.svg", bbox_inches="tight",
                   metadata={"Date": None, "Creator": "bench/curves.py"})
    pyplot.close(figure)


def draw(report, folder):
    """No dates, no random ids, text as text: only figures change a file."""
    try:
        import matplotlib
    except ImportError:
        sys.exit("curves: no plots without python3-matplotlib "
                 "(tools/bench-deps.sh installs it)")
    matplotlib.use("svg")
    matplotlib.rcParams.update({
        "svg.hashsalt": "loquat", "svg.fonttype": "none",
        "font.family": "sans-serif", "font.size": 10,
        "axes.titlesize": 11})
    folder.mkdir(parents=True, exist_ok=True)
    for curve in CURVES:
        draw_curve(report, curve, folder)


def parse_options():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--draw", type=pathlib.Path, metavar="FILE")
    parser.add_argument("--only", default="", metavar="CURVE",
                        choices=[curve.name for curve in CURVES])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, metavar="N",
                        help="only the N smallest sizes")
    parser.add_argument("--loquat", type=pathlib.Path, metavar="PATH",
                        default=peers.BUILD / "loquatd")
    parser.add_argument("--timeout", type=int, default=600, metavar="SECONDS",
                        help="for one measurement")
    parser.add_argument("--server-cpus", default="0", metavar="CORE,..")
    parser.add_argument("--load-cpu", type=int, default=1, metavar="CORE")
    parser.add_argument("--folder", type=pathlib.Path, default=bench.RESULTS)
    parser.add_argument("--plots", type=pathlib.Path, default=PLOTS)
    options = parser.parse_args()
    options.loquat = options.loquat.resolve()
    options.server_cpus = [int(n) for n in options.server_cpus.split(",")]
    return options


def main():
    options = parse_options()
    if options.draw:
        report = json.loads(options.draw.read_text())
    else:
        report = measure(options)
    print(growth_table(report))
    draw(report, options.plots)


if __name__ == "__main__":
    main()
