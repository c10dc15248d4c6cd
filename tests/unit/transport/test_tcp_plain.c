#include "tests/support/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/be.h"
#include "base/checksum.h"
#include "stack/wire/eth_wire.h"
#include "stack/wire/ipv4_wire.h"
#include "tests/support/tcp_inside.h"
#include "tests/support/tcp_rig.h"

/*
 * tcp_rcv_plain() takes the segments that nearly all are, and leaves all others alone. A peer that
 * mostly does what is expected, and every few segments something else, is answered the same when
 * each segment goes the long way: what the host sends and when, and all that it knows, after each
 * segment. TCP_SEEDS=N plays that many seeds.
 */

#define SEEDS_DEFAULT 400
#define STEPS         120

static struct tcp_rig rig;
static struct sock *listener, *sock;
static uint32_t mss;          /* of the peer's data */
static bool bulk;             /* the peer mostly sends data, and is read */
static bool loses;            /* some of its data comes late */
static unsigned n_woken;      /* how often the program was */
static uint8_t octets[65536]; /* nobody frees them: a payload refers to them */

/* A segment as it is about to arrive. */
struct segment {
    uint32_t seq, ack, ts_val, ts_ecr, len; /* absolute */
    uint16_t flags, window;
    uint8_t tos, reserved;
    bool no_ts, nops; /* nothing, or as many no-operations, where timestamps are usual */
    bool finished;    /* its checksum is there */
    bool wrong;       /* and is another */
    bool whole;       /* its octets stand behind the header, not apart */
    unsigned n_sack;  /* blocks behind the timestamps */
    uint32_t sack[2 * TCP_SACK_MAX];
    bool bad_sack; /* their option is not what it should be */
};

static uint32_t draw(uint64_t *random, uint32_t below)
{
    *random = random_mix(*random + 1);
    return (uint32_t)(*random % below);
}

static struct tcp_sock *tp(void)
{
    return tcp_of(sock);
}

static void put_options(uint8_t *to, const struct segment *s)
{
    if (s->nops)
        memset(to, 1, TCP_TS_PADDED);
    else if (!s->no_ts)
        tcp_put_ts(to, s->ts_val, s->ts_ecr);
}

static void put_blocks(uint8_t *to, const struct segment *s)
{
    be32_put(to, 0x01010502u + 8 * s->n_sack + (uint32_t)s->bad_sack);
    for (unsigned i = 0; i < 2 * s->n_sack; i++)
        be32_put(to + 4 + 4 * i, s->sack[i]);
}

/* The frame of @s, as a host of ours would have sent it. */
static struct frame *frame_of(const struct segment *s)
{
    uint32_t blocks = s->n_sack == 0 || s->no_ts ? 0 : 4 + 8 * s->n_sack,
             hdr_len = TCP_HDR_LEN + (s->no_ts ? 0u : TCP_TS_PADDED) + blocks,
             head = hdr_len + (s->whole ? s->len : 0), size = IPV4_HDR_LEN + hdr_len + s->len;
    struct frame *frame = frame_new(rig.peer, ETH_HDR_LEN + IPV4_HDR_LEN + head);
    uint8_t *ip = frame->data + ETH_HDR_LEN, *tcp = ip + IPV4_HDR_LEN;
    struct mac_addr to = { { 2, 0, 0, 0, 1, 1 } }, from = { { 2, 0, 0, 0, 2, 1 } };

    eth_put(&to, &from, ETHERTYPE_IPV4, frame->data);
    ipv4_put(ip, s->tos, (uint16_t)size, 1, IPV4_DF, 64, IP_PROTO_TCP, RIG_PEER, RIG_HOST);
    tcp_put(tcp, rig.peer_port, rig.host_port, s->seq, s->ack, hdr_len, s->flags, s->window);
    tcp[12] |= s->reserved;
    put_options(tcp + TCP_HDR_LEN, s);
    if (blocks > 0)
        put_blocks(tcp + TCP_HDR_LEN + TCP_TS_PADDED, s);
    if (s->whole)
        memcpy(tcp + hdr_len, octets, s->len);
    else
        frame_attach(frame, (struct slice){ s->len, octets, NULL });
    be16_put(tcp + TCP_AT_CHECKSUM,
             checksum_fold(checksum_pseudo(RIG_PEER, RIG_HOST, IP_PROTO_TCP, hdr_len + s->len)));
    frame->network = ip;
    frame->checksum = (struct lazy_checksum){ true, IPV4_HDR_LEN, TCP_AT_CHECKSUM };
    if (s->finished || s->wrong)
        frame_finish_checksum(frame);
    if (s->wrong)
        tcp[TCP_AT_CHECKSUM] ^= 1;
    return frame;
}

