/* SPDX-License-Identifier: MIT
 *
 * Requests about accounts and devices. A password goes into the command's
 * login as it was typed, for the core to judge; of a token and of an
 * invitation only the hash goes further. What has not the form of one is
 * nobody's, and refused like a wrong one. */
#include "dialect/native/native_requests.h"

#include "auth/token.h"

#include <sodium.h>

enum { DEVICE_BUF_BYTES = 8 * 1024 };

/* What somebody logs in with; "" = not given. */
struct credentials {
    const char *name, *password, *token, *device;
};

static bool
given(const char *z)
{
    return *z != '\0';
}

static bool
copy_password(const char *z, char out[LOGIN_PASSWORD_BYTES])
{
    size_t n = strlen(z);

    if (n >= LOGIN_PASSWORD_BYTES)
        return false;
    memcpy(out, z, n + 1);
    return true;
}

/* False: it is longer than a device's name may be. */
static bool
copy_device(const char *z, char out[LOGIN_DEVICE_BYTES + 1])
{
    struct str name;
    struct buf clean;
    bool fits;

    buf_init(&clean, DEVICE_BUF_BYTES);
    fits = native_clean(&clean, z, UTF8_ONE_LINE, &name) &&
           name.n <= LOGIN_DEVICE_BYTES;
    if (fits)
        str_to_z(str_trim(name), out, LOGIN_DEVICE_BYTES + 1);
    buf_done(&clean);
    return fits;
}

/* Frees c, and says why. */
static struct command *
give_up(struct command *c, struct native_refusal *why, enum deny deny,
        const char *text)
{
    command_free(&c);
    return native_refuse(why, deny, text);
}

/* The session becomes an account's, by kind. */
static struct command *
make_with(enum command_kind kind, const struct credentials *in,
          struct native_refusal *why)
{
    bool by_token = given(in->token);
    struct native_strings strings = {
        .name = in->name, .login = by_token ? LOGIN_TOKEN : LOGIN_PASSWORD};
    struct command *c;

    if (by_token == given(in->password))
        return native_refuse(why, DENY_BAD_REQUEST,
                             "It needs a password or a token, not both");
    if (!by_token && !given(in->name))
        return native_refuse(why, DENY_BAD_REQUEST, "A password needs a name");
    c = native_text_command(kind, &strings, why);
    if (c == NULL)
        return NULL;
    if (by_token ? !token_read(TOKEN_DEVICE, str_of(in->token),
                               c->login->token_hash)
                 : !copy_password(in->password, c->login->password))
        return give_up(c, why, DENY_BAD_CREDENTIALS, NULL);
    if (!by_token && !copy_device(in->device, c->login->device))
        return give_up(c, why, DENY_BAD_REQUEST,
                       "A device's name has at most 64 bytes");
    return c;
}

bool
native_hello_has_login(const Loquat__V1__Hello *hello)
{
    return given(hello->password) || given(hello->token);
}

struct command *
native_hello_login(const Loquat__V1__Hello *hello, struct native_refusal *why)
{
    struct credentials in = {hello->name, hello->password, hello->token,
                             hello->device};

    return make_with(COMMAND_ENTER, &in, why);
}

static struct command *
make_login(const Envelope *e, struct native_refusal *why)
{
    struct credentials in = {e->login->name, e->login->password,
                             e->login->token, e->login->device};

    return make_with(COMMAND_LOGIN, &in, why);
}

/* The core says what is wrong with a password; this one cannot be carried to
 * it. */
static struct command *
too_long(struct command *c, struct native_refusal *why)
{
    return give_up(c, why, DENY_WEAK_PASSWORD,
                   "That password cannot be used (is too long)");
}

static struct command *
make_register(const Envelope *e, struct native_refusal *why)
{
    const Loquat__V1__Register *r = e->register_;
    struct credentials in = {r->name, r->password, "", r->device};
    struct command *c;

    if (strlen(r->password) >= LOGIN_PASSWORD_BYTES)
        return too_long(NULL, why);
    c = make_with(COMMAND_REGISTER, &in, why);
    if (c != NULL && given(r->invitation) &&
        !token_read(TOKEN_INVITATION, str_of(r->invitation),
                    c->login->code_hash))
        return give_up(c, why, DENY_BAD_INVITATION, NULL);
    return c;
}

static struct command *
make_logout(const Envelope *e, struct native_refusal *why)
{
    (void)e;
    return native_text_command(COMMAND_LOGOUT, &(struct native_strings){0},
                               why);
}

static struct command *
make_password(const Envelope *e, struct native_refusal *why)
{
    struct native_strings in = {.login = LOGIN_PASSWORD};
    struct command *c = native_text_command(COMMAND_PASSWORD, &in, why);

    if (c == NULL)
        return NULL;
    if (!copy_password(e->set_password->password, c->login->password))
        return give_up(c, why, DENY_BAD_CREDENTIALS, NULL);
    if (!copy_password(e->set_password->fresh, c->login->fresh))
        return too_long(c, why);
    return c;
}

