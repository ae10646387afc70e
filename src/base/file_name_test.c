/* SPDX-License-Identifier: MIT
 *
 * Names by the hundred: a table with what becomes of each, and combinations
 * of everything bad, of which it is only asked that nothing bad is left. */
#include "base/file_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/utf8.h"
#include <stdlib.h>
#include <utf8proc.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* A literal with NULs inside. */
#define BYTES(s) {(s), sizeof(s) - 1}

#define TEN "abcdefghij"
#define FIFTY TEN TEN TEN TEN TEN
#define HUNDRED FIFTY FIFTY

struct row {
    struct str name;
    const char *want;
};

static const struct row rows[] = {
    /* Good ones stay. */
    {BYTES("photo.webp"), "photo.webp"},
    {BYTES("My holiday (2).JPG"), "My holiday (2).JPG"},
    {BYTES("a"), "a"},
    {BYTES("archive.tar.gz"), "archive.tar.gz"},
    {BYTES("no_extension"), "no_extension"},
    {BYTES("it's & that; `x` $(y) #z!.txt"), "it's & that; `x` $(y) #z!.txt"},
    {BYTES("Gr\xc3\xbc\xc3\x9f" "e.txt"), "Gr\xc3\xbc\xc3\x9f" "e.txt"},
    {BYTES("\xe6\x97\xa5\xe6\x9c\xac.png"), "\xe6\x97\xa5\xe6\x9c\xac.png"},
    {BYTES("\xf0\x9f\x98\x80.gif"), "\xf0\x9f\x98\x80.gif"},
    /* a family: four people and three joiners */
    {BYTES("\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9.png"),
     "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9.png"},
    {BYTES("100%.txt"), "100%.txt"},
    {BYTES("%2e%2f"), "%2e%2f"},
    {BYTES("a..b"), "a..b"},
    {BYTES("a - b.txt"), "a - b.txt"},

    /* Nothing is left. */
    {BYTES(""), "file"},
    {BYTES("."), "file"},
    {BYTES(".."), "file"},
    {BYTES("..."), "file"},
    {BYTES("   "), "file"},
    {BYTES(". . ."), "file"},
    {BYTES("/"), "file"},
    {BYTES("../"), "file"},
    {BYTES("dir/"), "file"},
    {BYTES("C:"), "file"},
    {BYTES("\0"), "file"},
    {BYTES("\x01\x02\x1f"), "file"},
    {BYTES("\n"), "file"},
    {BYTES("\x1b[31m"), "file"},
    {BYTES("\xe2\x80\xae"), "file"},
    {BYTES("\xef\xbb\xbf"), "file"},

    /* Paths. */
    {BYTES("../../etc/passwd"), "passwd"},
    {BYTES("/etc/passwd"), "passwd"},
    {BYTES("..\\..\\boot.ini"), "boot.ini"},
    {BYTES("C:\\Users\\ann\\a.txt"), "a.txt"},
    {BYTES("C:a.txt"), "a.txt"},
    {BYTES("a.txt:hidden"), "hidden"},
    {BYTES("a/b\\c:d.txt"), "d.txt"},
    {BYTES("\\\\server\\share\\x.doc"), "x.doc"},
    {BYTES("a/.."), "file"},
    {BYTES("a/..."), "file"},
    {BYTES("~/.ssh/id_rsa"), "id_rsa"},
    {BYTES("file:///tmp/x"), "x"},

    /* At the ends. */
    {BYTES(".bashrc"), "bashrc"},
    {BYTES("..hidden"), "hidden"},
    {BYTES(" .x"), "x"},
    {BYTES(". x"), "x"},
    {BYTES("x."), "x"},
    {BYTES("x..."), "x"},
    {BYTES("x "), "x"},
    {BYTES("x. . "), "x"},
    {BYTES("  x.txt  "), "x.txt"},
    {BYTES("\tx.txt\t"), "x.txt"},
    {BYTES("-rf"), "_rf"},
    {BYTES("--help"), "_-help"},
    {BYTES("-"), "_"},
    {BYTES("~"), "_"},
    {BYTES("~root"), "_root"},
    {BYTES(".-x"), "_x"},
    {BYTES("x~"), "x~"},

    /* Forbidden somewhere. */
    {BYTES("a<b>c"), "a_b_c"},
    {BYTES("what?.txt"), "what_.txt"},
    {BYTES("*"), "_"},
    {BYTES("a\"b|c"), "a_b_c"},

    /* Devices. */
    {BYTES("CON"), "_CON"},
    {BYTES("con"), "_con"},
    {BYTES("Prn.txt"), "_Prn.txt"},
    {BYTES("AUX.tar.gz"), "_AUX.tar.gz"},
    {BYTES("nul"), "_nul"},
    {BYTES("COM1"), "_COM1"},
    {BYTES("com9.log"), "_com9.log"},
    {BYTES("COM0"), "_COM0"},
    {BYTES("LPT1.txt"), "_LPT1.txt"},
    {BYTES("LPT\xc2\xb9"), "_LPT\xc2\xb9"},
    {BYTES("CONIN$"), "_CONIN$"},
    {BYTES("CON .txt"), "_CON .txt"},
    {BYTES("COM"), "COM"},
    {BYTES("COM10"), "COM10"},
    {BYTES("CONSOLE"), "CONSOLE"},
    {BYTES("x.CON"), "x.CON"},
    {BYTES("C\xe2\x80\x8bON"), "_CON"},

    /* Controls and sequences. */
    {BYTES("a\0b.txt"), "ab.txt"},
    {BYTES("x.jpg\0.exe"), "x.jpg.exe"},
    {BYTES(".\0."), "file"},
    {BYTES("a\nb"), "a b"},
    {BYTES("a\r\nContent-Type"), "a Content-Type"},
    {BYTES("a\x7f" "b"), "ab"},
    {BYTES("a\xc2\x9b" "31mb"), "ab"},
    {BYTES("a\x1b[2Jb"), "ab"},
    {BYTES("\x1b]0;a/b\x07" "c.txt"), "c.txt"},
    {BYTES("a\xe2\x80\xa8" "b"), "ab"},

    /* Text that runs the other way. */
    {BYTES("photo\xe2\x80\xae" "gpj.exe"), "photogpj.exe"},
    {BYTES("\xe2\x81\xa6x\xe2\x81\xa9.txt"), "x.txt"},
    {BYTES("a\xd8\x9c" "b"), "ab"},
    {BYTES("\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d.txt"),
     "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d.txt"},

    /* Not UTF-8: a mark for each run of it. */
    {BYTES("a\xff.txt"), "a\xef\xbf\xbd.txt"},
    {BYTES("\xc0\xae\xc0\xae\xc0\xaf" "x"), "\xef\xbf\xbdx"},
    {BYTES("\xed\xa0\x80"), "\xef\xbf\xbd"},

    /* One form of each letter; also when a mark was hidden behind another. */
    {BYTES("e\xcc\x81t\xc3\xa9.txt"), "\xc3\xa9t\xc3\xa9.txt"},
    {BYTES("e\xe2\x80\x8b\xcc\x81"), "\xc3\xa9"},
    {BYTES("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab"), "\xed\x95\x9c"},
    {BYTES("\xe2\x84\xab"), "\xc3\x85"},

    /* Length. */
    {BYTES(HUNDRED HUNDRED), HUNDRED HUNDRED},
    {BYTES(HUNDRED HUNDRED "x"), HUNDRED HUNDRED},
    {BYTES(HUNDRED HUNDRED HUNDRED ".webp"),
     HUNDRED FIFTY TEN TEN TEN TEN "abcde.webp"},
    {BYTES(HUNDRED HUNDRED ".abcdefghijabcdefghijabcdefghij"),
     HUNDRED HUNDRED},
    /* no half a character, no blank at the cut */
    {BYTES(HUNDRED FIFTY TEN TEN TEN TEN "abcdefgh\xf0\x9f\x98\x80.x"),
     HUNDRED FIFTY TEN TEN TEN TEN "abcdefgh.x"},
    {BYTES(HUNDRED FIFTY TEN TEN TEN TEN "abcde . fghij.webp"),
     HUNDRED FIFTY TEN TEN TEN TEN "abcde.webp"},
};

