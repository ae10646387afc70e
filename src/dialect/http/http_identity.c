/* SPDX-License-Identifier: MIT */
#include "dialect/http/http_identity.h"

#include "auth/token.h"
#include "base/rand.h"
#include "base/utf8.h"
#include "dialect/http/http_out.h"
#include "dialect/http/http_request.h"
#include "dialect/http/http_text_wire.h"

#include <stdio.h>

enum {
    CREDENTIALS_BYTES = 1024,
};

/* Tells the guests of HTTP from those of other dialects. */
static const char guest_domain[] = "http";

static void
put_parts(struct buf *text, const char *domain, struct str a, struct str b)
{
    http_put(text, domain);
    http_put_str(text, (struct str){"\0", 1});
    http_put_str(text, a);
    http_put_str(text, (struct str){"\0", 1});
    http_put_str(text, b);
}

static uint64_t
fingerprint(struct str name, struct str host)
{
    struct buf text;
    uint64_t id;

    buf_init(&text, 2 * CREDENTIALS_BYTES);
    put_parts(&text, guest_domain, name, host);
    id = rand_fingerprint(text.p, text.n);
    buf_done(&text);
    return id;
}

/* Keyed, so that what is kept of a secret is of no use elsewhere. */
static uint64_t
key_of(const char *kind, struct str name, struct str secret)
{
    struct buf text;
    uint64_t key;

    buf_init(&text, 2 * CREDENTIALS_BYTES);
    put_parts(&text, kind, name, secret);
    key = rand_hash(text.p, text.n);
    http_wipe(&text);
    return key != 0 ? key : 1;
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
set_guest(struct http_who *who, struct str name, uint64_t sender_id,
          bool or_similar)
{
    char id[24];
    int n = snprintf(id, sizeof id, "%llu%c", (unsigned long long)sender_id,
                     or_similar ? 's' : 'e');

    *who = (struct http_who){.sender_id = sender_id, .or_similar = or_similar};
    str_to_z(name, who->name, sizeof who->name);
    who->key = key_of("guest", name, (struct str){id, (size_t)n});
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
    set_guest(ret, name, fingerprint(name, host_of(c)), false);
    return true;
}

static bool
anonymous(struct conn *c, struct http_who *ret)
{
    struct str name = str_of(conn_config(c)->guest_name);

    enum http_need need = http_x(c)->handler->need;

    if (need == NEED_READER) {
        set_guest(ret, (struct str){"", 0}, 0, false);
        return true;
    }
    if (need == NEED_ACCOUNT || name.n == 0) {
        http_deny(c, DENY_NO_NAME, (struct str){NULL, 0});
        return false;
    }
    set_guest(ret, name, fingerprint(name, host_of(c)), true);
    return true;
}

static bool
refuse(struct conn *c)
{
    http_fail(c, 401, "bad_credentials",
              "Say who you are by Basic, a name and a password or nothing, or "
              "by Bearer and a token");
    return false;
}

static bool
by_password(struct conn *c, struct str name, struct str password,
            struct http_who *ret)
{
    if (!passes(name)) {
        http_deny(c, DENY_BAD_NAME, (struct str){NULL, 0});
        return false;
    }
    if (password.n >= sizeof ret->password ||
        memchr(password.p, '\0', password.n) != NULL)
        return refuse(c);
    *ret = (struct http_who){.login = LOGIN_PASSWORD};
    str_to_z(name, ret->name, sizeof ret->name);
    str_to_z(password, ret->password, sizeof ret->password);
    ret->key = key_of("password", name, password);
    return true;
}

static bool
basic(struct conn *c, struct str pair, struct http_who *ret)
{
    const char *colon = pair.n ? memchr(pair.p, ':', pair.n) : NULL;
    struct str name, password;

    if (colon == NULL || colon == pair.p)
        return refuse(c);
    name = (struct str){pair.p, (size_t)(colon - pair.p)};
    password = (struct str){colon + 1, pair.n - name.n - 1};
    return password.n == 0 ? guest(c, name, ret)
                           : by_password(c, name, password, ret);
}

static bool
read_basic(struct conn *c, struct str text, struct http_who *ret)
{
    struct buf pair;
    bool fine;

    buf_init(&pair, CREDENTIALS_BYTES);
    fine = http_base64_decode(&pair, text) == WIRE_OK
               ? basic(c, buf_str(&pair), ret) : refuse(c);
    http_wipe(&pair);
    return fine;
}

static bool
read_bearer(struct conn *c, struct str text, struct http_who *ret)
{
    struct http_who who = {.login = LOGIN_TOKEN};

    if (!token_read(TOKEN_DEVICE, text, who.token_hash))
        return refuse(c);
    who.key = key_of("token", (struct str){NULL, 0},
                     (struct str){(const char *)who.token_hash,
                                  sizeof who.token_hash});
    *ret = who;
    return true;
}

bool
http_identity_read(struct conn *c, struct http_who *ret)
{
    struct http_exchange *x = http_x(c);
    struct str rest = http_header(&x->r, "Authorization");
    struct str scheme;

    if (rest.p == NULL)
        return anonymous(c, ret);
    if (http_header_count(&x->r, "Authorization") > 1)
        return refuse(c);
    scheme = str_word(&rest);
    if (str_eq_nocase(scheme, str_of("Basic")))
        return read_basic(c, str_trim(rest), ret);
    if (str_eq_nocase(scheme, str_of("Bearer")))
        return read_bearer(c, str_trim(rest), ret);
    return refuse(c);
}

bool
http_identity_form(struct conn *c, struct str name, struct http_who *ret)
{
    name = str_trim(name);
    if (name.n == 0 || http_header(&http_x(c)->r, "Authorization").p != NULL)
        return http_identity_read(c, ret);
    return guest(c, name, ret);
}
