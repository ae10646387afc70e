/* SPDX-License-Identifier: MIT
 *
 * The plain interactive chat, as its parts share it: cli_chat.c shows
 * what happens, cli_slash.c does what is typed; what is about accounts and
 * rights, of both, is in cli_chat_rights.c. */
#ifndef CLIENT_CLI_CLI_CHAT_H
#define CLIENT_CLI_CLI_CHAT_H

#include "base/list.h"
#include "client/cli/cli_input.h"
#include "client/cli/cli_secret.h"
#include "client/cli/cli_session.h"

struct chat_room {
    struct list link;
    uint64_t number;
    char *target, *topic;
};

struct chat {
    struct cli_session s;
    struct cli_input in;
    struct list rooms;
    char *current;               /* where a line goes; NULL = nowhere */
    char *previous;              /* where it went before the last /join */
    char *name;                  /* ours, as it was last told */
    uint64_t asked, answered;    /* the highest numbers of this connection */
    struct buf line;             /* as it is posted */
    struct chat_secret *secret;  /* the next lines are passwords; or NULL */
    uint64_t logout;             /* the number of /logout; 0 = none */
    bool entered;                /* the first room was asked for */
    bool said_all;               /* end of input, or /quit */
    bool erases;                 /* typed lines: their echo is enough */
};

/* One of the chat's commands. */
typedef int slash_fn(struct chat *c, char *rest);

struct slash {
    const char *word, *alias;    /* alias: NULL = none */
    const char *usage, *help;
    slash_fn *run;
    bool needs;                  /* something behind it */
};

struct chat_room *chat_find(struct chat *c, const char *target);
struct chat_room *chat_find_number(struct chat *c, uint64_t number);
void chat_set_current(struct chat *c, const char *target);   /* NULL: none */

/* 0, or -EAGAIN: the outbox is full. */
int chat_post(struct chat *c, const char *target,
              Loquat__V1__MessageKind kind, struct str text);

/* A request; its answer is waited for at the end. False, and told, when there
 * is no connection. */
bool chat_ask(struct chat *c, Envelope *e);

/* The same of one that has been said under this number. */
bool chat_asked(struct chat *c, uint64_t number);

/* We are out of a room; it is called something else; so are we, perhaps. */
void chat_drop(struct chat *c, uint64_t number);
void chat_rename(struct chat *c, uint64_t number, const char *target);
void chat_renamed(struct chat *c);

/* Speaks in another room than this one from now on. */
void chat_turn_away(struct chat *c, const char *target);

/* Leaves as soon as everything that was said is stored. */
void chat_leave(struct chat *c);

/* "/word rest" without its slash. 0, or -EAGAIN. */
int slash_run(struct chat *c, struct str line);

/* A password is asked for, in the chat or wherever else it comes from; then()
 * is called, unless none was given. The lines that are typed then are for
 * chat_secret_take(). */
typedef void chat_secret_fn(struct chat *c, const char *name,
                            const struct cli_secret *secret);
void chat_secret_ask(struct chat *c, enum cli_secret_wish wish,
                     const char *name, chat_secret_fn *then);
void chat_secret_take(struct chat *c, struct str line);

/* Gives the terminal back. */
void chat_secret_stop(struct chat *c);

/* Cuts the first word off *rest; "" when there is none. */
char *chat_cut_word(char **rest);

/* Those about accounts and rights, ended by {0}; and what is heard of them. */
extern const struct slash chat_rights_slashes[];
void chat_rights_hear(struct chat *c, const Envelope *e);

#endif
