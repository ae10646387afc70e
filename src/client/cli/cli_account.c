/* SPDX-License-Identifier: MIT
 *
 * loquat login, register, logout, passwd, unregister, devices, revoke, token:
 * oneself. Who has logged in is known here until they log out: by a token in a
 * file (cli_token.h), never by the password. */
#include "client/cli/cli_ask.h"
#include "client/cli/cli_commands.h"
#include "client/cli/cli_errand.h"

#include "base/clock.h"
#include "client/cli/cli_print_impl.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *
env(const char *name)
{
    return getenv(name);
}

static int
say_why(int status, const struct err *e)
{
    fprintf(stderr, "loquat: %s\n", e->text);
    return status;
}

void
cli_device_name(const struct cli_options *o, char out[CLI_DEVICE_BYTES])
{
    char host[256] = "";

    if (o->device == NULL && gethostname(host, sizeof host - 1) < 0)
        host[0] = '\0';
    snprintf(out, CLI_DEVICE_BYTES, "%s",
             o->device != NULL ? o->device : *host ? host : "loquat");
}

/* ---- login, register ---- */

void
cli_keep_login(struct cli_session *s, const char *token, const char *name)
{
    struct err e;

    if (cli_token_store(s->o, env, token, name, &e) < 0) {
        cli_error(s, "%s", e.text);
        cli_session_end(s, CLI_FAILURE);
        return;
    }
    cli_notice(s, "you are %s here from now on", name);
}

void
cli_forget_login(struct cli_session *s)
{
    struct cli_token token;
    struct err e;
    bool stored;

    if (cli_token_find(&token, s->o, env, &e) < 0)
        return;
    stored = token.stored;
    cli_token_wipe(&token);
    if (stored)
        cli_token_forget(s->o, env);
}

static void
print_name(struct cli_session *s, const char *name)
{
    struct json j;

    if (!s->style.json)
        return;
    json_open(&j, &s->out);
    cli_json_clean(&j, "name", name, UTF8_ONE_LINE);
    cli_json_end(&s->out, &j);
}

static void
on_logged_in(struct cli_session *s)
{
    const char *token = link_new_token(s->link);

    if (token == NULL) {
        cli_error(s, "the server has given no token");
        cli_session_end(s, CLI_FAILURE);
        return;
    }
    cli_keep_login(s, token, link_name(s->link));
    print_name(s, link_name(s->link));
    cli_session_end(s, CLI_OK);
}

/* code: "" for none. */
static int
log_in_by(const struct cli_options *o, bool enrol, const char *code)
{
    static const struct cli_ops ops = {.connected = on_logged_in};
    char device[CLI_DEVICE_BYTES];
    struct talk_login_options login = {
        .device = device, .enrol = enrol,
        .invitation = *code != '\0' ? code : NULL,
    };
    const struct cli_kind kind = {.ops = &ops, .named = true,
                                  .login = &login};
    struct cli_session s = {0};
    struct cli_secret secret;
    struct err e;
    int status;

    cli_device_name(o, device);
    if (cli_secret_read(&secret, o, enrol ? CLI_SECRET_NEW : CLI_SECRET_KNOWN,
                        &e) < 0)
        return say_why(CLI_FAILURE, &e);
    login.password = secret.password;
    status = cli_session_run(&s, o, &kind);
    cli_secret_wipe(&secret);
    return status;
}

static int
run_login(const struct cli_options *given, bool enrol)
{
    struct cli_options o = *given;
    char code[CLI_SECRET_BYTES] = "";
    struct err e;
    int status;

    if (o.args_n > 0)
        o.name = o.args[0];
    o.name_given = true;
    if (o.invitation_file != NULL &&
        cli_secret_file(o.invitation_file, code, &e) < 0)
        status = say_why(CLI_FAILURE, &e);
    else
        status = log_in_by(&o, enrol, code);
    sodium_memzero(code, sizeof code);
    return status;
}

int
cli_login(const struct cli_options *o)
{
    return run_login(o, false);
}

int
cli_register(const struct cli_options *o)
{
    return run_login(o, true);
}

/* ---- logout, unregister ---- */

static uint64_t
ask_logout(struct cli_errand *x)
{
    return cli_ask_logout(x->s.link);
}

/* A token that the server knows no longer is of no use either. Whoever else
 * refuses us, or the same one for another reason, leaves it good. */
