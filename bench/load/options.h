/* SPDX-License-Identifier: MIT
 *
 * The command line: loquat-load SCENARIO --wording W --port P [options]. One
 * table has every option, its range and its help. */
#ifndef LOAD_OPTIONS_H
#define LOAD_OPTIONS_H

#include <netinet/in.h>
#include <stdint.h>

struct wording;

struct options {
    const char *scenario;
    const char *wording_name;
    const struct wording *wording;
    const char *host, *pids, *room, *file;
    struct in_addr address;              /* host's */
    int64_t port, bytes, cpu, seed;
    int64_t rooms, members, senders;
    int64_t rate, messages, window;      /* rate: a second; 0: flat out */
    int64_t chunk, ahead;                /* fanout flat out */
    int64_t clients, missed, pages, limit, upload;
    int64_t hold_s, patience_s, quiet_ms, batch;
};

/* Fills *o. Prints help and ends for --help; dies when something is wrong. */
void options_parse(struct options *o, int argc, char **argv);

#endif
