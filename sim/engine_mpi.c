#include "sim/engine_mpi.h"

#include <mpi.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "base/list.h"
#include "base/memory.h"

#define TAG_PACKET  1
#define TAG_GATHER  2
#define CHUNK_MAX   ((size_t)1 << 30) /* octets of one message of MPI, which counts in ints */
#define SPINS_YIELD 20                /* looks in vain, before others get the core */
#define SPINS_SLEEP 300               /* likewise, before it pays to sleep: cores are scarce */
#define SLEEP_NS    20000

/* A message that MPI has not taken away yet. */
struct sending {
    MPI_Request request;
    uint8_t *octets;
    size_t size;
};

struct mpi {
    struct ranks ranks;
    struct sending *sendings; /* [0, n_busy) are under way, the rest have memory to be used again */
    uint32_t n_busy, n_sendings, sendings_size;
    uint8_t *received;
    size_t received_size;
    unsigned spins;
};

static struct mpi *mpi_of(struct ranks *ranks)
{
    return CONTAINER_OF(ranks, struct mpi, ranks);
}

/* ---- packets ---- */

static void sweep(struct mpi *mpi)
{
    for (uint32_t i = 0; i < mpi->n_busy;) {
        struct sending done = mpi->sendings[i];
        int over = 0;

        MPI_Test(&mpi->sendings[i].request, &over, MPI_STATUS_IGNORE);
        if (!over) {
            i++;
            continue;
        }
        mpi->n_busy--;
        mpi->sendings[i] = mpi->sendings[mpi->n_busy];
        mpi->sendings[mpi->n_busy] = done;
    }
}

static struct sending *sending_new(struct mpi *mpi, size_t len)
{
    struct sending *sending;

    if (mpi->n_busy == mpi->n_sendings)
        ARRAY_PUSH(mpi->sendings, mpi->n_sendings, mpi->sendings_size, (struct sending){ 0 });
    sending = &mpi->sendings[mpi->n_busy++];
    if (sending->size < len) {
        sending->octets = mem_realloc(sending->octets, len, 2);
        sending->size = 2 * len;
    }
    return sending;
}

static void mpi_send(struct ranks *ranks, uint32_t to, const void *octets, size_t len)
{
    struct mpi *mpi = mpi_of(ranks);
    struct sending *sending;

    CHECK(len <= CHUNK_MAX);
    sweep(mpi);
    sending = sending_new(mpi, len);
    if (len > 0)
        memcpy(sending->octets, octets, len);
    MPI_Isend(sending->octets, (int)len, MPI_BYTE, (int)to, TAG_PACKET, MPI_COMM_WORLD,
              &sending->request);
}

static bool mpi_receive(struct ranks *ranks, uint32_t *from, struct unpack *in)
{
    struct mpi *mpi = mpi_of(ranks);
    MPI_Message message;
    MPI_Status status;
    int here = 0, len = 0;

    MPI_Improbe(MPI_ANY_SOURCE, TAG_PACKET, MPI_COMM_WORLD, &here, &message, &status);
    if (!here)
        return false;
    MPI_Get_count(&status, MPI_BYTE, &len);
    if (mpi->received_size < (size_t)len + 1) {
        mpi->received_size = 2 * (size_t)len + 1;
        mpi->received = mem_realloc(mpi->received, mpi->received_size, 1);
    }
    MPI_Mrecv(mpi->received, len, MPI_BYTE, &message, &status);
    *from = (uint32_t)status.MPI_SOURCE;
    *in = unpack_of(mpi->received, (size_t)len);
    mpi->spins = 0;
    return true;
}

static void mpi_relax(struct ranks *ranks)
{
    unsigned spins = ++mpi_of(ranks)->spins;

    if (spins > SPINS_SLEEP)
        nanosleep(&(struct timespec){ .tv_nsec = SLEEP_NS }, NULL);
    else if (spins > SPINS_YIELD)
        sched_yield();
}

