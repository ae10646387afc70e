/* SPDX-License-Identifier: MIT
 *
 * The native dialect (docs/protocol.md): frames of protobuf envelopes, for
 * programs of ours and for everyone who wants the whole of loquat. */
#ifndef DIALECT_NATIVE_NATIVE_H
#define DIALECT_NATIVE_NATIVE_H

#include "dialect/dialect.h"

extern const struct dialect native_dialect;

#endif