static void
on_left(const struct cli_errand *x)
{
    bool unknown = link_error_code(x->s.link) ==
                   LOQUAT__V1__ERROR_CODE__ERROR_CODE_BAD_CREDENTIALS;

    if (x->s.by_stored_token && (x->s.status == CLI_OK || unknown))
        cli_token_forget(x->s.o, env);
}

static int
leave(const struct cli_options *o, const struct cli_errand_kind *kind,
      const struct cli_secret *secret)
{
    struct cli_token token;
    struct err e;
    bool any;

    if (cli_token_find(&token, o, env, &e) < 0)
        return say_why(CLI_AUTH, &e);
    any = token.text[0] != '\0';
    cli_token_wipe(&token);
    if (!any) {
        fprintf(stderr, "loquat: you are not logged in on %s:%u\n", o->host,
                o->port);
        return CLI_AUTH;
    }
    return cli_errand_run(o, kind, secret);
}

int
cli_logout(const struct cli_options *o)
{
    static const struct cli_errand_kind kind = {.ask = ask_logout,
                                                .ended = on_left};

    return leave(o, &kind, NULL);
}

static uint64_t
ask_unregister(struct cli_errand *x)
{
    return cli_ask_unregister(x->s.link, x->secret->password);
}

int
cli_unregister(const struct cli_options *o)
{
    static const struct cli_errand_kind kind = {.ask = ask_unregister,
                                                .ended = on_left};
    struct cli_secret secret;
    struct err e;
    int status;

    if (cli_secret_read(&secret, o, CLI_SECRET_KNOWN, &e) < 0)
        return say_why(CLI_FAILURE, &e);
    status = leave(o, &kind, &secret);
    cli_secret_wipe(&secret);
    return status;
}

/* ---- passwd ---- */

static uint64_t
ask_password(struct cli_errand *x)
{
    return cli_ask_password(x->s.link, x->secret->password, x->secret->fresh);
}

int
cli_passwd(const struct cli_options *o)
{
    static const struct cli_errand_kind kind = {.ask = ask_password};
    struct cli_secret secret;
    struct err e;
    int status;

    if (cli_secret_read(&secret, o, CLI_SECRET_CHANGE, &e) < 0)
        return say_why(CLI_FAILURE, &e);
    status = cli_errand_run(o, &kind, &secret);
    cli_secret_wipe(&secret);
    return status;
}

/* ---- devices, revoke, token ---- */

static uint64_t
ask_devices(struct cli_errand *x)
{
    return cli_ask_devices(x->s.link);
}

static void
take_devices(struct cli_errand *x, const Envelope *e)
{
    if (e->body_case != ENVELOPE_BODY(DEVICES))
        return;
    for (size_t i = 0; i < e->devices->n_devices; i++)
        cli_print_device(&x->s.out, &x->s.style, e->devices->devices[i]);
}

int
cli_devices(const struct cli_options *o)
{
    static const struct cli_errand_kind kind = {.ask = ask_devices,
                                                .take = take_devices};

    return cli_errand_run(o, &kind, NULL);
}

static uint64_t
ask_revoke(struct cli_errand *x)
{
    unsigned long long id = 0;

    (void)str_to_u64(str_of(x->s.o->args[0]), INT64_MAX, &id);
    return cli_ask_revoke(x->s.link, id);
}

int
cli_revoke(const struct cli_options *o)
{
    static const struct cli_errand_kind kind = {.ask = ask_revoke};
    unsigned long long id;

    if (strcmp(o->args[0], "others") != 0 &&
        (!str_to_u64(str_of(o->args[0]), INT64_MAX, &id) || id == 0)) {
        fprintf(stderr, "loquat: revoke takes a device's number, or \"others\""
                "\n");
        return CLI_USAGE;
    }
    return cli_errand_run(o, &kind, NULL);
}

static uint64_t
ask_token(struct cli_errand *x)
{
    const struct cli_options *o = x->s.o;

    return cli_ask_token(x->s.link, o->args[0], o->room ? x->target : "",
                         o->scope ? o->scope : "",
                         o->for_ms > 0 ? clock_wall_ms() + o->for_ms : 0);
}

static void
take_token(struct cli_errand *x, const Envelope *e)
{
    if (e->body_case == ENVELOPE_BODY(TOKEN))
        cli_print_token(&x->s.out, &x->s.style, e->token);
}

int
cli_token(const struct cli_options *o)
{
    static const struct cli_errand_kind kind = {.ask = ask_token,
                                                .take = take_token};

    return cli_errand_run(o, &kind, NULL);
}