static void
make_safe(struct buf *out, struct str name)
{
    buf_init(out, LIMIT_FILE_NAME_BYTES);
    file_name_safe(out, name);
}

static bool
holds(struct str s, const char *set)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\0' || strchr(set, s.p[i]) != NULL)
            return true;
    }
    return false;
}

static void
expect_composed(struct str s)
{
    utf8proc_uint8_t *nfc = NULL;
    utf8proc_ssize_t n =
        utf8proc_map((const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n,
                     &nfc, UTF8PROC_STABLE | UTF8PROC_COMPOSE);

    assert_int_equal(n, s.n);
    assert_memory_equal(nfc, s.p, s.n);
    free(nfc);
}

static void
expect_safe(struct str s)
{
    struct buf again;

    assert_true(s.n > 0 && s.n <= LIMIT_FILE_NAME_BYTES);
    assert_true(utf8_is_clean(s, UTF8_ONE_LINE));
    assert_false(holds(s, "/\\:<>\"|?*\t\n"));
    assert_null(strchr(". -~", s.p[0]));
    assert_null(strchr(". ", s.p[s.n - 1]));
    assert_null(memmem(s.p, s.n, "\xe2\x80\xae", 3));
    expect_composed(s);
    make_safe(&again, s);
    assert_true(str_eq(buf_str(&again), s));
    buf_done(&again);
}

static void
every_name_of_the_table_becomes_what_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf out;

        make_safe(&out, rows[i].name);
        if (!str_eq(buf_str(&out), str_of(rows[i].want)))
            fail_msg("row %zu\ngot  %.*s\nwant %s", i, STR_FMT(buf_str(&out)),
                     rows[i].want);
        expect_safe(buf_str(&out));
        buf_done(&out);
    }
}

