/*
 * Ranks that are threads of the test: each runs its own copy of what the test does, and they talk
 * as sim/ranks.h says. For the engine of ranks without mpirun.
 */
#ifndef WW_TESTS_RANKS_THREADS_H
#define WW_TESTS_RANKS_THREADS_H

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/list.h"
#include "base/memory.h"
#include "sim/ranks.h"

#define CREW_MAX 8

struct letter {
    struct letter *next;
    uint32_t from;
    size_t len;
    uint8_t octets[];
};

struct sailor {
    struct ranks ranks;
    struct crew *crew;
    struct letter *inbox, **last, *open; /* open: what receive() gave last */
    const void *shown;                   /* to all, while they meet */
    size_t shown_len;
    void (*work)(struct ranks *ranks, void *ctx);
    void *ctx;
    pthread_t thread;
};

struct crew {
    pthread_mutex_t lock;
    pthread_barrier_t barrier;
    struct sailor sailors[CREW_MAX];
    uint32_t n;
};

static inline struct sailor *sailor_of(struct ranks *ranks)
{
    return CONTAINER_OF(ranks, struct sailor, ranks);
}

static inline void crew_send(struct ranks *ranks, uint32_t to, const void *octets, size_t len)
{
    struct crew *crew = sailor_of(ranks)->crew;
    struct letter *letter = mem_alloc(sizeof *letter + len);

    *letter = (struct letter){ NULL, ranks->me, len };
    if (len > 0)
        memcpy(letter->octets, octets, len);
    pthread_mutex_lock(&crew->lock);
    *crew->sailors[to].last = letter;
    crew->sailors[to].last = &letter->next;
    pthread_mutex_unlock(&crew->lock);
}

static inline bool crew_receive(struct ranks *ranks, uint32_t *from, struct unpack *in)
{
    struct sailor *sailor = sailor_of(ranks);
    struct letter *letter;

    pthread_mutex_lock(&sailor->crew->lock);
    letter = sailor->inbox;
    if (letter != NULL) {
        sailor->inbox = letter->next;
        if (sailor->inbox == NULL)
            sailor->last = &sailor->inbox;
    }
    pthread_mutex_unlock(&sailor->crew->lock);
    if (letter == NULL)
        return false;
    free(sailor->open);
    sailor->open = letter;
    *from = letter->from;
    *in = unpack_of(letter->octets, letter->len);
    return true;
}

static inline void crew_relax(struct ranks *ranks)
{
    (void)ranks;
    sched_yield();
}

static inline void crew_show(struct ranks *ranks, const void *octets, size_t len)
{
    sailor_of(ranks)->shown = octets;
    sailor_of(ranks)->shown_len = len;
    pthread_barrier_wait(&sailor_of(ranks)->crew->barrier);
}

static inline void crew_part(struct ranks *ranks)
{
    pthread_barrier_wait(&sailor_of(ranks)->crew->barrier);
}

static inline void crew_exchange(struct ranks *ranks, const void *mine, size_t len, void *all)
{
    crew_show(ranks, mine, len);
    for (uint32_t i = 0; i < ranks->n; i++)
        memcpy((uint8_t *)all + i * len, sailor_of(ranks)->crew->sailors[i].shown, len);
    crew_part(ranks);
}

static inline void crew_share(struct ranks *ranks, uint32_t from, struct pack *pack)
{
    const struct sailor *other = &sailor_of(ranks)->crew->sailors[from];

    crew_show(ranks, pack->octets, pack->len);
    if (ranks->me != from) {
        pack->len = 0;
        pack_octets(pack, other->shown, other->shown_len);
    }
    crew_part(ranks);
}

static inline void crew_gather(struct ranks *ranks, const struct pack *mine, struct pack *all)
{
    crew_show(ranks, mine->octets, mine->len);
    for (uint32_t i = 0; ranks->me == 0 && i < ranks->n; i++) {
        const struct sailor *other = &sailor_of(ranks)->crew->sailors[i];

        all[i] = (struct pack){ 0 };
        pack_octets(&all[i], other->shown, other->shown_len);
    }
    crew_part(ranks);
}

static inline void *sailor_works(void *ctx)
{
    struct sailor *sailor = ctx;

    sailor->work(&sailor->ranks, sailor->ctx);
    return NULL;
}

/** crew_run() - @work is done by @n ranks at once. */
static inline void crew_run(uint32_t n, void (*work)(struct ranks *ranks, void *ctx), void *ctx)
{
    static const struct ranks_ops ops = { crew_send,     crew_receive, crew_relax,
                                          crew_exchange, crew_share,   crew_gather };
    struct crew crew = { .n = n };

    CHECK(n <= CREW_MAX);
    pthread_mutex_init(&crew.lock, NULL);
    pthread_barrier_init(&crew.barrier, NULL, n);
    for (uint32_t i = 0; i < n; i++) {
        struct sailor *sailor = &crew.sailors[i];

        *sailor =
            (struct sailor){ .ranks = { &ops, n, i }, .crew = &crew, .work = work, .ctx = ctx };
        sailor->last = &sailor->inbox;
    }
    for (uint32_t i = 0; i < n; i++)
        CHECK(pthread_create(&crew.sailors[i].thread, NULL, sailor_works, &crew.sailors[i]) == 0);
    for (uint32_t i = 0; i < n; i++)
        pthread_join(crew.sailors[i].thread, NULL);
    for (uint32_t i = 0; i < n; i++) {
        CHECK(crew.sailors[i].inbox == NULL);
        free(crew.sailors[i].open);
    }
    pthread_barrier_destroy(&crew.barrier);
    pthread_mutex_destroy(&crew.lock);
}

#endif
