/* SPDX-License-Identifier: MIT
 *
 * Tokens: what was made is read as itself, and nothing else is. */
#include "auth/token.h"
#include "base/rand.h"

#include <ctype.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static int
group_setup(void **state)
{
    (void)state;
    rand_init();
    return 0;
}

static void
a_token_is_read_as_the_one_that_was_made(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++) {
        char text[TOKEN_BYTES + 1];
        uint8_t made[32], read[32];

        token_make(TOKEN_DEVICE, text, made);
        assert_int_equal(strlen(text), 55);
        assert_int_equal(memcmp(text, "lq_", 3), 0);
        assert_true(token_read(TOKEN_DEVICE, str_of(text), read));
        assert_memory_equal(made, read, 32);
        token_make(TOKEN_INVITATION, text, made);
        assert_int_equal(strlen(text), 56);
        assert_int_equal(memcmp(text, "inv_", 4), 0);
        assert_true(token_read(TOKEN_INVITATION, str_of(text), read));
        assert_memory_equal(made, read, 32);
    }
}

static void
no_two_tokens_are_alike(void **state)
{
    char a[TOKEN_BYTES + 1], b[TOKEN_BYTES + 1];
    uint8_t hash_a[32], hash_b[32];

    (void)state;
    token_make(TOKEN_DEVICE, a, hash_a);
    token_make(TOKEN_DEVICE, b, hash_b);
    assert_string_not_equal(a, b);
    assert_memory_not_equal(hash_a, hash_b, 32);
}

/* 256 zero bits, and the SHA-256 of 32 zero bytes. */
static void
what_is_hashed_are_the_bits(void **state)
{
    static const uint8_t zeros[32];
    uint8_t want[32], got[32];

    (void)state;
    crypto_hash_sha256(want, zeros, sizeof zeros);
    assert_true(token_read(
        TOKEN_DEVICE,
        str_of("lq_0000000000000000000000000000000000000000000000000000"),
        got));
    assert_memory_equal(want, got, 32);
}

static void
a_token_may_be_typed_by_a_person(void **state)
{
    char text[TOKEN_BYTES + 1];
    uint8_t made[32], read[32];

    (void)state;
    token_make(TOKEN_DEVICE, text, made);
    for (char *p = text + 3; *p != '\0'; p++) {
        *p = (char)toupper(*p);
        if (*p == '0')
            *p = 'O';
        if (*p == '1')
            *p = 'l';
    }
    assert_true(token_read(TOKEN_DEVICE, str_of(text), read));
    assert_memory_equal(made, read, 32);
}

#define ZEROS51 "000000000000000000000000000000000000000000000000000"

static void
what_is_no_token_is_refused(void **state)
{
    static const char *const rows[] = {
        "", "lq_", "lq", "hello", "lq_" ZEROS51, "lq_" ZEROS51 "00",
        "LQ_" ZEROS51 "0", "inv_" ZEROS51 "0", ZEROS51 "0", "lq_" ZEROS51 "u",
        "lq_" ZEROS51 "-", "lq_" ZEROS51 " ", " lq_" ZEROS51 "0",
        "lq_" ZEROS51 "\xff",
        /* The spare bits are not zero: not the text of any token. */
        "lq_" ZEROS51 "1", "lq_" ZEROS51 "f",
    };
    uint8_t hash[32] = {7};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (token_read(TOKEN_DEVICE, str_of(rows[i]), hash))
            fail_msg("\"%s\" was read", rows[i]);
        assert_int_equal(hash[0], 7);
    }
    assert_true(token_read(TOKEN_DEVICE, str_of("lq_" ZEROS51 "g"), hash));
    assert_false(token_read(TOKEN_DEVICE, (struct str){"lq_" ZEROS51 "\0", 55},
                            hash));
    assert_false(token_read(TOKEN_INVITATION, str_of("lq_" ZEROS51 "0"),
                            hash));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_read_as_the_one_that_was_made),
        cmocka_unit_test(no_two_tokens_are_alike),
        cmocka_unit_test(what_is_hashed_are_the_bits),
        cmocka_unit_test(a_token_may_be_typed_by_a_person),
        cmocka_unit_test(what_is_no_token_is_refused),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
