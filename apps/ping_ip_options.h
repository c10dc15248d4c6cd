/* IP options of ping: -R records the route, -T what time it was on the way. */
#ifndef WW_APPS_PING_IP_OPTIONS_H
#define WW_APPS_PING_IP_OPTIONS_H

#include "apps/ping_options.h"
#include "base/strbuf.h"
#include "stack/wire/ipv4_wire.h"

/* The route told last: the same one is not told again. */
struct ping_route {
    uint8_t octets[IPV4_OPTIONS_MAX];
    int len;
};

/** ping_ip_options_make() - those of a probe; how many octets, 0: none. */
uint8_t ping_ip_options_make(const struct ping_options *options,
                             uint8_t octets[static IPV4_OPTIONS_MAX]);
/** ping_ip_options_print() - what the @len octets of a reply's options tell. */
void ping_ip_options_print(struct strbuf *line, const uint8_t *octets, size_t len,
                           struct ping_route *last, bool flood);

#endif
