#include "stack/wire/dhcp_wire.h"

#include "base/be.h"
#include "base/check.h"

enum {
    AT_OP = 0,
    AT_HTYPE = 1,
    AT_HLEN = 2,
    AT_HOPS = 3,
    AT_XID = 4,
    AT_SECS = 8,
    AT_FLAGS = 10,
    AT_CIADDR = 12,
    AT_YIADDR = 16,
    AT_SIADDR = 20,
    AT_GIADDR = 24,
    AT_CHADDR = 28,
    AT_SNAME = 44,
    AT_FILE = 108,
    AT_COOKIE = 236,
    AT_OPTIONS = 240
};

#define OPTION_DATA_MAX 255

/* Bits of the overload option, RFC 2132 section 9.3. */
enum { OVERLOAD_FILE = 1, OVERLOAD_SNAME = 2 };

static void read_fixed(const uint8_t *octets, struct dhcp_msg *msg)
{
    msg->op = octets[AT_OP];
    msg->htype = octets[AT_HTYPE];
    msg->hlen = octets[AT_HLEN];
    msg->hops = octets[AT_HOPS];
    msg->xid = be32_get(octets + AT_XID);
    msg->secs = be16_get(octets + AT_SECS);
    msg->flags = be16_get(octets + AT_FLAGS);
    msg->ciaddr = be32_get(octets + AT_CIADDR);
    msg->yiaddr = be32_get(octets + AT_YIADDR);
    msg->siaddr = be32_get(octets + AT_SIADDR);
    msg->giaddr = be32_get(octets + AT_GIADDR);
    memcpy(msg->chaddr, octets + AT_CHADDR, sizeof msg->chaddr);
    memcpy(msg->sname, octets + AT_SNAME, sizeof msg->sname);
    memcpy(msg->file, octets + AT_FILE, sizeof msg->file);
    msg->n_options = 0;
}

/* The options of one field, added to *@msg. False: malformed or too many. */
static bool read_options(const uint8_t *octets, size_t len, struct dhcp_msg *msg)
{
    size_t at = 0;

    while (at < len && octets[at] != DHCP_OPT_END) {
        if (octets[at] == DHCP_OPT_PAD) {
            at++;
            continue;
        }
        if (len - at < 2 || octets[at + 1] > len - at - 2 || msg->n_options == DHCP_OPTIONS_MAX)
            return false;
        msg->options[msg->n_options++] = (struct dhcp_option){
            .code = octets[at],
            .len = octets[at + 1],
            .data = octets + at + 2,
        };
        at += 2u + octets[at + 1];
    }
    return true;
}

/* RFC 2131 section 4.1: the options field first, because it says whether file and sname hold more.
 */
static bool read_all_options(const uint8_t *octets, size_t len, struct dhcp_msg *msg)
{
    const struct dhcp_option *overload;
    unsigned fields;

    if (!read_options(octets + AT_OPTIONS, len - AT_OPTIONS, msg))
        return false;
    overload = dhcp_option(msg, DHCP_OPT_OVERLOAD);
    if (overload == NULL)
        return true;
    fields = overload->len == 1 ? overload->data[0] : 0;
    if (fields < OVERLOAD_FILE || fields > (OVERLOAD_FILE | OVERLOAD_SNAME))
        return false;
    if ((fields & OVERLOAD_FILE) && !read_options(octets + AT_FILE, DHCP_FILE_LEN, msg))
        return false;
    return !(fields & OVERLOAD_SNAME) || read_options(octets + AT_SNAME, DHCP_SNAME_LEN, msg);
}

enum drop_reason dhcp_parse(const uint8_t *octets, size_t len, struct dhcp_msg *msg)
{
    struct dhcp_msg result;

    if (len < DHCP_FIXED_LEN)
        return DROP_TRUNCATED;
    if (octets[AT_OP] != DHCP_BOOTREQUEST && octets[AT_OP] != DHCP_BOOTREPLY)
        return DROP_BAD_HEADER;
    if (octets[AT_HLEN] > DHCP_CHADDR_LEN || be32_get(octets + AT_COOKIE) != DHCP_COOKIE)
        return DROP_BAD_HEADER;
    read_fixed(octets, &result);
    if (!read_all_options(octets, len, &result))
        return DROP_BAD_OPTION;
    *msg = result;
    return DROP_NONE;
}

const struct dhcp_option *dhcp_option(const struct dhcp_msg *msg, uint8_t code)
{
    for (unsigned i = 0; i < msg->n_options; i++)
        if (msg->options[i].code == code)
            return &msg->options[i];
    return NULL;
}

size_t dhcp_option_join(const struct dhcp_msg *msg, uint8_t code, uint8_t *octets, size_t size)
{
    size_t total = 0;

    for (unsigned i = 0; i < msg->n_options; i++) {
        const struct dhcp_option *piece = &msg->options[i];
        size_t room = total < size ? size - total : 0;

        if (piece->code != code)
            continue;
        if (room > 0)
            memcpy(octets + total, piece->data, piece->len < room ? piece->len : room);
        total += piece->len;
    }
    return total;
}

static const uint8_t *option_of_len(const struct dhcp_msg *msg, uint8_t code, uint8_t len)
{
    const struct dhcp_option *option = dhcp_option(msg, code);

    return option != NULL && option->len == len ? option->data : NULL;
}

