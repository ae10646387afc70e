/* SPDX-License-Identifier: MIT
 *
 * The chat's commands, in a table. What stands behind the word is clean and
 * NUL-terminated when its function sees it, and may be cut up. */
#include "client/cli/cli_chat.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINE_MAX_BYTES = 1024 * 1024, HISTORY_COUNT = 20 };

static const struct slash slashes[];

char *
chat_cut_word(char **rest)
{
    char *word = *rest + strspn(*rest, " \t");
    char *end = word + strcspn(word, " \t");

    *rest = end + strspn(end, " \t");
    *end = '\0';
    return word;
}

/* ---- Rooms ---- */

static int
run_join(struct chat *c, char *rest)
{
    char *target = cli_target(chat_cut_word(&rest));

    chat_set_current(c, target);
    link_join(c->s.link, target, -1);
    free(target);
    return 0;
}

static int
run_part(struct chat *c, char *rest)
{
    const char *word = chat_cut_word(&rest);
    char *target;

    if (*word == '\0' && c->current == NULL) {
        cli_notice(&c->s, "you are in no room");
        return 0;
    }
    target = *word ? cli_target(word) : must_strdup(c->current);
    link_part(c->s.link, target);
    chat_turn_away(c, target);
    free(target);
    return 0;
}

static int
run_rooms(struct chat *c, char *rest)
{
    Loquat__V1__GetRooms get = LOQUAT__V1__GET_ROOMS__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;

    (void)rest;
    e.body_case = ENVELOPE_BODY(GET_ROOMS);
    e.get_rooms = &get;
    chat_ask(c, &e);
    return 0;
}

static int
run_who(struct chat *c, char *rest)
{
    Loquat__V1__GetPeople get = LOQUAT__V1__GET_PEOPLE__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;
    const char *word = chat_cut_word(&rest);
    char *target = *word ? cli_target(word)
                         : must_strdup(c->current ? c->current : "");

    get.target = target;
    e.body_case = ENVELOPE_BODY(GET_PEOPLE);
    e.get_people = &get;
    chat_ask(c, &e);
    free(target);
    return 0;
}

static int
run_topic(struct chat *c, char *rest)
{
    Loquat__V1__SetTopic set = LOQUAT__V1__SET_TOPIC__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;
    struct chat_room *r = c->current ? chat_find(c, c->current) : NULL;

    if (c->current == NULL) {
        cli_notice(&c->s, "you are in no room");
        return 0;
    }
    if (*rest == '\0') {
        cli_notice(&c->s, "the topic of %s: %s", c->current,
                   r && *r->topic ? r->topic : "(none)");
        return 0;
    }
    set.target = c->current;
    set.topic = rest;
    e.body_case = ENVELOPE_BODY(SET_TOPIC);
    e.set_topic = &set;
    chat_ask(c, &e);
    return 0;
}

static int
run_history(struct chat *c, char *rest)
{
    Loquat__V1__GetHistory get = LOQUAT__V1__GET_HISTORY__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;
    unsigned long long n = HISTORY_COUNT;
    const char *word = chat_cut_word(&rest);

    if (*word != '\0' &&
        (!str_to_u64(str_of(word), LIMIT_PAGE_MESSAGES, &n) || n == 0)) {
        cli_notice(&c->s, "/history [N], at most %d", LIMIT_PAGE_MESSAGES);
        return 0;
    }
    if (c->current == NULL) {
        cli_notice(&c->s, "you are in no room");
        return 0;
    }
    get.target = c->current;
    get.limit = (uint32_t)n;
    e.body_case = ENVELOPE_BODY(GET_HISTORY);
    e.get_history = &get;
    chat_ask(c, &e);
    return 0;
}

/* ---- Saying ---- */

static int
run_msg(struct chat *c, char *rest)
{
    char *word = chat_cut_word(&rest), *target;
    int r;

    if (*rest == '\0') {
        cli_notice(&c->s, "/msg NAME TEXT");
        return 0;
    }
    target = must_alloc(strlen(word) + 2);
    snprintf(target, strlen(word) + 2, "%s%s",
             *word == '#' || *word == '@' ? "" : "@", word);
    r = chat_post(c, target, LOQUAT__V1__MESSAGE_KIND__MESSAGE_KIND_TEXT,
                  str_of(rest));
    free(target);
    return r;
}

static int
run_me(struct chat *c, char *rest)
{
    return chat_post(c, c->current,
                     LOQUAT__V1__MESSAGE_KIND__MESSAGE_KIND_ACTION,
                     str_of(rest));
}

/* ---- Oneself ---- */