/* 14 x 12 x 10 = 1680 of them. */
static void
no_combination_leaves_anything_bad(void **state)
{
    static const struct str fronts[] = {
        BYTES(""), BYTES("."), BYTES(".."), BYTES("../"), BYTES("-"),
        BYTES("~"), BYTES(" "), BYTES("\0"), BYTES("\x1b["), BYTES("C:"),
        BYTES("\xe2\x80\xae"), BYTES("\xcc\x81"), BYTES("\xff"),
        BYTES("a\\"),
    };
    static const struct str middles[] = {
        BYTES(""), BYTES("CON"), BYTES("lpt1"), BYTES("%2e%2e%2f"),
        BYTES("e\xcc\x81"), BYTES("\xf0\x9f\x98\x80"), BYTES("a:b"),
        BYTES(HUNDRED HUNDRED HUNDRED), BYTES("<|>"), BYTES("\r\n"),
        BYTES("-"), BYTES("\xc2\x85"),
    };
    static const struct str ends[] = {
        BYTES(""), BYTES("."), BYTES(" "), BYTES(".txt"), BYTES(". ."),
        BYTES("\0.exe"), BYTES("/"), BYTES("\xe2\x80\x8b."), BYTES(".\xcc\x88"),
        BYTES("\xf0\x9f\x98"),
    };
    char name[400];

    (void)state;
    for (size_t i = 0; i < COUNT(fronts) * COUNT(middles) * COUNT(ends); i++) {
        char *at = name;
        struct buf out;

        str_pack(&at, fronts[i % COUNT(fronts)]);
        str_pack(&at, middles[i / COUNT(fronts) % COUNT(middles)]);
        str_pack(&at, ends[i / COUNT(fronts) / COUNT(middles)]);
        make_safe(&out, (struct str){name, (size_t)(at - name)});
        expect_safe(buf_str(&out));
        buf_done(&out);
    }
}

static void
of_a_very_long_name_the_end_counts(void **state)
{
    struct buf out;
    char *name = must_alloc(100000);

    (void)state;
    memset(name, 'x', 100000);
    memcpy(name + 50000, "/y", 2);
    memcpy(name + 99996, ".png", 4);
    make_safe(&out, (struct str){name, 100000});
    assert_int_equal(out.n, LIMIT_FILE_NAME_BYTES);
    assert_memory_equal(out.p + out.n - 5, "x.png", 5);
    buf_clear(&out);
    memcpy(name + 99990, "/short.png", 10);
    file_name_safe(&out, (struct str){name, 100000});
    assert_true(str_eq(buf_str(&out), str_of("short.png")));
    buf_done(&out);
    free(name);
}

static void
what_is_a_device_only_when_it_is_short_is_none(void **state)
{
    char name[300];
    struct buf out;

    (void)state;
    memset(name, ' ', sizeof name);
    memcpy(name, "CON", 3);
    name[sizeof name - 1] = 'x';
    buf_init(&out, LIMIT_FILE_NAME_BYTES);
    file_name_safe(&out, (struct str){name, sizeof name});
    assert_true(str_eq(buf_str(&out), str_of("_CON")));
    buf_done(&out);
}

static void
it_is_appended(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 2 * LIMIT_FILE_NAME_BYTES);
    assert_int_equal(buf_append(&out, "at ", 3), 0);
    file_name_safe(&out, str_of("a/b"));
    assert_true(str_eq(buf_str(&out), str_of("at b")));
    buf_done(&out);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_of_the_table_becomes_what_it_says),
        cmocka_unit_test(no_combination_leaves_anything_bad),
        cmocka_unit_test(of_a_very_long_name_the_end_counts),
        cmocka_unit_test(what_is_a_device_only_when_it_is_short_is_none),
        cmocka_unit_test(it_is_appended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
