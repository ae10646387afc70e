#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the figures of bench/run.py say: tables, ratios, and the goals.

    bench/table.py bench/results/DATE-NAME.json     prints the tables again

A ratio is taken within a round, from two measurements that lie next to each
other in time; what is shown is the median of the rounds' ratios.
"""
import dataclasses
import json
import statistics
import sys
import typing

PEERS = ("irc", "broker", "node")

CPU = "cpu_us_per_delivery"
MEMORY = "bytes_per_connection"

# What is said of a scenario, by loquat-load's word for it: figure, heading,
# decimals.
DELAYS = (("p50_us", "p50 µs", 0), ("p99_us", "p99 µs", 0),
          ("p999_us", "p99.9 µs", 0))
COLUMNS = {
    "fanout": ((CPU, "CPU µs/delivery", 3),
               ("deliveries_per_s", "deliveries/s", 0), *DELAYS),
    "idle": ((MEMORY, "bytes/connection", 0),
             ("rss_before_kib", "KiB empty", 0),
             ("connections", "connections", 0),
             ("wakeups", "wake-ups", 0)),
    "posts": (("acks_per_s", "posts/s", 0), ("ack_p50_us", "p50 µs", 0),
              ("ack_p99_us", "p99 µs", 0), ("ack_p999_us", "p99.9 µs", 0)),
    "catchup": (("seconds", "seconds", 3), ("server_cpu_s", "CPU s", 2),
                ("connections", "clients", 0)),
    "history": (("pages_per_s", "pages/s", 0), *DELAYS),
}
FAULTS = ("lost", "doubled", "disordered")
RATIOS = {"fanout": CPU, "idle": MEMORY}


# The goals of the project, as far as this benchmark measures them.

@dataclasses.dataclass(frozen=True)
class Goal:
    """A scenario's metric against a limit: a number, or a function of what an
    fsync took during the scenario. `against` names servers or families: then
    it is the ratio to each of them (the worst counts), or with `added` the
    difference times a factor."""
    what: str
    scenario: str
    metric: str
    limit: object
    against: tuple = ()
    at_least: bool = False
    added: float = 0
    native: bool = False
    unit: str = ""


def quick_ack_us(fsync_us):
    return 2 * fsync_us + 1000


def slow_ack_us(fsync_us):
    return 2 * max(2000, fsync_us) + 1000


def commit_delay_us(fsync_us):
    return fsync_us + 200


GOALS = (
    Goal("fan-out at a low rate", "big-20", CPU, 1.10, ("floor",)),
    Goal("fan-out at 100/s", "big-100", CPU, 1.10, ("floor",)),
    Goal("... below every peer", "big-20", CPU, 1.0, PEERS),
    Goal("... at 100/s too", "big-100", CPU, 1.0, PEERS),
    Goal("fan-out as fast as it goes", "big-flat", CPU, 1.5, ("floor",)),
    Goal("... half of the best peer's", "big-flat", CPU, 0.5, PEERS),
    Goal("1,000 rooms, flat out", "many-flat", CPU, 1.25, ("floor",)),
    Goal("... below every IRC server", "many-flat", CPU, 1.0, ("irc",)),
    Goal("1,000 rooms, 2,000/s", "many-2000", CPU, 1.5, ("floor",)),
    Goal("... below InspIRCd", "many-2000", CPU, 1.0, ("inspircd",)),
    Goal("... all that is added to the floor, the commit included, for each "
         "message to 10", "many-2000", CPU, 40, ("floor",), added=10,
         unit="µs of CPU"),
    Goal("an idle, named connection", "idle-10000", MEMORY, 700,
         unit="bytes"),
    Goal("an empty server", "idle-10000", "rss_before_kib", 8192, unit="KiB"),
    Goal("wake-ups with nothing to do", "idle-10000", "wakeups", 0,
         unit="wake-ups"),
    Goal("durable posts", "posts", "acks_per_s", 50000, at_least=True,
         native=True, unit="posts/s"),
    Goal("durable posts, 2 ms fsync", "posts-slow", "acks_per_s", 20000,
         at_least=True, native=True, unit="posts/s"),
    Goal("p99 of an acknowledgement", "posts-waiting", "ack_p99_us",
         quick_ack_us, native=True, unit="µs"),
    Goal("p99 of an acknowledgement, 2 ms fsync", "posts-slow-waiting",
         "ack_p99_us", slow_ack_us, native=True, unit="µs"),
    Goal("delay added by core and commit, p50", "latency", "p50_us",
         commit_delay_us, ("floor",), added=1, unit="µs"),
    Goal("1,000 clients return after a restart", "catchup", "seconds", 2,
         native=True, unit="s"),
    Goal("a page of 50", "history", "p50_us", 1000, native=True, unit="µs"),
)

# Said so that nobody takes their absence for success.
NOT_HERE = (
    "30 × cheaper than Ergo: Ergo is not in Debian and was not measured",
    "two workers against one: needs more cores than a server and a generator "
    "leave free here",
    "growth × 10 at a flat cost: bench/curves.py",
    "files, chat beside a file: bench/files.py",
    "search, TLS: not there yet",
)


# Figures out of a report.

def by_round(report, scenario, server, metric):
    """Round to figure, where there is one."""
    return {run["round"]: run["figures"][metric] for run in report["runs"]
            if (run["scenario"], run["server"]) == (scenario, server) and
            metric in run.get("figures", {})}


def median(report, scenario, server, metric):
    figures = by_round(report, scenario, server, metric)
    return statistics.median(figures.values()) if figures else None


class Spread(typing.NamedTuple):
    """A median of pairs, and the pairs at both ends."""
    middle: float
    least: float
    most: float


def paired(report, scenario, pair, metric, combine):
    """Combines two servers' figures round by round; None without a pair."""
    ours, theirs = (by_round(report, scenario, server, metric)
                    for server in pair)
    values = [combine(ours[n], theirs[n]) for n in ours
              if theirs.get(n)]
    if not values:
        return None
    return Spread(statistics.median(values), min(values), max(values))


