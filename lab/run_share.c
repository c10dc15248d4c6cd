#include "lab/run_share.h"

static struct ranks *ranks_of(const struct run *run)
{
    return run->network->ranks;
}

void run_share_address(const struct run *run, uint32_t index, bool *found, ip4_addr *addr)
{
    struct pack pack = { 0 };
    struct unpack in;

    if (ranks_of(run) == NULL)
        return;
    pack_u8(&pack, *found);
    pack_u32(&pack, *found ? *addr : 0);
    ranks_of(run)->ops->share(ranks_of(run), run->network->part_of[index], &pack);
    in = unpack_of(pack.octets, pack.len);
    *found = unpack_u8(&in) != 0;
    *addr = unpack_u32(&in);
    pack_free(&pack);
}

void run_share_started(const struct run *run, struct run_command *command)
{
    struct pack pack = { 0 };
    struct unpack in;

    if (ranks_of(run) == NULL)
        return;
    pack_u64(&pack, command->process);
    ranks_of(run)->ops->share(ranks_of(run), run->network->part_of[command->node->id - 1], &pack);
    in = unpack_of(pack.octets, pack.len);
    command->process = unpack_u64(&in);
    pack_free(&pack);
}

void run_share_interface(const struct run *run, const struct topo_iface *from)
{
    struct iface *iface = network_iface(run->network, from);
    struct pack pack = { 0 };

    if (ranks_of(run) == NULL)
        return;
    pack_u8(&pack, iface != NULL && iface->up);
    ranks_of(run)->ops->share(ranks_of(run), run->network->part_of[from->node], &pack);
    if (iface != NULL && !network_is_here(run->network, from->node))
        iface_set_up(iface, pack.octets[0] != 0);
    pack_free(&pack);
}

/* ---- the end ---- */

static void put_string(struct pack *out, const GString *text)
{
    pack_u64(out, text->len);
    pack_octets(out, text->str, text->len);
}

static void get_string(struct unpack *in, GString *text)
{
    size_t len = unpack_u64(in);
    const uint8_t *octets = unpack_octets(in, len);

    if (octets != NULL)
        g_string_truncate(text, 0);
    g_string_append_len(text, (const char *)octets, octets != NULL ? (gssize)len : 0);
}

static bool is_here(const struct run *run, const struct run_command *command)
{
    return network_is_here(run->network, command->node->id - 1);
}

static void put_commands(const struct run *run, struct pack *out)
{
    uint32_t n = 0;

    for (guint i = 0; i < run->commands->len; i++)
        n += is_here(run, run->commands->pdata[i]);
    pack_u32(out, n);
    for (guint i = 0; i < run->commands->len; i++) {
        const struct run_command *command = run->commands->pdata[i];

        if (!is_here(run, command))
            continue;
        pack_u32(out, i);
        pack_u64(out, (uint64_t)command->ended);
        pack_u32(out, (uint32_t)command->exit_status);
        put_string(out, command->output);
        pack_u8(out, command->err != NULL);
        if (command->err != NULL) {
            put_string(out, command->out);
            put_string(out, command->err);
        }
    }
}

static void get_commands(struct run *run, struct unpack *in)
{
    uint32_t n = unpack_u32(in);

    for (; n > 0 && !in->wrong; n--) {
        uint32_t i = unpack_u32(in);
        struct run_command *command;

        in->wrong |= i >= run->commands->len;
        if (in->wrong)
            return;
        command = run->commands->pdata[i];
        command->ended = (sim_time)unpack_u64(in);
        command->exit_status = (int)unpack_u32(in);
        get_string(in, command->output);
        if (unpack_u8(in) != 0 && command->err == NULL) {
            command->out = g_string_new(NULL);
            command->err = g_string_new(NULL);
            get_string(in, command->out);
            get_string(in, command->err);
        }
    }
}

/* Of all nodes here, in their order: what a capture says of its interfaces. */
static void put_counters(const struct run *run, struct pack *out)
{
    const struct sim *sim = run->network->sim;

    for (uint32_t i = 0; i < sim->n_nodes; i++) {
        const struct node *node = sim->nodes[i];

        for (uint32_t j = 0; node_is_here(node) && j < node->n_ifaces; j++) {
            pack_u64(out, node->ifaces[j]->rx_frames);
            pack_u64(out, node->ifaces[j]->rx_drops);
        }
    }
}

static void get_counters(const struct run *run, uint32_t rank, struct unpack *in)
{
    const struct sim *sim = run->network->sim;

    for (uint32_t i = 0; i < sim->n_nodes && run->network->sees_all; i++) {
        const struct node *node = sim->nodes[i];

        for (uint32_t j = 0; run->network->part_of[i] == rank && j < node->n_ifaces; j++) {
            node->ifaces[j]->rx_frames = unpack_u64(in);
            node->ifaces[j]->rx_drops = unpack_u64(in);
        }
    }
}

void run_gather(struct run *run)
{
    struct ranks *ranks = ranks_of(run);
    g_autofree struct pack *all = NULL;
    struct pack mine = { 0 };

    if (ranks == NULL)
        return;
    all = g_new0(struct pack, ranks->n);
    put_commands(run, &mine);
    tables_pack(run->tables, run->network->sim, &mine);
    put_counters(run, &mine);
    ranks->ops->gather(ranks, &mine, all);
    for (uint32_t i = 0; ranks->me == 0 && i < ranks->n; i++) {
        struct unpack in = unpack_of(all[i].octets, all[i].len);

        if (i > 0) {
            get_commands(run, &in);
            tables_unpack(run->tables, &in);
            get_counters(run, i, &in);
            g_assert(!in.wrong);
        }
        pack_free(&all[i]);
    }
    pack_free(&mine);
}
