/*
 * DHCP messages as octets: RFC 2131 section 2 (the message), RFC 2132 (options), RFC 3396 (options
 * longer than 255 octets, or sent in pieces). Pure: no state, no clock, no allocation.
 */
#ifndef WW_STACK_WIRE_DHCP_WIRE_H
#define WW_STACK_WIRE_DHCP_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/addr.h"
#include "base/drop.h"

#define DHCP_SERVER_PORT    67
#define DHCP_CLIENT_PORT    68
#define DHCP_FIXED_LEN      240 /* octets before the first option, magic cookie included */
#define DHCP_BOOTP_LEN      300 /* the shortest BOOTP message; shorter DHCP ones are padded */
#define DHCP_COOKIE         0x63825363 /* 99.130.83.99, RFC 2131 section 3 */
#define DHCP_HTYPE_ETHERNET 1
#define DHCP_FLAG_BROADCAST 0x8000 /* "answer me by broadcast", RFC 2131 section 4.1 */
#define DHCP_CHADDR_LEN     16
#define DHCP_SNAME_LEN      64
#define DHCP_FILE_LEN       128
#define DHCP_OPTIONS_MAX    64 /* options in one message; one with more is refused */

enum dhcp_op { DHCP_BOOTREQUEST = 1, DHCP_BOOTREPLY = 2 };

enum dhcp_message_type { /* the value of DHCP_OPT_MESSAGE_TYPE, RFC 2132 section 9.6 */
                         DHCP_DISCOVER = 1,
                         DHCP_OFFER = 2,
                         DHCP_REQUEST = 3,
                         DHCP_DECLINE = 4,
                         DHCP_ACK = 5,
                         DHCP_NAK = 6,
                         DHCP_RELEASE = 7,
                         DHCP_INFORM = 8,
};

enum dhcp_option_code { /* RFC 2132, unless another one is named */
                        DHCP_OPT_PAD = 0,
                        DHCP_OPT_SUBNET_MASK = 1,
                        DHCP_OPT_TIME_OFFSET = 2,
                        DHCP_OPT_ROUTER = 3,
                        DHCP_OPT_DNS_SERVER = 6,
                        DHCP_OPT_HOST_NAME = 12,
                        DHCP_OPT_DOMAIN_NAME = 15,
                        DHCP_OPT_IP_FORWARDING = 19,
                        DHCP_OPT_DEFAULT_TTL = 23,
                        DHCP_OPT_MTU = 26,
                        DHCP_OPT_BROADCAST = 28,
                        DHCP_OPT_STATIC_ROUTE = 33,
                        DHCP_OPT_NTP_SERVER = 42,
                        DHCP_OPT_VENDOR_SPECIFIC = 43,
                        DHCP_OPT_NETBIOS_NAME_SERVER = 44,
                        DHCP_OPT_NETBIOS_SCOPE = 47,
                        DHCP_OPT_REQUESTED_ADDR = 50,
                        DHCP_OPT_LEASE_TIME = 51,
                        DHCP_OPT_OVERLOAD = 52,
                        DHCP_OPT_MESSAGE_TYPE = 53,
                        DHCP_OPT_SERVER_ID = 54,
                        DHCP_OPT_PARAMETER_LIST = 55,
                        DHCP_OPT_MESSAGE = 56,
                        DHCP_OPT_MAX_SIZE = 57,
                        DHCP_OPT_RENEWAL_TIME = 58,   /* T1 */
                        DHCP_OPT_REBINDING_TIME = 59, /* T2 */
                        DHCP_OPT_VENDOR_CLASS = 60,
                        DHCP_OPT_CLIENT_ID = 61,
                        DHCP_OPT_TFTP_SERVER = 66,
                        DHCP_OPT_BOOT_FILE = 67,
                        DHCP_OPT_CLIENT_FQDN = 81,      /* RFC 4702 */
                        DHCP_OPT_RELAY_AGENT = 82,      /* RFC 3046 */
                        DHCP_OPT_DOMAIN_SEARCH = 119,   /* RFC 3397 */
                        DHCP_OPT_CLASSLESS_ROUTE = 121, /* RFC 3442 */
                        DHCP_OPT_END = 255,
};

struct dhcp_option {
    uint8_t code;
    uint8_t len;         /* octets of data */
    const uint8_t *data; /* borrowed: inside the octets that were parsed */
};

