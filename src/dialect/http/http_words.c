/* SPDX-License-Identifier: MIT */
#include "dialect/http/http_words.h"

#include "base/must.h"
#include "hub/access.h"

static const char *const roles[] = {
    [ROLE_NONE] = "none", [ROLE_MEMBER] = "member",
    [ROLE_MODERATOR] = "moderator", [ROLE_OWNER] = "owner",
};

static const char *const privacies[] = {
    [ROOM_PUBLIC] = "public", [ROOM_PRIVATE] = "private",
    [ROOM_HIDDEN] = "hidden",
};

static const char *const settings[] = {
    [SETTING_PRIVACY] = "privacy", [SETTING_HISTORY] = "history",
    [SETTING_SLOW] = "slow", [SETTING_KEEP] = "keep",
    [SETTING_NAME] = "name", [SETTING_DESCRIPTION] = "description",
};

static const struct {
    const char *word;
    uint8_t scope;
} scopes[] = {
    {"read", SCOPE_READ}, {"post", SCOPE_POST}, {"files", SCOPE_FILES},
    {"manage", SCOPE_MANAGE},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

const char *
http_role_word(enum room_role role)
{
    must((size_t)role < COUNT(roles));
    return roles[role];
}

const char *
http_privacy_word(enum room_privacy privacy)
{
    must((size_t)privacy < COUNT(privacies));
    return privacies[privacy];
}

const char *
http_setting_word(enum setting setting)
{
    must(setting > 0 && (size_t)setting < COUNT(settings));
    return settings[setting];
}

bool
http_role_read(struct str word, enum room_role *ret)
{
    for (size_t i = 0; i < COUNT(roles); i++) {
        if (!str_eq(word, str_of(roles[i])))
            continue;
        *ret = (enum room_role)i;
        return true;
    }
    return false;
}

bool
http_scope_read(struct str word, uint8_t *ret)
{
    for (size_t i = 0; i < COUNT(scopes); i++) {
        if (!str_eq(word, str_of(scopes[i].word)))
            continue;
        *ret = scopes[i].scope;
        return true;
    }
    return false;
}
