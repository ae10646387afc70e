/* SPDX-License-Identifier: MIT
 *
 * A password's characters lie in one array on the stack while they are looked
 * at, never on the heap, and are wiped. */
#include "auth/password.h"
#include "auth/password_common.h"
#include "base/must.h"
#include "base/utf8.h"

#include <sodium.h>
#include <utf8proc.h>

/* Before normalisation it may be a few times as long as after it. */
enum { CHARS_MAX = 4 * PASSWORD_BYTES_MAX };

struct chars {
    size_t n;
    utf8proc_int32_t at[CHARS_MAX];
};

struct folded {
    size_t n;
    char at[4 * CHARS_MAX + 1];
};

static const char *const fault_texts[] = {
    [PASSWORD_OK] = "is fine",
    [PASSWORD_TOO_SHORT] = "is too short: 8 characters at least",
    [PASSWORD_TOO_LONG] = "is too long",
    [PASSWORD_BAD_CHARACTER] = "has a character that is not allowed there",
    [PASSWORD_IS_NAME] = "is too near to the name",
    [PASSWORD_COMMON] = "is one of those that everybody tries first",
};

static struct {
    unsigned long long passes;
    size_t bytes;
} costs = {2, 64 * 1024 * 1024};

/* ---- its form ---- */

/* RFC 8265 §4.2.2, the additional mapping rule. */
static utf8proc_int32_t
map_blank(utf8proc_int32_t cp, void *unused)
{
    (void)unused;
    return utf8proc_category(cp) == UTF8PROC_CATEGORY_ZS ? ' ' : cp;
}

/* The FreeformClass (RFC 8264 §4.3) has no controls, nothing unassigned, and
 * nothing that is ignored when it is shown. */
static bool
is_allowed(utf8proc_int32_t cp)
{
    const utf8proc_property_t *property = utf8proc_get_property(cp);

    switch (property->category) {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return false;
    default:
        return !property->ignorable;
    }
}

