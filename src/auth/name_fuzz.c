/* SPDX-License-Identifier: MIT
 *
 * Oracles for a name that was accepted: it fits, it is clean UTF-8 without
 * blanks, its shown form is accepted again as itself with the same key, and
 * its lower-case and upper-case ASCII spellings have that key too. A refused
 * one leaves the output alone. What ASCII accepts, Unicode accepts alike. */
#include "auth/name.h"
#include "base/must.h"
#include "base/utf8.h"

typedef enum name_fault check_fn(struct str s, enum name_charset charset,
                                 struct name *out);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_upper_case(check_fn *check, enum name_charset charset,
                 const struct name *name)
{
    struct name upper = *name, again;

    for (char *p = upper.text; *p != '\0'; p++) {
        if (*p >= 'a' && *p <= 'z')
            *p = (char)(*p - ('a' - 'A'));
    }
    must(check(str_of(upper.text), charset, &again) == NAME_OK);
    must(strcmp(again.key, name->key) == 0);
}

static enum name_fault
check_name(check_fn *check, struct str s, enum name_charset charset,
           size_t bytes_max, struct name *name)
{
    enum name_fault fault;
    struct name again;

    memset(name, 'x', sizeof(*name));
    fault = check(s, charset, name);
    if (fault != NAME_OK) {
        must(name->text[0] == 'x' && name->key[sizeof(name->key) - 1] == 'x');
        return fault;
    }
    must(strlen(name->text) > 0 && strlen(name->text) <= bytes_max);
    must(strlen(name->key) > 0);
    must(utf8_is_clean(str_of(name->text), UTF8_ONE_LINE));
    must(utf8_is_clean(str_of(name->key), UTF8_ONE_LINE));
    must(strpbrk(name->text, " \t:,!@/") == NULL);
    must(check(str_of(name->text), charset, &again) == NAME_OK);
    must(strcmp(again.text, name->text) == 0);
    must(strcmp(again.key, name->key) == 0);
    check_upper_case(check, charset, name);
    return NAME_OK;
}

static void
check_both(check_fn *check, struct str s, size_t bytes_max)
{
    struct name ascii, unicode;
    enum name_fault a = check_name(check, s, NAME_ASCII, bytes_max, &ascii);
    enum name_fault u = check_name(check, s, NAME_UNICODE, bytes_max, &unicode);

    if (a != NAME_OK)
        return;
    must(u == NAME_OK);
    must(strcmp(ascii.text, unicode.text) == 0);
    must(strcmp(ascii.key, unicode.key) == 0);
    must(str_eq(s, str_of(ascii.text)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str s = {(const char *)data, size};

    check_both(name_check_user, s, LIMIT_NAME_BYTES);
    check_both(name_check_room, s, LIMIT_ROOM_BYTES);
    return 0;
}
