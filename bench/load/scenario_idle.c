/* SPDX-License-Identifier: MIT
 *
 * Many connections in one room that say nothing: what they cost to arrive, to
 * keep, and how often they wake the server. */
#include "load/scenario.h"

#include "load/crowd.h"
#include "load/measure.h"

#include <stdio.h>

static void
name_guest(void *arg, const struct peer *p, struct who *w)
{
    const struct crowd *c = arg;

    snprintf(w->name, sizeof w->name, "%s%u",
             c->wording->short_names ? "g" : "guest", p->index + 1);
    snprintf(w->room, sizeof w->room, "r0");
}

static const struct crowd_ops ops = {.name = name_guest};

/* Turns for as long as that, whatever comes. */
static void
hold(struct crowd *c, int64_t seconds)
{
    uint64_t end_ns = now_ns() + (uint64_t)seconds * 1000000000u, now;

    while ((now = now_ns()) < end_ns)
        crowd_turn(c, (int64_t)(end_ns - now));
}

void
scenario_idle(const struct options *o, const struct server *server,
              struct result *r)
{
    struct measure arrival, stay;
    struct crowd crowd;
    uint64_t settled_ns, end_ns;
    double grown;

    crowd_init(&crowd, o, o->wording, (uint32_t)o->members, 0, &ops, &crowd);
    measure_begin(&arrival, server);
    crowd_settle(&crowd);
    settled_ns = now_ns();
    crowd_quiet(&crowd, o->quiet_ms);
    measure_end(&arrival);
    note("%u connections, held for %d s", crowd.count, (int)o->hold_s);
    measure_begin(&stay, server);
    hold(&crowd, o->hold_s);
    end_ns = now_ns();
    measure_end(&stay);
    if (crowd.closed > 0)
        die("%u connections were closed", crowd.closed);

    grown = (double)(arrival.used.rss_kib + stay.used.rss_kib) * 1024;
    result_count(r, "members", crowd.count);
    result_count(r, "connections", crowd.count);
    measure_report(&stay, r, end_ns, "connection", 0);
    result_real(r, "arrival_seconds",
                (double)(settled_ns - arrival.begun_ns) / 1e9);
    if (server->count > 0) {
        result_real(r, "arrival_cpu_s", arrival.used.cpu_s);
        result_count(r, "rss_before_kib", (uint64_t)arrival.before.rss_kib);
        result_count(r, "rss_after_kib", (uint64_t)(stay.before.rss_kib +
                                                    stay.used.rss_kib));
        result_real(r, "bytes_per_connection", grown / crowd.count);
    }
    crowd_done(&crowd);
}
