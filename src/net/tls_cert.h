/* SPDX-License-Identifier: MIT
 *
 * A certificate of a server's own making, for those who have none: nobody
 * vouches for it, but whoever has seen its fingerprint knows it again. */
#ifndef NET_TLS_CERT_H
#define NET_TLS_CERT_H

#include "net/tls.h"

/* Makes both files unless both are there: a P-256 key (mode 0600) and a
 * certificate for this host's name, localhost and the loopback addresses, good
 * for ten years. *made tells whether it did. A certificate without its key is
 * an error, since somebody may know that certificate already. */
int tls_cert_make(const char *certificate, const char *key, bool *made,
                  struct err *e) MUST_USE;

/* Of the first certificate in a PEM file. */
int tls_cert_fingerprint(const char *path, char out[TLS_FINGERPRINT_BYTES],
                         struct err *e) MUST_USE;

#endif
