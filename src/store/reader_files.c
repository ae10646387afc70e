/* SPDX-License-Identifier: MIT
 *
 * Files as they are read. Their strings are few and short, so a page's are
 * gathered in the reader's text like those of messages, and pointed at when
 * all of them are there. */
#include "store/reader_impl.h"

#include <errno.h>
#include <stdlib.h>

static void
forget_ticket(struct file_row *f)
{
    f->facts.ticket = (struct file_id){{0}};
}

/* Copies the strings to one allocation and points them there. */
static char *
own(struct str *const *strs, int n)
{
    size_t bytes = 0;
    for (int i = 0; i < n; i++)
        bytes += strs[i]->n;
    char *text = must_alloc(bytes + 1), *at = text;
    for (int i = 0; i < n; i++)
        *strs[i] = str_pack(&at, *strs[i]);
    return text;
}

int
reader_file(struct reader *r, const struct file_id *id,
            struct found_file *ret)
{
    sqlite3_stmt *st = r->stmts[STMT_FILE];
    db_bind_blob(st, 1, id->b, sizeof id->b);
    int rc = db_step(st);
    if (rc > 0) {
        struct found_file f = {
            .room_kind =
                (enum room_kind)sqlite3_column_int(st, DB_FILE_COLUMNS_N),
            .room_key = db_column_str(st, DB_FILE_COLUMNS_N + 1),
            .room_name = db_column_str(st, DB_FILE_COLUMNS_N + 2),
        };
        db_column_file(st, &f.row);
        forget_ticket(&f.row);
        f.text = own((struct str *[]){&f.row.owner, &f.row.name, &f.room_key,
                                      &f.room_name}, 4);
        *ret = f;
    }
    sqlite3_reset(st);
    if (rc == 0)
        return -ENOENT;
    return rc < 0 ? -EIO : 0;
}

void
found_file_done(struct found_file *f)
{
    free(f->text);
    *f = (struct found_file){0};
}

/* Asks for one more than it takes: that it is there sets p->more. */
static int
gather(struct reader *r, sqlite3_stmt *st, size_t limit, struct files_page *p)
{
    int rc;
    while ((rc = db_step(st)) > 0) {
        struct file_row *f = &p->files[p->n];
        if (p->n == limit) {
            p->more = true;
            return 0;
        }
        db_column_file(st, f);
        forget_ticket(f);
        if (buf_append_str(&r->text, f->owner) < 0 ||
            buf_append_str(&r->text, f->name) < 0)
            return -EIO;
        p->n++;
    }
    return rc < 0 ? -EIO : 0;
}

static void
hand_over(const struct reader *r, struct files_page *p)
{
    p->text = must_alloc(r->text.n + 1);
    if (r->text.n > 0)
        memcpy(p->text, r->text.p, r->text.n);
    const char *at = p->text;
    for (size_t i = 0; i < p->n; i++) {
        p->files[i].owner.p = at;
        at += p->files[i].owner.n;
        p->files[i].name.p = at;
        at += p->files[i].name.n;
    }
}

int
reader_files(struct reader *r, const struct page_query *q,
             struct files_page *ret)
{
    size_t limit = q->limit < LIMIT_FILES_PAGE ? q->limit : LIMIT_FILES_PAGE;
    if (limit == 0)
        limit = 1;
    must(q->mode == PAGE_LATEST || q->mode == PAGE_BEFORE);
    bool bounded = q->mode == PAGE_BEFORE && q->at < INT64_MAX;
    struct files_page p = {0};
    p.files = must_alloc((limit + 1) * sizeof *p.files);
    buf_clear(&r->text);

    sqlite3_stmt *st = r->stmts[STMT_FILES];
    db_bind_int(st, 1, (int64_t)q->room);
    db_bind_int(st, 2, bounded ? (int64_t)q->at : INT64_MAX);
    db_bind_int(st, 3, (int64_t)limit + 1);
    db_bind_int(st, 4, reader_seq(q->floor));
    int rc = gather(r, st, limit, &p);
    sqlite3_reset(st);
    if (rc < 0) {
        free(p.files);
        return rc;
    }
    hand_over(r, &p);
    *ret = p;
    return 0;
}

void
files_page_done(struct files_page *p)
{
    free(p->files);
    free(p->text);
    *p = (struct files_page){0};
}
