/*
 * Accurate ECN, RFC 9768: the receiver tells how many segments and octets came with a mark, in
 * three bits of the header (ACE: AE, CWR, ECE) and in an option. As Linux 6.18 has it; its own
 * settings refuse net.ipv4.tcp_ecn 3 to 5, and there a connection counts so only where the SYN,ACK
 * asks for it.
 */
#ifndef WW_STACK_TRANSPORT_TCP_ACCECN_H
#define WW_STACK_TRANSPORT_TCP_ACCECN_H

#include "stack/transport/tcp_internal.h"

/* What is not trusted any more: tcpi_accecn_fail_mode. */
enum tcp_accecn_fail {
    TCP_ACCECN_ACE_FAIL_SEND = 1,
    TCP_ACCECN_ACE_FAIL_RECV = 2, /* ACE came back as it cannot be: we send without ECT */
    TCP_ACCECN_OPT_FAIL_SEND = 4,
    TCP_ACCECN_OPT_FAIL_RECV = 8, /* the option was zeroed on its way */
};

/* The peer's option so far: tcpi_accecn_opt_seen. */
enum tcp_accecn_seen {
    TCP_ACCECN_NOT_SEEN,
    TCP_ACCECN_EMPTY_SEEN,
    TCP_ACCECN_COUNTER_SEEN,
    TCP_ACCECN_FAIL_SEEN
};

/** tcp_ecn_asks() - what a SYN of ours asks for: flags and mode. */
uint8_t tcp_ecn_asks(struct tcp_sock *tp);
/** tcp_ecn_synack_input() - the SYN,ACK says which ECN it will be. tcp_ecn_syn_input() - so does
 * the SYN of a simultaneous open. */
void tcp_ecn_synack_input(struct tcp_sock *tp, const struct tcp_rx *rx);
void tcp_ecn_syn_input(struct tcp_sock *tp, const struct tcp_rx *rx);
/** tcp_ecn_request() - a listener's SYN. */
void tcp_ecn_request(struct tcp_request *req, const struct tcp_rx *rx);
/** tcp_ecn_request_option() - the last ACK of its handshake may have the option, too. */
void tcp_ecn_request_option(struct tcp_request *req, const struct tcp_rx *rx);
/** tcp_ecn_synack_flags() - of its SYN,ACK. tcp_accecn_synack_option() - does the option go with
 * it? Then @accecn is filled, with as many counters as there is room for beside @others. */
uint16_t tcp_ecn_synack_flags(const struct tcp_request *req);
bool tcp_accecn_synack_option(const struct tcp_request *req, const struct tcp_options *others,
                              struct tcp_accecn *accecn);
/** tcp_ecn_cookie() - @req came back with @rx as a SYN cookie: was it accurate ECN? */
void tcp_ecn_cookie(struct tcp_request *req, const struct tcp_rx *rx);
/** tcp_ecn_child() - @tp has come out of @req by @rx. */
void tcp_ecn_child(struct tcp_sock *tp, const struct tcp_request *req, const struct tcp_rx *rx);

/** tcp_accecn_reflect() - ACE of a handshake: how the SYN or SYN,ACK came, by its two bits. */
uint16_t tcp_accecn_reflect(uint8_t ecn);
/** tcp_accecn_send() - of a segment that leaves: its ACE field; the two bits of IP. */
uint8_t tcp_accecn_send(struct tcp_sock *tp, uint16_t *flags);
/** tcp_accecn_put() - does a segment of @len octets leave with the option? Then @hdr has it,
 * @accecn holds it, and there may be a SACK block less. */
void tcp_accecn_put(struct tcp_sock *tp, struct tcp_hdr *hdr, uint32_t len,
                    struct tcp_accecn *accecn);
/** tcp_accecn_octets() - what it takes of the segment's options beside @n_sack blocks and
 * timestamps; less than nothing where it takes the place of a block. */
int tcp_accecn_octets(const struct tcp_sock *tp, unsigned n_sack);

/** tcp_ecn_received() - a segment was taken: counts by its mark. */
void tcp_ecn_received(struct tcp_sock *tp, const struct tcp_rx *rx);
/** tcp_accecn_ack() - ACE and option of an ACK: how many segments it tells of that were marked. */
uint32_t tcp_accecn_ack(struct tcp_sock *tp, const struct tcp_rx *rx, uint32_t packets,
                        uint32_t octets, unsigned flag);
/** tcp_accecn_predicted() - is @rx's ACE field what it was in the last one? */
bool tcp_accecn_predicted(const struct tcp_sock *tp, const struct tcp_rx *rx);

#endif
