/* SPDX-License-Identifier: MIT
 *
 * The requests about accounts and rooms, for the commands and for the chat's
 * slashes. Each says one and returns its number, 0 when there is no
 * connection (link_request()). */
#ifndef CLIENT_CLI_CLI_ASK_H
#define CLIENT_CLI_CLI_ASK_H

#include "link/link.h"

uint64_t cli_ask_login(struct link *l, const char *name, const char *password,
                       const char *device);
uint64_t cli_ask_register(struct link *l, const char *name,
                          const char *password, const char *device);
uint64_t cli_ask_logout(struct link *l);
uint64_t cli_ask_password(struct link *l, const char *password,
                          const char *fresh);
uint64_t cli_ask_unregister(struct link *l, const char *password);
uint64_t cli_ask_devices(struct link *l);
uint64_t cli_ask_revoke(struct link *l, uint64_t id);
uint64_t cli_ask_token(struct link *l, const char *device, const char *room,
                       const char *scope, int64_t expires_ms);

uint64_t cli_ask_invite(struct link *l, const char *target, const char *name);
uint64_t cli_ask_remove(struct link *l, const char *target, const char *name,
                        const char *reason);

/* A ban, or only silence; name may be a range of addresses. */
struct cli_ban {
    const char *target, *name, *reason;
    int64_t until_ms;                /* 0 = for ever */
    bool mute;
};
uint64_t cli_ask_ban(struct link *l, const struct cli_ban *ban);
uint64_t cli_ask_unban(struct link *l, const struct cli_ban *ban);
uint64_t cli_ask_bans(struct link *l, const char *target);
uint64_t cli_ask_role(struct link *l, const char *target, const char *name,
                      Loquat__V1__Role role);
uint64_t cli_ask_members(struct link *l, const char *target);
uint64_t cli_ask_room(struct link *l, const char *target);
uint64_t cli_ask_set(struct link *l, const char *target, const char *setting,
                     const char *value);
uint64_t cli_ask_close(struct link *l, const char *target);
uint64_t cli_ask_group(struct link *l, char **names, size_t n);

#endif
