/* SPDX-License-Identifier: MIT
 *
 * One function per scenario: runs it against the server and reports. Each has
 * a file of its own, scenario_NAME.c. */
#ifndef LOAD_SCENARIO_H
#define LOAD_SCENARIO_H

struct options;
struct result;
struct server;

typedef void scenario_fn(const struct options *o, const struct server *server,
                         struct result *r);

scenario_fn scenario_fanout, scenario_idle, scenario_posts, scenario_catchup,
    scenario_history, scenario_chatfile;

#endif
