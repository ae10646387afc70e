/* SPDX-License-Identifier: MIT */
#include "link/talk_login.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static char *
copy(const char *z)
{
    return z != NULL ? must_strdup(z) : NULL;
}

static void
wipe(char **z)
{
    if (*z != NULL)
        sodium_memzero(*z, strlen(*z));
    free(*z);
    *z = NULL;
}

static void
forget_password(struct talk_login *l)
{
    wipe(&l->password);
    wipe(&l->device);
    wipe(&l->invitation);
    l->enrol = false;
}

void
talk_login_init(struct talk_login *l, const struct talk_login_options *o)
{
    *l = (struct talk_login){
        .password = copy(o->password), .token = copy(o->token),
        .device = copy(o->device), .invitation = copy(o->invitation),
        .enrol = o->enrol};
}

void
talk_login_done(struct talk_login *l)
{
    forget_password(l);
    wipe(&l->token);
}

void
talk_login_hello(const struct talk_login *l, Loquat__V1__Hello *hello)
{
    if (l->enrol || l->token != NULL)
        hello->name = "";
    if (l->enrol)
        return;
    if (l->token != NULL) {
        hello->token = l->token;
    } else if (l->password != NULL) {
        hello->password = l->password;
        if (l->device != NULL)
            hello->device = l->device;
    }
}

void
talk_login_register(const struct talk_login *l, char *name,
                    Loquat__V1__Register *r)
{
    r->name = name;
    r->password = l->password;
    if (l->invitation != NULL)
        r->invitation = l->invitation;
    if (l->device != NULL)
        r->device = l->device;
}

void
talk_login_welcomed(struct talk_login *l, const Loquat__V1__Welcome *w)
{
    forget_password(l);
    l->is_new = *w->token != '\0';
    if (!l->is_new)
        return;
    wipe(&l->token);
    l->token = must_strdup(w->token);
}
