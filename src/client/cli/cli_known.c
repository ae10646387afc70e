/* SPDX-License-Identifier: MIT
 *
 * The file is small and read whole. It is written anew beside itself under a
 * lock, and renamed, so that two clients that meet servers at the same time
 * lose neither. */
#include "client/cli/cli_known.h"

#include "base/buf.h"
#include "client/cli/cli_sum.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, LINE_BYTES = 512, FILE_BYTES = 1024 * 1024 };

/* --- Where, and whose --------------------------------------------------- */

static bool
make_folders(char *path)
{
    for (char *at = path + 1; *at != '\0'; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        if (mkdir(path, 0700) < 0 && errno != EEXIST)
            return false;
        *at = '/';
    }
    return true;
}

char *
cli_known_path(const char *state_home, const char *home)
{
    char *path = must_alloc(PATH_BYTES);
    int n = -1;

    if (state_home != NULL && state_home[0] == '/')
        n = snprintf(path, PATH_BYTES, "%s/loquat/known_servers", state_home);
    else if (home != NULL && home[0] == '/')
        n = snprintf(path, PATH_BYTES, "%s/.local/state/loquat/known_servers",
                     home);
    if (n >= 0 && n < PATH_BYTES && make_folders(path))
        return path;
    free(path);
    return NULL;
}

char *
cli_known_server(const char *host, unsigned port)
{
    size_t size = strlen(host) + 16;
    char *out = must_alloc(size);
    bool six = strchr(host, ':') != NULL;

    snprintf(out, size, "%s%s%s:%u", six ? "[" : "", host, six ? "]" : "",
             port);
    for (char *at = out; *at != '\0'; at++)
        *at = (char)tolower((unsigned char)*at);
    return out;
}

bool
cli_known_read(const char *text, char out[CLI_FINGERPRINT_BYTES])
{
    size_t n = 0;

    if (str_starts_nocase(str_of(text), "sha256:"))
        text += 7;
    for (; *text != '\0'; text++) {
        if (*text == ':' || *text == ' ')
            continue;
        if (!isxdigit((unsigned char)*text) || n == 2 * CLI_SUM_BYTES)
            return false;
        if (n > 0 && n % 2 == 0)
            out[n / 2 * 3 - 1] = ':';
        out[n / 2 * 3 + n % 2] = (char)toupper((unsigned char)*text);
        n++;
    }
    out[3 * CLI_SUM_BYTES - 1] = '\0';
    return n == 2 * CLI_SUM_BYTES;
}

/* --- The file ----------------------------------------------------------- */

/* "SERVER FINGERPRINT\n"; NULL: it is about another one. */
static const char *
fingerprint_in(const char *line, const char *server)
{
    size_t n = strlen(server);

    return strncmp(line, server, n) == 0 && line[n] == ' ' ? line + n + 1
                                                           : NULL;
}

static void
cut_end(char *line)
{
    line[strcspn(line, "\r\n")] = '\0';
}

static int
cannot_read(const char *path, int code, struct err *e)
{
    return err_set(e, code, "cannot read %s: %s", path, strerror(code));
}

/* NULL with *code 0: there is no such file. What cannot be read is not empty:
 * who takes it for that meets every server for the first time. */
static FILE *
open_known(const char *path, int *code)
{
    FILE *f = fopen(path, "re");

    *code = f != NULL || errno == ENOENT ? 0 : errno;
    return f;
}

/* The same as cli_known_find(), of an open file. */
static int
look_for(FILE *f, const char *server, char out[CLI_FINGERPRINT_BYTES])
{
    char line[LINE_BYTES];
    const char *rest;

    errno = 0;
    while (fgets(line, sizeof line, f) != NULL) {
        cut_end(line);
        rest = fingerprint_in(line, server);
        if (rest != NULL)
            return cli_known_read(rest, out) ? 1 : -EBADMSG;
    }
    return ferror(f) ? -(errno != 0 ? errno : EIO) : 0;
}

int
cli_known_find(const char *path, const char *server,
               char out[CLI_FINGERPRINT_BYTES], struct err *e)
{
    int code, r = 0;
    FILE *f = open_known(path, &code);

    if (f != NULL) {
        r = look_for(f, server, out);
        fclose(f);
    } else if (code != 0) {
        r = -code;
    }
    return r < 0 ? cannot_read(path, -r, e) : r;
}

/* Every line but that server's; 1: it had one; 0, or -errno. */
static int
copy_others(const char *path, const char *server, struct buf *out)
{
    int code, r = 0, had = 0;
    FILE *f = open_known(path, &code);
    char line[LINE_BYTES];

    if (f == NULL)
        return -code;
    errno = 0;
    while (r == 0 && fgets(line, sizeof line, f) != NULL) {
        cut_end(line);
        if (fingerprint_in(line, server) != NULL)
            had = 1;
        else
            r = buf_printf(out, "%s\n", line);
    }
    if (ferror(f))
        r = -(errno != 0 ? errno : EIO);
    fclose(f);
    return r < 0 ? r : had;
}

static int
replace(const char *path, const struct buf *text)
{
    char fresh[PATH_BYTES + 8];
    int fd, r = 0;

    snprintf(fresh, sizeof fresh, "%s.new", path);
    fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
              0600);
    if (fd < 0)
        return -errno;
    if (text->n > 0 && write(fd, text->p, text->n) != (ssize_t)text->n)
        r = -EIO;
    if (r == 0 && fsync(fd) < 0)
        r = -errno;
    close(fd);
    if (r == 0 && rename(fresh, path) < 0)
        r = -errno;
    return r;
}

static int
lock(const char *path)
{
    char name[PATH_BYTES + 8];
    int fd;

    snprintf(name, sizeof name, "%s.lock", path);
    fd = open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 || flock(fd, LOCK_EX) == 0)
        return fd < 0 ? -errno : fd;
    close(fd);
    return -EIO;
}

static int
change(const char *path, const char *server, const char *fingerprint)
{
    struct buf text;
    int r;

    buf_init(&text, FILE_BYTES);
    r = copy_others(path, server, &text);
    if (r == 0 && fingerprint == NULL)
        r = -ENOENT;
    if (r >= 0 && fingerprint != NULL)
        r = buf_printf(&text, "%s %s\n", server, fingerprint);
    if (r >= 0)
        r = replace(path, &text);
    buf_done(&text);
    return r;
}

int
cli_known_set(const char *path, const char *server, const char *fingerprint,
              struct err *e)
{
    int fd = lock(path);
    int r = fd < 0 ? fd : change(path, server, fingerprint);

    if (fd >= 0)
        close(fd);
    if (r == -ENOENT && fingerprint == NULL)
        return err_set(e, ENOENT, "%s is not known", server);
    return r < 0 ? err_set(e, -r, "cannot write %s: %s", path, strerror(-r))
                 : 0;
}

int
cli_known_add(const char *path, const char *server, const char *fingerprint,
              char was[CLI_FINGERPRINT_BYTES], struct err *e)
{
    int fd = lock(path), r;

    if (fd < 0)
        return err_set(e, -fd, "cannot lock %s: %s", path, strerror(-fd));
    r = cli_known_find(path, server, was, e);
    if (r == 0) {
        r = change(path, server, fingerprint);
        if (r < 0)
            err_set(e, -r, "cannot write %s: %s", path, strerror(-r));
    }
    close(fd);
    return r;
}
