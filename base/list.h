/* A circular doubly linked list whose links are embedded in its members. */
#ifndef WW_BASE_LIST_H
#define WW_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *prev, *next;
};

#define CONTAINER_OF(pointer, type, member)                                                        \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* Walk @head; @item (of @type, linked by @member) may be removed by the body. */
#define LIST_FOR_EACH(item, head, type, member)                                                    \
    for (struct list *item##_at = (head)->next, *item##_next = item##_at->next;                    \
         item##_at != (head) && ((item) = CONTAINER_OF(item##_at, type, member), true);            \
         item##_at = item##_next, item##_next = item##_at->next)

static inline void list_init(struct list *head)
{
    head->prev = head->next = head;
}

static inline bool list_empty(const struct list *head)
{
    return head->next == head;
}

static inline void list_insert_before(struct list *at, struct list *item)
{
    item->prev = at->prev;
    item->next = at;
    at->prev->next = item;
    at->prev = item;
}

static inline void list_push_back(struct list *head, struct list *item)
{
    list_insert_before(head, item);
}

static inline void list_push_front(struct list *head, struct list *item)
{
    list_insert_before(head->next, item);
}

/** list_remove() - takes @item out and leaves it pointing at itself, so that removing twice is
 * harmless. */
static inline void list_remove(struct list *item)
{
    item->prev->next = item->next;
    item->next->prev = item->prev;
    list_init(item);
}

#endif
