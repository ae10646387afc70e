/* SPDX-License-Identifier: MIT
 *
 * Which server, and whether TLS is spoken with it. */
#include "client/cli/cli_options.h"

#include "base/cidr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <strings.h>

enum { PORT = 4000 };

struct scheme {
    const char *prefix;
    enum cli_scheme means;
    unsigned port;
};

static const struct scheme schemes[] = {
    {"loquats://", CLI_SCHEME_TLS, PORT},
    {"loquat://", CLI_SCHEME_NONE, PORT},
    {"loquat+insecure://", CLI_SCHEME_PLAIN, PORT},
    {"https://", CLI_SCHEME_TLS, 443},
    {"http://", CLI_SCHEME_NONE, 80},
    {"", CLI_SCHEME_NONE, PORT},
};

/* Takes it off *text. */
static const struct scheme *
take_scheme(const char **text)
{
    const struct scheme *s = schemes;

    while (!str_starts_nocase(str_of(*text), s->prefix))
        s++;
    *text += strlen(s->prefix);
    return s;
}

/* Plain by itself only where nobody can listen. */
static bool
is_loopback(const char *host)
{
    unsigned char ip[16] = {[10] = 0xff, [11] = 0xff};

    if (strcasecmp(host, "localhost") == 0)
        return true;
    return (inet_pton(AF_INET, host, ip + 12) == 1 ||
            inet_pton(AF_INET6, host, ip) == 1) && cidr_is_loopback(ip);
}

static void
decide_tls(struct cli_options *o)
{
    if (o->plain || o->scheme == CLI_SCHEME_PLAIN)
        o->tls = false;
    else
        o->tls = o->scheme == CLI_SCHEME_TLS || o->fingerprint != NULL ||
                 !is_loopback(o->host);
}

int
cli_parse_server(struct cli_options *o, const char *whole, struct err *e)
{
    const char *text = whole;
    const struct scheme *scheme = take_scheme(&text);
    struct str host = str_of(text), port = {0};
    const char *colon = strrchr(text, ':');
    unsigned long long number = scheme->port;

    if (text[0] == '[' && strchr(text, ']') != NULL) {
        host = (struct str){text + 1, strcspn(text, "]") - 1};
        port = str_of(host.p + host.n + 1);
    } else if (colon != NULL && strchr(text, ':') == colon) {
        host.n = (size_t)(colon - text);
        port = str_of(colon);
    }
    if (host.n == 0 || host.n >= sizeof o->host ||
        (port.n > 0 &&
         (port.p[0] != ':' ||
          !str_to_u64((struct str){port.p + 1, port.n - 1}, 65535, &number) ||
          number == 0)))
        return err_set(e, EINVAL, "\"%s\" is no server: HOST or HOST:PORT",
                       whole);
    memcpy(o->host, host.p, host.n);
    o->host[host.n] = '\0';
    o->port = (unsigned)number;
    o->scheme = scheme->means;
    if (o->plain && (o->scheme == CLI_SCHEME_TLS || o->fingerprint != NULL))
        return err_set(e, EINVAL, "--plain goes with neither TLS addresses "
                       "nor fingerprints");
    if (o->scheme == CLI_SCHEME_PLAIN && o->fingerprint != NULL)
        return err_set(e, EINVAL, "\"%s\" is in clear, where no fingerprint "
                       "can be asked for", whole);
    decide_tls(o);
    return 0;
}