def ratio(report, scenario, pair, metric):
    return paired(report, scenario, pair, metric, lambda a, b: a / b)


def error_of(report, scenario, server):
    for run in report["runs"]:
        if (run["scenario"], run["server"]) == (scenario, server) and \
                "error" in run:
            return run["error"]
    return ""


def servers(report, *families):
    return [server for server in report["servers"]
            if not families or server["family"] in families]


# Text.

def number(value, decimals=2):
    return "–" if value is None else f"{value:,.{decimals}f}"


def grid(headings, rows):
    """A table that is legible as text and as Markdown."""
    rows = [[str(cell) for cell in row] for row in [headings, *rows]]
    widths = [max(len(row[n]) for row in rows) for n in range(len(headings))]

    def line(row):
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in
                  zip(row[1:], widths[1:])]
        return "| " + " | ".join(cells) + " |"

    rule = "|" + "|".join(
        "-" * (width + 1) + ("-" if n == 0 else ":")
        for n, width in enumerate(widths)) + "|"
    return "\n".join([line(rows[0]), rule, *map(line, rows[1:])])


def faults_text(figures):
    found = [f"{figures[key]:,} {key}" for key in FAULTS if figures.get(key)]
    return ", ".join(found)


def run_line(run, verb):
    """One measurement, as it is shown while the run goes on."""
    start = f"  {run['round']:>2}  {run['server']:<16}"
    if "error" in run:
        return f"{start} FAILED: {run['error']}"
    figures = run["figures"]
    said = [f"{number(figures[key], decimals)} {heading}"
            for key, heading, decimals in COLUMNS[verb] if key in figures]
    faults = faults_text(figures)
    return f"{start} {' · '.join(said)}" + (f"  !! {faults}" if faults else "")


def machine_line(report):
    machine = report["machine"]
    return (f"{machine['processor']}, {machine['cores']} cores, "
            f"{machine['memory']} of memory; {machine['system']}, Linux "
            f"{machine['kernel']}; {machine['filesystem']}, fdatasync of 4 KiB "
            f"{machine['fsync_us']:,} µs (p99 {machine['fsync_p99_us']:,} µs); "
            f"at most {machine['files_max']:,} descriptors in a process")


# The tables.

