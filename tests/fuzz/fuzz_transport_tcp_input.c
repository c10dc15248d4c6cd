/*
 * Arbitrary segments into sockets in every state: nothing may crash, hang, leak a frame or break an
 * assertion. The first octet chooses the state, then come commands: segments relative to the
 * connection, calls of the program, time.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "tests/support/tcp_rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    const uint8_t *at;
    size_t left;
};

static uint8_t octet(struct input *in)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->at++;
}

static uint32_t word(struct input *in)
{
    uint32_t hi = octet(in);

    return hi << 8 | octet(in);
}

/* A number near where things happen, or far away. */
static uint32_t near(struct input *in)
{
    uint8_t kind = octet(in);
    uint32_t value = word(in);

    if (kind < 200)
        return value % 8192;
    return kind < 230 ? value * 65537 : (uint32_t) - (int32_t)(value % 256);
}

static void segment(struct tcp_rig *rig, struct input *in)
{
    struct tcp_hdr hdr = { .flags = octet(in), .window = (uint16_t)word(in) };
    uint8_t options = octet(in);
    uint32_t len;

    hdr.seq = near(in);
    hdr.ack = near(in);
    len = octet(in) < 128 ? 0 : word(in) % 1500;
    if ((hdr.flags & TCP_URG) != 0)
        hdr.urgent = (uint16_t)word(in);
    hdr.opt.has_mss = (options & 1) != 0;
    hdr.opt.mss = hdr.opt.has_mss ? (uint16_t)word(in) : 0;
    hdr.opt.has_wscale = (options & 2) != 0;
    hdr.opt.wscale = options >> 4;
    hdr.opt.sack_permitted = (options & 4) != 0;
    if ((options & 8) != 0) {
        hdr.opt.has_ts = true;
        hdr.opt.ts_val = 1000 + near(in);
        hdr.opt.ts_ecr = rig->ts_ecr - octet(in);
    }
    hdr.opt.n_sack = (options >> 5) % (TCP_SACK_MAX + 1);
    for (uint8_t i = 0; i < hdr.opt.n_sack; i++) {
        hdr.opt.sack[i].start = near(in);
        hdr.opt.sack[i].end = hdr.opt.sack[i].start + near(in);
    }
    rig_inject(rig, hdr, len);
}

static void call(struct sock **sock, struct input *in)
{
    static const enum sock_option options[] = {
        OPT_TCP_NODELAY,  OPT_TCP_CORK,         OPT_SO_KEEPALIVE,     OPT_SO_RCVBUF,
        OPT_SO_SNDBUF,    OPT_TCP_USER_TIMEOUT, OPT_TCP_WINDOW_CLAMP, OPT_TCP_CONGESTION,
        OPT_TCP_QUICKACK, OPT_TCP_LINGER2,      OPT_TCP_KEEPIDLE
    };

    if (*sock == NULL)
        return;
    switch (octet(in) % 8) {
    case 0:
    case 1:
    case 2:
        rig_send(*sock, word(in));
        break;
    case 3:
    case 4:
        rig_recv(*sock, word(in));
        break;
    case 5:
        (*sock)->ops->set_option(*sock, options[octet(in) % (sizeof options / sizeof options[0])],
                                 (int)word(in));
        break;
    case 6:
        (*sock)->ops->shutdown(*sock, octet(in) % 3);
        break;
    default:
        (*sock)->ops->close(*sock);
        *sock = NULL;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = { data, size };
    struct tcp_rig *rig = calloc(1, sizeof *rig);
    struct sock *listener, *sock = NULL;
    int error;

    rig_init(rig);
    rig->peer_ts = (octet(&in) & 1) != 0;
    listener = rig_listen(rig, 3);
    switch (octet(&in) % 4) {
    case 0:
        break;
    case 1:
        sock = rig_syn_sent(rig);
        break;
    case 2:
        sock = rig_connect(rig);
        break;
    default:
        sock = rig_accept(rig, listener);
    }
    for (unsigned n = 0; in.left > 0 && n < 200 && rig->n_sent < RIG_SENT_MAX - 2000; n++) {
        uint8_t kind = octet(&in);

        if (kind < 160)
            segment(rig, &in);
        else if (kind < 220)
            call(&sock, &in);
        else if (kind < 230)
            rig_icmp(rig, octet(&in), octet(&in), word(&in), near(&in));
        else
            rig_run(rig, SIM_MSEC(word(&in) % 5000));
        if ((kind & 1) != 0)
            rig_run(rig, SIM_MSEC(1));
        if (sock == NULL)
            sock = listener->ops->accept(listener, &error);
    }
    if (sock != NULL)
        sock->ops->close(sock);
    listener->ops->close(listener);
    rig_run(rig, SIM_SEC(1));
    rig_fini(rig);
    free(rig);
    return 0;
}