bool dhcp_option_u8(const struct dhcp_msg *msg, uint8_t code, uint8_t *value)
{
    const uint8_t *data = option_of_len(msg, code, 1);

    if (data != NULL)
        *value = data[0];
    return data != NULL;
}

bool dhcp_option_u16(const struct dhcp_msg *msg, uint8_t code, uint16_t *value)
{
    const uint8_t *data = option_of_len(msg, code, 2);

    if (data != NULL)
        *value = be16_get(data);
    return data != NULL;
}

bool dhcp_option_u32(const struct dhcp_msg *msg, uint8_t code, uint32_t *value)
{
    const uint8_t *data = option_of_len(msg, code, 4);

    if (data != NULL)
        *value = be32_get(data);
    return data != NULL;
}

size_t dhcp_option_addrs(const struct dhcp_msg *msg, uint8_t code, ip4_addr *addrs, size_t max)
{
    const struct dhcp_option *option = dhcp_option(msg, code);
    size_t n = 0;

    if (option == NULL || option->len % 4 != 0)
        return 0;
    for (; n < max && n < option->len / 4u; n++)
        addrs[n] = be32_get(option->data + 4 * n);
    return n;
}

uint8_t dhcp_message_type(const struct dhcp_msg *msg)
{
    uint8_t type = 0;

    if (!dhcp_option_u8(msg, DHCP_OPT_MESSAGE_TYPE, &type) || type > DHCP_INFORM)
        return 0;
    return type;
}

void dhcp_emit_begin(struct dhcp_writer *w, const struct dhcp_msg *msg, uint8_t *octets,
                     size_t size)
{
    CHECK(size >= DHCP_BOOTP_LEN);
    *w = (struct dhcp_writer){ .octets = octets, .size = size, .len = DHCP_FIXED_LEN };
    octets[AT_OP] = msg->op;
    octets[AT_HTYPE] = msg->htype;
    octets[AT_HLEN] = msg->hlen;
    octets[AT_HOPS] = msg->hops;
    be32_put(octets + AT_XID, msg->xid);
    be16_put(octets + AT_SECS, msg->secs);
    be16_put(octets + AT_FLAGS, msg->flags);
    be32_put(octets + AT_CIADDR, msg->ciaddr);
    be32_put(octets + AT_YIADDR, msg->yiaddr);
    be32_put(octets + AT_SIADDR, msg->siaddr);
    be32_put(octets + AT_GIADDR, msg->giaddr);
    memcpy(octets + AT_CHADDR, msg->chaddr, sizeof msg->chaddr);
    memcpy(octets + AT_SNAME, msg->sname, sizeof msg->sname);
    memcpy(octets + AT_FILE, msg->file, sizeof msg->file);
    be32_put(octets + AT_COOKIE, DHCP_COOKIE);
}

void dhcp_emit_option(struct dhcp_writer *w, uint8_t code, const void *data, size_t len)
{
    size_t n_pieces = len == 0 ? 1 : (len + OPTION_DATA_MAX - 1) / OPTION_DATA_MAX;
    const uint8_t *from = data;

    /* One octet stays free for the end option. */
    if (len > w->size || w->len + len + 2 * n_pieces + 1 > w->size) {
        w->overflow = true;
        return;
    }
    for (; n_pieces > 0; n_pieces--) {
        size_t piece = len < OPTION_DATA_MAX ? len : OPTION_DATA_MAX;

        w->octets[w->len] = code;
        w->octets[w->len + 1] = (uint8_t)piece;
        if (piece > 0) {
            memcpy(w->octets + w->len + 2, from, piece);
            from += piece;
        }
        w->len += 2 + piece;
        len -= piece;
    }
}

void dhcp_emit_u8(struct dhcp_writer *w, uint8_t code, uint8_t value)
{
    dhcp_emit_option(w, code, &value, sizeof value);
}

void dhcp_emit_u16(struct dhcp_writer *w, uint8_t code, uint16_t value)
{
    uint8_t data[2];

    be16_put(data, value);
    dhcp_emit_option(w, code, data, sizeof data);
}

void dhcp_emit_u32(struct dhcp_writer *w, uint8_t code, uint32_t value)
{
    uint8_t data[4];

    be32_put(data, value);
    dhcp_emit_option(w, code, data, sizeof data);
}

void dhcp_emit_addrs(struct dhcp_writer *w, uint8_t code, const ip4_addr *addrs, size_t n)
{
    uint8_t data[OPTION_DATA_MAX];

    CHECK(n <= sizeof data / 4);
    for (size_t i = 0; i < n; i++)
        be32_put(data + 4 * i, addrs[i]);
    dhcp_emit_option(w, code, data, 4 * n);
}

size_t dhcp_emit_end(struct dhcp_writer *w, size_t min_len)
{
    CHECK(min_len <= w->size && w->len < w->size);
    w->octets[w->len++] = DHCP_OPT_END;
    if (w->len < min_len) {
        memset(w->octets + w->len, DHCP_OPT_PAD, min_len - w->len);
        w->len = min_len;
    }
    return w->overflow ? 0 : w->len;
}
