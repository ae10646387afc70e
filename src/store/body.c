/* SPDX-License-Identifier: MIT */
#include "store/body.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int
body_open(const char *folder, const struct file_id *id, uint64_t *ret_bytes)
{
    char text[FILE_ID_CHARS + 1], *path;
    struct stat st;
    int r = 0;

    file_id_write(id, text);
    must(asprintf(&path, "%s/files/%s", folder, text) >= 0);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        r = errno == ELOOP ? -EINVAL : -errno;
    free(path);
    if (r == 0 && fstat(fd, &st) < 0)
        r = -errno;
    else if (r == 0 && !S_ISREG(st.st_mode))
        r = -EINVAL;
    if (r < 0) {
        if (fd >= 0)
            close(fd);
        return r;
    }
    *ret_bytes = (uint64_t)st.st_size;
    return fd;
}

/* The hash's own state, which nobody else needs to see. */
struct sum {
    EVP_MD_CTX *ctx;
};

struct sum *
sum_new(void)
{
    struct sum *s = must_alloc(sizeof *s);
    s->ctx = EVP_MD_CTX_new();
    must(s->ctx && EVP_DigestInit_ex(s->ctx, EVP_sha256(), NULL) == 1);
    return s;
}

void
sum_add(struct sum *s, const void *p, size_t n)
{
    must(EVP_DigestUpdate(s->ctx, p, n) == 1);
}

void
sum_free(struct sum **s, uint8_t ret[BODY_SUM_BYTES])
{
    unsigned n = BODY_SUM_BYTES;
    if (!*s)
        return;
    must(EVP_DigestFinal_ex((*s)->ctx, ret, &n) == 1 && n == BODY_SUM_BYTES);
    EVP_MD_CTX_free((*s)->ctx);
    free(*s);
    *s = NULL;
}

int64_t
body_read(int fd, void *p, size_t n)
{
    ssize_t got;
    do
        got = read(fd, p, n);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

void
body_sum_write(const uint8_t sum[BODY_SUM_BYTES],
               char ret[BODY_SUM_CHARS + 1])
{
    for (int i = 0; i < BODY_SUM_BYTES; i++)
        snprintf(ret + 2 * i, 3, "%02x", sum[i]);
}

static int
nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
body_sum_read(struct str s, uint8_t ret[BODY_SUM_BYTES])
{
    uint8_t sum[BODY_SUM_BYTES];
    if (s.n != BODY_SUM_CHARS)
        return false;
    for (int i = 0; i < BODY_SUM_BYTES; i++) {
        int high = nibble(s.p[2 * i]), low = nibble(s.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        sum[i] = (uint8_t)(high << 4 | low);
    }
    memcpy(ret, sum, sizeof sum);
    return true;
}
