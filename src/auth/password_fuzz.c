/* SPDX-License-Identifier: MIT
 *
 * Oracles: a prepared password fits, is clean, and is prepared again as
 * itself; a refused one leaves the output alone. The first byte says how much
 * of the rest is the name. */
#include "auth/password.h"
#include "base/must.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(struct str typed, struct str name)
{
    char out[PASSWORD_BYTES_MAX + 1], again[PASSWORD_BYTES_MAX + 1];
    enum password_fault fault;

    memset(out, 'x', sizeof out);
    fault = password_prepare(typed, name, out);
    if (fault != PASSWORD_OK) {
        must(out[0] == 'x' && out[PASSWORD_BYTES_MAX] == 'x');
        return;
    }
    must(strlen(out) > 0 && strlen(out) <= PASSWORD_BYTES_MAX);
    must(name.n == 0 || strlen(out) >= PASSWORD_BYTES_MIN);
    must(utf8_is_clean(str_of(out), UTF8_ONE_LINE));
    must(password_prepare(str_of(out), name, again) == PASSWORD_OK);
    must(strcmp(out, again) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = {(const char *)data, size};
    size_t name_n;

    check(rest, (struct str){0});
    if (size == 0)
        return 0;
    name_n = data[0] % 32;
    rest = (struct str){rest.p + 1, rest.n - 1};
    if (name_n > rest.n)
        name_n = rest.n;
    check((struct str){rest.p + name_n, rest.n - name_n},
          (struct str){rest.p, name_n});
    return 0;
}
