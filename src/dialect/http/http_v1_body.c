/* SPDX-License-Identifier: MIT */
#include "dialect/http/http_v1_body.h"

#include "base/duration.h"
#include "base/utf8.h"
#include "dialect/http/http_time_wire.h"

#include <sodium.h>
#include <stdio.h>

/* Jansson keeps strings in memory of its own, and hands them out as const. */
static void
wipe(json_t *value)
{
    json_t *inner;
    size_t i;

    if (json_is_string(value))
        sodium_memzero((char *)(uintptr_t)json_string_value(value),
                       json_string_length(value));
    json_array_foreach(value, i, inner)
        wipe(inner);
}

void
http_v1_body_free(json_t **body)
{
    const char *key;
    json_t *value;

    json_object_foreach(*body, key, value)
        wipe(value);
    json_decref(*body);
    *body = NULL;
}

static struct str
text_of(const json_t *value)
{
    return (struct str){json_string_value(value), json_string_length(value)};
}

static const char *
check_text(const struct http_v1_member *m, struct str s)
{
    int64_t ms;

    switch (m->type) {
    case HTTP_V1_LINE:
        if (!utf8_is_clean(s, UTF8_ONE_LINE))
            return "must be text on one line";
        break;
    case HTTP_V1_TIME:
        if (!http_time_read(s, &ms))
            return "must be a time such as 2026-11-25T10:00:00Z";
        return NULL;
    case HTTP_V1_SPAN:
        if (!duration_read(s, &ms))
            return "must be a time such as 10s, 5m, 2h or 30d";
        return NULL;
    case HTTP_V1_SECRET:
    case HTTP_V1_BOOL:
    case HTTP_V1_WORDS:
        break;
    }
    return s.n <= m->most ? NULL : "is too long";
}

static const char *
check_words(const struct http_v1_member *m, const json_t *value)
{
    json_t *inner;
    size_t i;

    if (!json_is_array(value))
        return "must be a list of texts";
    if (json_array_size(value) > m->most)
        return "has too many of them";
    json_array_foreach(value, i, inner) {
        struct str s = text_of(inner);

        if (s.n == 0 || memchr(s.p, ' ', s.n) != NULL ||
            !utf8_is_clean(s, UTF8_ONE_LINE))
            return "must be a list of texts without blanks";
    }
    return NULL;
}

static const char *
check(const struct http_v1_member *m, const json_t *value)
{
    switch (m->type) {
    case HTTP_V1_BOOL:
        return json_is_boolean(value) ? NULL : "must be true or false";
    case HTTP_V1_WORDS:
        return check_words(m, value);
    case HTTP_V1_LINE:
    case HTTP_V1_SECRET:
    case HTTP_V1_TIME:
    case HTTP_V1_SPAN:
        break;
    }
    return json_is_string(value) ? check_text(m, text_of(value))
                                 : "must be a text";
}

static const struct http_v1_member *
find(const struct http_v1_member *m, const char *name)
{
    for (; m != NULL && m->name != NULL; m++) {
        if (strcmp(m->name, name) == 0)
            return m;
    }
    return NULL;
}

/* What a peer called a member is not repeated: it may be a secret in the
 * wrong place. */
static bool
fits(json_t *body, const struct http_v1_member *members,
     char why[HTTP_V1_WHY_BYTES])
{
    const char *key;
    json_t *value;

    json_object_foreach(body, key, value) {
        const struct http_v1_member *m = find(members, key);
        const char *fault = m ? check(m, value) : "is not a member of it";

        if (fault == NULL)
            continue;
        snprintf(why, HTTP_V1_WHY_BYTES, "%s %s",
                 m ? m->name : "Something in that object", fault);
        return false;
    }
    for (const struct http_v1_member *m = members; m && m->name; m++) {
        if (!m->required || json_object_get(body, m->name) != NULL)
            continue;
        snprintf(why, HTTP_V1_WHY_BYTES, "There must be a %s", m->name);
        return false;
    }
    return true;
}

json_t *
http_v1_body_read(struct str text, const struct http_v1_member *members,
                  char why[HTTP_V1_WHY_BYTES])
{
    json_t *body = text.n > 0 ? json_loadb(text.p, text.n,
                                           JSON_REJECT_DUPLICATES, NULL)
                              : json_object();

    if (json_is_object(body) && fits(body, members, why))
        return body;
    if (!json_is_object(body))
        snprintf(why, HTTP_V1_WHY_BYTES, "The body must be one JSON object");
    http_v1_body_free(&body);
    return NULL;
}
