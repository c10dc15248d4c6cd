/* Names as BIND's host and nslookup take them from the command line: with the search list, or an
 * address to turn round. */
#ifndef WW_APPS_DNS_NAMES_H
#define WW_APPS_DNS_NAMES_H

#include "stack/services/resolver.h"

struct dns_names {
    const char *given; /* as typed; borrowed */
    char text[DNS_TEXT_MAX];
    struct resolv_conf conf;
    unsigned at, n; /* candidates */
    bool reverse;
};

/** dns_names_init() - true where @given is an IPv4 address: then its in-addr.arpa name is meant. */
bool dns_names_init(struct dns_names *names, struct os *os, const char *given);
/** dns_names_text() - candidate names->at, written to @text. */
const char *dns_names_text(const struct dns_names *names, char text[static DNS_TEXT_MAX]);
/** dns_names_strip() - @name without its final dot. */
void dns_names_strip(char text[static DNS_TEXT_MAX], const char *name);

#endif
