/* SPDX-License-Identifier: MIT
 *
 * What `loquatd admin` reads: jobs on a thread of their own, each with a
 * read-only database connection, or with the store's own means. */
#ifndef SERVER_ADMIN_JOBS_H
#define SERVER_ADMIN_JOBS_H

#include "auth/name.h"
#include "base/json.h"
#include "server/admin_table.h"

#include <stdatomic.h>

enum { ADMIN_OUT_BYTES = 64 * 1024 * 1024, ADMIN_PAGE = 500 };

struct reader;

struct admin_job {
    const struct admin_request *request;   /* borrowed */
    const char *folder;                    /* the data folder */
    enum name_charset charset;
    const atomic_bool *stopping;           /* give up soon */
    struct buf out;                        /* NDJSON */
    bool full;                             /* it was not enough */
};

admin_read_fn admin_users_list, admin_users_show, admin_rooms_list,
    admin_rooms_show, admin_bans_list, admin_tokens_list,
    admin_invitations_list, admin_backup, admin_fsck, admin_stats,
    admin_audit;

/* A line of its own: {"text": ...}. */
void admin_tell(struct admin_job *job, const char *text);

/* Ends the object and the line. */
void admin_end_line(struct admin_job *job, struct json *j);

#endif
