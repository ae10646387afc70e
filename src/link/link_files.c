/* SPDX-License-Identifier: MIT
 *
 * Files over a link, and whose turn it is to send. */
#include "link/link_files.h"

#include "link/link_impl.h"

/* A server that takes everything at once, and gives credit without end, is
 * not listened to between these rounds. */
enum { ROUNDS_PER_TURN = 16 };

bool
link_put(struct link *l, struct talk_file *f, Loquat__V1__PutFile *put)
{
    return talk_put(&l->talk, f, put);
}

bool
link_get(struct link *l, struct talk_file *f, Loquat__V1__GetFile *get)
{
    return talk_get(&l->talk, f, get);
}

size_t
link_file_room(const struct link *l, const struct talk_file *f)
{
    return talk_file_room(&l->talk, f);
}

size_t
link_file_send(struct link *l, struct talk_file *f, const void *p, size_t n)
{
    return talk_file_send(&l->talk, f, p, n);
}

bool
link_file_end(struct link *l, struct talk_file *f,
              const uint8_t sha256[TALK_SHA256_BYTES])
{
    return talk_file_end(&l->talk, f, sha256);
}

void
link_file_credit(struct link *l, struct talk_file *f, uint64_t n)
{
    talk_file_credit(&l->talk, f, n);
}

void
link_file_close(struct link *l, struct talk_file *f)
{
    talk_file_close(&l->talk, f);
}

/* The socket's queue may have taken it all, and then nothing else would call
 * for more. */
void
link_files_turn(struct link *l)
{
    for (int i = 0; i < ROUNDS_PER_TURN; i++) {
        if (l->conn == NULL || !talk_files_pump(&l->talk))
            return;
        link_io_flush(l);
    }
    if (l->conn != NULL)
        link_set_timer(l, FILES, 0);
}
