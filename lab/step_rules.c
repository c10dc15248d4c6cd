/* Which rule set a field: for a learner who asks where the value of each octet comes from. */
#include <string.h>

#include "inspect/i18n.h"
#include "lab/step_moment.h"

static const struct {
    const char *abbrev, *rule;
} RULES[] = {
    { "eth.dst", N_("the MAC address of the next hop, from the ARP table of the sender") },
    { "eth.src", N_("the MAC address of the sending interface") },
    { "eth.type", N_("what comes next: 0x0800 IPv4, 0x0806 ARP") },
    { "arp.hw.type", N_("1 for Ethernet, RFC 826") },
    { "arp.proto.type",
      N_("the EtherType of the protocol whose addresses are asked for, RFC 826") },
    { "arp.opcode", N_("1 asks, 2 answers, RFC 826") },
    { "arp.src.hw_mac", N_("the sender's own MAC address: whoever hears it may learn it") },
    { "arp.src.proto_ipv4", N_("the sender's own address on this network") },
    { "arp.dst.proto_ipv4",
      N_("the next hop: the destination itself, or the gateway of its route") },
    { "ip.hdr_len", N_("five words of 32 bits, and one more for each word of options") },
    { "ip.dsfield", N_("0 unless the program asks for a class of service") },
    { "ip.len", N_("header and data together, in octets") },
    { "ip.id", N_("a number per packet, so that fragments find each other; 0 may stand where none "
                  "are allowed") },
    { "ip.flags.df", N_("set while the path MTU is being discovered, RFC 1191") },
    { "ip.ttl", N_("64 at the sender, one less at each router: at 0 the packet dies") },
    { "ip.proto", N_("what comes next: 1 ICMP, 6 TCP, 17 UDP") },
    { "ip.checksum",
      N_("over the header alone; each router computes it anew, because the TTL changed") },
    { "ip.src",
      N_("the address of the interface the route leads out of; no router changes it, only NAT") },
    { "ip.dst", N_("the final destination; no router changes it, only NAT") },
    { "icmp.type", N_("8 asks for an echo, 0 answers, 3 and 11 report an error: RFC 792") },
    { "icmp.checksum", N_("over the whole ICMP message") },
    { "icmp.ident", N_("which ping this belongs to: chosen by the sender, returned unchanged") },
    { "icmp.seq", N_("which of its requests: counted from 1, returned unchanged") },
    { "udp.srcport",
      N_("the sending socket's port: bound by the program, or picked from 32768 to 60999") },
    { "udp.dstport", N_("the port of the program that is meant") },
    { "udp.length", N_("UDP header and data, in octets") },
    { "udp.checksum", N_("over data, header and both IP addresses, RFC 768") },
    { "tcp.srcport",
      N_("the sending socket's port: bound by the program, or picked from 32768 to 60999") },
    { "tcp.dstport", N_("the port of the program that is meant") },
    { "tcp.seq", N_("the number of the first octet of data; a SYN and a FIN count as one") },
    { "tcp.ack", N_("the next octet expected: all before it have arrived, RFC 9293") },
    { "tcp.hdr_len", N_("five words of 32 bits, and one more for each word of options") },
    { "tcp.window_size_value",
      N_("how much more the receiver has room for, shifted by its window scale") },
    { "tcp.checksum", N_("over data, header and both IP addresses, RFC 9293") },
    { "tcp.options.mss_val", N_("the MTU of the interface less 40 octets of headers, RFC 6691") },
    { "tcp.options.wscale.shift",
      N_("how far windows are shifted, from the size of the receive buffer, RFC 7323") },
    { "dns.id",
      N_("chosen by the asker, returned unchanged: which answer belongs to which question") },
    { "dhcp.id",
      N_("chosen by the client, returned unchanged: which answer belongs to which question") },
    { "dhcp.ip.your", N_("the address that the server has picked for the client") },
    { "dhcp.ip.client", N_("0.0.0.0 until the client has an address that works") },
    { "dhcp.hw.mac_addr", N_("the client's MAC address: the server finds its lease by it") },
};

const char *step_rule(const char *abbrev, const struct facts *facts, enum why_code why)
{
    if (strcmp(abbrev, "eth.dst") == 0 && (facts->eth.dst.octets[0] & 1) != 0)
        return _("a group address: everybody on this network takes it");
    if (strcmp(abbrev, "eth.dst") == 0 && facts->net == FACT_ARP)
        return _("the asker's MAC address, from its request");
    if (strcmp(abbrev, "arp.dst.proto_ipv4") == 0 && facts_is_arp(facts, ARP_REPLY))
        return _("the asker's address, from its request");
    if (strcmp(abbrev, "ip.ttl") == 0 && (why == WHY_IP_FORWARD || why == WHY_IP_FORWARD_DIRECT))
        return _("one less than it arrived with: this router has counted it down");
    for (size_t i = 0; i < G_N_ELEMENTS(RULES); i++)
        if (strcmp(RULES[i].abbrev, abbrev) == 0)
            return _(RULES[i].rule);
    return NULL;
}
