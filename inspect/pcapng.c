#include "inspect/pcapng.h"

#include <string.h>

#include "base/list.h"
#include "inspect/out_file.h"
#include "inspect/phrase.h"
#include "sim/link.h"
#include "sim/sim.h"

enum block_type {
    BLOCK_INTERFACE = 1,
    BLOCK_NAMES = 4,
    BLOCK_STATISTICS = 5,
    BLOCK_PACKET = 6,
    BLOCK_SECTION = 0x0a0d0d0a
};
enum { BYTE_ORDER_MAGIC = 0x1a2b3c4d, LINKTYPE_ETHERNET = 1, NAME_IPV4 = 1 };

enum option { /* codes count anew in each kind of block */
              OPT_END = 0,
              OPT_COMMENT = 1,
              OPT_SHB_USERAPPL = 4,
              OPT_IF_NAME = 2,
              OPT_IF_MAC = 6,
              OPT_IF_SPEED = 8,
              OPT_IF_TSRESOL = 9,
              OPT_EPB_FLAGS = 2,
              OPT_EPB_PACKETID = 5,
              OPT_ISB_STARTTIME = 2,
              OPT_ISB_ENDTIME = 3,
              OPT_ISB_IFRECV = 4,
              OPT_ISB_IFDROP = 5,
};

enum {
    EPB_INBOUND = 1,
    EPB_OUTBOUND = 2,
    EPB_UNICAST = 1 << 2,
    EPB_MULTICAST = 2 << 2,
    EPB_BROADCAST = 3 << 2
};

#define NO_BLOCK G_MAXUINT32 /* of a port: what passes it is not kept */

struct pcapng {
    struct observer observer;
    struct pcapng_choice choice;
    struct sim *sim;
    struct out_file out;
    gsize block; /* where in out.waiting the one begins that is being built */
    struct phrases *comments;
    GHashTable *named; /* addresses with a name */
    guint32 **ids;     /* [node id - 1][interface index] -> its block's number */
    GArray *n_ids;     /* interfaces of each node that have a block */
};

static void *room(struct pcapng *pcapng, size_t len)
{
    return out_file_room(pcapng->out.waiting, len);
}

static void put(struct pcapng *pcapng, const void *octets, size_t len)
{
    memcpy(room(pcapng, len), octets, len);
}

static void put16(struct pcapng *pcapng, guint16 value)
{
    value = GUINT16_TO_LE(value);
    put(pcapng, &value, sizeof value);
}

static void put32(struct pcapng *pcapng, guint32 value)
{
    value = GUINT32_TO_LE(value);
    put(pcapng, &value, sizeof value);
}

static void put64(struct pcapng *pcapng, guint64 value)
{
    value = GUINT64_TO_LE(value);
    put(pcapng, &value, sizeof value);
}

/* Of the block, as long as it is. */
static guint32 block_len(const struct pcapng *pcapng)
{
    return (guint32)(pcapng->out.waiting->len - pcapng->block);
}

static void pad(struct pcapng *pcapng)
{
    static const guint8 zeros[3];

    put(pcapng, zeros, -block_len(pcapng) % 4);
}

/* Times are two 32-bit halves, the high one first, whatever the byte order. */
static void put_time(struct pcapng *pcapng, sim_time at)
{
    guint64 ns = (guint64)at / 1000;

    put32(pcapng, (guint32)(ns >> 32));
    put32(pcapng, (guint32)ns);
}

static void option(struct pcapng *pcapng, enum option code, const void *octets, size_t len)
{
    put16(pcapng, (guint16)code);
    put16(pcapng, (guint16)len);
    put(pcapng, octets, len);
    pad(pcapng);
}

static void option64(struct pcapng *pcapng, enum option code, guint64 value)
{
    value = GUINT64_TO_LE(value);
    option(pcapng, code, &value, sizeof value);
}

static void option_time(struct pcapng *pcapng, enum option code, sim_time at)
{
    put16(pcapng, (guint16)code);
    put16(pcapng, 8);
    put_time(pcapng, at);
}

static void begin(struct pcapng *pcapng, enum block_type type)
{
    pcapng->block = pcapng->out.waiting->len;
    put32(pcapng, (guint32)type);
    put32(pcapng, 0); /* the length, once it is known */
}

static void end(struct pcapng *pcapng)
{
    guint32 len = GUINT32_TO_LE(block_len(pcapng) + 4);

    memcpy(pcapng->out.waiting->str + pcapng->block + 4, &len, sizeof len);
    put(pcapng, &len, sizeof len);
    out_file_settle(&pcapng->out);
}