/* The cable brings @s. */
static void arrive(const struct segment *s)
{
    iface_send(rig.peer->ifaces[0], frame_of(s));
}

/* Of what is in flight: all, nothing, a segment or two, or a part. */
static uint32_t an_ack(uint64_t *random)
{
    uint32_t out = tp()->snd_nxt - tp()->snd_una, some;

    switch (draw(random, 4)) {
    case 0:
        return tp()->snd_una;
    case 1:
        some = 1448 * (1 + draw(random, 3));
        return tp()->snd_una + (some < out ? some : out);
    case 2:
        return tp()->snd_una + (draw(random, 8) == 0 ? draw(random, out + 1) : out);
    default:
        return tp()->snd_nxt;
    }
}

/* The next octets, or those behind all that have come, with a new hole or without. */
static uint32_t a_place(uint64_t *random)
{
    const struct tcp_seg *last = tcp_last(&tp()->rare->ofo_queue);
    uint32_t lost = draw(random, 4) == 0 ? mss : 0;

    if (!loses || draw(random, 4) == 0)
        return tp()->rcv_nxt;
    return (last != NULL ? last->end_seq : tp()->rcv_nxt) + lost;
}

static struct segment what_is_expected(uint64_t *random)
{
    bool data = draw(random, bulk ? 20 : 2) != 1;

    return (struct segment){ .seq = a_place(random),
                             .ack = an_ack(random),
                             .ts_val = tp()->ts_recent + draw(random, 2),
                             .ts_ecr = draw(random, 30) == 0 ? 0 : rig.ts_ecr,
                             .len = !data                             ? 0
                                    : draw(random, bulk ? 40 : 4) > 0 ? mss
                                                                      : draw(random, 1600),
                             .flags = TCP_ACK | (draw(random, 4) == 0 ? TCP_PSH : 0),
                             .window =
                                 (uint16_t)(draw(random, 6) > 0 ? tp()->snd_wnd >> tp()->snd_wscale
                                                                : 300 + draw(random, 300)) };
}

/* Where the @n-th segment in flight begins, or the last one ends. */
static uint32_t edge(uint32_t n)
{
    for (struct list *at = tp()->rtx_queue.next; at != &tp()->rtx_queue; at = at->next)
        if (n-- == 0)
            return tcp_seg_of(at)->seq;
    return tp()->snd_nxt;
}

/* What is told of what is in flight, mostly by whole segments; at times of what came twice. */
static void draw_blocks(struct segment *s, uint64_t *random)
{
    s->n_sack = 1 + draw(random, 3);
    for (unsigned i = 0; i < s->n_sack; i++) {
        uint32_t first = 1 + draw(random, tp()->packets_out + 1);

        s->sack[2 * i] = edge(first);
        s->sack[2 * i + 1] = edge(first + 1 + draw(random, 4));
        if (draw(random, 10) == 0)
            s->sack[2 * i] -= draw(random, 2) == 0 ? 100 : 1448 * (2 + draw(random, 3));
        if (draw(random, 10) == 0)
            s->sack[2 * i + 1] -= 100;
    }
    if (draw(random, 8) == 0) {
        s->sack[1] = tp()->snd_una - draw(random, 2) * 1448;
        s->sack[0] = s->sack[1] - 1448;
    }
    s->bad_sack = draw(random, 20) == 0;
    if (draw(random, 3) > 0)
        s->ack = tp()->snd_una;
    if (draw(random, 8) > 0)
        s->len = 0;
}

