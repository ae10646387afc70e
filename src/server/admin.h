/* SPDX-License-Identifier: MIT
 *
 * `loquatd admin`'s other end: a Unix-domain socket in the data folder
 * (DATA/admin.sock, mode 0600), for whoever the server runs as, and for root.
 * One request per connection (admin_request.h); the answer is lines of JSON,
 * the last of which is {"ok":true} or {"error":"word","text":"a sentence"}.
 *
 * What is changed goes to the core as the operator's commands (session 0),
 * whose answers come back through the operator's mailbox; what is read is read
 * on a thread. All else happens in the main loop. */
#ifndef SERVER_ADMIN_H
#define SERVER_ADMIN_H

#include "auth/name.h"
#include "hub/core.h"
#include <uv.h>

struct admin;

/* 0, or -errno and *e: what was wrong with the configuration. */
typedef int admin_reload_fn(void *arg, struct err *e);

struct admin_options {
    uv_loop_t *loop;
    const char *folder;            /* borrowed */
    enum name_charset charset;
    struct core *core;
    unsigned worker;               /* the operator's mailbox */
    admin_reload_fn *reload;
    void *arg;
};

/* The folder's socket is ours: the store holds its lock. */
int admin_open(const struct admin_options *o, struct admin **ret,
               struct err *e) MUST_USE;

/* An answer to the operator's session 0. */
void admin_answer(void *admin, const struct event *e);

/* No more requests, and jobs end soon; freed by admin_free() after the loop
 * has run. NULL is fine, for both. */
void admin_close(struct admin *a);
void admin_free(struct admin **a);

#endif
