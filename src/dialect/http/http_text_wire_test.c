/* SPDX-License-Identifier: MIT */
#include "dialect/http/http_text_wire.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define NO "(refused)"
#define ABSENT "(absent)"

static void
same(const struct buf *out, const char *got, const char *want,
     const char *input)
{
    bool word = strcmp(got, "") != 0;
    struct str s = word ? str_of(got) : buf_str(out);

    if (word)
        assert_int_equal(out->n, 0);      /* nothing appended on failure */
    if (!str_eq(s, str_of(want)))
        fail_msg("%s: got %.*s, want %s", input, STR_FMT(s), want);
}

static void
decodes_by(enum wire (*decode)(struct buf *, struct str), const char *input,
           const char *want)
{
    struct buf out;

    buf_init(&out, 64);
    same(&out, decode(&out, str_of(input)) == WIRE_OK ? "" : NO, want, input);
    buf_done(&out);
}

static void
escapes_are_decoded(void **state)
{
    (void)state;
    decodes_by(http_percent_decode, "a%20b+c%2fd%C3%a9", "a b+c/d\xc3\xa9");
    decodes_by(http_percent_decode, "", "");
    decodes_by(http_percent_decode, "%25%32%35", "%25");
}

static void
malformed_escapes_are_refused(void **state)
{
    const char *inputs[] = {
        "%", "a%2", "%zz", "%2", "%%20", "%00", "a%00b", "% 20", "%+2",
        "%u0041",
        "%ff", "%c3", "%c0%af", "%e0%80%af", "%ed%a0%80", "%f8%88%80%80%80",
        "\xff",
        "12345678901234567890123456789012345678901234567890123456789012345",
    };

    (void)state;
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++)
        decodes_by(http_percent_decode, inputs[i], NO);
}

static void
a_path_has_segments(void **state)
{
    struct str path = str_of("/r/lobby%2Fx//"), segment;
    const char *want[] = {"r", "lobby%2Fx", "", ""};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        assert_true(http_path_next(&path, &segment));
        assert_true(str_eq(segment, str_of(want[i])));
    }
    assert_false(http_path_next(&path, &segment));
}

static void
a_segment_is_never_a_path(void **state)
{
    (void)state;
    decodes_by(http_segment_decode, "a%20b", "a b");
    decodes_by(http_segment_decode, "...", "...");
    decodes_by(http_segment_decode, "a%2fb", NO);
    decodes_by(http_segment_decode, "%2e%2E", NO);
    decodes_by(http_segment_decode, "%2e", NO);
    decodes_by(http_segment_decode, "..", NO);
    decodes_by(http_segment_decode, "%00", NO);
}

static void
finds_by(enum http_found (*find)(struct buf *, struct str, const char *),
         const char *input, const char *key, const char *want)
{
    static const char *const words[] = {
        [HTTP_ABSENT] = ABSENT, [HTTP_FOUND] = "", [HTTP_MALFORMED] = NO,
    };
    struct buf out;

    buf_init(&out, 64);
    same(&out, words[find(&out, str_of(input), key)], want, input);
    buf_done(&out);
}

static void
queries_are_searched(void **state)
{
    const char query[] = "a=1&after=5&&b&c=x+y%2Bz&a%66ter2=7&after=6&=e&d=1=2";

    (void)state;
    finds_by(http_query_find, query, "after", "5");
    finds_by(http_query_find, query, "b", "");
    finds_by(http_query_find, query, "c", "x y+z");
    finds_by(http_query_find, query, "after2", "7");
    finds_by(http_query_find, query, "d", "1=2");
    finds_by(http_query_find, query, "", "");    /* the pair between && */
    finds_by(http_query_find, query, "aft", ABSENT);
    finds_by(http_query_find, query, "after5", ABSENT);
    finds_by(http_query_find, "", "a", ABSENT);
    finds_by(http_query_find, "a=%00", "a", NO);
    finds_by(http_query_find, "a=%zz&b=1", "b", "1");
    finds_by(http_query_find, "%00=1&%zz=2&a=3", "a", "3");
}

