/* SPDX-License-Identifier: MIT
 *
 * loquat-load: makes one scenario's load, from one thread, and prints what it
 * saw as one line of JSON. Status 0 only if the run completed. */
#include "load/load.h"
#include "load/options.h"
#include "load/result.h"
#include "load/scenario.h"
#include "load/server_stat.h"
#include "load/wording.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    scenario_fn *run;
    bool native_only;
} scenarios[] = {
    {"fanout", scenario_fanout, false},
    {"idle", scenario_idle, false},
    {"posts", scenario_posts, true},
    {"catchup", scenario_catchup, true},
    {"history", scenario_history, true},
    {"chatfile", scenario_chatfile, true},
};

enum { SCENARIOS = sizeof scenarios / sizeof scenarios[0] };

static void
stay_on(int64_t cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0)
        die("core %d: %s", (int)cpu, strerror(errno));
}

static scenario_fn *
scenario_get(const struct options *o)
{
    for (int i = 0; i < SCENARIOS; i++) {
        if (strcmp(scenarios[i].name, o->scenario) != 0)
            continue;
        if (scenarios[i].native_only && o->wording != &wording_native)
            die("%s is spoken in the native wording only", o->scenario);
        return scenarios[i].run;
    }
    die("there is no scenario %s; --help lists them", o->scenario);
}

int
main(int argc, char **argv)
{
    struct result result = {.n = 0};
    struct options options;
    struct server server;
    scenario_fn *run;

    options_parse(&options, argc, argv);
    run = scenario_get(&options);
    server_init(&server, options.pids);
    if (options.cpu >= 0)
        stay_on(options.cpu);
    result_text(&result, "scenario", options.scenario);
    result_text(&result, "wording", options.wording->name);
    run(&options, &server, &result);
    result_print(&result);
    return 0;
}