def scenario_table(report, scenario):
    """Every server's medians in one scenario."""
    columns = [column for column in COLUMNS[scenario["verb"]]
               if any(column[0] in run.get("figures", {})
                      for run in report["runs"]
                      if run["scenario"] == scenario["name"])]
    rows = []
    for server in report["servers"]:
        name = server["name"]
        runs = [run for run in report["runs"] if
                (run["scenario"], run["server"]) == (scenario["name"], name)]
        if not runs:
            continue
        good = [run["figures"] for run in runs if "figures" in run]
        faults = sum(figures.get(key) or 0 for figures in good
                     for key in FAULTS)
        cells = [number(median(report, scenario["name"], name, key), decimals)
                 for key, _, decimals in columns]
        rows.append([name, *cells, f"**{faults:,}**" if faults else "0",
                     f"{len(good)} of {len(runs)}"])
    return grid(["server", *[heading for _, heading, _ in columns],
                 "lost, doubled, disordered", "runs"], rows)


def overview(report, verb, metric, decimals):
    """One figure, servers down and scenarios across."""
    scenarios = [s for s in report["scenarios"] if s["verb"] == verb]
    rows = []
    for server in report["servers"]:
        if server["missing"]:
            rows.append([server["name"], *["not measured"] * len(scenarios)])
            continue
        cells = []
        for scenario in scenarios:
            place = (report, scenario["name"], server["name"])
            value = median(*place, metric)
            cells.append("failed" if value is None and error_of(*place)
                         else number(value, decimals))
        rows.append([server["name"], *cells])
    return grid(["server", *[s["name"] for s in scenarios]], rows)


def ratio_table(report, ours):
    """Of one loquat to every other server, with the pairs at both ends."""
    scenarios = [s for s in report["scenarios"] if s["verb"] in RATIOS]
    rows = []
    for server in report["servers"]:
        if server["name"] == ours or server["missing"]:
            continue
        cells = []
        for scenario in scenarios:
            spread = ratio(report, scenario["name"], (ours, server["name"]),
                           RATIOS[scenario["verb"]])
            cells.append("–" if spread is None else
                         f"{spread.middle:.2f} ({spread.least:.2f}–"
                         f"{spread.most:.2f})")
        if any(cell != "–" for cell in cells):
            rows.append([f"{ours} / {server['name']}", *cells])
    return grid(["ratio", *[s["name"] for s in scenarios]], rows)


# The goals.

def rivals(report, goal):
    return [server["name"] for server in report["servers"]
            if server["name"] in goal.against or
            (server["family"] in goal.against)]


def faulty(report, scenario, server):
    """Whether a message was lost there or a run failed: such figures meet
    nothing."""
    return any("error" in run or faults_text(run["figures"])
               for run in report["runs"]
               if (run["scenario"], run["server"]) == (scenario, server))


def compare(report, goal, ours, theirs):
    """The median of the pairs, by the goal's way of comparing, or None."""
    if goal.added:
        spread = paired(report, goal.scenario, (ours, theirs), goal.metric,
                        lambda a, b: (a - b) * goal.added)
    else:
        spread = ratio(report, goal.scenario, (ours, theirs), goal.metric)
    return spread and spread.middle


def fsync_during(report, scenario):
    """The median of what an fsync took before each of its rounds."""
    for found in report["scenarios"]:
        if found["name"] == scenario:
            return round(statistics.median(found["fsync_us"]))
    return report["machine"]["fsync_us"]


def limit_of(report, goal):
    if callable(goal.limit):
        return goal.limit(fsync_during(report, goal.scenario))
    return goal.limit


def judge_alone(report, goal, ours):
    """Value, what is wanted, and the value as text."""
    value = median(report, goal.scenario, ours, goal.metric)
    wanted = f"{'≥' if goal.at_least else '≤'} " \
        f"{limit_of(report, goal):,} {goal.unit}"
    decimals = 2 if value is None or value < 10 else 1
    return value, wanted, f"{number(value, decimals)} {goal.unit}"


def judge_against(report, goal, ours):
    """The same for a comparison: the worst of those that were measured."""
    values = {theirs: compare(report, goal, ours, theirs)
              for theirs in rivals(report, goal)}
    values = {name: value for name, value in values.items()
              if value is not None}
    limit = limit_of(report, goal)
    if not values:
        return None, f"≤ {limit:,}", ""
    worst = max(values, key=values.get)
    whom = worst if len(goal.against) == 1 and goal.against[0] == worst \
        else f"each of {len(values)}"
    if goal.added:
        return (values[worst], f"≤ {limit:,} {goal.unit} above {whom}",
                f"{number(values[worst], 1)} {goal.unit}")
    return (values[worst], f"≤ {limit:.2f} × {whom}",
            f"{number(values[worst])} × {worst}")


