/* SPDX-License-Identifier: MIT
 *
 * The `loquat` command: which word means what. */
#include "base/rand.h"
#include "client/cli/cli_commands.h"
#include "client/cli/cli_print.h"
#include "client/cli/cli_session.h"
#include "client/cli/cli_url.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct cli_command commands[] = {
    {"send", CLI_SEND, "TARGET [TEXT...]",
     "say something, or standard input", 1, -1, cli_send},
    {"tail", CLI_TAIL, "TARGET", "the last messages, and (-f) what follows",
     1, 1, cli_tail},
    {"history", CLI_HISTORY, "TARGET", "a stretch of what was said", 1, 1,
     cli_history},
    {"rooms", CLI_ROOMS, "", "the rooms", 0, 0, cli_rooms},
    {"who", CLI_WHO, "[TARGET]", "who is there", 0, 1, cli_who},
    {"put", CLI_PUT, "FILE... [#ROOM]", "share files (- = standard input)", 1,
     -1, cli_put},
    {"get", CLI_GET, "ID|URL...", "fetch shared files", 1, -1, cli_get},
    {"files", CLI_FILES, "[ROOM]", "what was shared", 0, 1, cli_files},
    {"login", CLI_LOGIN, "[NAME]", "stay logged in as an account", 0, 1,
     cli_login},
    {"register", CLI_REGISTER, "[NAME]", "make an account, and log in", 0, 1,
     cli_register},
    {"logout", CLI_LOGOUT, "", "be a guest again on this machine", 0, 0,
     cli_logout},
    {"passwd", CLI_PASSWD, "", "another password", 0, 0, cli_passwd},
    {"unregister", CLI_UNREGISTER, "", "end the account, for ever", 0, 0,
     cli_unregister},
    {"devices", CLI_DEVICES, "", "where you are logged in", 0, 0,
     cli_devices},
    {"revoke", CLI_REVOKE, "ID|others", "log a device out", 1, 1, cli_revoke},
    {"token", CLI_TOKEN, "NAME", "print a token for a bot of that name", 1, 1,
     cli_token},
    {"invite", CLI_INVITE, "NAME", "somebody may come into a room", 1, 1,
     cli_invite},
    {"kick", CLI_KICK, "NAME [WHY...]", "somebody leaves a room", 1, -1,
     cli_kick},
    {"ban", CLI_BAN, "NAME|RANGE [WHY...]", "and may not come back", 1, -1,
     cli_ban},
    {"unban", CLI_UNBAN, "NAME|RANGE", "they may again", 1, 1, cli_unban},
    {"mute", CLI_MUTE, "NAME|RANGE [WHY...]", "they may listen only", 1, -1,
     cli_ban},
    {"unmute", CLI_UNMUTE, "NAME|RANGE", "they may speak again", 1, 1,
     cli_unban},
    {"role", CLI_ROLE, "NAME ROLE", "owner, moderator, member or none", 2, 2,
     cli_role},
    {"bans", CLI_BANS, "ROOM", "who may not come, or not speak", 1, 1,
     cli_bans},
    {"members", CLI_MEMBERS, "ROOM", "the accounts that belong to it", 1, 1,
     cli_members},
    {"room", CLI_ROOM, "ROOM", "what a room is, and --set it", 1, 1,
     cli_room},
    {"group", CLI_GROUP, "NAME...", "a hidden room with these people", 1, 20,
     cli_group},
    {"close", CLI_CLOSE, "ROOM", "end a room", 1, 1, cli_close},
    {"trust", CLI_TRUST, "HOST[:PORT]", "what is known of a server", 1, 1,
     cli_trust},
    {NULL, CLI_CHAT, "[HOST[:PORT]]", "chat", 0, 1, cli_chat},
};

static const char *
env(const char *name)
{
    return getenv(name);
}

static int
usage(const char *why)
{
    fprintf(stderr, "loquat: %s\nloquat: see loquat --help\n", why);
    return CLI_USAGE;
}

