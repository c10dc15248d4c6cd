#include "apps/port_names.h"

#include <stddef.h>
#include <string.h>

static const struct {
    uint16_t port;
    bool tcp, udp;
    const char *name;
} ports[] = { /* Debian's netbase 6.4 */
              { 7, true, true, "echo" },        { 9, true, true, "discard" },
              { 13, true, true, "daytime" },    { 19, true, true, "chargen" },
              { 20, true, false, "ftp-data" },  { 21, true, false, "ftp" },
              { 22, true, false, "ssh" },       { 23, true, false, "telnet" },
              { 25, true, false, "smtp" },      { 37, true, true, "time" },
              { 53, true, true, "domain" },     { 67, false, true, "bootps" },
              { 68, false, true, "bootpc" },    { 69, false, true, "tftp" },
              { 79, true, false, "finger" },    { 80, true, false, "http" },
              { 110, true, false, "pop3" },     { 111, true, true, "sunrpc" },
              { 123, false, true, "ntp" },      { 143, true, false, "imap2" },
              { 161, true, true, "snmp" },      { 162, true, true, "snmp-trap" },
              { 179, true, false, "bgp" },      { 389, true, true, "ldap" },
              { 443, true, true, "https" },     { 514, false, true, "syslog" },
              { 520, false, true, "route" },    { 993, true, false, "imaps" },
              { 995, true, false, "pop3s" },    { 3306, true, false, "mysql" },
              { 5353, false, true, "mdns" },    { 5432, true, false, "postgresql" },
              { 8080, true, false, "http-alt" }
};

const char *port_name(uint16_t port, bool tcp)
{
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
        if (ports[i].port == port && (tcp ? ports[i].tcp : ports[i].udp))
            return ports[i].name;
    return NULL;
}

uint16_t port_named(const char *name, bool tcp)
{
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
        if ((tcp ? ports[i].tcp : ports[i].udp) && strcmp(ports[i].name, name) == 0)
            return ports[i].port;
    return 0;
}
