#include "tests/support/must.h"

#include "stack/wire/dhcp_wire.h"

enum { ROOM = DHCP_FIXED_LEN + DHCP_OPTIONS_MAX * 257 + 1 };

static int same_fixed(const struct dhcp_msg *a, const struct dhcp_msg *b)
{
    return a->op == b->op && a->htype == b->htype && a->hlen == b->hlen && a->hops == b->hops &&
           a->xid == b->xid && a->secs == b->secs && a->flags == b->flags &&
           a->ciaddr == b->ciaddr && a->yiaddr == b->yiaddr && a->siaddr == b->siaddr &&
           a->giaddr == b->giaddr && memcmp(a->chaddr, b->chaddr, sizeof a->chaddr) == 0 &&
           memcmp(a->sname, b->sname, sizeof a->sname) == 0 &&
           memcmp(a->file, b->file, sizeof a->file) == 0;
}

static void look_up_everything(const struct dhcp_msg *msg)
{
    uint8_t octets[300], u8;
    uint16_t u16;
    uint32_t u32;
    ip4_addr addrs[4];

    dhcp_message_type(msg);
    for (unsigned code = 0; code < 256; code++) {
        dhcp_option_u8(msg, (uint8_t)code, &u8);
        dhcp_option_u16(msg, (uint8_t)code, &u16);
        dhcp_option_u32(msg, (uint8_t)code, &u32);
        MUST(dhcp_option_addrs(msg, (uint8_t)code, addrs, 4) <= 4);
        dhcp_option_join(msg, (uint8_t)code, octets, sizeof octets);
    }
}

/* Options come back in one field and in the same order; the overload option is of no use there. */
static void check_round_trip(const struct dhcp_msg *msg)
{
    static uint8_t again[ROOM];
    struct dhcp_writer w;
    struct dhcp_msg in = *msg, out;
    size_t len;

    in.n_options = 0;
    dhcp_emit_begin(&w, &in, again, sizeof again);
    for (unsigned i = 0; i < msg->n_options; i++) {
        if (msg->options[i].code == DHCP_OPT_OVERLOAD)
            continue;
        in.options[in.n_options++] = msg->options[i];
        dhcp_emit_option(&w, msg->options[i].code, msg->options[i].data, msg->options[i].len);
    }
    len = dhcp_emit_end(&w, DHCP_BOOTP_LEN);
    MUST(len >= DHCP_BOOTP_LEN);
    MUST(dhcp_parse(again, len, &out) == DROP_NONE);
    MUST(same_fixed(&in, &out) && out.n_options == in.n_options);
    for (unsigned i = 0; i < in.n_options; i++) {
        MUST(in.options[i].code == out.options[i].code && in.options[i].len == out.options[i].len);
        MUST(memcmp(in.options[i].data, out.options[i].data, in.options[i].len) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
    struct dhcp_msg msg;

    if (dhcp_parse(octets, len, &msg) != DROP_NONE)
        return 0;
    for (unsigned i = 0; i < msg.n_options; i++) {
        MUST(msg.options[i].data >= octets);
        MUST(msg.options[i].data + msg.options[i].len <= octets + len);
    }
    look_up_everything(&msg);
    check_round_trip(&msg);
    return 0;
}
