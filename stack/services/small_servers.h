/*
 * The small servers: echo (RFC 862), discard (RFC 863) and chargen (RFC 864), each over TCP and
 * UDP, as inetd has them: chargen's lines are 72 characters of the 95 printable ones, each line
 * beginning one further; over UDP a datagram is answered with one line (RFC 864 lets its length
 * free). An answer that meets a full buffer waits; a datagram's is lost.
 */
#ifndef WW_STACK_SERVICES_SMALL_SERVERS_H
#define WW_STACK_SERVICES_SMALL_SERVERS_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/socket/process.h"

#define ECHO_PORT    7
#define DISCARD_PORT 9
#define CHARGEN_PORT 19

#define SMALL_SERVER_BACKLOG         16
#define SMALL_SERVER_CONNECTIONS_MAX 64 /* served at once; more wait in the backlog */
#define CHARGEN_LINE_LEN             74 /* octets: 72 characters, CR, LF */
#define CHARGEN_N_LINES              95

enum small_server_kind { SMALL_SERVER_ECHO, SMALL_SERVER_CHARGEN, SMALL_SERVER_DISCARD };

struct small_server_config { /* outlives the run */
    enum small_server_kind kind;
    uint16_t port;
    bool tcp, udp;
};

/** small_server_start() - a process that serves *@config on all addresses of @os; @io gets its
 * messages. */
struct process *small_server_start(struct os *os, const struct small_server_config *config,
                                   const struct process_io *io);
/** chargen_line() - the @n-th line; lines repeat after CHARGEN_N_LINES. */
void chargen_line(unsigned n, char line[static CHARGEN_LINE_LEN]);

#endif
