/* SPDX-License-Identifier: MIT */
#include "server/server_tls.h"

#include "base/log.h"
#include "dialect/detect.h"
#include "net/tls_cert.h"

#include <stdio.h>

enum { PROTOCOLS = 8 };

struct paths {
    char certificate[CONFIG_TEXT_BYTES + sizeof "/tls.crt"];
    char key[CONFIG_TEXT_BYTES + sizeof "/tls.key"];
};

/* True: they are the server's own, in the data folder. */
static bool
find(const struct config *c, struct paths *p, struct tls_files *files)
{
    bool own = c->certificate[0] == '\0';

    if (own) {
        snprintf(p->certificate, sizeof p->certificate, "%s/tls.crt", c->data);
        snprintf(p->key, sizeof p->key, "%s/tls.key", c->data);
    } else {
        snprintf(p->certificate, sizeof p->certificate, "%s", c->certificate);
        snprintf(p->key, sizeof p->key, "%s", c->private_key);
    }
    *files = (struct tls_files){p->certificate, p->key};
    return own;
}

static void
note(const struct paths *p, struct tls_server *tls)
{
    char text[TLS_FINGERPRINT_BYTES];

    tls_server_fingerprint(tls, text);
    log_event(LOG_INFO, "server", "certificate", LOG_S("file", p->certificate),
              LOG_S("fingerprint", text));
}

void
server_tls_tell(struct tls_server *tls)
{
    char text[TLS_FINGERPRINT_BYTES];

    tls_server_fingerprint(tls, text);
    fprintf(stderr, "loquatd: made a certificate, TLS fingerprint SHA-256 %s\n",
            text);
}

int
server_tls_start(const struct config *c, const struct dialect *const *dialects,
                 struct tls_server **ret, bool *made, struct err *e)
{
    const char *names[PROTOCOLS];
    struct paths paths;
    struct tls_files files;
    int r = 0;

    *ret = NULL;
    *made = false;
    if (c->tls == CONFIG_TLS_OFF)
        return 0;
    if (find(c, &paths, &files))
        r = tls_cert_make(paths.certificate, paths.key, made, e);
    detect_protocols(dialects, names, PROTOCOLS);
    if (r == 0)
        r = tls_server_new(&files, names, ret, e);
    if (r == 0)
        note(&paths, *ret);
    return r;
}

void
server_tls_reload(struct tls_server *tls, const struct config *c)
{
    struct paths paths;
    struct tls_files files;
    struct err e;

    if (tls == NULL)
        return;
    find(c, &paths, &files);
    if (tls_server_reload(tls, &files, &e) < 0)
        log_event(LOG_ERROR, "server", "certificate kept",
                  LOG_S("why", e.text));
    else
        note(&paths, tls);
}

int
server_tls_fingerprint(const struct config *c, char out[TLS_FINGERPRINT_BYTES],
                       struct err *e)
{
    struct paths paths;
    struct tls_files files;

    find(c, &paths, &files);
    return tls_cert_fingerprint(paths.certificate, out, e);
}