static void
encoded_text_decodes_to_itself(void **state)
{
    const char text[] = "a b/c?d&e=\"<\xc3\xa9>%~._-\n";
    struct buf encoded, decoded;

    (void)state;
    buf_init(&encoded, 200);
    buf_init(&decoded, 200);
    assert_int_equal(http_percent_encode(&encoded, str_of(text)), 0);
    assert_true(str_eq(buf_str(&encoded), str_of(
        "a%20b%2Fc%3Fd%26e%3D%22%3C%C3%A9%3E%25~._-%0A")));
    assert_int_equal(http_percent_decode(&decoded, buf_str(&encoded)),
                     WIRE_OK);
    assert_true(str_eq(buf_str(&decoded), str_of(text)));
    buf_done(&decoded);
    buf_done(&encoded);
    buf_init(&encoded, 5);
    assert_int_equal(http_percent_encode(&encoded, str_of("  ")), -ENOBUFS);
    assert_int_equal(encoded.n, 0);
    buf_done(&encoded);
}

static void
base64_is_strict(void **state)
{
    const char *bad[] = {
        "YWJ", "YWJj\n", "YW Jj", "YWI", "YWJ=", "YWI==", "Y===", "====",
        "YW=j", "YWJjZ", "-_-_", "YQ==YQ==", "YR==", "YWJjYWJj====", "=",
        "YW\xcbj", "YWJ\xc3", "\x80\x80\x80\x80",
    };

    (void)state;
    decodes_by(http_base64_decode, "", "");
    decodes_by(http_base64_decode, "YQ==", "a");
    decodes_by(http_base64_decode, "YWI=", "ab");
    decodes_by(http_base64_decode, "YWJj", "abc");
    decodes_by(http_base64_decode, "+/+/", "\xfb\xff\xbf");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        decodes_by(http_base64_decode, bad[i], NO);
}

static void
tus_metadata_has_keys_and_values(void **state)
{
    const char text[] = "filename d29ybGQucGRm,is_confidential, type YQ== ";

    (void)state;
    finds_by(http_tus_find, text, "filename", "world.pdf");
    finds_by(http_tus_find, text, "is_confidential", "");
    finds_by(http_tus_find, text, "type", "a");
    finds_by(http_tus_find, text, "file", ABSENT);
}

static void
malformed_tus_metadata_is_refused_as_a_whole(void **state)
{
    const char *bad[] = {
        "", ",", "a YQ==,", ",a YQ==", "a YQ==,,b YQ==", "a YQ==,a YQ==",
        "a YQ", "a YQ==,b !", "a  YQ==", "a\tYQ==", "a YQ== YQ==",
        "a YQ==,\xc3\xa9 YQ==",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        finds_by(http_tus_find, bad[i], "a", NO);
}

static void
tus_metadata_has_a_largest_number_of_keys(void **state)
{
    char text[400] = "";
    size_t n = 0;

    (void)state;
    for (int i = 0; i < LIMIT_HTTP_METADATA; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%sk%d",
                              i > 0 ? "," : "", i);
    finds_by(http_tus_find, text, "k31", "");
    snprintf(text + n, sizeof text - n, ",k");
    finds_by(http_tus_find, text, "k31", NO);
}

static void
tus_checksums_have_an_algorithm(void **state)
{
    struct str algorithm = {NULL, 0};
    struct buf out;

    (void)state;
    buf_init(&out, 64);
    assert_int_equal(http_tus_checksum(
        &out, str_of("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0="), &algorithm),
        WIRE_OK);
    assert_true(str_eq(algorithm, str_of("sha1")));
    assert_int_equal(out.n, 20);
    assert_int_equal(http_tus_checksum(&out, str_of("sha1"), &algorithm),
                     WIRE_BAD);
    assert_int_equal(http_tus_checksum(&out, str_of("sha1 x"), &algorithm),
                     WIRE_BAD);
    assert_int_equal(http_tus_checksum(&out, str_of(" YQ=="), &algorithm),
                     WIRE_BAD);
    buf_done(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_are_decoded),
        cmocka_unit_test(malformed_escapes_are_refused),
        cmocka_unit_test(a_path_has_segments),
        cmocka_unit_test(a_segment_is_never_a_path),
        cmocka_unit_test(queries_are_searched),
        cmocka_unit_test(encoded_text_decodes_to_itself),
        cmocka_unit_test(base64_is_strict),
        cmocka_unit_test(tus_metadata_has_keys_and_values),
        cmocka_unit_test(malformed_tus_metadata_is_refused_as_a_whole),
        cmocka_unit_test(tus_metadata_has_a_largest_number_of_keys),
        cmocka_unit_test(tus_checksums_have_an_algorithm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
