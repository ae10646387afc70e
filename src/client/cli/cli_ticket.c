/* SPDX-License-Identifier: MIT
 *
 * One small file per upload, called by a hash of what it belongs to. */
#include "client/cli/cli_ticket.h"

#include "base/buf.h"
#include "client/cli/cli_folder.h"
#include "client/cli/cli_sum.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 8192, LINE_BYTES = 2 * FILE_ID_CHARS + 2 };

static void
name_of_key(const struct cli_upload_key *key,
            char out[2 * CLI_SUM_BYTES + 1])
{
    uint8_t hash[CLI_SUM_BYTES];
    struct cli_sum sum;
    struct buf text;

    buf_init(&text, PATH_BYTES);
    must(buf_printf(&text, "%s\n%u\n%s\n%.6000s\n%llu\n%lld", key->host,
                    key->port, key->target, key->path,
                    (unsigned long long)key->size,
                    (long long)key->changed_ns) == 0);
    cli_sum_init(&sum);
    cli_sum_add(&sum, text.p, text.n);
    cli_sum_get(&sum, hash);
    cli_sum_done(&sum);
    cli_sum_write(hash, out);
    buf_done(&text);
}

static char *
path_of_key(const struct cli_upload_key *key, const char *state_home,
            const char *home)
{
    char name[2 * CLI_SUM_BYTES + 1];
    char *path = must_alloc(PATH_BYTES);
    int n;

    name_of_key(key, name);
    if (state_home != NULL && state_home[0] == '/')
        n = snprintf(path, PATH_BYTES, "%s/loquat/uploads/%.32s", state_home,
                     name);
    else if (home != NULL && home[0] == '/')
        n = snprintf(path, PATH_BYTES,
                     "%s/.local/state/loquat/uploads/%.32s", home, name);
    else
        n = -1;
    if (n >= 0 && n < PATH_BYTES && cli_folder_make(path))
        return path;
    free(path);
    return NULL;
}

/* "ID TICKET" */
static void
read_line(struct cli_ticket *t)
{
    char line[LINE_BYTES];
    ssize_t n = pread(t->fd, line, sizeof line, 0);

    t->given = n == LINE_BYTES &&
        file_id_read((struct str){line, FILE_ID_CHARS}, &t->id) &&
        file_id_read((struct str){line + FILE_ID_CHARS + 1, FILE_ID_CHARS},
                     &t->ticket);
}

void
cli_ticket_open(struct cli_ticket *t, const struct cli_upload_key *key,
                const char *state_home, const char *home)
{
    *t = (struct cli_ticket){.fd = -1};
    t->path = path_of_key(key, state_home, home);
    if (t->path == NULL)
        return;
    t->fd = open(t->path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (t->fd >= 0 && flock(t->fd, LOCK_EX | LOCK_NB) == 0) {
        read_line(t);
        return;
    }
    if (t->fd >= 0)
        close(t->fd);        /* another one's: it stays */
    free(t->path);
    *t = (struct cli_ticket){.fd = -1};
}

void
cli_ticket_set(struct cli_ticket *t, const struct file_id *id,
               const struct file_id *ticket)
{
    char line[LINE_BYTES + 1], one[FILE_ID_CHARS + 1], two[FILE_ID_CHARS + 1];

    t->id = *id;
    t->ticket = *ticket;
    t->given = true;
    if (t->path == NULL)
        return;
    file_id_write(id, one);
    file_id_write(ticket, two);
    snprintf(line, sizeof line, "%s %s\n", one, two);
    (void)!pwrite(t->fd, line, LINE_BYTES, 0);
}

void
cli_ticket_clear(struct cli_ticket *t)
{
    t->given = false;
    if (t->path == NULL)
        return;
    (void)!ftruncate(t->fd, 0);    /* kept: the next one goes into it */
}

void
cli_ticket_done(struct cli_ticket *t)
{
    if (t->path != NULL) {
        if (!t->given)
            (void)!unlink(t->path);
        close(t->fd);
    }
    free(t->path);
    *t = (struct cli_ticket){.fd = -1};
}