/* MPI's own waiting keeps the core, and others may need it to come here. */
static void wait_for(struct ranks *ranks, MPI_Request *request)
{
    int over = 0;

    mpi_of(ranks)->spins = 0;
    while (MPI_Test(request, &over, MPI_STATUS_IGNORE), !over)
        mpi_relax(ranks);
    mpi_of(ranks)->spins = 0;
}

/* ---- all together ---- */

static void mpi_exchange(struct ranks *ranks, const void *mine, size_t len, void *all)
{
    MPI_Request request;

    MPI_Iallgather(mine, (int)len, MPI_BYTE, all, (int)len, MPI_BYTE, MPI_COMM_WORLD, &request);
    wait_for(ranks, &request);
}

static int chunk(size_t left)
{
    return (int)(left < CHUNK_MAX ? left : CHUNK_MAX);
}

static void mpi_share(struct ranks *ranks, uint32_t from, struct pack *pack)
{
    uint64_t len = pack->len;
    MPI_Request request;

    MPI_Ibcast(&len, 1, MPI_UINT64_T, (int)from, MPI_COMM_WORLD, &request);
    wait_for(ranks, &request);
    if (ranks->me != from) {
        pack->len = 0;
        pack_room(pack, len);
    }
    for (size_t at = 0; at < len; at += CHUNK_MAX) {
        MPI_Ibcast(pack->octets + at, chunk(len - at), MPI_BYTE, (int)from, MPI_COMM_WORLD,
                   &request);
        wait_for(ranks, &request);
    }
}

static void take_gathered(uint32_t from, size_t len, struct pack *pack)
{
    uint8_t *room = pack_room(pack, len);

    for (size_t at = 0; at < len; at += CHUNK_MAX)
        MPI_Recv(room + at, chunk(len - at), MPI_BYTE, (int)from, TAG_GATHER, MPI_COMM_WORLD,
                 MPI_STATUS_IGNORE);
}

static void mpi_gather(struct ranks *ranks, const struct pack *mine, struct pack *all)
{
    uint64_t len = mine->len;
    MPI_Request request;
    uint64_t *lens = ranks->me == 0 ? mem_alloc(ranks->n * sizeof *lens) : NULL;

    MPI_Igather(&len, 1, MPI_UINT64_T, lens, 1, MPI_UINT64_T, 0, MPI_COMM_WORLD, &request);
    wait_for(ranks, &request);
    if (ranks->me != 0) {
        for (size_t at = 0; at < len; at += CHUNK_MAX)
            MPI_Send(mine->octets + at, chunk(len - at), MPI_BYTE, 0, TAG_GATHER, MPI_COMM_WORLD);
        return;
    }
    for (uint32_t i = 0; i < ranks->n; i++) {
        all[i] = (struct pack){ 0 };
        if (i == 0)
            pack_octets(&all[i], mine->octets, mine->len);
        else
            take_gathered(i, lens[i], &all[i]);
    }
    free(lens);
}

static const struct ranks_ops mpi_ops = { mpi_send,     mpi_receive, mpi_relax,
                                          mpi_exchange, mpi_share,   mpi_gather };

/* ---- life ---- */

static struct ranks *begin(void)
{
    struct mpi *mpi;
    int n = 0, me = 0;

    if (MPI_Init(NULL, NULL) != MPI_SUCCESS)
        return NULL;
    MPI_Comm_size(MPI_COMM_WORLD, &n);
    MPI_Comm_rank(MPI_COMM_WORLD, &me);
    mpi = mem_zalloc(sizeof *mpi);
    mpi->ranks = (struct ranks){ &mpi_ops, (uint32_t)n, (uint32_t)me };
    return &mpi->ranks;
}

static void end(struct ranks *ranks)
{
    struct mpi *mpi = mpi_of(ranks);

    while (mpi->n_busy > 0)
        sweep(mpi);
    for (uint32_t i = 0; i < mpi->n_sendings; i++)
        free(mpi->sendings[i].octets);
    free(mpi->sendings);
    free(mpi->received);
    free(mpi);
    MPI_Finalize();
}

const struct engine_mpi engine_mpi = { begin, end };