static int
show(const struct cli_options *o)
{
    struct buf out;
    int r;

    buf_init(&out, 64 * 1024);
    if (o->version)
        must(buf_printf(&out, "loquat %s\n", LOQUAT_VERSION) == 0);
    else
        cli_help(&out, commands, o->command->word ? o->command : NULL);
    r = cli_print_flush(&out, STDOUT_FILENO);
    buf_done(&out);
    return r < 0 ? CLI_FAILURE : CLI_OK;
}

/* A single word is a host's name or a mistyped command: ask who knows. */
static bool
is_unknown_word(const struct cli_options *o)
{
    struct addrinfo *list;

    if (o->command->which != CLI_CHAT || o->args_n == 0 ||
        strpbrk(o->args[0], ".:") != NULL)
        return false;
    if (getaddrinfo(o->host, NULL, NULL, &list) != 0)
        return true;
    freeaddrinfo(list);
    return false;
}

static int
go_to(struct cli_options *o, const char *server, struct err *e)
{
    struct cli_options was = *o;
    int r = cli_parse_server(o, server, e);

    o->elsewhere = strcmp(was.host, o->host) != 0 || was.port != o->port ||
                   was.tls != o->tls;
    return r;
}

/* Which server it is may stand in the addresses: the same in all of them. */
static int
check_addresses(struct cli_options *o)
{
    char first[sizeof ((struct cli_url *)0)->server] = "", why[512];
    struct cli_url u;
    struct err e;

    for (int i = 0; i < o->args_n; i++) {
        if (!cli_url_read(&u, o->args[i])) {
            snprintf(why, sizeof why, "\"%.200s\" is neither a file's id nor "
                     "its address", o->args[i]);
            return usage(why);
        }
        if (u.server[0] == '\0')
            continue;
        if (first[0] != '\0' && strcmp(first, u.server) != 0)
            return usage("those files are on different servers");
        memcpy(first, u.server, sizeof first);
        if (go_to(o, u.server, &e) < 0)
            return usage(e.text);
    }
    return CLI_OK;
}

static int
check_put(const struct cli_options *o)
{
    bool has_room = o->room == NULL && o->args_n > 1 &&
                    o->args[o->args_n - 1][0] == '#';
    int n = o->args_n - has_room;

    if (o->file_name != NULL && n > 1)
        return usage("--name is for one file");
    for (int i = 0; i < n; i++)
        if (strcmp(o->args[i], "-") == 0 && o->file_name == NULL)
            return usage("standard input has no name: --name=NAME");
    return CLI_OK;
}

static int
check_get(const struct cli_options *o)
{
    if (o->overwrite + o->rename + o->resume > 1)
        return usage("only one of --rename, --overwrite and --resume");
    if (o->tar && (o->overwrite || o->resume))
        return usage("--tar unpacks into a new folder only");
    return CLI_OK;
}

static int
check(struct cli_options *o)
{
    char why[512];

    if (o->command->which == CLI_PUT)
        return check_put(o);
    if (o->command->which == CLI_GET)
        return check_get(o) == CLI_OK ? check_addresses(o) : CLI_USAGE;
    if (o->lines && o->args_n > 1 &&
        !(o->args_n == 2 && strcmp(o->args[1], "-") == 0))
        return usage("--lines reads standard input: it takes no text");
    if (is_unknown_word(o)) {
        snprintf(why, sizeof why, "\"%.200s\" is neither a command nor a host "
                 "that can be found", o->args[0]);
        return usage(why);
    }
    return CLI_OK;
}

int
main(int argc, char **argv)
{
    struct cli_options o;
    struct err e;

    if (cli_options_parse(&o, commands, argc, argv, env, &e) < 0)
        return usage(e.text);
    if (o.help || o.version)
        return show(&o);
    if (check(&o) != CLI_OK)
        return CLI_USAGE;
    rand_init();
    return o.command->run(&o);
}
