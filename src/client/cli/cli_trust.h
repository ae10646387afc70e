/* SPDX-License-Identifier: MIT
 *
 * Whether a server is the one that a person means. What the system vouches
 * for is; of the others, the certificate is remembered at the first meeting
 * and must be the same ever after. */
#ifndef CLIENT_CLI_CLI_TRUST_H
#define CLIENT_CLI_CLI_TRUST_H

#include "client/cli/cli_options.h"

/* The first meeting is told on standard error. False: e says what is wrong and
 * what can be done about it. distrust: as in struct link_ops. */
bool cli_trust_server(const struct cli_options *o, const char *fingerprint,
                      const char *distrust, struct err *e);

#endif
