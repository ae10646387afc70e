/* SPDX-License-Identifier: MIT
 *
 * How Debian's http-parser reads a request. */
#include "oracle.h"

#include <http_parser.h>
#include <stdio.h>

/* A field's value ends where the next name begins. */
struct progress {
    struct reading *r;
    bool in_value;
};

/* It leaves blanks behind values, which are not part of them. */
static int
end_value(struct buf *fields)
{
    while (fields->n > 0 && (fields->p[fields->n - 1] == ' ' ||
                             fields->p[fields->n - 1] == '\t'))
        fields->n--;
    return buf_append(fields, "\n", 1);
}

static int
on_url(http_parser *parser, const char *p, size_t n)
{
    struct progress *at = parser->data;

    return buf_append(&at->r->target, p, n);
}

static int
on_name(http_parser *parser, const char *p, size_t n)
{
    struct progress *at = parser->data;
    struct buf *fields = &at->r->fields;

    if (at->r->head)                      /* trailers are not compared */
        return 0;
    if (at->in_value && end_value(fields) != 0)
        return -1;
    at->in_value = false;
    return buf_append(fields, p, n);
}

static int
on_value(http_parser *parser, const char *p, size_t n)
{
    struct progress *at = parser->data;

    if (at->r->head)
        return 0;
    if (!at->in_value && buf_append(&at->r->fields, ":", 1) != 0)
        return -1;
    at->in_value = true;
    return buf_append(&at->r->fields, p, n);
}

static int
on_head(http_parser *parser)
{
    struct progress *at = parser->data;
    struct reading *r = at->r;

    r->head = true;
    r->keep_alive = http_should_keep_alive(parser) != 0;
    snprintf(r->method, sizeof r->method, "%s",
             http_method_str((enum http_method)parser->method));
    return at->in_value ? end_value(&r->fields) : 0;
}

static int
on_body(http_parser *parser, const char *p, size_t n)
{
    struct progress *at = parser->data;

    (void)p;
    at->r->body += n;
    return 0;
}

static int
on_end(http_parser *parser)
{
    struct progress *at = parser->data;

    at->r->verdict = ORACLE_OK;
    http_parser_pause(parser, 1);
    return 0;
}

static void
read_request(struct reading *r, const uint8_t *p, size_t n)
{
    static const http_parser_settings settings = {
        .on_url = on_url, .on_header_field = on_name,
        .on_header_value = on_value, .on_headers_complete = on_head,
        .on_body = on_body, .on_message_complete = on_end,
    };
    struct progress at = {.r = r};
    http_parser parser;

    http_parser_init(&parser, HTTP_REQUEST);
    parser.data = &at;
    http_parser_execute(&parser, &settings, (const char *)p, n);
    if (r->verdict == ORACLE_MORE &&
        HTTP_PARSER_ERRNO(&parser) != HPE_OK) {
        r->verdict = ORACLE_BAD;
        r->why = http_errno_name(HTTP_PARSER_ERRNO(&parser));
    }
}

int
main(void)
{
    return oracle_run(read_request);
}
