/* SPDX-License-Identifier: MIT */
#include "client/cli/cli_trust.h"

#include "client/cli/cli_commands.h"
#include "client/cli/cli_known.h"
#include "client/cli/cli_session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static char *
known_path(void)
{
    return cli_known_path(getenv("XDG_STATE_HOME"), getenv("HOME"));
}

/* ---- Meeting a server ---- */

static bool
is_required(const struct cli_options *o, const char *fingerprint,
            struct err *e)
{
    char wanted[CLI_FINGERPRINT_BYTES];

    if (!cli_known_read(o->fingerprint, wanted))
        err_set(e, EINVAL, "\"%.120s\" is no SHA-256 fingerprint",
                o->fingerprint);
    else if (strcmp(wanted, fingerprint) != 0)
        err_set(e, EACCES, "ANOTHER SERVER: its certificate has the "
                "fingerprint %s, not %s", fingerprint, wanted);
    else
        return true;
    return false;
}

static void
tell_first(const char *server, const char *fingerprint, const char *distrust)
{
    fprintf(stderr, "loquat: %s is new here, and nobody vouches for it "
            "(%s).\nloquat: remembered: SHA-256 %s\n", server, distrust,
            fingerprint);
}

static bool
is_the_same(const char *server, const char *was, const char *fingerprint,
            struct err *e)
{
    if (strcmp(was, fingerprint) == 0)
        return true;
    err_set(e, EACCES, "ANOTHER CERTIFICATE than before at %s: somebody may be "
            "listening in. It was %s, it is %s. If that is meant to be: loquat "
            "trust --forget %s", server, was, fingerprint, server);
    return false;
}

static bool
is_known(const char *path, const char *server, const char *fingerprint,
         const char *distrust, struct err *e)
{
    char was[CLI_FINGERPRINT_BYTES];
    int r = cli_known_find(path, server, was, e);

    if (r == 0)
        r = cli_known_add(path, server, fingerprint, was, e);
    if (r == 0)
        tell_first(server, fingerprint, distrust);
    return r > 0 ? is_the_same(server, was, fingerprint, e) : r == 0;
}

bool
cli_trust_server(const struct cli_options *o, const char *fingerprint,
                 const char *distrust, struct err *e)
{
    char *path, *server;
    bool known;

    if (o->fingerprint != NULL)
        return is_required(o, fingerprint, e);
    if (distrust == NULL)
        return true;
    path = known_path();
    server = cli_known_server(o->host, o->port);
    if (path == NULL) {
        err_set(e, ENOENT, "nobody vouches for %s (%s), and there is no HOME "
                "to remember it in: --fingerprint=%s", server, distrust,
                fingerprint);
        known = false;
    } else {
        known = is_known(path, server, fingerprint, distrust, e);
    }
    free(path);
    free(server);
    return known;
}

/* ---- loquat trust ---- */

static int
complain(const char *text)
{
    fprintf(stderr, "loquat: %s\n", text);
    return CLI_FAILURE;
}

static int
show(const char *path, const char *server)
{
    char known[CLI_FINGERPRINT_BYTES];
    struct err e;
    int r = cli_known_find(path, server, known, &e);

    if (r < 0)
        return complain(e.text);
    if (r == 0) {
        fprintf(stderr, "loquat: %s is not known\n", server);
        return CLI_NOT_FOUND;
    }
    return printf("%s %s\n", server, known) < 0 ? CLI_FAILURE : CLI_OK;
}

static int
change(const char *path, const char *server, const char *fingerprint)
{
    struct err e;
    int r = cli_known_set(path, server, fingerprint, &e);

    if (r == -ENOENT) {
        (void)complain(e.text);
        return CLI_NOT_FOUND;
    }
    return r < 0 ? complain(e.text) : CLI_OK;
}

int
cli_trust(const struct cli_options *o)
{
    char *path = known_path(), *server = cli_known_server(o->host, o->port);
    char wanted[CLI_FINGERPRINT_BYTES];
    int status;

    if (path == NULL)
        status = complain("there is no HOME to remember servers in");
    else if (o->forget)
        status = change(path, server, NULL);
    else if (o->fingerprint == NULL)
        status = show(path, server);
    else if (cli_known_read(o->fingerprint, wanted))
        status = change(path, server, wanted);
    else
        status = complain("that is no SHA-256 fingerprint");
    free(path);
    free(server);
    return status;
}