def judge(report, goal, label):
    """A goal's row: the figure and whether it is met."""
    ours = f"{label}-native" if goal.native else label
    look = judge_against if goal.against else judge_alone
    value, wanted, said = look(report, goal, ours)
    if value is None:
        return [goal.what, goal.scenario, wanted, "–", "not measured"]
    limit = limit_of(report, goal)
    met = value >= limit if goal.at_least else value <= limit
    verdict = "met" if met else "**not met**"
    if faulty(report, goal.scenario, ours):
        verdict = "**faults**"
    return [goal.what, goal.scenario, wanted, said, verdict]


def labels(report):
    """The loquats by label, whichever wording they were measured in."""
    names = [server["name"].removesuffix("-native")
             for server in servers(report, "loquat")]
    return list(dict.fromkeys(names))


def goals_table(report, label):
    rows = [judge(report, goal, label) for goal in GOALS]
    return grid(["goal", "scenario", "wanted", f"{label}", "verdict"], rows)


def fault_lines(report):
    """Every run in which a message was lost, doubled or out of order, and
    every one that failed."""
    lines = []
    for run in report["runs"]:
        said = run.get("error") or faults_text(run["figures"])
        if said:
            lines.append(f"{run['server']}, {run['scenario']}, round "
                         f"{run['round']}: {said}")
    return lines


def fault_text(report):
    deliveries = sum(run.get("figures", {}).get("deliveries") or 0
                     for run in report["runs"])
    lines = fault_lines(report)
    head = f"{len(report['runs'])} runs, {deliveries:,} deliveries: "
    if not lines:
        return head + "none lost, doubled or out of order, no run failed."
    return "\n".join([f"**{head}faults in {len(lines)} of them.**", "",
                      *[f"- {line}" for line in lines]])


def conclusions(report):
    """What a reader wants first."""
    parts = ["## Lost, doubled, failed", fault_text(report)]
    if any(s["verb"] in RATIOS for s in report["scenarios"]):
        parts.append("## Ratios: CPU per delivery, bytes per idle connection")
        parts += [ratio_table(report, server["name"])
                  for server in servers(report, "loquat")
                  if any(run["server"] == server["name"] and
                         run["scenario"] == s["name"]
                         for run in report["runs"]
                         for s in report["scenarios"] if s["verb"] in RATIOS)]
    parts.append("## Goals")
    parts += [goals_table(report, label) for label in labels(report)]
    parts.append("Not measured here:\n\n" +
                 "\n".join(f"- {line}" for line in NOT_HERE))
    return "\n\n".join(parts)


def markdown(report):
    """The whole page."""
    versions = ", ".join(
        f"{server['name']} {server['version'] or server['missing']}".strip()
        for server in report["servers"])
    parts = [f"# Benchmark of {report['date']}, {report['mode']}",
             f"Commit {report['commit']}. {machine_line(report)}. Servers on "
             f"core {', '.join(map(str, report['server_cpus']))}, the load "
             f"generator on another one. Figures are medians of the rounds, "
             f"ratios medians of pairs from the same round (least–most).",
             f"Servers: {versions}.", conclusions(report)]
    if any(s["verb"] == "fanout" for s in report["scenarios"]):
        parts += ["## CPU µs per delivery", overview(report, "fanout", CPU, 2)]
    for scenario in report["scenarios"]:
        filled = f", after `{scenario['fill']}`" if scenario["fill"] else ""
        slow = (f", each fsync at least {scenario['slowsync_us']} µs"
                if scenario["slowsync_us"] else "")
        irc = (f"; the IRC servers `{scenario['irc']}`"
               if scenario["irc"] else "")
        parts += [f"## {scenario['name']}: {scenario['title']}",
                  f"`{scenario['arguments']}`{filled}{slow}{irc}",
                  scenario_table(report, scenario)]
    return "\n\n".join(parts) + "\n"


def to_json(report):
    """One run a line, so that two results can be compared by eye."""
    runs = ",\n  ".join(json.dumps(run, ensure_ascii=False)
                        for run in report["runs"])
    rest = {key: value for key, value in report.items() if key != "runs"}
    text = json.dumps(rest, indent=1, ensure_ascii=False)
    return text.rstrip("}\n") + f',\n "runs": [\n  {runs}\n ]\n}}\n'


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        print(markdown(json.load(file)), end="")


if __name__ == "__main__":
    main()
