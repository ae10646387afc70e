/* SPDX-License-Identifier: MIT
 *
 * The stretch of time that counts: what the server and the generator itself
 * used between its beginning and its end. */
#ifndef LOAD_MEASURE_H
#define LOAD_MEASURE_H

#include "load/result.h"
#include "load/server_stat.h"

struct measure {
    const struct server *server;         /* borrowed */
    struct server_stat before, used;     /* used: filled by the end */
    double load_before_s, load_s;        /* the generator's own CPU */
    uint64_t begun_ns;
};

void measure_begin(struct measure *m, const struct server *server);
void measure_end(struct measure *m);

/* "seconds" (until end_ns), server_cpu_*, load_cpu_s, and, of `unit` things,
 * cpu_us_per_UNIT. */
void measure_report(const struct measure *m, struct result *r,
                    uint64_t end_ns, const char *unit, uint64_t things);

/* Things a second between the beginning and end_ns. */
double measure_rate(const struct measure *m, uint64_t end_ns, uint64_t things);

#endif
