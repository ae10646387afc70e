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
