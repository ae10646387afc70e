/* SPDX-License-Identifier: MIT
 *
 * Transfers from within, for transfer.c and transfer_ask.c. */
#ifndef HUB_TRANSFER_IMPL_H
#define HUB_TRANSFER_IMPL_H

#include "hub/transfer.h"

/* NULL when there is none, or none any more. */
struct transfer *transfer_find(const struct hub *h, const struct file_id *id);

/* Also by one that is gone with this batch. */
bool transfer_id_is_used(const struct hub *h, const struct file_id *id);

/* Copies the row; in no list yet. Returns owned. */
struct transfer *transfer_new(const struct file_row *row, uint64_t session);
void transfer_list(struct hub *h, struct transfer *t);       /* takes t */

/* Before it is changed: notes what it was. The batch has begun. */
void transfer_touch(struct hub *h, struct transfer *t);

/* Writes the row as it is to be. */
enum deny transfer_save(struct hub *h, const struct file_row *row);

/* From now on it has its whole time again. */
enum deny transfer_keep_alive(struct hub *h, struct transfer *t,
                              int64_t now_ms);

/* It goes, and its body after it. */
enum deny transfer_end(struct hub *h, struct transfer *t);
void transfer_remove_body(struct hub *h, const struct file_id *id);

#endif
