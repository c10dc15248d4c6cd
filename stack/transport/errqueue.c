#include "stack/transport/errqueue.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define ENTRIES_MAX 128 /* Linux charges them to the receive buffer; about so many fit */

struct entry {
    struct list link;
    struct sock_report report;
    struct endpoint to;
    size_t len;
    uint8_t octets[];
};

static struct entry *first_of(struct list *queue)
{
    return CONTAINER_OF(queue->next, struct entry, link);
}

void errqueue_push(struct list *queue, const struct sock_report *report, struct endpoint to,
                   const uint8_t *octets, size_t len)
{
    struct entry *entry;
    unsigned n = 0;

    for (struct list *at = queue->next; at != queue; at = at->next)
        n++;
    if (n >= ENTRIES_MAX)
        return;
    entry = mem_zalloc(sizeof *entry + len);
    entry->report = *report;
    entry->to = to;
    entry->len = len;
    if (len > 0)
        memcpy(entry->octets, octets, len);
    list_push_back(queue, &entry->link);
}

int64_t errqueue_pop(struct list *queue, struct sock_recv *message)
{
    struct entry *entry;
    size_t n;

    if (list_empty(queue))
        return -SIM_EAGAIN;
    entry = first_of(queue);
    n = entry->len < message->size ? entry->len : message->size;
    if (message->octets != NULL && n > 0)
        memcpy(message->octets, entry->octets, n);
    message->report = entry->report;
    message->from = entry->to;
    message->full_len = entry->len;
    list_remove(&entry->link);
    free(entry);
    return (int64_t)n;
}

void errqueue_fini(struct list *queue)
{
    while (!list_empty(queue)) {
        struct entry *entry = first_of(queue);

        list_remove(&entry->link);
        free(entry);
    }
}