static enum password_fault
read_chars(struct str s, struct chars *c)
{
    utf8proc_ssize_t n;

    if (s.n > CHARS_MAX)
        return PASSWORD_TOO_LONG;
    if (!utf8_valid(s))
        return PASSWORD_BAD_CHARACTER;
    n = utf8proc_decompose_custom(
        (const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n, c->at, CHARS_MAX,
        UTF8PROC_STABLE | UTF8PROC_COMPOSE, map_blank, NULL);
    if (n > CHARS_MAX)
        return PASSWORD_TOO_LONG;
    must(n >= 0);
    n = utf8proc_normalize_utf32(c->at, n, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    must(n >= 0);
    c->n = (size_t)n;
    for (size_t i = 0; i < c->n; i++) {
        if (!is_allowed(c->at[i]))
            return PASSWORD_BAD_CHARACTER;
    }
    return PASSWORD_OK;
}

static enum password_fault
write_chars(const struct chars *c, char out[PASSWORD_BYTES_MAX + 1])
{
    size_t n = 0;

    for (size_t i = 0; i < c->n; i++) {
        char bytes[4];
        size_t more = utf8_encode((uint32_t)c->at[i], bytes);

        if (n + more > PASSWORD_BYTES_MAX)
            return PASSWORD_TOO_LONG;
        memcpy(out + n, bytes, more);
        n += more;
    }
    out[n] = '\0';
    return n > 0 ? PASSWORD_OK : PASSWORD_TOO_SHORT;
}

/* ---- whether it is a good one ---- */

/* s is clean and short. What is too long when folded is near to nothing. */
static void
fold(struct str s, struct folded *f)
{
    struct chars c;
    utf8proc_ssize_t n = utf8proc_decompose(
        (const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n, c.at, CHARS_MAX,
        UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE
            | UTF8PROC_CASEFOLD);

    f->n = 0;
    for (utf8proc_ssize_t i = 0; i < n && n <= CHARS_MAX; i++)
        f->n += utf8_encode((uint32_t)c.at[i], f->at + f->n);
    f->at[f->n] = '\0';
    sodium_memzero(&c, sizeof c);
}

static bool
is_padding(char c)
{
    return (unsigned char)c < 0x80
        && !(c >= 'a' && c <= 'z');
}

/* Without the digits and punctuation at both ends; whole if nothing else is
 * in it. */
static struct str
core_of(const struct folded *f)
{
    size_t first = 0, n = f->n;

    while (n > 0 && is_padding(f->at[n - 1]))
        n--;
    while (first < n && is_padding(f->at[first]))
        first++;
    return n > 0 ? (struct str){f->at + first, n - first}
                 : (struct str){f->at, f->n};
}

static bool
is_repeated(struct str s, struct str part)
{
    if (part.n == 0 || s.n == 0 || s.n % part.n != 0)
        return false;
    for (size_t i = 0; i < s.n; i += part.n) {
        if (memcmp(s.p + i, part.p, part.n) != 0)
            return false;
    }
    return true;
}

/* "bob", "bobbob", "Bob1987!", of bob and of bob99. */
static bool
is_name(const struct folded *password, struct str typed_name)
{
    struct folded name;

    fold(typed_name, &name);
    return is_repeated(core_of(password), core_of(&name))
        || is_repeated((struct str){password->at, password->n},
                       (struct str){name.at, name.n});
}

static bool
is_common(const struct folded *password)
{
    struct str s = {password->at, password->n};

    if (is_repeated(s, (struct str){s.p, 1}))
        return true;
    for (size_t i = 0; password_common[i] != NULL; i++) {
        if (str_eq(s, str_of(password_common[i])))
            return true;
    }
    return false;
}

static enum password_fault
judge(const char *password, struct str name)
{
    enum password_fault fault = PASSWORD_OK;
    struct folded folded;

    if (strlen(password) < PASSWORD_BYTES_MIN)
        return PASSWORD_TOO_SHORT;
    fold(str_of(password), &folded);
    if (is_name(&folded, name))
        fault = PASSWORD_IS_NAME;
    else if (is_common(&folded))
        fault = PASSWORD_COMMON;
    sodium_memzero(&folded, sizeof folded);
    return fault;
}

enum password_fault
password_prepare(struct str typed, struct str name, char *out)
{
    char prepared[PASSWORD_BYTES_MAX + 1];
    struct chars c;
    enum password_fault fault = read_chars(typed, &c);

    if (fault == PASSWORD_OK)
        fault = write_chars(&c, prepared);
    if (fault == PASSWORD_OK && name.n > 0)
        fault = judge(prepared, name);
    if (fault == PASSWORD_OK)
        memcpy(out, prepared, strlen(prepared) + 1);
    sodium_memzero(&c, sizeof c);
    sodium_memzero(prepared, sizeof prepared);
    return fault;
}

const char *
password_fault_text(enum password_fault fault)
{
    must(fault <= PASSWORD_COMMON);
    return fault_texts[fault];
}

/* ---- hashes ---- */

void
password_set_costs(unsigned passes, unsigned memory_kib)
{
    costs.passes = passes;
    costs.bytes = (size_t)memory_kib * 1024;
    must(costs.passes >= crypto_pwhash_argon2id_OPSLIMIT_MIN
         && costs.bytes >= crypto_pwhash_argon2id_MEMLIMIT_MIN
         && costs.bytes <= crypto_pwhash_argon2id_MEMLIMIT_MAX);
}

bool
password_hash(const char *password, char *out, size_t n)
{
    char hash[crypto_pwhash_STRBYTES];

    must(n >= sizeof hash);
    if (crypto_pwhash_str_alg(hash, password, strlen(password), costs.passes,
                              costs.bytes, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return false;
    memcpy(out, hash, sizeof hash);
    return true;
}

/* Making a hash takes what verifying one takes: nobody can tell by the time
 * which accounts there are. */
bool
password_verify(const char *hash, const char *password)
{
    char nobody[crypto_pwhash_STRBYTES];

    if (hash[0] == '\0') {
        (void)password_hash(password, nobody, sizeof nobody);
        return false;
    }
    return crypto_pwhash_str_verify(hash, password, strlen(password)) == 0;
}
