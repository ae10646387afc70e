/* SPDX-License-Identifier: MIT
 *
 * What a name is, as tables: one row per name, with the reason beside it. */
#include "auth/name.h"
#include "auth/script.h"
#include "auth/twin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* A literal with NULs inside. */
#define BYTES(s) {(s), sizeof(s) - 1}

#define TEN "abcdefghij"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

struct row {
    struct str name;
    enum name_fault ascii, unicode;
};

static const struct row users[] = {
    /* Plain names */
    {BYTES("alice"), NAME_OK, NAME_OK},
    {BYTES("A"), NAME_OK, NAME_OK},
    {BYTES("7of9"), NAME_OK, NAME_OK},
    {BYTES("_bot_"), NAME_OK, NAME_OK},
    {BYTES("x-y.z"), NAME_OK, NAME_OK},
    {BYTES("a[]{}\\|^`'"), NAME_OK, NAME_OK},
    {BYTES("O'Neill"), NAME_OK, NAME_OK},

    /* Length: 32 bytes, whatever the characters */
    {BYTES(""), NAME_EMPTY, NAME_EMPTY},
    {BYTES(TEN TEN TEN "12"), NAME_OK, NAME_OK},
    {BYTES(TEN TEN TEN "123"), NAME_TOO_LONG, NAME_TOO_LONG},
    {BYTES(HUNDRED HUNDRED HUNDRED), NAME_TOO_LONG, NAME_TOO_LONG},
    {BYTES("ääääääääääääääää"), NAME_BAD_CHARACTER, NAME_OK},
    {BYTES("äääääääääääääääää"), NAME_BAD_CHARACTER, NAME_TOO_LONG},
    {BYTES("ßßßßßßßßßßßßßßßß"), NAME_BAD_CHARACTER, NAME_OK},

    /* First characters */
    {BYTES("-alice"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES(".alice"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("[alice]"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("'alice"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("\u0301a"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("\u093eक"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},

    /* Punctuation that means something to one of the dialects */
    {BYTES("a b"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES(" alice"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("alice "), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("#alice"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("@alice"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("/alice"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("a/b"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("a:b"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("a,b"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("a!b"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("a@b"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("a*"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("a?"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("a%s"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("a<b>"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("a&b"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("a\"b"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("~a"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("127.0.0.1:4000"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},

    /* Controls, NUL, invalid UTF-8 */
    {BYTES("\0"), NAME_HIDDEN_CHARACTER, NAME_HIDDEN_CHARACTER},
    {BYTES("a\0b"), NAME_HIDDEN_CHARACTER, NAME_HIDDEN_CHARACTER},
    {BYTES("alice\0"), NAME_HIDDEN_CHARACTER, NAME_HIDDEN_CHARACTER},
    {BYTES("a\tb"), NAME_HIDDEN_CHARACTER, NAME_HIDDEN_CHARACTER},
    {BYTES("a\r\nb"), NAME_HIDDEN_CHARACTER, NAME_HIDDEN_CHARACTER},
    {BYTES("\x1b[31mred"), NAME_HIDDEN_CHARACTER, NAME_HIDDEN_CHARACTER},
    {BYTES("a\x7f"), NAME_HIDDEN_CHARACTER, NAME_HIDDEN_CHARACTER},
    {BYTES("a\302\233"), NAME_BAD_CHARACTER, NAME_HIDDEN_CHARACTER},
    {BYTES("a\xff"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("\xc0\xaf"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("\xed\xa0\x80"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},

    /* Invisible: zero width, bidi, fillers, tags, selectors */
    {BYTES("al\u200bice"), NAME_BAD_CHARACTER, NAME_HIDDEN_CHARACTER},
    {BYTES("al\u200cice"), NAME_BAD_CHARACTER, NAME_HIDDEN_CHARACTER},
    {BYTES("al\u200dice"), NAME_BAD_CHARACTER, NAME_HIDDEN_CHARACTER},
    {BYTES("\ufeff" "alice"), NAME_BAD_CHARACTER, NAME_HIDDEN_CHARACTER},
    {BYTES("al\u2060ice"), NAME_BAD_CHARACTER, NAME_HIDDEN_CHARACTER},
    {BYTES("\u202e" "ecila"), NAME_BAD_CHARACTER, NAME_HIDDEN_CHARACTER},
    {BYTES("a\u2066b"), NAME_BAD_CHARACTER, NAME_HIDDEN_CHARACTER},
    {BYTES("a\u200f"), NAME_BAD_CHARACTER, NAME_HIDDEN_CHARACTER},
    {BYTES("a\u061c"), NAME_BAD_CHARACTER, NAME_HIDDEN_CHARACTER},
    {BYTES("a\u00ad"), NAME_BAD_CHARACTER, NAME_HIDDEN_CHARACTER},
    {BYTES("a\u034f"), NAME_BAD_CHARACTER, NAME_HIDDEN_CHARACTER},
    {BYTES("\u3164"), NAME_BAD_CHARACTER, NAME_HIDDEN_CHARACTER},
    {BYTES("\uffa0"), NAME_BAD_CHARACTER, NAME_HIDDEN_CHARACTER},
    {BYTES("\u115f"), NAME_BAD_CHARACTER, NAME_HIDDEN_CHARACTER},
    {BYTES("a\ufe0f"), NAME_BAD_CHARACTER, NAME_HIDDEN_CHARACTER},
    {BYTES("a\U000e0041"), NAME_BAD_CHARACTER, NAME_HIDDEN_CHARACTER},
    {BYTES("a\u2028b"), NAME_BAD_CHARACTER, NAME_HIDDEN_CHARACTER},
    {BYTES("a\u00a0b"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("a\u3000b"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("\u2800"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},

    /* Symbols, doubles, private use, unassigned */
    {BYTES("a\U0001f600"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("\u2603"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("\U0001d41a" "lice"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("\u24d0lice"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("\ufb01sh"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("\u2160"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("x\u00b2"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("a\u20dd"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("\ue000"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("\u0378"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("\uffff"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("a\uff1ab"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},

    /* One script */
    {BYTES("Jürgen"), NAME_BAD_CHARACTER, NAME_OK},
    {BYTES("Nguyễn_99"), NAME_BAD_CHARACTER, NAME_OK},
    {BYTES("Ольга"), NAME_BAD_CHARACTER, NAME_OK},
    {BYTES("Ольга-2.0"), NAME_BAD_CHARACTER, NAME_OK},
    {BYTES("Ελένη"), NAME_BAD_CHARACTER, NAME_OK},
    {BYTES("Անի"), NAME_BAD_CHARACTER, NAME_OK},
    {BYTES("田中さくらエミ"), NAME_BAD_CHARACTER, NAME_OK},
    {BYTES("佐々木ター"), NAME_BAD_CHARACTER, NAME_OK},
    {BYTES("김철수"), NAME_BAD_CHARACTER, NAME_OK},
    {BYTES("अमित"), NAME_BAD_CHARACTER, NAME_OK},
    {BYTES("สมชาย"), NAME_BAD_CHARACTER, NAME_OK},
    {BYTES("น้ำ"), NAME_BAD_CHARACTER, NAME_OK},
    {BYTES("மணி"), NAME_BAD_CHARACTER, NAME_OK},
    {BYTES("გიორგი"), NAME_BAD_CHARACTER, NAME_OK},
    {BYTES("ខ្មែរ"), NAME_BAD_CHARACTER, NAME_OK},
    {BYTES("p\u0430yp\u0430l"), NAME_BAD_CHARACTER, NAME_MIXED_SCRIPTS},
    {BYTES("\u0391lice"), NAME_BAD_CHARACTER, NAME_MIXED_SCRIPTS},
    {BYTES("b\u0585b"), NAME_BAD_CHARACTER, NAME_MIXED_SCRIPTS},
    {BYTES("Bob田"), NAME_BAD_CHARACTER, NAME_MIXED_SCRIPTS},
    {BYTES("김田"), NAME_BAD_CHARACTER, NAME_MIXED_SCRIPTS},
    {BYTES("bob\u0661"), NAME_BAD_CHARACTER, NAME_MIXED_SCRIPTS},
    {BYTES("\u13a0lice"), NAME_BAD_CHARACTER, NAME_MIXED_SCRIPTS},

    /* One direction */
    {BYTES("שרה"), NAME_BAD_CHARACTER, NAME_OK},
    {BYTES("علي"), NAME_BAD_CHARACTER, NAME_OK},
    {BYTES("שרה7"), NAME_BAD_CHARACTER, NAME_OK},
    {BYTES("علي٧"), NAME_BAD_CHARACTER, NAME_OK},
    {BYTES("عليّ"), NAME_BAD_CHARACTER, NAME_OK},
    {BYTES("7שרה"), NAME_BAD_CHARACTER, NAME_MIXED_SCRIPTS},
    {BYTES("_שרה"), NAME_BAD_CHARACTER, NAME_MIXED_SCRIPTS},
    {BYTES("שרה."), NAME_BAD_CHARACTER, NAME_MIXED_SCRIPTS},

    /* Reserved, in every spelling */
    {BYTES("server"), NAME_RESERVED, NAME_RESERVED},
    {BYTES("SERVER"), NAME_RESERVED, NAME_RESERVED},
    {BYTES("System"), NAME_RESERVED, NAME_RESERVED},
    {BYTES("everyone"), NAME_RESERVED, NAME_RESERVED},
    {BYTES("all"), NAME_RESERVED, NAME_RESERVED},
    {BYTES("here"), NAME_RESERVED, NAME_RESERVED},
    {BYTES("channel"), NAME_RESERVED, NAME_RESERVED},
    {BYTES("Loquat"), NAME_RESERVED, NAME_RESERVED},
    {BYTES("nobody"), NAME_RESERVED, NAME_RESERVED},
    {BYTES("ｓｅｒｖｅｒ"), NAME_BAD_CHARACTER, NAME_RESERVED},
    {BYTES("servers"), NAME_OK, NAME_OK},
};

static const struct row rooms[] = {
    {BYTES("#lobby"), NAME_OK, NAME_OK},
    {BYTES("#a"), NAME_OK, NAME_OK},
    {BYTES("#2.0_x-y"), NAME_OK, NAME_OK},
    {BYTES("#-"), NAME_OK, NAME_OK},
    {BYTES("#server"), NAME_OK, NAME_OK},
    {BYTES("#" TEN TEN TEN TEN TEN TEN "123"), NAME_OK, NAME_OK},
    {BYTES("#" TEN TEN TEN TEN TEN TEN "1234"), NAME_TOO_LONG, NAME_TOO_LONG},
    {BYTES("#Büro"), NAME_BAD_CHARACTER, NAME_OK},
    {BYTES("#部屋"), NAME_BAD_CHARACTER, NAME_OK},
    {BYTES(""), NAME_EMPTY, NAME_EMPTY},
    {BYTES("#"), NAME_EMPTY, NAME_EMPTY},
    {BYTES("lobby"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("##lobby"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("#.hidden"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("#a b"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("#a/b"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("#a'b"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("#a,#b"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("#\u0301a"), NAME_BAD_CHARACTER, NAME_BAD_CHARACTER},
    {BYTES("#a\0"), NAME_HIDDEN_CHARACTER, NAME_HIDDEN_CHARACTER},
    {BYTES("#a\n"), NAME_HIDDEN_CHARACTER, NAME_HIDDEN_CHARACTER},
    {BYTES("#a\u202e"), NAME_BAD_CHARACTER, NAME_HIDDEN_CHARACTER},
    {BYTES("#l\u043ebby"), NAME_BAD_CHARACTER, NAME_MIXED_SCRIPTS},
};

typedef enum name_fault check_fn(struct str s, enum name_charset charset,
                                 struct name *out);

static void
expect_fault(check_fn *check, const struct row *row, enum name_charset charset)
{
    enum name_fault want = charset == NAME_ASCII ? row->ascii : row->unicode;
    struct name name = {.text = "before", .key = "before"};
    enum name_fault got = check(row->name, charset, &name);

    if (got != want)
        fail_msg("\"%.*s\" (%s): got %s, want %s", STR_FMT(row->name),
                 charset == NAME_ASCII ? "ascii" : "unicode",
                 name_fault_text(got), name_fault_text(want));
    assert_int_equal(strcmp(name.text, "before") == 0, want != NAME_OK);
    assert_int_equal(strcmp(name.key, "before") == 0, want != NAME_OK);
}

static void
each_user_name_gets_its_verdict(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(users); i++) {
        expect_fault(name_check_user, &users[i], NAME_ASCII);
        expect_fault(name_check_user, &users[i], NAME_UNICODE);
    }
}

static void
each_room_name_gets_its_verdict(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(rooms); i++) {
        expect_fault(name_check_room, &rooms[i], NAME_ASCII);
        expect_fault(name_check_room, &rooms[i], NAME_UNICODE);
    }
}

/* Every byte that is no letter or digit, in a name's middle and at its front:
 * the set in the header, no more. */
static void
ascii_punctuation_is_the_listed_one(void **state)
{
    (void)state;
    for (int c = 1; c < 128; c++) {
        char name[] = {'a', (char)c, 'b'};
        struct name out;
        int alnum = (c >= '0' && c <= '9') || ((c | 32) >= 'a' &&
                                               (c | 32) <= 'z');
        int listed = strchr("_-.[]{}\\|^`'", c) != NULL;

        assert_int_equal(
            name_check_user((struct str){name, 3}, NAME_ASCII, &out) == NAME_OK,
            alnum || listed);
        assert_int_equal(name_check_user((struct str){name + 1, 2}, NAME_ASCII,
                                         &out) == NAME_OK,
                         alnum || c == '_');
    }
}

static void
names_that_differ_only_in_form_share_a_key(void **state)
{
    static const struct {
        const char *a, *b;
    } same[] = {
        {"alice", "ALICE"},
        {"Jürgen", "JÜRGEN"},
        {"Jürgen", "Ju\u0308rgen"},
        {"alice", "ａｌｉｃｅ"},
        {"Ольга", "ольга"},
        {"ΕΛΈΝΗΣ", "ελένης"},
        {"straße", "STRASSE"},
        {"ガ", "ｶﾞ"},
        {"\u00e5", "\u212b"},
        {"한", "\u1112\u1161\u11ab"},
        {"capa", "сара"},                /* Cyrillic */
        {"BACK", "ВАСК"},                /* Cyrillic */
        {"Nokia", "nok\u0131a"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(same); i++) {
        struct name a, b;

        assert_int_equal(
            name_check_user(str_of(same[i].a), NAME_UNICODE, &a), NAME_OK);
        assert_int_equal(
            name_check_user(str_of(same[i].b), NAME_UNICODE, &b), NAME_OK);
        assert_string_equal(a.key, b.key);
    }
}

static void
different_names_have_different_keys(void **state)
{
    static const char *const names[] = {
        "alice", "alice_", "a1ice", "a{}", "a[]", "Jürgen",
        "Jurgen", "Ольга", "田中", "田仲", "شرح", "שרה",
    };
    struct name a, b;

    (void)state;
    for (size_t i = 0; i < ROWS(names); i++) {
        assert_int_equal(
            name_check_user(str_of(names[i]), NAME_UNICODE, &a), NAME_OK);
        for (size_t j = 0; j < i; j++) {
            assert_int_equal(
                name_check_user(str_of(names[j]), NAME_UNICODE, &b), NAME_OK);
            assert_string_not_equal(a.key, b.key);
        }
    }
}

static void
the_shown_form_keeps_case_and_is_composed(void **state)
{
    struct name name;

    (void)state;
    assert_int_equal(
        name_check_user(str_of("Alice[x]"), NAME_ASCII, &name), NAME_OK);
    assert_string_equal(name.text, "Alice[x]");
    assert_string_equal(name.key, "alice[x]");
    assert_int_equal(
        name_check_user(str_of("Ju\u0308rgen"), NAME_UNICODE, &name), NAME_OK);
    assert_string_equal(name.text, "J\u00fcrgen");
    assert_int_equal(
        name_check_user(str_of("Ａｌ"), NAME_UNICODE, &name), NAME_OK);
    assert_string_equal(name.text, "Al");
    assert_int_equal(
        name_check_room(str_of("#Lobby"), NAME_ASCII, &name), NAME_OK);
    assert_string_equal(name.text, "#Lobby");
    assert_string_equal(name.key, "#lobby");
}

static void
an_address_makes_a_name_that_nobody_can_choose(void **state)
{
    struct name name, other;

    (void)state;
    name_from_address("127.0.0.1", 51234, &name);
    assert_string_equal(name.text, "127.0.0.1:51234");
    assert_string_equal(name.key, "127.0.0.1:51234");
    assert_int_equal(
        name_check_user(str_of(name.text), NAME_UNICODE, &other),
        NAME_BAD_CHARACTER);
    name_from_address("fe80::1", 65535, &name);
    assert_string_equal(name.text, "[fe80::1]:65535");
}

static void
every_fault_has_its_own_sentence(void **state)
{
    (void)state;
    for (int i = NAME_OK; i <= NAME_RESERVED; i++) {
        for (int j = NAME_OK; j < i; j++)
            assert_string_not_equal(name_fault_text(i), name_fault_text(j));
    }
}

/* The tables are searched in order. */
static void
scripts_are_told_by_their_ranges(void **state)
{
    static const struct {
        uint32_t cp;
        const char *script;
    } rows[] = {
        {'0', "Zyyy"}, {'@', "Zyyy"}, {'A', "Latn"}, {'z', "Latn"},
        {'{', "Zyyy"}, {0x00ff, "Latn"}, {0x0301, "Zyyy"}, {0x0370, "Grek"},
        {0x03ff, "Grek"}, {0x0400, "Cyrl"}, {0x05d0, "Hebr"},
        {0x0627, "Arab"}, {0x0661, "Arab"}, {0x0710, "Syrc"},
        {0x0e01, "Thai"}, {0x13a0, "Cher"}, {0xa4d0, "Lisu"},
        {0x3042, "Hani"}, {0x30a2, "Hani"}, {0x30fc, "Hani"},
        {0x4e00, "Hani"}, {0x9fff, "Hani"}, {0xac00, "Hang"},
        {0x20000, "Hani"}, {0x31350, "Hani"}, {0x10ffff, "Zyyy"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++)
        assert_string_equal(script_of(rows[i].cp), rows[i].script);
}

static void
twins_are_the_first_that_look_alike(void **state)
{
    (void)state;
    assert_int_equal(twin_of(0x0430), 'a');
    assert_int_equal(twin_of(0x0431), '6');
    assert_int_equal(twin_of(0x0439), 0x0439);
    assert_int_equal(twin_of('b'), 'b');
    assert_int_equal(twin_of('1'), '1');
    assert_int_equal(twin_of(0x10ffff), 0x10ffff);
    for (uint32_t cp = 0; cp < 0x30000; cp++)
        assert_int_equal(twin_of(twin_of(cp)), twin_of(cp));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_user_name_gets_its_verdict),
        cmocka_unit_test(each_room_name_gets_its_verdict),
        cmocka_unit_test(ascii_punctuation_is_the_listed_one),
        cmocka_unit_test(names_that_differ_only_in_form_share_a_key),
        cmocka_unit_test(different_names_have_different_keys),
        cmocka_unit_test(the_shown_form_keeps_case_and_is_composed),
        cmocka_unit_test(an_address_makes_a_name_that_nobody_can_choose),
        cmocka_unit_test(every_fault_has_its_own_sentence),
        cmocka_unit_test(scripts_are_told_by_their_ranges),
        cmocka_unit_test(twins_are_the_first_that_look_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