/* Something else, mostly nothing that ends the connection. */
static void spoil(struct segment *s, uint64_t *random, unsigned step)
{
    static const uint16_t flags[] = { TCP_URG, TCP_ECE, TCP_CWR, TCP_AE, TCP_SYN };
    static const uint16_t last[] = { TCP_FIN, TCP_RST };

    switch (draw(random, 17)) {
    case 0:
        s->seq += draw(random, 3) * 1000 - 1000;
        break;
    case 1:
        s->ack = tp()->snd_una - draw(random, 3000);
        break;
    case 2:
        s->ack = tp()->snd_nxt + 1 + draw(random, 3000);
        break;
    case 3:
        s->window = (uint16_t)(draw(random, 4) == 0 ? draw(random, 3) : 300 + draw(random, 300));
        break;
    case 4:
        s->ts_val -= 1 + draw(random, 3);
        break;
    case 5:
        s->no_ts = true;
        break;
    case 6:
        s->flags |= flags[draw(random, 5)];
        break;
    case 7:
        s->flags &= (uint16_t)~TCP_ACK;
        break;
    case 8:
        s->tos = (uint8_t)draw(random, 4);
        break;
    case 9:
        s->reserved = (uint8_t)(2 << draw(random, 3));
        break;
    case 10:
        s->finished = true;
        break;
    case 11:
        s->wrong = true;
        break;
    case 12:
        s->whole = true;
        break;
    case 13: /* to the last octet of the window, or one behind it */
        s->len = tcp_receive_window(tp()) + draw(random, 2);
        s->len = s->len < 60000 ? s->len : mss;
        break;
    case 14: /* behind a hole, or before one */
        s->seq += draw(random, 2) * 2 * mss;
        s->len = mss;
        break;
    case 15:
        s->nops = true;
        break;
    default:
        if (step + 10 > STEPS)
            s->flags |= last[draw(random, 2)];
        break;
    }
}

static void wake(struct sock *woken, unsigned events)
{
    (void)woken;
    n_woken += events;
}

/* Something that has come to be, however. */
static void turn_a_screw(uint64_t *random)
{
    switch (draw(random, 5)) {
    case 0:
        sock->soft_error = SIM_EHOSTUNREACH;
        break;
    case 1:
        tp()->probes_out = 1;
        break;
    case 2:
        tp()->no_space = true;
        break;
    case 3: /* as setsockopt() does with SO_RCVBUFFORCE */
        sock->options.rcvbuf = 3000 + (int)draw(random, 200000);
        sock->options_new = true;
        break;
    default:
        sock->options.timestamp = !sock->options.timestamp;
        break;
    }
}

static uint64_t heard; /* all that a plain recv() has brought */

static int64_t read_plainly(size_t size)
{
    static uint8_t into[1 << 20];
    int64_t n = sock->ops->recv_plain(sock, into, size, 0);

    for (int64_t i = 0; i < n; i++)
        heard = (heard ^ into[i]) * UINT64_C(0x100000001b3);
    return n;
}

/* What its program does: it writes and reads, and sets this and that. Returns what it learns. */
static uint64_t live(uint64_t *random)
{
    struct sock_recv message = { .octets = NULL };
    int64_t n = 0;

    switch (draw(random, 6)) {
    case 0:
        sock->ops->send(sock, &(struct sock_send){ .octets = octets,
                                                   .len = 1 + draw(random, 6000),
                                                   .flags = SOCK_MSG_STABLE });
        break;
    case 1:
    case 2:
        message.size = draw(random, 4) == 0 ? 1 + draw(random, 2000) : 1 << 20;
        n = draw(random, 2) == 0 ? sock->ops->recv(sock, &message) : read_plainly(message.size);
        break;
    case 3:
        if (draw(random, 10) == 0)
            sock->ops->set_option(sock, OPT_SO_RCVBUF, 3000 + (int)draw(random, 60000));
        if (draw(random, 10) == 0)
            sock->ops->set_option(sock, OPT_TCP_WINDOW_CLAMP, 2000 + (int)draw(random, 60000));
        if (draw(random, 20) == 0)
            sock->ops->set_option(sock, OPT_SO_RCVLOWAT, 1 + (int)draw(random, 60000));
        if (draw(random, 3) == 0)
            turn_a_screw(random);
        break;
    default:
        break;
    }
    return random_mix((uint64_t)n ^ heard) ^ (uint64_t)message.at ^ n_woken;
}

