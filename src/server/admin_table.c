/* SPDX-License-Identifier: MIT */
#include "server/admin_table.h"
#include "server/admin_jobs.h"
#include "server/admin_write.h"

const struct admin_command admin_commands[] = {
    {"users", "list", "", "accounts", 0, 0, "", 0, NULL, admin_users_list},
    {"users", "show", "NAME", "an account and its devices", 1, 1, "",
     ADMIN_SHOW, NULL, admin_users_show},
    {"users", "register", "NAME", "a new account; asks for its password", 1, 1,
     "", ADMIN_SECRET, admin_users_register, NULL},
    {"users", "password", "NAME", "a new password; cuts its connections", 1, 1,
     "", ADMIN_SECRET, admin_users_password, NULL},
    {"users", "disable", "NAME", "nobody logs in to it any more", 1, 1, "", 0,
     admin_users_disable, NULL},
    {"users", "enable", "NAME", "the way back", 1, 1, "", 0,
     admin_users_enable, NULL},
    {"users", "delete", "NAME", "for good; the name stays taken", 1, 1, "", 0,
     admin_users_delete, NULL},

    {"rooms", "list", "", "rooms", 0, 0, "", 0, NULL, admin_rooms_list},
    {"rooms", "show", "#ROOM", "a room and its members", 1, 1, "", ADMIN_SHOW,
     NULL, admin_rooms_show},
    {"rooms", "set", "#ROOM SETTING VALUE",
     "privacy, history, slow, keep, name or description", 2, 2, "", ADMIN_REST,
     admin_rooms_set, NULL},
    {"rooms", "role", "#ROOM NAME ROLE", "none, member, moderator or owner", 3,
     3, "", 0, admin_rooms_role, NULL},
    {"rooms", "owner", "#ROOM NAME", "gives it away", 2, 2, "", 0,
     admin_rooms_owner, NULL},
    {"rooms", "close", "#ROOM", "for good", 1, 1, "", 0, admin_rooms_close,
     NULL},

    {"bans", "list", "[--room #ROOM]", "the server's, or a room's", 0, 0,
     " --room ", 0, NULL, admin_bans_list},
    {"bans", "add", "[--room #ROOM] [--for TIME] [--mute] WHOM [REASON]",
     "a name, an address or a range", 1, 1, " --room --for --mute ",
     ADMIN_REST, admin_bans_add, NULL},
    {"bans", "remove", "[--room #ROOM] [--mute] WHOM", "ends one", 1, 1,
     " --room --mute ", 0, admin_bans_remove, NULL},

    {"tokens", "list", "NAME", "devices and tokens of an account", 1, 1, "", 0,
     NULL, admin_tokens_list},
    {"tokens", "revoke", "NAME NUMBER|all", "cuts its connections", 2, 2, "",
     ADMIN_NUMBER, admin_tokens_revoke, NULL},

    {"invitations", "create", "[--uses N] [--for TIME]",
     "prints the code, once", 0, 0, " --uses --for ", 0,
     admin_invitations_create, NULL},
    {"invitations", "list", "", "without their codes", 0, 0, "", 0, NULL,
     admin_invitations_list},
    {"invitations", "revoke", "NUMBER", "its code is of no use then", 1, 1, "",
     ADMIN_NUMBER, admin_invitations_revoke, NULL},

    {"backup", "", "FILE", "everything, to one file", 1, 1, "",
     ADMIN_PATH | ADMIN_SHOW, NULL, admin_backup},
    {"fsck", "", "[--sizes]", "is all there, and as it was?", 0, 0,
     " --sizes ", ADMIN_SHOW, NULL, admin_fsck},
    {"stats", "", "", "what uses the disk", 0, 0, "", ADMIN_SHOW, NULL,
     admin_stats},
    {"audit", "", "[-n N]", "what was done by whom, the newest first", 0, 0,
     " -n ", 0, NULL, admin_audit},
    {"reload", "", "", "reads configuration and certificate again", 0, 0, "",
     ADMIN_RELOAD, NULL, NULL},
    {0},
};

const struct admin_command *
admin_command_find(const struct str *words, unsigned n, unsigned *ret_used)
{
    for (const struct admin_command *c = admin_commands; c->group; c++) {
        unsigned used = c->verb[0] != '\0' ? 2 : 1;

        if (n >= used && str_eq(words[0], str_of(c->group))
            && (used == 1 || str_eq(words[1], str_of(c->verb)))) {
            *ret_used = used;
            return c;
        }
    }
    return NULL;
}
