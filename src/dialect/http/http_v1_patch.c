/* SPDX-License-Identifier: MIT
 *
 * PATCH /v1/rooms/ROOM: several settings at once are one command after the
 * other. The first refusal stops, and says what was done before it; the name
 * is the last, since the room is called otherwise from then on. */
#include "dialect/http/http_handlers.h"
#include "dialect/http/http_out.h"
#include "dialect/http/http_request.h"
#include "dialect/http/http_v1.h"

struct http_v1_step {
    const char *name;
    enum setting setting;        /* 0: the topic, which is a message */
};

static const struct http_v1_step steps[] = {
    {"topic", 0},
    {"description", SETTING_DESCRIPTION},
    {"privacy", SETTING_PRIVACY},
    {"history", SETTING_HISTORY},
    {"slow", SETTING_SLOW},
    {"keep", SETTING_KEEP},
    {"name", SETTING_NAME},
};

#define STEPS_END (steps + sizeof steps / sizeof steps[0])

static const struct http_v1_member members[] = {
    {"topic", HTTP_V1_LINE, false, LIMIT_TOPIC_BYTES},
    {"description", HTTP_V1_LINE, false, LIMIT_DESCRIPTION_BYTES},
    {"privacy", HTTP_V1_LINE, false, LIMIT_NAME_BYTES},
    {"history", HTTP_V1_LINE, false, LIMIT_NAME_BYTES},
    {"slow", HTTP_V1_LINE, false, LIMIT_NAME_BYTES},
    {"keep", HTTP_V1_LINE, false, LIMIT_NAME_BYTES},
    {"name", HTTP_V1_LINE, false, LIMIT_ROOM_BYTES},
    {0},
};

/* From `from` on; NULL: there is none left. */
static const struct http_v1_step *
next_given(const struct http_v1 *v, const struct http_v1_step *from)
{
    for (; from < STEPS_END; from++) {
        if (http_v1_text(v, from->name).p != NULL)
            return from;
    }
    return NULL;
}

static struct command *
command_of(struct conn *c, const struct http_v1 *v)
{
    struct str none = {NULL, 0}, value = http_v1_text(v, v->step->name);
    struct command *cmd;

    if (v->step->setting == 0)
        return http_v1_room_command(c, COMMAND_TOPIC, none, value);
    cmd = http_v1_room_command(c, COMMAND_SET, none, value);
    cmd->setting = v->step->setting;
    return cmd;
}

static struct command *
ask(struct conn *c, struct http_v1 *v)
{
    v->step = next_given(v, steps);
    if (v->step == NULL)
        return http_v1_refuse(c, "There is nothing to change in that object");
    return command_of(c, v);
}

static void
tell_done(struct conn *c, const struct http_v1 *v)
{
    struct buf b;

    buf_init(&b, HTTP_BODY_MAX);
    http_putf(&b, "{\"done\":[%.*s]}", STR_FMT(v->done));
    http_v1_send(c, 200, &b);
}

static void
refuse(struct conn *c, const struct http_v1 *v, const struct event *e)
{
    struct buf members_left;

    buf_init(&members_left, HTTP_ERROR_BYTES);
    http_putf(&members_left, ",\"refused\":\"%s\",\"done\":[%.*s]",
              v->step->name, STR_FMT(v->done));
    http_deny_with(c, e, buf_str(&members_left));
    buf_done(&members_left);
}

static void
answer(struct conn *c, const struct event *e, struct subscription *sub)
{
    struct http_v1 *v = http_x(c)->own;

    (void)sub;
    if (e->kind == ANSWER_DENIED) {
        refuse(c, v, e);
        return;
    }
    http_putf(&v->done, "%s\"%s\"", v->done.n > 0 ? "," : "", v->step->name);
    v->step = next_given(v, v->step + 1);
    if (v->step != NULL)
        http_ask(c, command_of(c, v));
    else
        tell_done(c, v);
}

const struct http_v1_verb http_v1_change_room = {
    .handler = {
        .need = NEED_NAME, .take = TAKE_ALL, .longest = http_v1_longest,
        .begin = http_v1_begin, .answer = answer, .release = http_v1_release,
    },
    .members = members,
    .ask = ask,
};