static uint64_t fold_sent(uint64_t sum)
{
    while (rig.n_seen < rig.n_sent) {
        const struct rig_sent *sent = &rig.sent[rig.n_seen++];

        for (const char *c = sent->text; *c != '\0'; c++)
            sum = (sum ^ (uint64_t)*c) * UINT64_C(0x100000001b3);
        sum = random_mix(sum ^ (uint64_t)sent->at ^ (uint64_t)sent->hdr.window << 40);
        sum = random_mix(sum ^ sent->hdr.opt.ts_val ^ (uint64_t)sent->hdr.opt.ts_ecr << 32);
        sum = random_mix(sum ^ sent->ip_id ^ (uint64_t)sent->why.code << 16);
    }
    return sum;
}

static void begin(uint64_t *random, bool long_way)
{
    struct tcp_sysctl *sysctl;

    rig_init(&rig);
    rig.peer_ts = true;
    sysctl = tcp_sysctl(rig.host.tcp);
    sysctl->long_way = long_way;
    sysctl->ecn = draw(random, 4) == 0;
    sysctl->rx_linear = draw(random, 8) == 0;
    sysctl->sack = draw(random, 4) != 0;
    sysctl->timestamps = draw(random, 8) != 0;
    sysctl->window_scaling = draw(random, 8) != 0;
    mss = draw(random, 4) > 0 ? 1448 : 90 + draw(random, 60);
    bulk = draw(random, 3) == 0;
    loses = draw(random, 2) == 0;
    n_woken = 0;
    heard = 0;
    if (draw(random, 3) == 0)
        sysctl->rmem[1] = 4000 + draw(random, 60000);
    listener = rig_listen(&rig, 5);
    sock = rig_accept(&rig, listener);
    sock->wake = wake;
    rig_flush(&rig);
    sim_unobserve(rig.sim, &rig.observer); /* who looks at a frame gets its checksum computed */
}

static sim_time pause_after(uint64_t *random)
{
    if (draw(random, 60) == 0)
        return SIM_MSEC(1100);
    if (draw(random, 12) == 0)
        return SIM_MSEC(50);
    return SIM_USEC(10 + draw(random, bulk ? 100 : 2000));
}

/* Linux's __tcp_select_window(), step by step, of a connection with window scaling. */
static uint32_t window_by_the_book(const struct tcp_sock *at)
{
    uint32_t allowed = tcp_full_space(at), space = (uint32_t)tcp_space(at),
             full = at->window_clamp < allowed ? at->window_clamp : allowed,
             least = at->rcv_mss < full ? at->rcv_mss : full;

    if (least == 0)
        return 0;
    if (space < full / 2) {
        space = space >> at->rcv_wscale << at->rcv_wscale;
        if (space < allowed / 16 || space < least)
            return 0;
    }
    if (space > at->rcv_ssthresh)
        space = at->rcv_ssthresh;
    return (space + (1u << at->rcv_wscale) - 1) >> at->rcv_wscale << at->rcv_wscale;
}

static void expect_the_window(void)
{
    struct tcp_sock now = *tp(), kept = now, anew = now; /* it may end quick ACKs */

    if (tp()->rcv_wscale > 0)
        EQ(tcp_select_window_size(&now), window_by_the_book(tp()));
    anew.window_kept = false;
    EQ(tcp_window_field(&kept), tcp_window_field(&anew));
    EQ(kept.rcv_wnd, anew.rcv_wnd);
    EQ(kept.quick, anew.quick);
}

/* The sums after each step. */
static void play(uint64_t seed, bool long_way, uint64_t *sums)
{
    uint64_t random = random_mix(seed), sum = 0;

    begin(&random, long_way);
    for (unsigned step = 0; step < STEPS; step++) {
        struct segment s = what_is_expected(&random);

        if (loses && draw(&random, 3) == 0)
            draw_blocks(&s, &random);
        if (draw(&random, 5) == 0)
            spoil(&s, &random, step);
        arrive(&s);
        rig_run(&rig, pause_after(&random));
        sum = random_mix(sum ^ live(&random));
        expect_the_window();
        sum = fold_sent(tcp_inside(sock, sum));
        sums[step] = sum;
    }
    rig_close(&rig, listener, sock);
}

