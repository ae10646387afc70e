/* SPDX-License-Identifier: MIT
 *
 * Addresses of files. */
#include "client/cli/cli_url.h"

#include <stdio.h>

static bool
read_id(struct cli_url *u, struct str s)
{
    struct file_id id;

    if (!file_id_read(s, &id))
        return false;
    snprintf(u->id, sizeof u->id, "%.*s", STR_FMT(s));
    return true;
}

/* "/f/ID" and whatever follows its next slash. */
static bool
read_path(struct cli_url *u, const char *path)
{
    struct str rest = str_of(path);

    if (!str_starts_nocase(rest, "/f/") || path[1] != 'f')
        return false;
    rest = (struct str){path + 3, strcspn(path + 3, "/?#")};
    return read_id(u, rest);
}

bool
cli_url_read(struct cli_url *u, const char *word)
{
    bool https = str_starts_nocase(str_of(word), "https://");
    const char *scheme = https ? "https://" : "http://";
    const char *host, *path;
    int n;

    *u = (struct cli_url){0};
    if (word[0] == '/')
        return read_path(u, word);
    if (!str_starts_nocase(str_of(word), scheme))
        return read_id(u, str_of(word));
    host = word + strlen(scheme);
    path = strchr(host, '/');
    if (path == NULL || path == host || path - host > 255 ||
        !read_path(u, path))
        return false;
    /* A web address without a port means the web's. */
    n = (int)(path - host);
    snprintf(u->server, sizeof u->server, "%s%.*s", scheme, n, host);
    return true;
}

static bool
is_plain(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || strchr("-._~", c) != NULL;
}

void
cli_url_path(struct buf *out, const char *id, const char *name)
{
    must(buf_printf(out, "/f/%s/", id) == 0);
    for (const char *at = name; *at != '\0'; at++) {
        unsigned char c = (unsigned char)*at;

        must(buf_printf(out, is_plain(c) ? "%c" : "%%%02X", c) == 0);
    }
}

void
cli_url_write(struct buf *out, const struct cli_options *o, const char *id,
              const char *name)
{
    bool six = strchr(o->host, ':') != NULL;

    must(buf_printf(out, "%s://%s%s%s:%u", o->tls ? "https" : "http",
                    six ? "[" : "", o->host, six ? "]" : "", o->port) == 0);
    cli_url_path(out, id, name);
}
