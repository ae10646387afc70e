/* SPDX-License-Identifier: MIT
 *
 * The hashers: threads of low priority that hash and verify passwords
 * (Argon2id takes tens of milliseconds and megabytes), so that neither the
 * core nor a worker nor a page of history waits for one. Their queue is
 * bounded by the core, which refuses (DENY_OVERLOADED) when LIMIT_HASHES are
 * on their way. */
#ifndef HUB_HASHERS_H
#define HUB_HASHERS_H

#include "base/err.h"
#include "hub/command.h"

struct core;
struct hashers;

/* The command comes back to the core by core_operate() with its login's
 * `verified`, `against` and `hash` set. */
struct hash_job {
    struct hash_job *next;
    struct command *command;      /* owned */
    bool verify;                  /* login->password against `against`, of
                                     which "" stands for nobody's: costs the
                                     same, and never fits */
    bool make;                    /* login->hash of login->fresh, or of the
                                     password for REGISTER */
};

/* Starts `threads` of them (usually one). */
int hashers_start(unsigned threads, struct hashers **ret,
                  struct err *e) MUST_USE;
void hashers_set_core(struct hashers *h, struct core *core);

/* Takes the chain. */
void hashers_submit(struct hashers *h, struct hash_job *jobs);

/* Drops what waits (wiping it), joins the threads. NULL is fine. */
void hashers_stop(struct hashers **h);

#endif