static bool is_the_same(uint64_t seed)
{
    uint64_t shorter[STEPS], longer[STEPS];

    play(seed, false, shorter);
    play(seed, true, longer);
    for (unsigned step = 0; step < STEPS; step++) {
        if (shorter[step] != longer[step]) {
            fprintf(stderr, "seed %llu: step %u is another the long way\n",
                    (unsigned long long)seed, step);
            return false;
        }
    }
    return true;
}

static void what_is_taken_at_once_leaves_the_same_behind(void)
{
    const char *count = getenv("TCP_SEEDS");
    uint64_t n = count != NULL ? strtoull(count, NULL, 10) : SEEDS_DEFAULT;

    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)(i * 131 + (i >> 8) * 7);
    for (uint64_t seed = 1; seed <= n; seed++)
        OK(is_the_same(seed));
}

/* A block of theirs begins within a segment that is cut anew before it is told of again. */
static void a_block_told_of_in_part_is_looked_at_again(void)
{
    OK(is_the_same(11762));
}

/* A connection whose peer has sent @n segments that were read. */
static void begin_usual(bool long_way, unsigned n)
{
    rig_init(&rig);
    rig.peer_ts = true;
    tcp_sysctl(rig.host.tcp)->long_way = long_way;
    mss = 1448;
    listener = rig_listen(&rig, 5);
    sock = rig_accept(&rig, listener);
    sim_unobserve(rig.sim, &rig.observer);
    for (unsigned i = 0; i < n; i++) {
        arrive(&(struct segment){ .seq = tp()->rcv_nxt,
                                  .ack = tp()->snd_una,
                                  .ts_val = tp()->ts_recent,
                                  .ts_ecr = rig.ts_ecr,
                                  .len = mss,
                                  .flags = TCP_ACK,
                                  .window = (uint16_t)(tp()->snd_wnd >> tp()->snd_wscale) });
        rig_run(&rig, SIM_MSEC(1));
        EQ(rig_recv(sock, mss), mss);
    }
    rig_flush(&rig);
}

/* One that is taken, unless a test changes something about it. */
static struct segment plain_one(uint32_t len)
{
    return (struct segment){ .seq = tp()->rcv_nxt,
                             .ack = tp()->snd_nxt,
                             .ts_val = tp()->ts_recent,
                             .ts_ecr = rig.ts_ecr,
                             .len = len,
                             .flags = TCP_ACK,
                             .window = (uint16_t)(tp()->snd_wnd >> tp()->snd_wscale) };
}

/* Whether @frame is taken at once; where not, nothing has happened. */
static bool takes(struct frame *frame)
{
    uint64_t before = tcp_inside(sock, 0);
    bool taken;

    frame_pull(frame, ETH_HDR_LEN);
    frame->in = rig.host.node->ifaces[0];
    taken = frame->len == IPV4_HDR_LEN + TCP_PLAIN_LEN ? tcp_rcv_plain(tp(), frame)
                                                       : tcp_rcv_ack(tp(), frame);
    frame_free(frame);
    if (!taken)
        EQ(tcp_inside(sock, 0), before);
    return taken;
}

static bool is_taken(const struct segment *s)
{
    return takes(frame_of(s));
}