static struct command *
make_unregister(const Envelope *e, struct native_refusal *why)
{
    struct native_strings in = {.login = LOGIN_PASSWORD};
    struct command *c = native_text_command(COMMAND_UNREGISTER, &in, why);

    if (c != NULL && !copy_password(e->unregister->password,
                                    c->login->password))
        return give_up(c, why, DENY_BAD_CREDENTIALS, NULL);
    return c;
}

static struct command *
make_devices(const Envelope *e, struct native_refusal *why)
{
    (void)e;
    return native_text_command(COMMAND_DEVICES, &(struct native_strings){0},
                               why);
}

/* "read post": each word once or more; none of them: 0, the usual. */
static bool
read_scope(const char *z, uint8_t *ret)
{
    static const struct { const char *word; enum scope scope; } words[] = {
        {"read", SCOPE_READ},
        {"post", SCOPE_POST},
        {"files", SCOPE_FILES},
        {"manage", SCOPE_MANAGE},
    };
    struct str rest = str_of(z), word;
    uint8_t scope = 0;

    while ((word = str_word(&rest)).n > 0) {
        size_t i = 0, n = sizeof words / sizeof words[0];

        while (i < n && !str_eq(str_of(words[i].word), word))
            i++;
        if (i == n)
            return false;
        scope |= words[i].scope;
    }
    *ret = scope;
    return true;
}

static struct command *
make_token(const Envelope *e, struct native_refusal *why)
{
    const Loquat__V1__MakeToken *make = e->make_token;
    struct native_strings in = {.target = make->room, .login = LOGIN_PASSWORD};
    uint8_t scope;
    struct command *c;

    if (!read_scope(make->scope, &scope))
        return native_refuse(why, DENY_BAD_REQUEST,
                             "A scope is made of read, post, files, manage");
    if (make->expires_ms < 0)
        return native_refuse(why, DENY_BAD_REQUEST, "That time is long ago");
    c = native_text_command(COMMAND_TOKEN, &in, why);
    if (c == NULL)
        return NULL;
    if (!copy_device(make->device, c->login->device) ||
        !given(c->login->device))
        return give_up(c, why, DENY_BAD_REQUEST,
                       "A device needs a name of at most 64 bytes");
    c->login->scope = scope;
    c->login->expires_ms = make->expires_ms;
    return c;
}

static struct command *
make_revoke(const Envelope *e, struct native_refusal *why)
{
    struct command *c = native_text_command(
        COMMAND_REVOKE, &(struct native_strings){0}, why);

    if (c != NULL)
        c->token = native_bounded(e->revoke_device->id);
    return c;
}

static const struct native_request requests[] = {
    [ENVELOPE_BODY(REGISTER)]      = {make_register, true, false},
    [ENVELOPE_BODY(LOGIN)]         = {make_login, true, false},
    [ENVELOPE_BODY(LOGOUT)]        = {make_logout, true, false},
    [ENVELOPE_BODY(SET_PASSWORD)]  = {make_password, true, false},
    [ENVELOPE_BODY(UNREGISTER)]    = {make_unregister, true, false},
    [ENVELOPE_BODY(GET_DEVICES)]   = {make_devices, true, false},
    [ENVELOPE_BODY(MAKE_TOKEN)]    = {make_token, true, false},
    [ENVELOPE_BODY(REVOKE_DEVICE)] = {make_revoke, true, false},
};

const struct native_request *
native_account_request(size_t which)
{
    if (which >= sizeof requests / sizeof requests[0] ||
        requests[which].make == NULL)
        return NULL;
    return &requests[which];
}

bool
native_wants_token(const struct command *c)
{
    return c->login != NULL &&
           (c->kind == COMMAND_TOKEN ||
            (c->login->kind == LOGIN_PASSWORD && given(c->login->device)));
}

static void
wipe(char *z)
{
    sodium_memzero(z, strlen(z));
}

void
native_forget(Envelope *e)
{
    switch (e->body_case) {
    case ENVELOPE_BODY(HELLO):
        wipe(e->hello->password);
        wipe(e->hello->token);
        break;
    case ENVELOPE_BODY(LOGIN):
        wipe(e->login->password);
        wipe(e->login->token);
        break;
    case ENVELOPE_BODY(REGISTER):
        wipe(e->register_->password);
        wipe(e->register_->invitation);
        break;
    case ENVELOPE_BODY(SET_PASSWORD):
        wipe(e->set_password->password);
        wipe(e->set_password->fresh);
        break;
    case ENVELOPE_BODY(UNREGISTER):
        wipe(e->unregister->password);
        break;
    default:
        break;
    }
}