static int
run_nick(struct chat *c, char *rest)
{
    Loquat__V1__SetName set = LOQUAT__V1__SET_NAME__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;

    set.name = chat_cut_word(&rest);
    e.body_case = ENVELOPE_BODY(SET_NAME);
    e.set_name = &set;
    chat_ask(c, &e);
    return 0;
}

static void
set_away(struct chat *c, bool away, char *text)
{
    Loquat__V1__SetAway set = LOQUAT__V1__SET_AWAY__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;

    set.away = away;
    set.text = text;
    e.body_case = ENVELOPE_BODY(SET_AWAY);
    e.set_away = &set;
    if (chat_ask(c, &e))
        cli_notice(&c->s, "you are %s", away ? "away" : "back");
}

static int
run_away(struct chat *c, char *rest)
{
    set_away(c, true, rest);
    return 0;
}

static int
run_back(struct chat *c, char *rest)
{
    (void)rest;
    set_away(c, false, "");
    return 0;
}

static int
run_quit(struct chat *c, char *rest)
{
    (void)rest;
    chat_leave(c);
    return 0;
}

static void
show(struct chat *c, const struct slash *all)
{
    for (const struct slash *s = all; s->word != NULL; s++)
        cli_notice(&c->s, "/%s%s%s  %s", s->word, *s->usage ? " " : "",
                   s->usage, s->help);
}

static int
run_help(struct chat *c, char *rest)
{
    (void)rest;
    show(c, slashes);
    show(c, chat_rights_slashes);
    cli_notice(&c->s, "//text says a line that begins with a slash");
    return 0;
}

/* ---- The table ---- */

static const struct slash slashes[] = {
    {"join", "j", "#ROOM", "enter a room, and speak there", run_join, true},
    {"part", "leave", "[#ROOM]", "leave a room", run_part, false},
    {"msg", "m", "NAME TEXT", "say something to one person", run_msg, true},
    {"me", NULL, "TEXT", "say what you do", run_me, true},
    {"nick", NULL, "NAME", "take another name", run_nick, true},
    {"who", "names", "[#ROOM]", "who is here", run_who, false},
    {"rooms", "list", "", "the rooms", run_rooms, false},
    {"topic", "t", "[TEXT]", "show or set the room's topic", run_topic,
     false},
    {"history", NULL, "[N]", "the room's last messages", run_history, false},
    {"away", NULL, "[TEXT]", "you are not there", run_away, false},
    {"back", NULL, "", "you are there again", run_back, false},
    {"help", "?", "", "this list", run_help, false},
    {"quit", "exit", "", "leave", run_quit, false},
    {0},
};

static const struct slash *
find_in(const struct slash *all, const char *word)
{
    for (const struct slash *s = all; s->word != NULL; s++) {
        if (str_eq_nocase(str_of(word), str_of(s->word)) ||
            (s->alias && str_eq_nocase(str_of(word), str_of(s->alias))))
            return s;
    }
    return NULL;
}

static const struct slash *
find(const char *word)
{
    const struct slash *s = find_in(slashes, word);

    return s != NULL ? s : find_in(chat_rights_slashes, word);
}

/* A word that begins like this one for longer than *most. */
static const char *
similar_in(const struct slash *all, const char *word, const char *best,
           size_t *most)
{
    for (const struct slash *s = all; s->word != NULL; s++) {
        size_t n = 0;

        while (s->word[n] != '\0' && (s->word[n] | 0x20) == (word[n] | 0x20))
            n++;
        if (n > *most) {
            *most = n;
            best = s->word;
        }
    }
    return best;
}

static const char *
similar(const char *word)
{
    size_t most = 0;
    const char *best = similar_in(slashes, word, "help", &most);

    return similar_in(chat_rights_slashes, word, best, &most);
}

static int
run(struct chat *c, char *line)
{
    const char *word = chat_cut_word(&line);
    const struct slash *s = find(word);

    if (s == NULL)
        cli_notice(&c->s, "there is no /%s: did you mean /%s?", word,
                   similar(word));
    else if (s->needs && *line == '\0')
        cli_notice(&c->s, "/%s %s: %s", s->word, s->usage, s->help);
    else
        return s->run(c, line);
    return 0;
}

int
slash_run(struct chat *c, struct str line)
{
    struct buf clean;
    int r;

    buf_init(&clean, LINE_MAX_BYTES);
    must(utf8_clean(&clean, str_trim(line), UTF8_ONE_LINE) == 0);
    must(buf_append(&clean, "", 1) == 0);
    r = run(c, clean.p);
    buf_done(&clean);
    return r;
}
