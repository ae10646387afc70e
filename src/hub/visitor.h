/* SPDX-License-Identifier: MIT
 *
 * Visitors: sessions that may have a name to sign with, and are present
 * nowhere. Nobody hears them come or go, no list has them, and their name is
 * not theirs: several may visit under the same one, and who enters under it
 * gets it. A visitor is refused from then on. */
#ifndef HUB_VISITOR_H
#define HUB_VISITOR_H

#include "hub/hub_impl.h"

/* COMMAND_ENTER with `visit`, the first one or one more. */
enum deny visitor_enter(struct call *x);

/* A visitor with a name, whose name is nobody else's by now. */
enum deny visitor_check_name(struct hub *h, const struct session *s);

/* "" without one. Borrowed until s enters again or ends. */
struct str visitor_name(const struct hub *h, const struct session *s);

/* s is a visitor who signs with that name, being its account's. */
void visitor_sign(struct hub *h, struct session *s, const struct name *n);

/* The first, and the next, of the visitors who have an account, or NULL. s may
 * be gone before the next but one is asked for. */
struct session *visitor_next(const struct hub *h, const struct session *s);

/* s has no name any more and is nobody. Fine for who is no visitor. */
void visitor_forget(struct hub *h, struct session *s);

/* The hub is being freed. */
void visitor_free_all(struct hub *h);

/* The newest visitor who signs with the name of this key; NULL. */
struct session *visitor_find(const struct hub *h, struct str key);

#endif
