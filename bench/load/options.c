/* SPDX-License-Identifier: MIT */
#include "load/options.h"

#include "load/load.h"
#include "load/stamp.h"
#include "load/wording.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { TEXT, NUMBER };

static const struct row {
    const char *name;
    enum kind kind;
    size_t offset;
    int64_t low, high;       /* of a NUMBER */
    const char *help;
} rows[] = {
#define AT(member) offsetof(struct options, member)
    {"--wording", TEXT, AT(wording_name), 0, 0, "how the server is spoken to"},
    {"--host", TEXT, AT(host), 0, 0, "an IPv4 address (127.0.0.1)"},
    {"--port", NUMBER, AT(port), 1, 65535, "where the server listens"},
    {"--pid", TEXT, AT(pids), 0, 0, "the server's processes: PID[,PID...]"},
    {"--bytes", NUMBER, AT(bytes), STAMP_BYTES, 16000,
     "a message's length (64)"},
    {"--cpu", NUMBER, AT(cpu), 0, 1023, "the core to stay on"},
    {"--seed", NUMBER, AT(seed), 0, INT64_MAX,
     "of random numbers (from the clock)"},
    {"--rooms", NUMBER, AT(rooms), 1, 1000000, "fanout, posts, catchup (1)"},
    {"--members", NUMBER, AT(members), 1, 1000000,
     "fanout: listeners in each room; idle: connections (10)"},
    {"--senders", NUMBER, AT(senders), 1, 10000,
     "fanout: in each room, up to 256 (1); posts: in all"},
    {"--rate", NUMBER, AT(rate), 0, 10000000,
     "fanout, chatfile: messages a second in all (0: as fast as it goes)"},
    {"--chunk", NUMBER, AT(chunk), 1, 1000000,
     "fanout flat out: messages between two readings (1)"},
    {"--ahead", NUMBER, AT(ahead), 0, 1000000000,
     "fanout flat out: messages said and not delivered yet (0: any number)"},
    {"--messages", NUMBER, AT(messages), 1, 1000000000,
     "fanout, posts: in all (1000)"},
    {"--window", NUMBER, AT(window), 1, 65536,
     "posts, history: unanswered requests of a connection (16)"},
    {"--clients", NUMBER, AT(clients), 1, 1000000, "catchup (10)"},
    {"--missed", NUMBER, AT(missed), 0, 100000000,
     "catchup: messages that each has missed (100)"},
    {"--room", TEXT, AT(room), 0, 0, "history, chatfile: the room (r0)"},
    {"--file", TEXT, AT(file), 0, 0, "chatfile: the id of one to download"},
    {"--upload", NUMBER, AT(upload), 0, INT64_MAX, "chatfile: its bytes (0)"},
    {"--pages", NUMBER, AT(pages), 1, 100000000, "history (1000)"},
    {"--limit", NUMBER, AT(limit), 1, 500, "history: messages of a page (50)"},
    {"--hold", NUMBER, AT(hold_s), 0, 86400, "idle: seconds (10)"},
    {"--patience", NUMBER, AT(patience_s), 1, 3600,
     "seconds without anything after which the rest is lost (10)"},
    {"--quiet", NUMBER, AT(quiet_ms), 0, 60000,
     "milliseconds without anything that end the joining (1500)"},
    {"--batch", NUMBER, AT(batch), 1, 100000,
     "connections that may be on their way at once (200)"},
#undef AT
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static _Noreturn void
help(void)
{
    printf("Usage: loquat-load SCENARIO --wording W --port P [OPTION...]\n\n"
           "Scenarios: fanout, idle; with the native wording also posts, "
           "catchup, history, chatfile.\nWordings:");
    for (int i = 0; wordings[i] != NULL; i++)
        printf(" %s", wordings[i]->name);
    printf("\n\n");
    for (int i = 0; i < ROWS; i++)
        printf("  %-11s %s\n", rows[i].name, rows[i].help);
    printf("\nPrints one line of JSON.\n");
    exit(0);
}

static const struct row *
row_get(const char *name)
{
    for (int i = 0; i < ROWS; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    die("there is no option %s; --help lists them", name);
}

static void
take(struct options *o, const struct row *row, const char *value)
{
    char *end;
    int64_t number;

    if (row->kind == TEXT) {
        memcpy((char *)o + row->offset, &value, sizeof value);
        return;
    }
    errno = 0;
    number = strtoll(value, &end, 10);
    if (errno != 0 || end == value || *end != '\0' || number < row->low ||
        number > row->high)
        die("%s wants a number from %" PRId64 " to %" PRId64, row->name,
            row->low, row->high);
    memcpy((char *)o + row->offset, &number, sizeof number);
}

void
options_parse(struct options *o, int argc, char **argv)
{
    *o = (struct options){
        .host = "127.0.0.1", .room = "r0", .bytes = 64, .cpu = -1,
        .seed = (int64_t)(now_ns() >> 1), .rooms = 1, .members = 10,
        .senders = 1, .messages = 1000, .chunk = 1, .window = 16, .clients = 10,
        .missed = 100, .pages = 1000, .limit = 50, .hold_s = 10,
        .patience_s = 10, .quiet_ms = 1500, .batch = 200,
    };
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0)
            help();
    if (argc < 2 || argv[1][0] == '-')
        die("the first word is the scenario; --help lists them");
    o->scenario = argv[1];
    for (int i = 2; i < argc; i += 2) {
        const struct row *row = row_get(argv[i]);

        if (i + 1 == argc)
            die("%s wants a value", argv[i]);
        take(o, row, argv[i + 1]);
    }
    if (o->wording_name == NULL || o->port == 0)
        die("--wording and --port are needed");
    o->wording = wording_find(o->wording_name);
    if (o->wording == NULL)
        die("there is no wording %s; --help lists them", o->wording_name);
    if (inet_pton(AF_INET, o->host, &o->address) != 1)
        die("--host wants an IPv4 address");
}
