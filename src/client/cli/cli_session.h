/* SPDX-License-Identifier: MIT
 *
 * What every command has in common: a loop with one link in it, notices about
 * the connection, output that is flushed once per turn, signals, and one way
 * to end, with an exit status. */
#ifndef CLIENT_CLI_CLI_SESSION_H
#define CLIENT_CLI_CLI_SESSION_H

#include "client/cli/cli_options.h"
#include "client/cli/cli_print.h"
#include "client/cli/cli_token.h"
#include "link/link.h"

enum cli_status {
    CLI_OK = 0,
    CLI_FAILURE = 1,
    CLI_USAGE = 2,
    CLI_AUTH = 3,
    CLI_NOT_FOUND = 4,
    CLI_NETWORK = 5,
    CLI_REFUSED = 6,
};

struct cli_session;

/* Slots may be NULL: nothing is done then. None is called after
 * cli_session_end(). */
struct cli_ops {
    void (*connected)(struct cli_session *s);   /* after each connection */
    void (*envelope)(struct cli_session *s, const Envelope *e);
    void (*posted)(struct cli_session *s, uint64_t tag);
    void (*refused)(struct cli_session *s, uint64_t tag,
                    const Loquat__V1__Error *error);
    void (*writable)(struct cli_session *s);
    void (*ended)(struct cli_session *s);       /* once: close your handles */
};

struct cli_session {
    const struct cli_options *o;
    const struct cli_ops *ops;
    struct cli_style style;
    uv_loop_t loop;
    struct link *link;               /* NULL after the end */
    struct buf out;                  /* standard output to be */
    uv_prepare_t flusher;
    uv_signal_t signals[2];
    bool lasting;                    /* chat, tail -f: no errand */
    bool on_screen;                  /* notices are part of the output */
    bool was_connected, ending;
    bool up;                         /* until the loss has been told */
    bool unwritable;                 /* standard output is, and it was told */
    bool by_stored_token;            /* that is who we are */
    int status;
    char lost[512];                  /* why, until it is told */
};

struct cli_kind {
    const struct cli_ops *ops;
    bool named;                      /* connects with a name */
    bool lasting, on_screen;
    uint64_t features;
    const struct talk_login_options *login;   /* with a password. NULL: as
                                        whoever is logged in on this machine,
                                        or as a guest */
};

/* Runs until cli_session_end(); returns the exit status. s is embedded in the
 * command's own struct, zeroed. */
int cli_session_run(struct cli_session *s, const struct cli_options *o,
                    const struct cli_kind *kind);

/* Says goodbye and leaves the loop. The first status counts. */
void cli_session_end(struct cli_session *s, int status);

/* "-- text" (not with -q), and "loquat: text" on standard error. */
void cli_notice(struct cli_session *s, const char *fmt, ...)
    PRINTF_LIKE(2, 3);
void cli_error(struct cli_session *s, const char *fmt, ...)
    PRINTF_LIKE(2, 3);

/* Writes what was printed, now; otherwise once per turn of the loop. */
void cli_flush(struct cli_session *s);

/* Tells a refusal and ends. */
void cli_session_refused(struct cli_session *s,
                         const Loquat__V1__Error *error);
int cli_status_of(int error_code);

bool cli_is_passing_code(int error_code);

/* It will be different in a while (the link tries again by itself). */
bool cli_is_passing(const Loquat__V1__Error *error);

/* What this machine is called, for a device's name. */
#define CLI_DEVICE_BYTES 65
void cli_device_name(const struct cli_options *o, char out[CLI_DEVICE_BYTES]);

/* Stays logged in on this machine, and says so; else ends. */
void cli_keep_login(struct cli_session *s, const char *token,
                    const char *name);

/* The token that was kept is void: it is kept no longer. */
void cli_forget_login(struct cli_session *s);

/* "#room" and "@name" are themselves, "room" is "#room". Returns owned. */
char *cli_target(const char *word);

#endif
