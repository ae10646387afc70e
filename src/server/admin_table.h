/* SPDX-License-Identifier: MIT
 *
 * The commands of `loquatd admin`, for the server that carries them out and
 * for the client that asks what they need. */
#ifndef SERVER_ADMIN_TABLE_H
#define SERVER_ADMIN_TABLE_H

#include "server/admin_request.h"

enum {
    ADMIN_SECRET = 1,      /* asks for a password */
    ADMIN_PATH = 2,        /* its argument is a file: absolute on the wire */
    ADMIN_SHOW = 4,        /* its first line is about one thing */
    ADMIN_REST = 8,        /* more words belong to the last argument */
    ADMIN_NUMBER = 16,     /* the last argument is a number, or "all" */
    ADMIN_RELOAD = 32,     /* the main loop does it */
};

struct admin_job;

/* For the core: a new command, or NULL and *e. *shown: what is to be told when
 * it is done, or "" (zeroed before; holds a code). */
enum { ADMIN_SHOWN_BYTES = 80 };
typedef struct command *admin_build_fn(const struct admin_request *r,
                                       char shown[ADMIN_SHOWN_BYTES],
                                       struct err *e);

/* On a thread: writes lines to the job's out. 0 or -errno with *e; -ENOENT is
 * told as "no_such". */
typedef int admin_read_fn(struct admin_job *job, struct err *e);

struct admin_command {
    const char *group, *verb;      /* verb "": the group alone */
    const char *usage;             /* behind both */
    const char *help;
    unsigned args_min, args_max;
    const char *options;           /* those it takes, blanks around each */
    unsigned flags;
    admin_build_fn *build;         /* one of the two, or neither (RELOAD) */
    admin_read_fn *read;
};

extern const struct admin_command admin_commands[];    /* group NULL ends it */

/* *ret_used: how many words name it. NULL: there is none. */
const struct admin_command *admin_command_find(const struct str *words,
                                               unsigned n,
                                               unsigned *ret_used);

#endif
