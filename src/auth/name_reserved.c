/* SPDX-License-Identifier: MIT */
#include "auth/name_reserved.h"
#include "base/limits.h"
#include "base/must.h"

#include <string.h>

static const char *const words[] = {
    /* The server's voice */
    "server", "system", "loquat", "loquatd", "service", "services", "status",
    "notice", "console", "daemon", "localhost",

    /* "FILE: a:5" would be a file's header to a line client */
    "file",

    /* Who runs it */
    "admin", "admins", "administrator", "operator", "operators", "oper",
    "owner", "moderator", "moderators", "mod", "root", "sysop", "sysadmin",
    "staff", "support", "security", "abuse", "postmaster", "hostmaster",
    "webmaster",

    /* What other servers of chat have */
    "nickserv", "chanserv", "memoserv", "operserv", "hostserv", "botserv",
    "saslserv", "authserv", "global",

    /* A crowd, nobody, anybody */
    "everyone", "everybody", "all", "here", "channel", "room", "nobody",
    "anonymous", "undefined", "null",
};

/* What each looks like; of 1 there are two readings. */
static char
plain(char c, char one)
{
    switch (c) {
    case '0':
        return 'o';
    case '1':
    case '|':
        return one;
    case '3':
        return 'e';
    case '5':
        return 's';
    default:
        return c;
    }
}

static bool
is_edge(char c)
{
    return strchr("_-.[]{}\\|^`'", c) != NULL;
}

static bool
matches(const char *key, size_t n, char one)
{
    char seen[LIMIT_ROOM_BYTES + 1];
    size_t seen_n = 0;

    for (size_t i = 0; i < n; i++) {
        bool is_m = key[i] == 'r' && i + 1 < n && key[i + 1] == 'n';

        seen[seen_n++] = is_m ? 'm' : plain(key[i], one);
        i += is_m;
    }
    seen[seen_n] = '\0';
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(seen, words[i]) == 0)
            return true;
    }
    return false;
}

bool
name_is_reserved(const char *key)
{
    size_t n = strlen(key);

    must(n <= LIMIT_ROOM_BYTES);
    while (n > 0 && is_edge(key[n - 1]))
        n--;
    while (n > 0 && is_edge(key[0])) {
        key++;
        n--;
    }
    return matches(key, n, 'i') || matches(key, n, 'l');
}
