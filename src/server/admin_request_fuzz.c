/* SPDX-License-Identifier: MIT
 *
 * Oracles: a request that was read has a command and as many arguments as that
 * takes, clean ones; the core's command, if it makes one, can be freed. */
#include "server/admin_request.h"
#include "base/utf8.h"
#include "server/admin_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct admin_request *r)
{
    char shown[ADMIN_SHOWN_BYTES] = "";
    struct command *command;
    struct err e;

    must(r->command != NULL && r->n >= r->command->args_min);
    must(r->n <= r->command->args_max || (r->command->flags & ADMIN_REST));
    must(r->rest.n < ADMIN_LINE_BYTES);
    must(utf8_is_clean(r->rest, UTF8_ONE_LINE));
    for (unsigned i = 0; i < r->n; i++)
        must(utf8_is_clean(r->args[i], UTF8_ONE_LINE));
    if (r->command->build == NULL)
        return;
    command = r->command->build(r, shown, &e);
    must(command != NULL || e.text[0] != '\0');
    must(strlen(shown) < sizeof shown);
    command_free(&command);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct admin_request request;
    struct err e = {0};

    if (admin_request_read((struct str){(const char *)data, size}, &request,
                           &e))
        check(&request);
    else
        must(e.text[0] != '\0');
    admin_request_done(&request);
    return 0;
}
