/* SPDX-License-Identifier: MIT
 *
 * A token bucket kept as one number: the moment at which every token spent so
 * far will have been earned. It moves by one token's time with each command
 * and never lies in the past, and there is a token while it lies less than a
 * burst ahead. Late timers thus cost no token: the rate is exact. */
#include "edge/conn_flood.h"

static const bool costs[] = {
    [COMMAND_POST] = true,  [COMMAND_JOIN] = true,    [COMMAND_PART] = true,
    [COMMAND_TOPIC] = true, [COMMAND_RENAME] = true,  [COMMAND_AWAY] = true,
    [COMMAND_WHO] = true,   [COMMAND_HISTORY] = true, [COMMAND_ROOMS] = true,
    [COMMAND_UPLOAD] = true, [COMMAND_RESUME] = true, [COMMAND_FETCH] = true,
    [COMMAND_FILES] = true,

    [COMMAND_REGISTER] = true, [COMMAND_LOGIN] = true,
    [COMMAND_PASSWORD] = true, [COMMAND_UNREGISTER] = true,
    [COMMAND_DEVICES] = true, [COMMAND_TOKEN] = true, [COMMAND_REVOKE] = true,
    [COMMAND_INVITE] = true, [COMMAND_REMOVE] = true, [COMMAND_BAN] = true,
    [COMMAND_UNBAN] = true, [COMMAND_BANS] = true, [COMMAND_ROLE] = true,
    [COMMAND_SET] = true,   [COMMAND_CLOSE_ROOM] = true,
    [COMMAND_ROOM] = true,  [COMMAND_MEMBERS] = true, [COMMAND_GROUP] = true,
};

bool
flood_costs(enum command_kind kind)
{
    return (size_t)kind < sizeof(costs) / sizeof(costs[0]) && costs[kind];
}

static int64_t
token_us(const struct flood_pace *pace)
{
    return (int64_t)(1e6 / pace->per_second);
}

void
flood_spend(struct flood *f, const struct flood_pace *pace, int64_t now_ms)
{
    if (pace->per_second <= 0)
        return;
    if (f->paid_until_us < now_ms * 1000)
        f->paid_until_us = now_ms * 1000;
    f->paid_until_us += token_us(pace);
}

int64_t
flood_wait_ms(const struct flood *f, const struct flood_pace *pace,
              int64_t now_ms)
{
    int64_t burst = pace->burst > 0 ? pace->burst : 1;
    int64_t wait_us;

    if (pace->per_second <= 0)
        return 0;
    wait_us = f->paid_until_us - (burst - 1) * token_us(pace) - now_ms * 1000;
    return wait_us > 0 ? (wait_us + 999) / 1000 : 0;
}
