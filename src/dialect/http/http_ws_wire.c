/* SPDX-License-Identifier: MIT */
#include "dialect/http/http_ws_wire.h"
#include "dialect/http/http_text_wire.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <sodium.h>

enum { KEY_BYTES = 16, KEY_CHARACTERS = 24 };

static const char key_field[] = "Sec-WebSocket-Key";
static const char version_field[] = "Sec-WebSocket-Version";

static bool
legal_key(struct str key)
{
    struct buf out;
    bool legal;

    if (key.n != KEY_CHARACTERS)
        return false;
    buf_init(&out, KEY_BYTES);
    legal = http_base64_decode(&out, key) == WIRE_OK && out.n == KEY_BYTES;
    buf_done(&out);
    return legal;
}

int
http_ws_check(const struct http_request *r)
{
    if (r->method != HTTP_GET)
        return 405;
    if (r->version_minor == 0 || r->chunked || r->content_length > 0)
        return 400;
    if (!r->upgrade_websocket)
        return 426;
    if (http_header_count(r, version_field) != 1)
        return 400;
    if (!str_eq(http_header(r, version_field), str_of(HTTP_WS_VERSION)))
        return 426;
    if (http_header_count(r, key_field) != 1 ||
        !legal_key(http_header(r, key_field)))
        return 400;
    return 101;
}

void
http_ws_accept(const struct http_request *r, char out[HTTP_WS_ACCEPT_BYTES])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    struct str key = http_header(r, key_field);
    char text[KEY_CHARACTERS + sizeof guid];
    unsigned char digest[SHA_DIGEST_LENGTH];

    must(key.n == KEY_CHARACTERS);
    memcpy(text, key.p, KEY_CHARACTERS);
    memcpy(text + KEY_CHARACTERS, guid, sizeof guid);
    must(EVP_Digest(text, sizeof text - 1, digest, NULL, EVP_sha1(), NULL));
    must(sodium_bin2base64(out, HTTP_WS_ACCEPT_BYTES, digest, sizeof digest,
                           sodium_base64_VARIANT_ORIGINAL));
}

bool
http_ws_offers(const struct http_request *r, const char *protocol)
{
    for (size_t i = 0; i < r->field_count; i++) {
        struct str list = r->fields[i].value, member;

        if (!str_eq_nocase(r->fields[i].name,
                           str_of("Sec-WebSocket-Protocol")))
            continue;
        while (http_list_next(&list, &member)) {
            if (str_eq(member, str_of(protocol)))
                return true;
        }
    }
    return false;
}
