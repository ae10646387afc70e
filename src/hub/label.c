/* SPDX-License-Identifier: MIT
 *
 * The text is the name with its NUL and, if it has LABEL_KEY, the key with
 * its NUL. With LABEL_FAR it is an allocation that `near` holds the address
 * of, copied in and out because `near` is not aligned for it. */
#include "hub/label.h"
#include "base/must.h"

#include <stdlib.h>

enum label_flag {
    LABEL_FAR = 1,
    LABEL_KEY = 2,
};

_Static_assert(sizeof(struct label) == 16, "one of it per connection");

static char *
far_text(const struct label *l)
{
    char *text;

    memcpy(&text, l->near, sizeof text);
    return text;
}

/* Room for a text of `bytes`. */
static char *
make_room(struct label *l, size_t bytes)
{
    char *text;

    if (bytes <= sizeof l->near)
        return l->near;
    text = must_alloc(bytes);
    memcpy(l->near, &text, sizeof text);
    l->flags |= LABEL_FAR;
    return text;
}

void
label_set(struct label *l, const struct name *n)
{
    size_t name_bytes = strlen(n->text) + 1, key_bytes = 0;
    char *text;

    label_done(l);
    if (strcmp(n->text, n->key) != 0) {
        key_bytes = strlen(n->key) + 1;
        l->flags |= LABEL_KEY;
    }
    text = make_room(l, name_bytes + key_bytes);
    memcpy(text, n->text, name_bytes);
    memcpy(text + name_bytes, n->key, key_bytes);
}

void
label_done(struct label *l)
{
    if (l->flags & LABEL_FAR)
        free(far_text(l));
    *l = (struct label){.flags = 0};
}

const char *
label_name(const struct label *l)
{
    return l->flags & LABEL_FAR ? far_text(l) : l->near;
}

const char *
label_key(const struct label *l)
{
    const char *name = label_name(l);

    return l->flags & LABEL_KEY ? name + strlen(name) + 1 : name;
}
