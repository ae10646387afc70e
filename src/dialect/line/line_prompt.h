/* SPDX-License-Identifier: MIT
 *
 * Questions whose answer is the next line, whatever it looks like: passwords,
 * and what must be typed again because it cannot be undone. The answers go
 * into a command, which is asked of the core after the last one. An empty line
 * gives it up.
 *
 * A password should not be seen. Whoever speaks telnet is told that we echo
 * (RFC 857), which we then do not; nobody else can be told, and is warned
 * instead. Nothing of telnet is ever sent to who has not sent some first. */
#ifndef DIALECT_LINE_LINE_PROMPT_H
#define DIALECT_LINE_LINE_PROMPT_H

#include "dialect/line/line_impl.h"

#define LINE_PROMPT_MOMENT_MS 1000

/* Where an answer goes. */
enum line_into {
    LINE_INTO_NOTHING,        /* behind the last question */
    LINE_INTO_PASSWORD,
    LINE_INTO_PASSWORD_OR_TOKEN,
    LINE_INTO_FRESH,          /* the new one */
    LINE_SAME_PASSWORD,       /* the same again */
    LINE_SAME_FRESH,
    LINE_SAME_NAME,           /* what it is about, typed again */
};

/* Words around what it is about; the end of a script has none. */
struct line_question {
    const char *before, *after;
    enum line_into into;
};

/* Asks the first one of a script. Takes cmd; `asked` is what the last
 * line_ask_about() returned. */
void line_prompt_begin(struct conn *c, const struct line_question *first,
                       struct line_asked *asked, struct command *cmd);

bool line_prompt_is_on(const struct line_state *st);
bool line_prompt_is_secret(const struct line_state *st);

/* A line while one is open; and one that was too long. */
void line_prompt_take(struct conn *c, struct str line);
void line_prompt_too_long(struct conn *c);

/* A password would have been asked for now, and is not. Who sends lines without
 * reading has sent it all the same, or sends it now, and it must not become a
 * name or a message: so whatever is said within a moment from now ends the
 * connection. Nobody answers in that time who reads first. */
void line_prompt_withhold(struct conn *c);

/* It is over, unless something may lie there that is not looked at yet. */
void line_prompt_relent(struct conn *c);

/* True: this text came in that moment, and the connection has ended. */
bool line_prompt_ends_with(struct conn *c, struct str text);

/* Tells telnet whether to show what is typed, if that has changed. */
void line_prompt_silence(struct conn *c);

#endif