static void what_is_plain_is_taken_at_once(void)
{
    struct segment s;

    begin_usual(false, 30);
    s = plain_one(mss);
    OK(is_taken(&s)); /* the next octets */
    s = plain_one(mss);
    s.flags |= TCP_PSH;
    OK(is_taken(&s));
    s = plain_one(mss);
    s.seq += 3 * mss;
    OK(is_taken(&s)); /* behind a hole */
    s.seq += mss;
    OK(is_taken(&s)); /* and behind that */
    s = plain_one(mss);
    OK(is_taken(&s));                      /* into it */
    EQ(rig_recv(sock, 10 * mss), 3 * mss); /* two are missing still */
    EQ(rig_send(sock, 5 * 1448), 5 * 1448);
    s = plain_one(0);
    s.ack = tp()->snd_una + 1448;
    OK(is_taken(&s)); /* an ACK */
    s.ack = tp()->snd_una;
    s.n_sack = 1;
    s.sack[0] = edge(1);
    s.sack[1] = edge(2);
    OK(is_taken(&s)); /* one that says that something is missing */
    EQ(tp()->sacked_out, 1);
    s.ack = s.sack[1];
    s.n_sack = 0;
    OK(is_taken(&s)); /* and that it no longer is */
    EQ(tp()->sacked_out, 0);
    EQ(tp()->snd_una, s.ack);
    rig_close(&rig, listener, sock);
}

static void what_is_not_plain_is_left_alone(void)
{
    static const uint16_t flags[] = {
        TCP_FIN, TCP_SYN, TCP_RST, TCP_URG, TCP_ECE, TCP_CWR, TCP_AE
    };
    struct segment s;

    begin_usual(false, 30);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        s = plain_one(mss);
        s.flags |= flags[i];
        OK(!is_taken(&s));
    }
    s = plain_one(mss);
    s.flags = TCP_PSH;
    OK(!is_taken(&s));
    s = plain_one(mss);
    s.tos = 3;
    OK(!is_taken(&s));
    s = plain_one(mss - 1);
    OK(!is_taken(&s));
    s = plain_one(0);
    s.n_sack = 1;
    s.bad_sack = true;
    OK(!is_taken(&s));
    s = plain_one(0);
    s.n_sack = 1;
    s.seq += mss; /* behind a hole */
    OK(!is_taken(&s));
    s = plain_one(mss);
    OK(sock_extra(sock) != NULL); /* for IP_MINTTL, timestamps, signatures it is looked at */
    OK(!is_taken(&s));
    rig_close(&rig, listener, sock);
}

/* A header cannot be as long as the 68 octets here, of which the length that it tells is the rest
 * modulo 64. */
static void what_is_longer_than_a_header_is_none(void)
{
    struct segment s;
    struct frame *frame;

    begin_usual(false, 30);
    EQ(rig_send(sock, 5 * 1448), 5 * 1448);
    s = plain_one(0);
    s.ack = tp()->snd_una;
    s.n_sack = 4;
    for (unsigned i = 0; i < 2 * s.n_sack; i++)
        s.sack[i] = edge(1 + i / 2 * 2 + i % 2);
    frame = frame_of(&s);
    frame->data[ETH_HDR_LEN + IPV4_HDR_LEN + 12] = 68 / 4 << 4 & 0xf0;
    OK(!takes(frame));
    rig_close(&rig, listener, sock);
}

/* tcp_data_queue(): what is told of octets that came twice is told with the next segment, or not at
 * all. */
static void what_came_twice_is_not_told_with_a_hole(void)
{
    for (unsigned long_way = 0; long_way < 2; long_way++) {
        struct segment s;

        begin_usual(long_way != 0, 30);
        s = plain_one(mss);
        s.seq -= 600;
        arrive(&s);
        rig_run(&rig, SIM_MSEC(1));
        EQ(rig_flush(&rig), 0); /* its ACK is delayed */
        OK(tp()->has_dsack);
        s = plain_one(mss);
        s.seq += mss;
        arrive(&s);
        rig_run(&rig, SIM_MSEC(1));
        OK(strstr(rig_next(&rig), "sack") != NULL);
        EQ(rig_last(&rig)->hdr.opt.n_sack, 1);
        rig_close(&rig, listener, sock);
    }
}

UNIT_MAIN("tcp: plain segments", TEST(what_is_taken_at_once_leaves_the_same_behind),
          TEST(a_block_told_of_in_part_is_looked_at_again), TEST(what_is_plain_is_taken_at_once),
          TEST(what_is_not_plain_is_left_alone), TEST(what_is_longer_than_a_header_is_none),
          TEST(what_came_twice_is_not_told_with_a_hole))
