/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blob/media.h"

struct sample {
    enum media want;
    size_t n;
    const char *bytes;
};

#define SAMPLE(media, bytes) {MEDIA_##media, sizeof(bytes) - 1, bytes}

static const struct sample samples[] = {
    SAMPLE(JPEG, "\xff\xd8\xff\xe0\0\x10JFIF"),
    SAMPLE(PNG, "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
    SAMPLE(GIF, "GIF87a\1\0\1\0"),
    SAMPLE(GIF, "GIF89a\1\0\1\0"),
    SAMPLE(WEBP, "RIFF\x24\0\0\0WEBPVP8 "),
    SAMPLE(WAV, "RIFF\x24\0\0\0WAVEfmt "),
    SAMPLE(AVIF, "\0\0\0\x1c" "ftypavif\0\0\0\0avifmif1miaf"),
    SAMPLE(AVIF, "\0\0\0\x18" "ftypmif1\0\0\0\0avifmif1"),
    SAMPLE(MP4, "\0\0\0\x18" "ftypisom\0\0\2\0isomavc1"),
    SAMPLE(MP4, "\0\0\0\x18" "ftypXXXX\0\0\2\0XXXXmp42"),
    SAMPLE(WEBM, "\x1a\x45\xdf\xa3\x9f\x42\x86\x81\1\x42\xf7\x81\1"
                 "\x42\x82\x84webm"),
    SAMPLE(OGG, "OggS\0\2\0\0\0\0\0\0\0\0"),
    SAMPLE(FLAC, "fLaC\0\0\0\x22"),
    SAMPLE(MP3, "ID3\4\0\0\0\0\0\0"),
    SAMPLE(MP3, "\xff\xfb\x90\x64"),
    SAMPLE(TEXT, "hello\n"),
    SAMPLE(TEXT, "na\xc3\xafve\r\n\t"),
    SAMPLE(TEXT, "<html><script>alert(1)</script>"),
    SAMPLE(TEXT, "<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
    SAMPLE(UNKNOWN, ""),
    SAMPLE(UNKNOWN, "\x7f" "ELF\2\1\1\0"),
    SAMPLE(UNKNOWN, "PK\3\4"),
    SAMPLE(UNKNOWN, "h\0e\0l\0l\0o\0"),
    SAMPLE(UNKNOWN, "caf\xe9 au lait"),
    SAMPLE(UNKNOWN, "cut off: \xe2\x82"),
    SAMPLE(UNKNOWN, "RIFF\x24\0\0\0AVI LIST"),
    SAMPLE(UNKNOWN, "\0\0\0\x14" "ftypqt  \0\0\0\0qt  "),
    SAMPLE(UNKNOWN, "\x1a\x45\xdf\xa3\x9f\x42\x82\x88matroska"),
    SAMPLE(UNKNOWN, "\xff\xff\xff\xff"),
};

static void
first_bytes_tell_what_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        enum media got = media_sniff((const uint8_t *)samples[i].bytes,
                                     samples[i].n);

        if (got != samples[i].want)
            fail_msg("sample %zu: got %s, want %s", i, media_type(got),
                     media_type(samples[i].want));
    }
}

static void
a_character_that_the_512th_byte_cuts_is_still_text(void **state)
{
    uint8_t text[MEDIA_BYTES + 8];

    (void)state;
    memset(text, 'a', sizeof text);
    memcpy(text + MEDIA_BYTES - 2, "\xe2\x82\xac", 3);
    assert_int_equal(media_sniff(text, sizeof text), MEDIA_TEXT);
    assert_int_equal(media_sniff(text, MEDIA_BYTES), MEDIA_TEXT);
    text[MEDIA_BYTES - 2] = 0xff;
    assert_int_equal(media_sniff(text, sizeof text), MEDIA_UNKNOWN);
}

static void
every_type_but_the_unknown_is_safe_and_none_is_a_program(void **state)
{
    (void)state;
    for (unsigned m = 0; m <= MEDIA_TEXT; m++) {
        const char *type = media_type((enum media)m);

        assert_int_equal(media_is_safe((enum media)m), m != MEDIA_UNKNOWN);
        assert_null(strstr(type, "html"));
        assert_null(strstr(type, "svg"));
        assert_null(strstr(type, "script"));
    }
    assert_string_equal(media_type(MEDIA_UNKNOWN), "application/octet-stream");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_bytes_tell_what_it_is),
        cmocka_unit_test(a_character_that_the_512th_byte_cuts_is_still_text),
        cmocka_unit_test(
            every_type_but_the_unknown_is_safe_and_none_is_a_program),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
