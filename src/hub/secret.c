/* SPDX-License-Identifier: MIT
 *
 * h->pending has the number of each session that waits for a hasher, or for
 * the commit after it. */
#include "hub/secret.h"
#include "base/cidr.h"
#include "hub/batch.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    SECOND_MS = 1000,
    MINUTE_MS = 60 * SECOND_MS,
};

enum deny
secret_may_come(const struct call *x)
{
    const struct command *c = x->command;

    if (c->session == 0 || c->secure || x->hub->options.plain_secrets)
        return DENY_NONE;
    return DENY_INSECURE;
}

/* ---- guessing ---- */

/* The same in every process, and hard to aim at: who could make two keys meet
 * could use up somebody else's tries; but that they can anyway. */
static uint64_t
hash_of(const char *what, struct str s)
{
    uint64_t hash;
    uint8_t bytes[crypto_generichash_BYTES];
    crypto_generichash_state state;

    crypto_generichash_init(&state, NULL, 0, sizeof bytes);
    crypto_generichash_update(&state, (const uint8_t *)what, strlen(what));
    crypto_generichash_update(&state, (const uint8_t *)s.p, s.n);
    crypto_generichash_final(&state, bytes, sizeof bytes);
    memcpy(&hash, bytes, sizeof hash);
    return hash;
}

static enum deny
throttled(struct call *x, int64_t wait_ms)
{
    const char *unit = "seconds";
    long long n = (wait_ms + SECOND_MS - 1) / SECOND_MS;

    if (wait_ms > 2 * MINUTE_MS) {
        n = (wait_ms + MINUTE_MS - 1) / MINUTE_MS;
        unit = "minutes";
    }
    snprintf(x->words, sizeof x->words, "try again in %lld %s", n, unit);
    x->detail = str_of(x->words);
    x->wait_ms = wait_ms;
    return DENY_THROTTLED;
}

enum deny
secret_try(struct call *x, struct str key)
{
    const struct command *c = x->command;
    int64_t wait_ms;

    if (c->session != 0 && secret_awaits(x->hub, c->session)) {
        x->detail = str_of("one password at a time");
        return DENY_OVERLOADED;
    }
    if (x->hub->hashing >= LIMIT_HASHES)
        return DENY_OVERLOADED;
    if (c->session == 0
        || throttle_try(x->hub->throttle, hash_of("name ", key), c->from,
                        c->now_ms, &wait_ms))
        return DENY_NONE;
    return throttled(x, wait_ms);
}

void
secret_was_right(const struct call *x, struct str key)
{
    const struct command *c = x->command;

    if (c->session != 0)
        throttle_succeeded(x->hub->throttle, hash_of("name ", key), c->from,
                           c->now_ms);
}

enum deny
secret_bad_token(struct call *x)
{
    const struct command *c = x->command;
    struct str from = {(const char *)c->from, sizeof c->from};
    int64_t wait_ms;

    if (!throttle_try(x->hub->tokens, hash_of("token ", from), c->from,
                      c->now_ms, &wait_ms))
        return throttled(x, wait_ms);
    return secret_failed(x, NULL);
}

/* If it cannot be written it is refused all the same. What was typed as a name
 * may have been a password: only an account's is written down. */
enum deny
secret_failed(struct call *x, const struct account *a)
{
    const struct command *c = x->command;
    struct str name = str_of(a != NULL ? a->name.text : "(unknown)");
    struct cidr range = {.prefix = 128};
    char from[CIDR_TEXT_BYTES];
    int rc = 0;

    memcpy(range.address, c->from, sizeof range.address);
    cidr_format(&range, from);
    if (batch_begin(x->hub) == DENY_NONE)
        rc = store_audit(x->hub->store, c->now_ms, name,
                         str_of("login.failed"), nothing, str_of(from));
    if (rc < 0)
        batch_failed(x->hub, rc);
    log_event(LOG_INFO, "hub", "login failed", LOG_STR("name", name),
              LOG_S("from", from));
    return DENY_BAD_CREDENTIALS;
}

/* ---- over a hasher and back ---- */

void
secret_hash(struct call *x, struct secret_job *job)
{
    struct hub *h = x->hub;
    struct hash_job *j = must_alloc(sizeof *j);
    struct command *c = command_copy(x->command);

    c->made_us = 0;
    memcpy(c->login->password, job->password, sizeof c->login->password);
    memcpy(c->login->fresh, job->fresh, sizeof c->login->fresh);
    snprintf(c->login->against, sizeof c->login->against, "%s",
             job->against ? job->against : "");
    c->login->hashed = true;
    j->command = c;
    j->verify = job->against != NULL;
    j->make = job->make;
    *h->hashes_end = j;
    h->hashes_end = &j->next;
    h->hashing++;
    if (c->session != 0)
        map_put_u64(&h->pending, c->session, h);
    sodium_memzero(job, sizeof *job);
}

bool
secret_is_back(const struct call *x)
{
    const struct command *c = x->command;

    return c->inside && c->login != NULL && c->login->hashed;
}

bool
secret_awaits(const struct hub *h, uint64_t session)
{
    return map_get_u64(&h->pending, session) != NULL;
}

void
secret_done(struct hub *h, uint64_t session)
{
    map_del_u64(&h->pending, session);
}