static void write_section(struct pcapng *pcapng)
{
    begin(pcapng, BLOCK_SECTION);
    put32(pcapng, BYTE_ORDER_MAGIC);
    put16(pcapng, 1); /* version 1.0 */
    put16(pcapng, 0);
    put64(pcapng, G_MAXUINT64); /* the section's length is not said */
    option(pcapng, OPT_SHB_USERAPPL, "wirewalk", 8);
    put32(pcapng, OPT_END);
    end(pcapng);
}

static char *block_name(const struct pcapng *pcapng, const struct iface *iface)
{
    const struct iface *other;

    if (!pcapng->choice.cables)
        return g_strdup_printf("%s:%s", iface->node->name, iface->name);
    other = link_peer(iface);
    return g_strdup_printf("%s:%s - %s:%s", iface->node->name, iface->name, other->node->name,
                           other->name);
}

static void write_interface(struct pcapng *pcapng, const struct iface *iface)
{
    g_autofree char *name = block_name(pcapng, iface);
    guint8 nanoseconds = 9;

    begin(pcapng, BLOCK_INTERFACE);
    put16(pcapng, LINKTYPE_ETHERNET);
    put16(pcapng, 0);
    put32(pcapng, 0); /* frames are never cut */
    option(pcapng, OPT_IF_NAME, name, strlen(name));
    if (!pcapng->choice.cables)
        option(pcapng, OPT_IF_MAC, iface->mac.octets, sizeof iface->mac.octets);
    if (iface->end != NULL && iface->end->link->config.rate != 0)
        option64(pcapng, OPT_IF_SPEED, iface->end->link->config.rate);
    option(pcapng, OPT_IF_TSRESOL, &nanoseconds, 1);
    put32(pcapng, OPT_END);
    end(pcapng);
}

void pcapng_name(struct pcapng *pcapng, ip4_addr addr, const char *name)
{
    guint32 wire = g_htonl(addr);

    if (!g_hash_table_add(pcapng->named, GUINT_TO_POINTER(addr)))
        return;
    begin(pcapng, BLOCK_NAMES);
    put16(pcapng, NAME_IPV4);
    put16(pcapng, (guint16)(sizeof wire + strlen(name) + 1));
    put(pcapng, &wire, sizeof wire);
    put(pcapng, name, strlen(name) + 1);
    pad(pcapng);
    put32(pcapng, 0); /* end of names; no options */
    end(pcapng);
}

static guint32 flags_of(const struct record *record)
{
    const guint8 *dst = record->frame->data;

    if (record->kind == RECORD_SEND)
        return EPB_OUTBOUND;
    if (record->frame->len < 6 || (dst[0] & 1) == 0)
        return EPB_INBOUND | EPB_UNICAST;
    return EPB_INBOUND |
           (memcmp(dst, MAC_BROADCAST.octets, 6) == 0 ? EPB_BROADCAST : EPB_MULTICAST);
}

/* Why the frame was sent, rendered where it will stand. */
static void comment(struct pcapng *pcapng, const struct record *record)
{
    GString *waiting = pcapng->out.waiting;
    gsize begin = waiting->len, words;
    guint16 len;

    put16(pcapng, OPT_COMMENT);
    put16(pcapng, 0); /* the length, once it is known */
    words = waiting->len;
    phrases_add(pcapng->comments, waiting, &record->why, record->text);
    if (waiting->len == words) {
        waiting->len = begin;
        return;
    }
    waiting->len = MIN(waiting->len, words + G_MAXUINT16);
    len = GUINT16_TO_LE((guint16)(waiting->len - words));
    memcpy(waiting->str + words - sizeof len, &len, sizeof len);
    pad(pcapng);
}

static void write_packet(struct pcapng *pcapng, const struct record *record)
{
    const struct iface *iface = record->iface;
    guint32 node = iface->node->id - 1, flags = GUINT32_TO_LE(flags_of(record));
    size_t size = frame_size(record->frame);

    if (node >= pcapng->n_ids->len || iface->index >= g_array_index(pcapng->n_ids, guint32, node))
        return; /* a port made later has no block to refer to */
    if (pcapng->ids[node][iface->index] == NO_BLOCK ||
        (pcapng->choice.cables && record->kind != RECORD_SEND))
        return;
    begin(pcapng, BLOCK_PACKET);
    put32(pcapng, pcapng->ids[node][iface->index]);
    put_time(pcapng, record->at);
    put32(pcapng, (guint32)size);
    put32(pcapng, (guint32)size);
    put(pcapng, record->frame->data, record->frame->len);
    if (record->frame->payload.len > 0)
        put(pcapng, record->frame->payload.octets, record->frame->payload.len);
    pad(pcapng);
    option(pcapng, OPT_EPB_FLAGS, &flags, sizeof flags);
    option64(pcapng, OPT_EPB_PACKETID, record->id);
    comment(pcapng, record);
    put32(pcapng, OPT_END);
    end(pcapng);
}

