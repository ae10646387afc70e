/* SPDX-License-Identifier: MIT
 *
 * Intrusive doubly-linked list. A head and a node are the same struct; an
 * unlinked node points at itself, so that list_remove() may be called twice. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next, *prev;
};

#define list_entry(node, type, member) \
    ((type *)(void *)((char *)(node) - offsetof(type, member)))

/* Safe against removal of `it` itself. */
#define list_each(it, tmp, head) \
    for (struct list *it = (head)->next, *tmp = it->next; it != (head); \
         it = tmp, tmp = it->next)

static inline void
list_init(struct list *l)
{
    l->next = l->prev = l;
}

static inline bool
list_empty(const struct list *l)
{
    return l->next == l;
}

static inline void
list_push(struct list *head, struct list *node)   /* at the end */
{
    node->prev = head->prev;
    node->next = head;
    head->prev->next = node;
    head->prev = node;
}

static inline void
list_remove(struct list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}

#endif
