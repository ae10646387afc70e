/* SPDX-License-Identifier: MIT
 *
 * The file is reached through SQLite's own handle, so that nobody else opens
 * or closes it. */
#include "store/wal.h"

#include "base/must.h"
#include <stdlib.h>

/* The format's own sizes (https://sqlite.org/fileformat2.html#walformat), with
 * pages of 4 KiB; they need not be exact. */
enum {
    HEADER_BYTES = 32,
    FRAME_BYTES = 24 + 4096,
    SPARE_FRAMES = 32,            /* some ten small commits */
    STEP_BYTES = 512 * 1024,
    WRITE_BYTES = 64 * 1024,      /* SQLite writes less than 128 KiB at once */
};

void
wal_note(struct wal *w, int pages)
{
    if (pages < w->pages)         /* begun anew, and perhaps cut */
        w->room_bytes = 0;
    w->pages = pages;
}

static sqlite3_file *
file_of(const struct wal *w)
{
    sqlite3_file *file = NULL;

    sqlite3_file_control(w->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);
    return file != NULL && file->pMethods != NULL ? file : NULL;
}

static int64_t
size_of(sqlite3_file *file)
{
    sqlite3_int64 size;

    return file->pMethods->xFileSize(file, &size) == SQLITE_OK ? size : -1;
}

/* Returns the new length, or how far it came. */
static int64_t
lengthen(sqlite3_file *file, int64_t size)
{
    void *zeros = must_alloc(WRITE_BYTES);
    int64_t end = size + STEP_BYTES;

    while (size < end && file->pMethods->xWrite(file, zeros, WRITE_BYTES,
                                                size) == SQLITE_OK)
        size += WRITE_BYTES;
    free(zeros);
    return size;
}

void
wal_reserve(struct wal *w)
{
    int64_t wanted =
        HEADER_BYTES + (w->pages + SPARE_FRAMES) * (int64_t)FRAME_BYTES;
    sqlite3_file *file;
    int64_t size;

    if (w->pages == 0 || w->room_bytes >= wanted)
        return;
    file = file_of(w);
    size = file != NULL ? size_of(file) : -1;
    if (size > 0 && size < wanted)
        size = lengthen(file, size);
    w->room_bytes = size >= wanted ? size : wanted;
}
