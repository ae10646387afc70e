/* SPDX-License-Identifier: MIT
 *
 * What a file is, from its first bytes alone (a name may lie). The list is
 * what a browser may show in its place; everything else is a download. SVG and
 * HTML are not on it: they are programs. */
#ifndef BLOB_MEDIA_H
#define BLOB_MEDIA_H

#include "base/str.h"
#include <stdint.h>

/* As many first bytes as media_sniff() looks at. */
#define MEDIA_BYTES 512

/*  name, Content-Type, file name extension */
#define MEDIA_TABLE(X) \
    X(UNKNOWN, "application/octet-stream", "") \
    X(JPEG, "image/jpeg", "jpg") \
    X(PNG,  "image/png", "png") \
    X(GIF,  "image/gif", "gif") \
    X(WEBP, "image/webp", "webp") \
    X(AVIF, "image/avif", "avif") \
    X(MP4,  "video/mp4", "mp4") \
    X(WEBM, "video/webm", "webm") \
    X(OGG,  "audio/ogg", "ogg") \
    X(MP3,  "audio/mpeg", "mp3") \
    X(FLAC, "audio/flac", "flac") \
    X(WAV,  "audio/wav", "wav") \
    X(TEXT, "text/plain; charset=utf-8", "txt")

enum media {
#define MEDIA_ENUM(name, type, extension) MEDIA_##name,
    MEDIA_TABLE(MEDIA_ENUM)
#undef MEDIA_ENUM
};

enum media media_sniff(const uint8_t *p, size_t n);
const char *media_type(enum media m);

/* May be shown in place: all but MEDIA_UNKNOWN. */
bool media_is_safe(enum media m);

#endif
