/* DNS records as BIND's tools print them. */
#ifndef WW_APPS_DNS_PRINT_H
#define WW_APPS_DNS_PRINT_H

#include "base/strbuf.h"
#include "stack/wire/dns_wire.h"

/** dns_print_rdata() - a record's data in presentation format: "10 mail.example.com." */
void dns_print_rdata(struct strbuf *out, const struct dns_rr *rr);
/** dns_print_ip6() - RFC 5952. */
void dns_print_ip6(struct strbuf *out, const uint8_t addr[static 16]);
/** dns_print_rr() - a whole line in dig's columns, with newline. */
void dns_print_rr(struct strbuf *out, const struct dns_rr *rr);
/** dns_print_question() - ";www.baidu.com.\t\t\tIN\tA\n". */
void dns_print_question(struct strbuf *out, const char *name, uint16_t type, uint16_t class);
/** dns_rcode_name() - "NXDOMAIN". dns_class_name() - "IN". */
const char *dns_rcode_name(unsigned rcode);
const char *dns_class_name(uint16_t class);

#endif
