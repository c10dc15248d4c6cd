/*
 * Reasons: why a frame was sent, what a table or state change means, what a call waits for. A
 * reason is a code with numbers as arguments; its sentence is a template here, in English and a
 * message id for gettext, so that the engine never formats text. {N:kind} is argument N, shown as:
 * ip, ip6 (arguments N and N + 1), mac, dec, port, prefix (address << 8 | length), time
 * (picoseconds), tcpstate, tcpfrom and tcpto (two states in one: from << 8 | to), drop, errno,
 * proto. {text} is the record's text. A section belongs to the module it names.
 */
#ifndef WW_BASE_WHY_H
#define WW_BASE_WHY_H

#include <stdint.h>

#define WHY_LIST(X)                                                                                \
    X(NONE, "none", "")                                                                            \
    /* run: the scenario and the programs */                                                       \
    X(COMMAND, "command", "the command {text}")                                                    \
    X(COMMAND_EXIT, "command-exit", "{text} ended with exit status {0:dec}")                       \
    X(COMMAND_STOPPED, "command-stopped", "{text} was stopped")                                    \
    X(OUTPUT, "output", "printed: {text}")                                                         \
    X(CABLE_OUT, "cable-out", "the cable was unplugged")                                           \
    X(CABLE_IN, "cable-in", "the cable was plugged in")                                            \
    X(IFACE_DOWN, "iface-down", "the interface was switched off")                                  \
    X(IFACE_UP, "iface-up", "the interface was switched on")                                       \
    X(SNAPSHOT, "snapshot", "the tables were recorded as {text}")                                  \
    X(FRAME_EDITED, "frame-edited", "the frame is changed on the cable: {text}")                   \
    X(FAULT_DROP, "fault-drop",                                                                    \
      "a fault of the cable takes the frame: number {0:dec} that fits {text}")                     \
    X(FAULT_DELAY, "fault-delay",                                                                  \
      "a fault of the cable delays the frame by {1:time}: number {0:dec} that fits {text}")        \
    X(FAULT_DUPLICATE, "fault-duplicate",                                                          \
      "a fault of the cable doubles the frame: number {0:dec} that fits {text}")                   \
    X(FAULT_CORRUPT, "fault-corrupt",                                                              \
      "a fault of the cable flips a bit of the frame: number {0:dec} that fits {text}")            \
    X(CHANCE_DUPLICATE, "chance-duplicate", "by chance the cable doubles the frame")               \
    X(CHANCE_CORRUPT, "chance-corrupt", "by chance a bit of the frame flips on the cable")         \
    X(CHANCE_REORDER, "chance-reorder",                                                            \
      "by chance the cable holds the frame up for {0:time}: others may overtake it")               \
    /* medium: what happens on a shared cable */                                                   \
    X(REPEAT, "repeat", "a hub repeats every bit on all its other ports")                          \
    X(COLLISION, "collision", "two senders at once: the signals mix, attempt {0:dec}")             \
    X(BACKOFF, "backoff", "after the collision it waits {0:dec} slot times, that is {1:time}")     \
    X(DEFERRED, "deferred", "the cable is busy, it waits")                                         \
    X(TIMER_MEDIUM, "timer-medium", "the waiting time before the next try is over")                \
    /* bridge */                                                                                   \
    X(BRIDGE_FORWARD, "bridge-forward", "the switch knows that {0:mac} is behind this port")       \
    X(BRIDGE_FLOOD_UNKNOWN, "bridge-flood-unknown",                                                \
      "the switch does not know {0:mac} yet, so it floods")                                        \
    X(BRIDGE_FLOOD_BROADCAST, "bridge-flood-broadcast",                                            \
      "a broadcast goes out of every other port")                                                  \
    X(BRIDGE_FLOOD_MULTICAST, "bridge-flood-multicast",                                            \
      "a multicast goes out of every other port")                                                  \
    X(FDB_LEARNED, "fdb-learned", "the switch learned that {0:mac} is behind this port")           \
    X(FDB_MOVED, "fdb-moved", "{0:mac} moved to this port")                                        \
    X(FDB_AGED, "fdb-aged", "{0:mac} was silent for {1:time} and is forgotten")                    \
    X(FDB_FLUSHED, "fdb-flushed", "{0:mac} is forgotten: its port went down")                      \
    X(TIMER_FDB, "timer-fdb", "the switch looks for old entries")                                  \
    /* arp and the neighbor table */                                                               \
    X(ARP_ASK, "arp-ask", "who has {0:ip}? a packet for {1:ip} waits for its MAC address")         \
    X(ARP_ASK_GATEWAY, "arp-ask-gateway",                                                          \
      "who has {0:ip}? {1:ip} is in no network of this node, so it goes through the gateway "      \
      "{0:ip}")                                                                                    \
    X(ARP_ASK_AGAIN, "arp-ask-again", "who has {0:ip}? no answer yet, try {1:dec}")                \
    X(ARP_PROBE, "arp-probe", "is {0:ip} still at {1:mac}? the entry is old, so it is checked")    \
    X(ARP_ANSWER, "arp-answer", "{0:ip} is mine, says it to {1:ip}")                               \
    X(ARP_PROXY, "arp-proxy", "{0:ip} is reached through this host, says it to {1:ip}")            \
    X(ARP_ANNOUNCE, "arp-announce", "tells everybody that {0:ip} is at its MAC address")           \
    X(ARP_DAD, "arp-dad", "does anybody use {0:ip} already?")                                      \
    X(ARPING, "arping", "arping asks who has {0:ip}")                                              \
    X(NEIGH_NEW, "neigh-new", "{0:ip}: its MAC address is asked for (INCOMPLETE)")                 \
    X(NEIGH_REACHABLE, "neigh-reachable", "{0:ip} is at {1:mac} (REACHABLE)")                      \
    X(NEIGH_LEARNED, "neigh-learned",                                                              \
      "{0:ip} is at {1:mac}, learned from its own request (STALE)")                                \
    X(NEIGH_STALE, "neigh-stale", "{0:ip} was not confirmed for a while (STALE)")                  \
    X(NEIGH_DELAY, "neigh-delay", "{0:ip} is old but used: waits for a sign of life (DELAY)")      \
    X(NEIGH_PROBE, "neigh-probe", "{0:ip} gave no sign of life: it is asked directly (PROBE)")     \
    X(NEIGH_FAILED, "neigh-failed", "{0:ip} does not answer (FAILED)")                             \
    X(NEIGH_CHANGED, "neigh-changed", "{0:ip} is now at {1:mac}")                                  \
    X(NEIGH_GONE, "neigh-gone", "{0:ip} is forgotten")                                             \
    X(NEIGH_SET, "neigh-set", "{0:ip} was set to {1:mac} by hand (PERMANENT)")                     \
    X(TIMER_NEIGH, "timer-neigh", "the neighbor table's timer for {0:ip} ran out")                 \
    /* neighbor discovery; NEIGH6_ in the order of NEIGH_ */                                       \
    X(NDP_ASK, "ndp-ask", "who has {0:ip6}? a packet for it waits for its MAC address")            \
    X(NDP_ASK_GATEWAY, "ndp-ask-gateway",                                                          \
      "who has {0:ip6}? {2:ip6} is in no network of this node, so it goes through the gateway "    \
      "{0:ip6}")                                                                                   \
    X(NDP_ASK_AGAIN, "ndp-ask-again", "who has {0:ip6}? no answer yet, try {2:dec}")               \
    X(NDP_PROBE, "ndp-probe", "is {0:ip6} still at {2:mac}? the entry is old, so it is checked")   \
    X(NDP_ANSWER, "ndp-answer", "{0:ip6} is mine, says it to {2:ip6}")                             \
    X(NDP_DEFEND, "ndp-defend", "{0:ip6} is mine, says it to all: somebody is about to use it")    \
    X(NDP_DAD, "ndp-dad", "does anybody use {0:ip6} already?")                                     \
    X(NDP_ROUTER_SOLICIT, "ndp-router-solicit", "asks whether there is a router on the link")      \
    X(NEIGH6_NEW, "neigh6-new", "{0:ip6}: its MAC address is asked for (INCOMPLETE)")              \
    X(NEIGH6_REACHABLE, "neigh6-reachable", "{0:ip6} is at {2:mac} (REACHABLE)")                   \
    X(NEIGH6_LEARNED, "neigh6-learned",                                                            \
      "{0:ip6} is at {2:mac}, learned from its own message (STALE)")                               \
    X(NEIGH6_STALE, "neigh6-stale", "{0:ip6} was not confirmed for a while (STALE)")               \
    X(NEIGH6_DELAY, "neigh6-delay", "{0:ip6} is old but used: waits for a sign of life (DELAY)")   \
    X(NEIGH6_PROBE, "neigh6-probe", "{0:ip6} gave no sign of life: it is asked directly (PROBE)")  \
    X(NEIGH6_FAILED, "neigh6-failed", "{0:ip6} does not answer (FAILED)")                          \
    X(NEIGH6_CHANGED, "neigh6-changed", "{0:ip6} is now at {2:mac}")                               \
    X(NEIGH6_GONE, "neigh6-gone", "{0:ip6} is forgotten")                                          \
    X(NEIGH6_SET, "neigh6-set", "{0:ip6} was set to {2:mac} by hand (PERMANENT)")                  \
    X(TIMER_NEIGH6, "timer-neigh6", "the neighbor table's timer for {0:ip6} ran out")              \
    X(TIMER_NDP, "timer-ndp", "the time to ask for routers again has come")                        \
    /* ipv4 */                                                                                     \
    X(IP_SEND, "ip-send", "a packet of this node's own")                                           \
    X(IP_FORWARD, "ip-forward",                                                                    \
      "forwarded to {0:ip}: route {1:prefix} is the longest match for {3:ip}, {2:dec} others "     \
      "lose")                                                                                      \
    X(IP_FORWARD_DIRECT, "ip-forward-direct",                                                      \
      "delivered directly: {0:ip} is in the connected network {1:prefix}")                         \
    X(IP_FORWARD_BY_ADDRESSES, "ip-forward-by-addresses",                                          \
      "forwarded to {0:ip}: route {1:prefix} to {3:ip} has {2:dec} next hops, and the hash of "    \
      "source and destination chooses this one")                                                   \
    X(IP_FORWARD_BY_PORTS, "ip-forward-by-ports",                                                  \
      "forwarded to {0:ip}: route {1:prefix} to {3:ip} has {2:dec} next hops, and the hash of "    \
      "addresses, protocol and ports chooses this one")                                            \
    X(IP_FRAGMENT, "ip-fragment",                                                                  \
      "part {0:dec} of {1:dec}: the packet is bigger than the MTU {2:dec}")                        \
    X(IP_REASSEMBLED, "ip-reassembled", "{0:dec} fragments put together to {1:dec} octets")        \
    X(ROUTE_ADDED, "route-added", "route {0:prefix} via {1:ip} added")                             \
    X(ROUTE_REMOVED, "route-removed", "route {0:prefix} via {1:ip} removed")                       \
    X(ROUTE_CHOSEN, "route-chosen",                                                                \
      "for {0:ip} the route {1:prefix} via {2:ip} is chosen; {3:dec} other routes match less "     \
      "exactly")                                                                                   \
    X(ROUTE_REDIRECTED, "route-redirected", "{0:ip} is reached through {1:ip} from now on")        \
    X(ROUTE_PMTU, "route-pmtu", "packets to {0:ip} may have {1:dec} octets at most")               \
    X(ADDR_ADDED, "addr-added", "the interface has the address {0:prefix}")                        \
    X(ADDR_REMOVED, "addr-removed", "the interface lost the address {0:prefix}")                   \
    X(TIMER_REASSEMBLY, "timer-reassembly", "the time for missing fragments is over")              \
    X(TIMER_LOOPBACK, "timer-loopback", "the packet comes back through the loopback interface")    \
    /* ipv6 */                                                                                     \
    X(IP6_FORWARD, "ip6-forward",                                                                  \
      "forwarded to {0:ip6}: the route with {2:dec} bits is the longest match, {3:dec} others "    \
      "lose")                                                                                      \
    X(IP6_FORWARD_DIRECT, "ip6-forward-direct",                                                    \
      "delivered directly: {0:ip6} is in a connected network of {2:dec} bits")                     \
    X(ROUTE6_ADDED, "route6-added", "route {0:ip6}/{2:dec} added")                                 \
    X(ROUTE6_REMOVED, "route6-removed", "route {0:ip6}/{2:dec} removed")                           \
    X(ROUTE6_PMTU, "route6-pmtu", "packets to {0:ip6} may have {2:dec} octets at most")            \
    X(ROUTE6_REDIRECTED, "route6-redirected", "{0:ip6} is reached through {2:ip6} from now on")    \
    X(ADDR6_ADDED, "addr6-added", "the interface has the address {0:ip6}/{2:dec}")                 \
    X(ADDR6_REMOVED, "addr6-removed", "the interface lost the address {0:ip6}/{2:dec}")            \
    X(ADDR6_READY, "addr6-ready", "nobody else has {0:ip6}: it may be used")                       \
    X(ADDR6_DUPLICATE, "addr6-duplicate", "somebody else has {0:ip6}: it is not used")             \
    X(TIMER_ADDR6, "timer-addr6", "a time of the address {0:ip6} is over")                         \
    /* icmpv6 */                                                                                   \
    X(ICMP6_PORT_UNREACHABLE, "icmp6-port-unreachable",                                            \
      "tells {0:ip6} that no program listens on port {2:port}")                                    \
    X(ICMP6_UNREACHABLE, "icmp6-unreachable", "tells {0:ip6} that {2:ip6} cannot be reached")      \
    X(ICMP6_NO_ROUTE, "icmp6-no-route", "tells {0:ip6} that there is no route to {2:ip6}")         \
    X(ICMP6_PROHIBITED, "icmp6-prohibited", "tells {0:ip6} that {2:ip6} must not be reached")      \
    X(ICMP6_TOO_BIG, "icmp6-too-big",                                                              \
      "tells {0:ip6} that packets may have {2:dec} octets at most")                                \
    X(ICMP6_HOP_LIMIT, "icmp6-hop-limit",                                                          \
      "tells {0:ip6} that the hop limit of its packet to {2:ip6} ran out here")                    \
    X(ICMP6_REASSEMBLY, "icmp6-reassembly",                                                        \
      "tells {0:ip6} that fragments of its packet are missing")                                    \
    X(ICMP6_REDIRECT, "icmp6-redirect",                                                            \
      "tells its sender to go through {2:ip6} for {0:ip6}: it is on the same network")             \
    X(ICMP6_PARAM_PROBLEM, "icmp6-param-problem",                                                  \
      "tells {0:ip6} that octet {2:dec} of its packet makes no sense")                             \
    X(MLD_REPORT, "mld-report", "tells the routers that it listens to {0:ip6}")                    \
    X(TIMER_MLD, "timer-mld", "the time to report groups has come")                                \
    /* icmp */                                                                                     \
    X(ICMP_ECHO, "icmp-echo", "ping: echo request {0:dec}")                                        \
    X(ICMP_ECHO_ANSWER, "icmp-echo-answer", "answers the echo request {0:dec}")                    \
    X(ICMP_PORT_UNREACHABLE, "icmp-port-unreachable",                                              \
      "tells {0:ip} that no program listens on port {1:port}")                                     \
    X(ICMP_PROTOCOL_UNREACHABLE, "icmp-protocol-unreachable",                                      \
      "tells {0:ip} that protocol {1:dec} is not spoken here")                                     \
    X(ICMP_HOST_UNREACHABLE, "icmp-host-unreachable",                                              \
      "tells {0:ip} that {1:ip} cannot be reached")                                                \
    X(ICMP_NET_UNREACHABLE, "icmp-net-unreachable",                                                \
      "tells {0:ip} that there is no route to {1:ip}")                                             \
    X(ICMP_PROHIBITED, "icmp-prohibited", "tells {0:ip} that {1:ip} must not be reached")          \
    X(ICMP_FRAG_NEEDED, "icmp-frag-needed",                                                        \
      "tells {0:ip} that the packet is bigger than {1:dec} octets and must not be fragmented")     \
    X(ICMP_TTL, "icmp-ttl", "tells {0:ip} that the TTL of its packet to {1:ip} ran out here")      \
    X(ICMP_REASSEMBLY, "icmp-reassembly", "tells {0:ip} that fragments of its packet are missing") \
    X(ICMP_BAD_HEADER, "icmp-bad-header", "tells {0:ip} that the header of its packet is wrong")   \
    X(ICMP_REDIRECT, "icmp-redirect",                                                              \
      "tells {0:ip} to go through {1:ip} for {2:ip}: it is on the same network")                   \
    X(ICMP_RATE_LIMITED, "icmp-rate-limited", "no ICMP error is sent: the rate limit is reached")  \
    X(ICMP_TIMESTAMP, "icmp-timestamp", "answers the timestamp request")                           \
    /* igmp */                                                                                     \
    X(IGMP_REPORT, "igmp-report", "tells the routers that it joined {0:ip}")                       \
    X(IGMP_LEAVE, "igmp-leave", "tells the routers that it left {0:ip}")                           \
    X(TIMER_IGMP, "timer-igmp", "the time to repeat a membership report has come")                 \
    /* udp */                                                                                      \
    X(UDP_SEND, "udp-send", "a program sends {0:dec} octets to {1:ip} port {2:port}")              \
    X(UDP6_SEND, "udp6-send", "a program sends {0:dec} octets to {1:ip6} port {3:port}")           \
    /* tcp */                                                                                      \
    X(TCP_SYN, "tcp-syn", "opens a connection to {0:ip} port {1:port}")                            \
    X(TCP6_SYN, "tcp6-syn", "opens a connection to {0:ip6} port {2:port}")                         \
    X(TCP_SYN_ACK, "tcp-syn-ack", "accepts the connection and opens its own direction")            \
    X(TCP_ACK_HANDSHAKE, "tcp-ack-handshake", "confirms the handshake: the connection is open")    \
    X(TCP_DATA, "tcp-data", "sends {0:dec} octets, starting with octet {1:dec}")                   \
    X(TCP_ACK, "tcp-ack", "acknowledges all octets before {0:dec}")                                \
    X(TCP_ACK_DELAYED, "tcp-ack-delayed",                                                          \
      "the delayed ACK is due: acknowledges all octets before {0:dec}")                            \
    X(TCP_ACK_DUPLICATE, "tcp-ack-duplicate", "says again that octet {0:dec} is missing")          \
    X(TCP_WINDOW_UPDATE, "tcp-window-update",                                                      \
      "the program has read: the window is {0:dec} octets")                                        \
    X(TCP_WINDOW_PROBE, "tcp-window-probe", "the window is closed: asks whether it has opened")    \
    X(TCP_KEEPALIVE, "tcp-keepalive", "asks whether the other side is still there")                \
    X(TCP_CHALLENGE_ACK, "tcp-challenge-ack",                                                      \
      "a segment that may be forged: says where the connection really is")                         \
    X(TCP_FIN, "tcp-fin", "has nothing more to send and closes its direction")                     \
    X(TCP_RST, "tcp-rst", "resets: there is no such connection here")                              \
    X(TCP_RST_AFTER_CLOSE, "tcp-rst-after-close",                                                  \
      "data came for a program that has closed the connection: reset")                             \
    X(TCP_RST_ABORT, "tcp-rst-abort", "the program gave up the connection: reset")                 \
    X(TCP_RETRANSMIT_TIMEOUT, "tcp-retransmit-timeout",                                            \
      "no acknowledgment for {0:time}: sends octet {1:dec} again, try {2:dec}")                    \
    X(TCP_RETRANSMIT_FAST, "tcp-retransmit-fast",                                                  \
      "later octets were acknowledged: octet {0:dec} is lost and sent again")                      \
    X(TCP_RETRANSMIT_AFTER_TIMEOUT, "tcp-retransmit-after-timeout",                                \
      "octet {0:dec} counts as lost since the time-out: sends it again")                           \
    X(TCP_RETRANSMIT_PMTU, "tcp-retransmit-pmtu",                                                  \
      "packets may have {1:dec} octets at most: sends octet {0:dec} again in smaller segments")    \
    X(TCP_RETRANSMIT_SYN, "tcp-retransmit-syn", "no answer for {0:time}: asks again, try {1:dec}") \
    X(TCP_RETRANSMIT_SYN_DATA, "tcp-retransmit-syn-data",                                          \
      "the SYN was taken without its octets: sends octet {0:dec} again")                           \
    X(TCP_TAIL_PROBE, "tcp-tail-probe",                                                            \
      "no acknowledgment of the last octets: probes for their loss")                               \
    X(TCP_STATE, "tcp-state", "port {2:port} with {3:ip}: {0:tcpstate} becomes {1:tcpstate}")      \
    X(TCP6_STATE, "tcp6-state", "port {2:port} with {0:ip6}: {3:tcpfrom} becomes {3:tcpto}")       \
    X(TCP_CWND, "tcp-cwnd", "congestion window {0:dec} segments, threshold {1:dec}")               \
    X(TIMER_TCP_RTO, "timer-tcp-rto", "the retransmission timer ran out")                          \
    X(TIMER_TCP_DELAYED_ACK, "timer-tcp-delayed-ack", "the delayed-ACK timer ran out")             \
    X(TIMER_TCP_PERSIST, "timer-tcp-persist", "the persist timer ran out")                         \
    X(TIMER_TCP_KEEPALIVE, "timer-tcp-keepalive", "the keep-alive timer ran out")                  \
    X(TIMER_TCP_TIME_WAIT, "timer-tcp-time-wait", "TIME-WAIT is over")                             \
    X(TIMER_TCP_FIN_WAIT, "timer-tcp-fin-wait", "the time in FIN-WAIT-2 is over")                  \
    X(TIMER_TCP_PACING, "timer-tcp-pacing", "the time for the next segment has come")              \
    X(TIMER_TCP_SYN_ACK, "timer-tcp-syn-ack", "the SYN,ACK was not acknowledged in time")          \
    X(TIMER_TCP_RACK, "timer-tcp-rack", "the reordering window is over")                           \
    /* sockets and programs */                                                                     \
    X(CALL, "call", "{text}")                                                                      \
    X(CALL_DONE, "call-done", "{text} returns {0:dec}")                                            \
    X(CALL_FAILED, "call-failed", "{text} fails with {0:errno}")                                   \
    X(BLOCKED_ACCEPT, "blocked-accept", "{text} blocked: no connection is complete yet")           \
    X(BLOCKED_CONNECT, "blocked-connect", "{text} blocked until the handshake is over")            \
    X(BLOCKED_RECV, "blocked-recv", "{text} blocked: nothing has arrived yet")                     \
    X(BLOCKED_SEND, "blocked-send", "{text} blocked: the send buffer is full")                     \
    X(BLOCKED_POLL, "blocked-poll", "{text} blocked: nothing is ready")                            \
    X(BLOCKED_CLOSE, "blocked-close", "{text} blocked: the peer has not acknowledged everything")  \
    X(UNBLOCKED_ACCEPT, "unblocked-accept", "{text} unblocked: a connection is complete")          \
    X(UNBLOCKED_CONNECT, "unblocked-connect", "{text} unblocked: the SYN was answered")            \
    X(UNBLOCKED_DATA, "unblocked-data", "{text} unblocked: {0:dec} octets arrived")                \
    X(UNBLOCKED_FIN, "unblocked-fin", "{text} unblocked: FIN arrived")                             \
    X(UNBLOCKED_EMPTY, "unblocked-empty", "{text} unblocked: a datagram without octets arrived")   \
    X(UNBLOCKED_SEND, "unblocked-send", "{text} unblocked: there is room in the send buffer")      \
    X(UNBLOCKED_CLOSE, "unblocked-close",                                                          \
      "{text} unblocked: the peer has acknowledged everything")                                    \
    X(UNBLOCKED_POLL, "unblocked-poll", "{text} unblocked: {0:dec} descriptors are ready")         \
    X(UNBLOCKED_RESET, "unblocked-reset", "{text} unblocked: RST arrived ({0:errno})")             \
    X(UNBLOCKED_TIME, "unblocked-time", "{text} unblocked: the time allowed for it is over")       \
    X(UNBLOCKED_ERROR, "unblocked-error", "{text} unblocked: {0:errno}")                           \
    X(PROCESS_WOKEN, "process-woken", "the program goes on")                                       \
    X(TIMER_SLEEP, "timer-sleep", "the program's sleep is over")                                   \
    X(TIMER_SOCKET, "timer-socket", "the socket's time-out is over")                               \
    /* nat */                                                                                      \
    X(NAT_OUT, "nat-out", "NAT: {0:ip} port {1:port} goes out as {2:ip} port {3:port}")            \
    X(NAT_IN, "nat-in", "NAT: the answer belongs to {0:ip} port {1:port}")                         \
    X(NAT_FORWARD, "nat-forward", "NAT: port {0:port} is forwarded to {1:ip} port {2:port}")       \
    X(NAT_NEW, "nat-new", "NAT: new entry, {0:ip} port {1:port} as {2:ip} port {3:port}")          \
    X(NAT_GONE, "nat-gone", "NAT: the entry of {0:ip} port {1:port} is over")                      \
    X(TIMER_NAT, "timer-nat", "a NAT entry's time is over")                                        \
    /* dhcp */                                                                                     \
    X(DHCP_DISCOVER, "dhcp-discover", "looks for a DHCP server: it has no address yet")            \
    X(DHCP_OFFER, "dhcp-offer", "offers the address {0:ip}")                                       \
    X(DHCP_REQUEST, "dhcp-request", "asks for the offered address {0:ip}")                         \
    X(DHCP_RENEW, "dhcp-renew", "asks its server to keep {0:ip}")                                  \
    X(DHCP_REBIND, "dhcp-rebind", "its server is silent: asks any server to keep {0:ip}")          \
    X(DHCP_ACK, "dhcp-ack", "confirms the address {0:ip} for {1:time}")                            \
    X(DHCP_NAK, "dhcp-nak", "refuses the address {0:ip}")                                          \
    X(DHCP_RELEASE, "dhcp-release", "gives the address {0:ip} back")                               \
    X(DHCP_DECLINE, "dhcp-decline", "refuses {0:ip}: somebody uses it already")                    \
    X(DHCP_BOUND, "dhcp-bound", "has the address {0:ip} for {1:time}")                             \
    X(DHCP_EXPIRED, "dhcp-expired", "the lease of {0:ip} is over")                                 \
    X(DHCP_LEASE, "dhcp-lease", "the lease of {0:ip} belongs to {1:mac} for {2:time}")             \
    X(DHCP_LEASE_FREE, "dhcp-lease-free", "the address {0:ip} is free again")                      \
    X(TIMER_DHCP, "timer-dhcp", "a DHCP timer ran out")                                            \
    /* dns */                                                                                      \
    X(DNS_QUERY, "dns-query", "asks {0:ip} for {text}")                                            \
    X(DNS_QUERY_AGAIN, "dns-query-again", "no answer: asks {0:ip} again for {text}")               \
    X(DNS_ANSWER, "dns-answer", "answers the question for {text}")                                 \
    X(DNS_CACHED, "dns-cached", "{text} is still in the cache")                                    \
    X(DNS_LEARNED, "dns-learned", "{text} is remembered for {0:time}")                             \
    /* http */                                                                                     \
    X(HTTP_REQUEST, "http-request", "the request: {text}")                                         \
    X(HTTP_RESPONSE, "http-response", "the response: {text}")                                      \
    /* programs */                                                                                 \
    X(APP_SEND, "app-send", "{text}")                                                              \
    /* dns by IPv6 */                                                                              \
    X(DNS6_QUERY, "dns6-query", "asks {0:ip6} for {text}")                                         \
    X(DNS6_QUERY_AGAIN, "dns6-query-again", "no answer: asks {0:ip6} again for {text}")            \
    /* dhcp relay agents */                                                                        \
    X(DHCP_RELAY_UP, "dhcp-relay-up", "passes the client's message on to the server {0:ip}")       \
    X(DHCP_RELAY_DOWN, "dhcp-relay-down", "passes the server's answer on to the client")

#define X(name, word, sentence) WHY_##name,
enum why_code { WHY_LIST(X) WHY_N_CODES };
#undef X

#define WHY_ARGS_MAX 4

struct why {
    enum why_code code;
    uint64_t args[WHY_ARGS_MAX];
};

/* WHY(ARP_ASK, next_hop, destination): a reason with up to WHY_ARGS_MAX arguments; WHY0 has none.
 */
#define WHY(name, ...) ((struct why){ WHY_##name, { __VA_ARGS__ } })
#define WHY0(name)     ((struct why){ WHY_##name, { 0 } })

/* An argument of kind prefix. */
#define WHY_PREFIX(addr, len) ((uint64_t)(addr) << 8 | (uint64_t)(len))

/** why_name() - the short name, stable, for --trace. why_sentence() - the English template. */
const char *why_name(enum why_code code);
const char *why_sentence(enum why_code code);

#endif