struct dhcp_msg { /* host byte order, RFC 2131's names */
    uint8_t op;   /* enum dhcp_op */
    uint8_t htype, hlen, hops;
    uint32_t xid;
    uint16_t secs;
    uint16_t flags;
    ip4_addr ciaddr; /* the client's address, if it has one already */
    ip4_addr yiaddr; /* "your" address: what the server gives */
    ip4_addr siaddr; /* the next server of the boot process */
    ip4_addr giaddr; /* the relay agent */
    uint8_t chaddr[DHCP_CHADDR_LEN];
    uint8_t sname[DHCP_SNAME_LEN]; /* as sent, even when it carries options */
    uint8_t file[DHCP_FILE_LEN];
    /* In the order of RFC 2131 section 4.1: those of the options field, of file, of sname. Neither
       DHCP_OPT_PAD nor DHCP_OPT_END is among them. dhcp_emit_begin() does not look at them. */
    unsigned n_options;
    struct dhcp_option options[DHCP_OPTIONS_MAX];
};

/**
 * dhcp_parse() - validate and decode the message that is all of @octets. A missing end option is
 * forgiven; whatever follows the end is not looked at.
 * Returns DROP_NONE with *@msg filled, its options pointing into @octets; DROP_TRUNCATED,
 * DROP_BAD_HEADER (op, hlen or magic cookie) or DROP_BAD_OPTION (an option runs past its field, a
 * wrong overload option, or more than DHCP_OPTIONS_MAX) with *@msg untouched.
 */
enum drop_reason dhcp_parse(const uint8_t *octets, size_t len, struct dhcp_msg *msg);

/** dhcp_option() - the first option with @code, or NULL. */
const struct dhcp_option *dhcp_option(const struct dhcp_msg *msg, uint8_t code);
/**
 * dhcp_option_join() - all pieces of option @code one behind the other, RFC 3396 section 7. Copies
 * as much as fits in @size octets and returns the whole length; 0 also where there is no such
 * option.
 */
size_t dhcp_option_join(const struct dhcp_msg *msg, uint8_t code, uint8_t *octets, size_t size);
/**
 * dhcp_option_u8/u16/u32() - the option's value, host byte order; false (and *@value as it was)
 * where it is absent or of another length. An address is a u32.
 */
bool dhcp_option_u8(const struct dhcp_msg *msg, uint8_t code, uint8_t *value);
bool dhcp_option_u16(const struct dhcp_msg *msg, uint8_t code, uint16_t *value);
bool dhcp_option_u32(const struct dhcp_msg *msg, uint8_t code, uint32_t *value);
/**
 * dhcp_option_addrs() - up to @max addresses of a list such as routers; their count, 0 where the
 * option is absent or its length no multiple of 4.
 */
size_t dhcp_option_addrs(const struct dhcp_msg *msg, uint8_t code, ip4_addr *addrs, size_t max);
/** dhcp_message_type() - an enum dhcp_message_type, or 0: a plain BOOTP message. */
uint8_t dhcp_message_type(const struct dhcp_msg *msg);
/** dhcp_chaddr_mac() - the client's hardware address as a MAC. */
static inline struct mac_addr dhcp_chaddr_mac(const struct dhcp_msg *msg)
{
    struct mac_addr mac;

    memcpy(mac.octets, msg->chaddr, sizeof mac.octets);
    return mac;
}

/** dhcp_set_client() - htype, hlen and chaddr of an Ethernet client. */
static inline void dhcp_set_client(struct dhcp_msg *msg, const struct mac_addr *mac)
{
    msg->htype = DHCP_HTYPE_ETHERNET;
    msg->hlen = sizeof mac->octets;
    memset(msg->chaddr, 0, sizeof msg->chaddr);
    memcpy(msg->chaddr, mac->octets, sizeof mac->octets);
}

/*
 * A message being written. Calls in order: dhcp_emit_begin(), any number of options,
 * dhcp_emit_end().
 */
struct dhcp_writer {
    uint8_t *octets; /* borrowed */
    size_t size, len;
    bool overflow; /* something did not fit; what does not fit is left out whole */
};

/**
 * dhcp_emit_begin() - the fixed fields of *@msg and the cookie; @size must be at least
 * DHCP_BOOTP_LEN.
 */
void dhcp_emit_begin(struct dhcp_writer *w, const struct dhcp_msg *msg, uint8_t *octets,
                     size_t size);
/** dhcp_emit_option() - one option; more than 255 octets of @data are split as RFC 3396 says. */
void dhcp_emit_option(struct dhcp_writer *w, uint8_t code, const void *data, size_t len);
void dhcp_emit_u8(struct dhcp_writer *w, uint8_t code, uint8_t value);
void dhcp_emit_u16(struct dhcp_writer *w, uint8_t code, uint16_t value);
void dhcp_emit_u32(struct dhcp_writer *w, uint8_t code, uint32_t value);
void dhcp_emit_addrs(struct dhcp_writer *w, uint8_t code, const ip4_addr *addrs, size_t n);
/**
 * dhcp_emit_end() - the end option and zero octets up to @min_len (at most the size given at the
 * beginning). Returns the message's length, or 0 if an option did not fit.
 */
size_t dhcp_emit_end(struct dhcp_writer *w, size_t min_len);

#endif
