/* SPDX-License-Identifier: MIT
 *
 * What a connection asks of the core, and what makes its input wait. Each
 * reason to wait is one bit of `held`; input goes on when none is left. */
#include "edge/conn_impl.h"
#include "edge/worker_impl.h"

/* --- Holding input ------------------------------------------------------ */

void
conn_hold_by(struct conn *c, enum conn_hold why)
{
    if (c->held & why)
        return;
    c->held |= (uint8_t)why;
    conn_touch(c);
}

/* Parsing goes on at the turn's end, not here: the caller may be a slot of the
 * dialect's, and input() is never called inside another one. */
void
conn_unhold(struct conn *c, enum conn_hold why)
{
    if ((c->held & why) == 0)
        return;
    c->held &= (uint8_t)~why;
    if (c->held == 0) {
        c->heard_ms = conn_now(c);
        c->resume = true;
    }
    conn_touch(c);
}

void
conn_starve(struct conn *c)
{
    if (c->held & HELD_CORE)
        return;
    list_push(&conn_worker(c)->starved, &conn_get_extra(c)->starved);
    conn_hold_by(c, HELD_CORE);
}

void
conn_feed(struct conn *c)
{
    conn_drop_extra(c);
    conn_unhold(c, HELD_CORE);
    c->resume = false;
    if (!conn_held(c))
        conn_advance(c);
}

bool
conn_held(const struct conn *c)
{
    return c->held != 0;
}

void
conn_hold(struct conn *c)
{
    conn_hold_by(c, HELD_DIALECT);
}

void
conn_release(struct conn *c)
{
    conn_unhold(c, HELD_DIALECT);
}

int64_t
conn_silent_ms(const struct conn *c)
{
    return c->held ? 0 : (uint32_t)(conn_now(c) - c->heard_ms);
}

/* --- Commands ----------------------------------------------------------- */

void
conn_gather(struct conn *c, struct command *cmd)
{
    cmd->session = c->receiver.session;
    cmd->secure = conn_is_secure(c);
    memcpy(cmd->from, &c->peer, sizeof cmd->from);
    worker_gather(conn_worker(c), cmd);
    conn_touch(c);
}

static bool
is_exempt(const struct conn *c)
{
    return conn_worker(c)->o.limits.flood_exempt_loopback && conn_is_here(c);
}

static void
pay(struct conn *c, enum command_kind kind)
{
    struct worker *w = conn_worker(c);
    int64_t now_ms = worker_now_ms(w);

    if (!flood_costs(kind) || is_exempt(c))
        return;
    flood_spend(&c->flood, &w->pace, now_ms);
    if ((c->held & HELD_FLOOD) ||
        flood_wait_ms(&c->flood, &w->pace, now_ms) == 0)
        return;
    metrics_add(w->o.shard, METRIC_flood_pauses_total, 1);
    conn_hold_by(c, HELD_FLOOD);
}

/* What makes a session of a connection. */
static bool
may_enter(enum command_kind kind)
{
    return kind == COMMAND_ENTER || kind == COMMAND_LOGIN ||
           kind == COMMAND_REGISTER;
}

void
conn_command(struct conn *c, struct command *cmd)
{
    enum command_kind kind = cmd->kind;

    if (c->ending) {
        command_free(&cmd);
        return;
    }
    if (may_enter(kind))
        c->owes_leave = true;
    if (kind == COMMAND_ENTER)
        c->entering = true;
    if (kind == COMMAND_HISTORY)
        c->pages++;
    if (cmd->login != NULL)
        conn_worker(c)->secret = true;
    conn_gather(c, cmd);
    pay(c, kind);
    conn_weigh(c);
    if (!worker_has_room(conn_worker(c)))
        conn_starve(c);
}