static void record(struct observer *observer, const struct record *record)
{
    struct pcapng *pcapng = CONTAINER_OF(observer, struct pcapng, observer);

    if (record->kind != RECORD_STATE)
        write_packet(pcapng, record);
    else if (record->why.code == WHY_ADDR_ADDED)
        pcapng_name(pcapng, (ip4_addr)(record->why.args[0] >> 8), record->node->name);
}

/* Its number; @next grows where it is a new one. A cable has that of its end that comes first. */
static guint32 new_block(const struct pcapng *pcapng, const struct iface *iface, guint32 *next)
{
    const struct pcapng_choice *choice = &pcapng->choice;
    const struct iface *other;

    if (choice->wants != NULL && !choice->wants(choice->ctx, iface))
        return NO_BLOCK;
    if (!choice->cables)
        return (*next)++;
    if (iface->end == NULL)
        return NO_BLOCK;
    other = link_peer(iface);
    if (other->node->id < iface->node->id ||
        (other->node == iface->node && other->index < iface->index)) {
        guint32 first = pcapng->ids[other->node->id - 1][other->index];

        if (first != NO_BLOCK)
            return first;
    }
    return (*next)++;
}

static void write_interfaces(struct pcapng *pcapng)
{
    struct sim *sim = pcapng->sim;
    guint32 id = 0;

    pcapng->ids = g_new0(guint32 *, sim->n_nodes + 1);
    for (guint32 i = 0; i < sim->n_nodes; i++) {
        const struct node *node = sim->nodes[i];

        pcapng->ids[i] = g_new(guint32, node->n_ifaces + 1);
        for (guint32 j = 0; j < node->n_ifaces; j++) {
            guint32 before = id;

            pcapng->ids[i][j] = new_block(pcapng, node->ifaces[j], &id);
            if (id > before)
                write_interface(pcapng, node->ifaces[j]);
        }
        g_array_append_val(pcapng->n_ids, node->n_ifaces);
    }
}

struct pcapng *pcapng_new_of(struct sim *sim, const char *path, const struct pcapng_choice *choice,
                             GError **error)
{
    struct pcapng *pcapng = g_new0(struct pcapng, 1);

    pcapng->choice = *choice;

    if (!out_file_open(&pcapng->out, path, error)) {
        g_free(pcapng);
        return NULL;
    }
    pcapng->sim = sim;
    pcapng->comments = phrases_new(RENDER_USER);
    pcapng->named = g_hash_table_new(NULL, NULL);
    pcapng->n_ids = g_array_new(FALSE, FALSE, sizeof(guint32));
    write_section(pcapng);
    write_interfaces(pcapng);
    pcapng->observer.wants =
        RECORD_BIT(RECORD_SEND) | RECORD_BIT(RECORD_RECEIVE) | RECORD_BIT(RECORD_STATE);
    pcapng->observer.record = record;
    sim_observe(sim, &pcapng->observer);
    return pcapng;
}

struct pcapng *pcapng_new(struct sim *sim, const char *path, GError **error)
{
    static const struct pcapng_choice all_ports;

    return pcapng_new_of(sim, path, &all_ports, error);
}

static void write_statistics(struct pcapng *pcapng)
{
    for (guint32 i = 0; i < pcapng->n_ids->len && !pcapng->choice.cables; i++) {
        const struct node *node = pcapng->sim->nodes[i];

        for (guint32 j = 0; j < g_array_index(pcapng->n_ids, guint32, i); j++) {
            guint32 id = pcapng->ids[i][j];

            if (id == NO_BLOCK)
                continue;
            begin(pcapng, BLOCK_STATISTICS);
            put32(pcapng, id);
            put_time(pcapng, sim_now(pcapng->sim));
            option_time(pcapng, OPT_ISB_STARTTIME, 0);
            option_time(pcapng, OPT_ISB_ENDTIME, sim_now(pcapng->sim));
            option64(pcapng, OPT_ISB_IFRECV, node->ifaces[j]->rx_frames);
            option64(pcapng, OPT_ISB_IFDROP, node->ifaces[j]->rx_drops);
            put32(pcapng, OPT_END);
            end(pcapng);
        }
    }
}

bool pcapng_close(struct pcapng *pcapng, GError **error)
{
    bool ok;

    if (pcapng == NULL)
        return true;
    sim_unobserve(pcapng->sim, &pcapng->observer);
    write_statistics(pcapng);
    ok = out_file_close(&pcapng->out, error);
    for (guint32 i = 0; i < pcapng->n_ids->len; i++)
        g_free(pcapng->ids[i]);
    g_free(pcapng->ids);
    g_array_free(pcapng->n_ids, TRUE);
    g_hash_table_destroy(pcapng->named);
    phrases_free(pcapng->comments);
    g_free(pcapng);
    return ok;
}
