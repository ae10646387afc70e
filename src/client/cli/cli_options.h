/* SPDX-License-Identifier: MIT
 *
 * What people type behind `loquat`: one table of options for all commands, so
 * that an option means the same everywhere, may stand anywhere, and its help
 * cannot be forgotten. What was not typed comes from the environment. */
#ifndef CLIENT_CLI_CLI_OPTIONS_H
#define CLIENT_CLI_CLI_OPTIONS_H

#include "base/buf.h"
#include "base/err.h"
#include "wire/envelope.h"

/* The commands, as bits: an option says with which it goes. */
enum cli_which {
    CLI_CHAT    = 1 << 0,
    CLI_SEND    = 1 << 1,
    CLI_TAIL    = 1 << 2,
    CLI_HISTORY = 1 << 3,
    CLI_ROOMS   = 1 << 4,
    CLI_WHO     = 1 << 5,
    CLI_PUT     = 1 << 6,
    CLI_GET     = 1 << 7,
    CLI_FILES   = 1 << 8,
    CLI_LOGIN   = 1 << 9,
    CLI_REGISTER = 1 << 10,
    CLI_LOGOUT  = 1 << 11,
    CLI_PASSWD  = 1 << 12,
    CLI_UNREGISTER = 1 << 13,
    CLI_DEVICES = 1 << 14,
    CLI_REVOKE  = 1 << 15,
    CLI_TOKEN   = 1 << 16,
    CLI_INVITE  = 1 << 17,
    CLI_KICK    = 1 << 18,
    CLI_BAN     = 1 << 19,
    CLI_UNBAN   = 1 << 20,
    CLI_MUTE    = 1 << 21,
    CLI_UNMUTE  = 1 << 22,
    CLI_ROLE    = 1 << 23,
    CLI_BANS    = 1 << 24,
    CLI_MEMBERS = 1 << 25,
    CLI_ROOM    = 1 << 26,
    CLI_GROUP   = 1 << 27,
    CLI_CLOSE   = 1 << 28,
    CLI_TRUST   = 1 << 29,
    CLI_ALL     = (1 << 30) - 1,

    /* Those that do something to somebody in a room, which has to be named. */
    CLI_ABOUT   = CLI_INVITE | CLI_KICK | CLI_BAN | CLI_UNBAN | CLI_MUTE |
                  CLI_UNMUTE | CLI_ROLE,
    CLI_SECRETS = CLI_LOGIN | CLI_REGISTER | CLI_PASSWD | CLI_UNREGISTER,
};

#define CLI_SETS_MAX 8

enum cli_color { CLI_COLOR_AUTO, CLI_COLOR_ALWAYS, CLI_COLOR_NEVER };

/* What stood in front of the server's name. */
enum cli_scheme { CLI_SCHEME_NONE, CLI_SCHEME_TLS, CLI_SCHEME_PLAIN };

struct cli_options {
    const struct cli_command *command;
    char host[256];
    unsigned port;
    const char *server;        /* as it was typed or found */
    enum cli_scheme scheme;
    bool plain;                /* --plain */
    bool tls;                  /* what follows from them */
    bool forget;
    const char *fingerprint;   /* what the server must have; NULL: any */
    const char *name;          /* borrows from argv, the environment, or: */
    char user[33];             /* the login's name, as a chat name */
    bool name_given;           /* asked for: not varied */
    bool name_typed;           /* by --name, not found */
    bool json, quiet, verbose, help, version;
    enum cli_color color;
    bool lines, follow;
    unsigned count;            /* -n; */
    bool count_given;
    Loquat__V1__PageMode mode;
    uint64_t seq;              /* of --before, --after, --around */
    const char *room;
    const char *file_name;     /* put: what the file is to be called */
    const char *output;        /* get: where to; "-" = standard output */
    bool overwrite, resume, rename;    /* get: when the name is taken */
    bool tar;
    const char *password_file; /* "-" = standard input */
    const char *token_file;
    const char *invitation_file;
    const char *device;        /* what this one is to be called */
    const char *scope;         /* token: "read post" */
    int64_t for_ms;            /* --expires, --for; 0 = for ever */
    bool elsewhere;            /* the server is that of a file's address, not
                                  the one that was chosen */
    bool guest;                /* whoever is logged in here */
    const char *sets[CLI_SETS_MAX];    /* room: "slow=10s" */
    unsigned sets_n;
    unsigned attempts;         /* RECONNECT_ATTEMPTS; 0 = for ever */
    bool attempts_given;
    char **args;               /* what is no option, after the command */
    int args_n;
};

struct cli_command {
    const char *word;          /* NULL: what loquat does without one */
    enum cli_which which;
    const char *usage;         /* "TARGET [TEXT...]" */
    const char *summary;
    int args_min, args_max;    /* args_max < 0: any number */
    int (*run)(const struct cli_options *o);   /* returns the exit status */
};

typedef const char *cli_env_fn(const char *name);

/* Commands end with one whose word is NULL: that one is meant when the first
 * word is none of them. argv is reordered. 0, or -errno with e filled. */
int cli_options_parse(struct cli_options *o, const struct cli_command *commands,
                      int argc, char **argv, cli_env_fn *env,
                      struct err *e) MUST_USE;

/* "host", "host:4000", "[::1]:4000", "::1"; loquat:// or http:// before it,
 * loquats:// or https:// (TLS), loquat+insecure:// (plain). */
int cli_parse_server(struct cli_options *o, const char *text,
                     struct err *e) MUST_USE;

/* Of one command, or (NULL) of all. */
void cli_help(struct buf *out, const struct cli_command *commands,
              const struct cli_command *command);

/* NO_COLOR (not empty) and TERM=dumb say no; so does what is no terminal. */
bool cli_wants_color(const struct cli_options *o, cli_env_fn *env,
                     bool is_terminal);

#endif
