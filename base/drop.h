/*
 * Why a frame or packet died. One list for all layers: a short name for filters and traces, and a
 * sentence for the learner (English; po/ translates it). Every reason is counted and traced by
 * node_drop() in sim/node.h.
 */
#ifndef WW_BASE_DROP_H
#define WW_BASE_DROP_H

#include <stdbool.h>

#define DROP_LIST(X)                                                                               \
    X(NONE, "none", "not dropped")                                                                 \
    /* link */                                                                                     \
    X(LINK_DOWN, "link-down", "the cable is unplugged or the interface is down")                   \
    X(LINK_CUT, "link-cut", "the cable was unplugged while the frame was on it")                   \
    X(LINK_LOSS, "link-loss", "lost on the link")                                                  \
    X(LINK_RULE, "link-rule", "dropped by the link's drop rule")                                   \
    X(QUEUE_FULL, "queue-full", "the transmit queue is full")                                      \
    X(NOT_CABLED, "not-cabled", "no cable is plugged into this interface")                         \
    X(TOO_LONG, "too-long", "longer than the MTU of the link")                                     \
    X(COLLISIONS, "collisions", "too many collisions on the shared medium")                        \
    /* any header */                                                                               \
    X(TRUNCATED, "truncated", "shorter than its header says")                                      \
    X(BAD_VERSION, "bad-version", "wrong version number in the header")                            \
    X(BAD_HEADER, "bad-header", "a header field has a value that is not allowed")                  \
    X(BAD_CHECKSUM, "bad-checksum", "the checksum is wrong")                                       \
    X(BAD_OPTION, "bad-option", "an option is malformed")                                          \
    /* Ethernet and bridges */                                                                     \
    X(NOT_FOR_ME, "not-for-me", "addressed to another MAC address")                                \
    X(UNKNOWN_ETHERTYPE, "unknown-ethertype", "no protocol here takes this EtherType")             \
    X(SAME_PORT, "same-port", "the destination is on the port the frame came from")                \
    X(RESERVED_GROUP, "reserved-group", "a group address that bridges never forward")              \
    X(PORT_BLOCKED, "port-blocked", "the port is not forwarding")                                  \
    X(NO_OTHER_PORT, "no-other-port", "no other port to send it to")                               \
    /* ARP */                                                                                      \
    X(ARP_NOT_MINE, "arp-not-mine", "the ARP request asks for another host's address")             \
    X(ARP_UNSOLICITED, "arp-unsolicited", "an ARP reply that nobody asked for")                    \
    X(ARP_BAD_SENDER, "arp-bad-sender", "the sender address cannot be a host's")                   \
    X(NDP_NOT_MINE, "ndp-not-mine", "the neighbor solicitation asks for another host's address")   \
    X(NDP_UNSOLICITED, "ndp-unsolicited", "a neighbor advertisement that nobody asked for")        \
    X(NEIGH_FAILED, "neighbor-failed", "nobody answered the ARP requests")                         \
    X(NEIGH_QUEUE_FULL, "neighbor-queue-full", "too many packets are waiting for this ARP answer") \
    /* IPv4 */                                                                                     \
    X(IP_NOT_MINE, "ip-not-mine", "addressed to another host, and this node does not forward")     \
    X(NO_ROUTE, "no-route", "no route to the destination")                                         \
    X(TTL_EXPIRED, "ttl-expired", "the TTL ran out")                                               \
    X(FRAG_NEEDED, "frag-needed", "too big for the next link and must not be fragmented")          \
    X(MARTIAN_SOURCE, "martian-source", "the source address cannot be a sender's")                 \
    X(MARTIAN_DESTINATION, "martian-destination", "the destination address must not be seen here") \
    X(BROADCAST_NOT_FORWARDED, "broadcast-not-forwarded", "broadcasts stay in their subnet")       \
    X(UNKNOWN_PROTOCOL, "unknown-protocol", "no protocol here takes this IP protocol number")      \
    X(FRAGMENT_TIMEOUT, "fragment-timeout", "the missing fragments did not come in time")          \
    X(FRAGMENT_OVERLAP, "fragment-overlap", "a fragment that contradicts others")                  \
    X(FRAGMENT_LIMIT, "fragment-limit", "too many fragments are waiting")                          \
    X(PROHIBITED, "prohibited", "a rule forbids it")                                               \
    X(SOURCE_FILTER, "source-filter", "the way back does not lead where it came from")             \
    X(NO_SOURCE_ADDRESS, "no-source-address", "this node has no address to send from")             \
    X(MULTICAST_NOT_JOINED, "multicast-not-joined", "nobody here joined this multicast group")     \
    /* ICMP */                                                                                     \
    X(ICMP_UNKNOWN_TYPE, "icmp-unknown-type", "an ICMP type that nothing handles")                 \
    X(ICMP_NO_SOCKET, "icmp-no-socket", "no program waits for this ICMP message")                  \
    X(ICMP_ECHO_BROADCAST, "icmp-echo-broadcast", "echo requests to broadcasts are not answered")  \
    X(REDIRECT_IGNORED, "redirect-ignored",                                                        \
      "a redirect that does not come from the current gateway")                                    \
    /* transport */                                                                                \
    X(PORT_CLOSED, "port-closed", "no socket listens on the port")                                 \
    X(SOCKET_FULL, "socket-full", "the socket's receive buffer is full")                           \
    X(TCP_BACKLOG_FULL, "tcp-backlog-full", "the listening socket's queue is full")                \
    X(TCP_OUT_OF_WINDOW, "tcp-out-of-window", "the sequence number is outside the window")         \
    X(TCP_OLD_DATA, "tcp-old-data", "all its octets were received before")                         \
    X(TCP_BAD_ACK, "tcp-bad-ack", "it acknowledges something never sent")                          \
    X(TCP_MIN_TTL, "tcp-min-ttl", "its TTL is less than IP_MINTTL asks for")                       \
    X(TCP_SIGNATURE, "tcp-signature", "it has an MD5 signature that nobody asked for")             \
    X(TCP_SIGNATURE_MISSING, "tcp-signature-missing",                                              \
      "it has no MD5 signature, though there is a key for who sent it")                            \
    X(TCP_SIGNATURE_WRONG, "tcp-signature-wrong", "its MD5 signature is not right")                \
    X(TCP_PAWS, "tcp-paws", "its timestamp is older than one already seen")                        \
    X(TCP_FLAGS, "tcp-flags", "flags that mean nothing in this state")                             \
    X(TCP_AFTER_CLOSE, "tcp-after-close", "data for a connection that the program has closed")     \
    X(TCP_DUPLICATE, "tcp-duplicate", "a segment that brings nothing new")                         \
    X(TCP_RESET, "tcp-reset", "the connection was reset")                                          \
    /* NAT, DHCP, DNS and programs */                                                              \
    X(NAT_NO_MAPPING, "nat-no-mapping", "the NAT knows no connection it belongs to")               \
    X(NAT_NO_PORT, "nat-no-port", "the NAT has no free port left")                                 \
    X(NAT_FULL, "nat-full", "the NAT's table of connections is full")                              \
    X(APP_MALFORMED, "app-malformed", "the program could not read the message")                    \
    X(APP_UNEXPECTED, "app-unexpected", "the program did not wait for this message")               \
    X(EVENT_BUDGET, "event-budget", "the run was stopped")

/* Where the sentence is another one for a packet of IPv6. */
#define DROP6_LIST(X)                                                                              \
    X(NEIGH_FAILED, 6, "nobody answered the neighbor solicitations")                               \
    X(NEIGH_QUEUE_FULL, 6, "too many packets are waiting for this neighbor advertisement")         \
    X(TTL_EXPIRED, 6, "the hop limit ran out")                                                     \
    X(FRAG_NEEDED, 6, "too big for the next link, and over IPv6 no router cuts packets")           \
    X(UNKNOWN_PROTOCOL, 6, "no protocol here takes this next header")                              \
    X(ICMP_UNKNOWN_TYPE, 6, "an ICMPv6 type that nothing handles")                                 \
    X(ICMP_NO_SOCKET, 6, "no program waits for this ICMPv6 message")

#define X(name, word, sentence) DROP_##name,
enum drop_reason { DROP_LIST(X) DROP_N_REASONS };
#undef X

/** drop_name() - the short name, as in `break drop no-route`. */
const char *drop_name(enum drop_reason reason);
/** drop_sentence() - the English sentence, a message id for gettext; @v6: of a packet of IPv6. */
const char *drop_sentence(enum drop_reason reason, bool v6);

#endif
