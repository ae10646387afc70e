/* SPDX-License-Identifier: MIT
 *
 * Oracles: a safe name is short, clean and without what it may not have, and
 * making it safe again changes nothing. */
#include "base/file_name.h"

#include "base/limits.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(struct str s)
{
    must(s.n > 0 && s.n <= LIMIT_FILE_NAME_BYTES);
    must(utf8_is_clean(s, UTF8_ONE_LINE));
    for (size_t i = 0; i < s.n; i++)
        must(s.p[i] != '\0' && strchr("/\\:<>\"|?*\t", s.p[i]) == NULL);
    must(strchr(". -~", s.p[0]) == NULL);
    must(strchr(". ", s.p[s.n - 1]) == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf once, twice;

    buf_init(&once, LIMIT_FILE_NAME_BYTES);
    buf_init(&twice, LIMIT_FILE_NAME_BYTES);
    file_name_safe(&once, (struct str){(const char *)data, size});
    check(buf_str(&once));
    file_name_safe(&twice, buf_str(&once));
    must(str_eq(buf_str(&once), buf_str(&twice)));
    buf_done(&once);
    buf_done(&twice);
    return 0;
}
