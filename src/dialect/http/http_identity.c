/* SPDX-License-Identifier: MIT */
#include "dialect/http/http_identity.h"

#include "base/rand.h"
#include "base/utf8.h"
#include "dialect/http/http_out.h"
#include "dialect/http/http_text_wire.h"

#include <stdio.h>

enum {
    CREDENTIALS_BYTES = 1024,
};

/* Tell kinds of sender ids apart: no guest's text can be a secret's. */
static const char secret_domain[] = "http-secret";
static const char guest_domain[] = "http";

static uint64_t
fingerprint(const char *domain, struct str a, struct str b)
{
    struct buf text;
    uint64_t id;

    buf_init(&text, 2 * CREDENTIALS_BYTES);
    http_put(&text, domain);
    http_put_str(&text, (struct str){"\0", 1});
    http_put_str(&text, a);
    http_put_str(&text, (struct str){"\0", 1});
    http_put_str(&text, b);
    id = rand_fingerprint(text.p, text.n);
    buf_done(&text);
    return id;
}

/* Without its port: the same tomorrow. */
static struct str
host_of(const struct conn *c)
{
    struct str address = str_of(conn_address(c));

    while (address.n > 0 && address.p[address.n - 1] != ':')
        address.n--;
    if (address.n > 0)
        address.n--;
    return address;
}

static void
set(struct http_who *who, struct str name, uint64_t sender_id,
    bool or_similar)
{
    char id[24];
    int n = snprintf(id, sizeof id, "%llu%c", (unsigned long long)sender_id,
                     or_similar ? 's' : 'e');

    snprintf(who->name, sizeof who->name, "%.*s", STR_FMT(name));
    who->sender_id = sender_id;
    who->or_similar = or_similar;
    who->key = fingerprint("key", name, (struct str){id, (size_t)n});
}

/* Whether the core will see it as it is; more than that is its to say. */
static bool
passes(struct str name)
{
    return name.n > 0 && name.n <= LIMIT_NAME_BYTES &&
           utf8_is_clean(name, UTF8_ONE_LINE);
}

static bool
guest(struct conn *c, struct str name, struct http_who *ret)
{
    if (!passes(name)) {
        http_deny(c, DENY_BAD_NAME, (struct str){NULL, 0});
        return false;
    }
    set(ret, name, fingerprint(guest_domain, name, host_of(c)), false);
    return true;
}

static bool
anonymous(struct conn *c, struct http_who *ret)
{
    struct str name = str_of(conn_config(c)->guest_name);

    if (http_x(c)->handler->need == NEED_READER) {
        set(ret, (struct str){"", 0}, 0, false);
        return true;
    }
    if (name.n == 0) {
        http_deny(c, DENY_NO_NAME, (struct str){NULL, 0});
        return false;
    }
    set(ret, name, fingerprint(guest_domain, name, host_of(c)), true);
    return true;
}

static bool
refuse(struct conn *c)
{
    http_fail(c, 401, "bad_credentials",
              "Say who you are by Basic: a name, and a secret or nothing");
    return false;
}

static bool
basic(struct conn *c, struct str pair, struct http_who *ret)
{
    const char *colon = pair.n ? memchr(pair.p, ':', pair.n) : NULL;
    struct str name, secret;

    if (colon == NULL || colon == pair.p)
        return refuse(c);
    name = (struct str){pair.p, (size_t)(colon - pair.p)};
    secret = (struct str){colon + 1, pair.n - name.n - 1};
    if (secret.n == 0)
        return guest(c, name, ret);
    if (!passes(name)) {
        http_deny(c, DENY_BAD_NAME, (struct str){NULL, 0});
        return false;
    }
    set(ret, name, fingerprint(secret_domain, name, secret), false);
    return true;
}

bool
http_identity_read(struct conn *c, struct http_who *ret)
{
    struct http_exchange *x = http_x(c);
    struct str rest = http_header(&x->r, "Authorization");
    struct str scheme;
    struct buf pair;
    bool fine;

    if (rest.p == NULL)
        return anonymous(c, ret);
    scheme = str_word(&rest);
    buf_init(&pair, CREDENTIALS_BYTES);
    if (!str_eq_nocase(scheme, str_of("Basic")) ||
        http_header_count(&x->r, "Authorization") > 1 ||
        http_base64_decode(&pair, str_trim(rest)) != WIRE_OK)
        fine = refuse(c);
    else
        fine = basic(c, buf_str(&pair), ret);
    buf_done(&pair);
    return fine;
}

bool
http_identity_form(struct conn *c, struct str name, struct http_who *ret)
{
    name = str_trim(name);
    if (name.n == 0 || http_header(&http_x(c)->r, "Authorization").p != NULL)
        return http_identity_read(c, ret);
    return guest(c, name, ret);
}
