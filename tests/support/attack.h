/*
 * For fuzz targets that attack whole hosts: a node whose packets come from the input, a program
 * with open sockets, and what must be true in the end. The input is a row of packets: length (2
 * octets, little endian), interval (1 octet, in 10 ms; the top bit: mend the checksums), octets.
 */
#ifndef WW_TESTS_SUPPORT_ATTACK_H
#define WW_TESTS_SUPPORT_ATTACK_H

#include "devices/host.h"
#include "stack/socket/syscall.h"
#include "tests/support/must.h"

static void attacker_receive(struct iface *iface, struct frame *frame)
{
    (void)iface;
    frame_finish_checksum(frame);
    frame_free(frame);
}

static const struct node_ops attacker_ops = { .kind = "host", .receive = attacker_receive };

/* ---- the program attacked: it echoes datagrams and a connection, and reads whatever else ---- */

enum { VICTIM_UDP, VICTIM_LISTENER, VICTIM_CONNECTION, VICTIM_OTHERS, VICTIM_FDS = 6 };

struct victim {
    struct coroutine co;
    struct sys_pollfd fds[VICTIM_FDS];
    uint8_t octets[2048];
};

static void victim_accept(struct process *self, struct victim *s)
{
    int fd = sys_accept(self, s->fds[VICTIM_LISTENER].fd, NULL);

    if (fd < 0)
        return;
    if (s->fds[VICTIM_CONNECTION].fd >= 0)
        sys_close(self, s->fds[VICTIM_CONNECTION].fd);
    s->fds[VICTIM_CONNECTION].fd = fd;
    sys_set_nonblock(self, fd, true);
}

static void victim_serve(struct process *self, struct victim *s, int i)
{
    struct sock_recv message = { .octets = s->octets,
                                 .size = sizeof s->octets,
                                 .flags = SOCK_MSG_DONTWAIT };
    int64_t n;

    if (i == VICTIM_LISTENER) {
        victim_accept(self, s);
        return;
    }
    n = sys_recvmsg(self, s->fds[i].fd, &message);
    if (i == VICTIM_UDP && n >= 0)
        sys_sendto(self, s->fds[i].fd, s->octets, (size_t)n, SOCK_MSG_DONTWAIT, message.from);
    if (i == VICTIM_CONNECTION && n > 0)
        sys_send(self, s->fds[i].fd, s->octets, (size_t)n, SOCK_MSG_DONTWAIT);
    if (i == VICTIM_CONNECTION && n <= 0 && n != -SIM_EAGAIN) {
        sys_close(self, s->fds[i].fd);
        s->fds[i].fd = -1;
    }
}

static void victim_open(struct process *self, struct victim *s, int family, uint8_t icmp)
{
    struct endpoint any = { .v6 = family == SIM_AF_INET6 };

    for (int i = 0; i < VICTIM_FDS; i++)
        s->fds[i] = (struct sys_pollfd){ -1, SOCK_POLLIN, 0 };
    s->fds[VICTIM_UDP].fd = sys_socket(self, family, SIM_SOCK_DGRAM, 0);
    any.port = 7;
    MUST(sys_bind(self, s->fds[VICTIM_UDP].fd, any) == 0);
    s->fds[VICTIM_OTHERS].fd = sys_socket(self, family, SIM_SOCK_RAW, icmp);
    s->fds[VICTIM_LISTENER].fd = sys_socket(self, family, SIM_SOCK_STREAM, 0);
    any.port = 80;
    MUST(sys_bind(self, s->fds[VICTIM_LISTENER].fd, any) == 0);
    MUST(sys_listen(self, s->fds[VICTIM_LISTENER].fd, 2) == 0);
    sys_set_nonblock(self, s->fds[VICTIM_LISTENER].fd, true);
}

/* The main of a program whose sockets @open makes. */
static enum co_status victim_run(struct process *self, struct victim *s,
                                 void (*open)(struct process *self, struct victim *s))
{
    int n;

    CO_BEGIN(&s->co);
    open(self, s);
    for (;;) {
        CO_CALL(&s->co, n, sys_poll(self, s->fds, VICTIM_FDS, SIM_TIME_NONE));
        for (int i = 0; i < VICTIM_FDS; i++)
            if (s->fds[i].revents != 0)
                victim_serve(self, s, i);
    }
    CO_END(&s->co);
}

static void attack_start(struct node *node, const struct program *program)
{
    process_start(host_os(node), program, 1, &program->name, NULL,
                  &(struct process_io){ NULL, NULL });
}

/* ---- the attack ---- */

/* Each packet of the input, at most @max octets of it, goes to @send. */
static void attack(struct sim *sim, const uint8_t *octets, size_t len, size_t max,
                   void (*send)(void *ctx, const uint8_t *octets, size_t size, bool mend),
                   void *ctx)
{
    for (unsigned n = 0; len >= 3 && n < 64; n++) {
        size_t size = ((size_t)octets[0] | (size_t)octets[1] << 8) % (max + 1);
        uint8_t pause = octets[2];

        octets += 3;
        len -= 3;
        size = size < len ? size : len;
        send(ctx, octets, size, (pause & 0x80) != 0);
        octets += size;
        len -= size;
        sim_run(sim, sim->parts[0]->now + SIM_MSEC(10) * (pause & 0x7f) + SIM_USEC(200), 100000);
    }
}

/* All is over: then no frame is left. */
static void attack_end(struct sim *sim, struct node *const *hosts, unsigned n)
{
    sim_run(sim, sim->parts[0]->now + SIM_SEC(120), 1000000);
    for (unsigned i = 0; i < n; i++)
        processes_end_all(host_os(hosts[i]));
    sim_run(sim, sim->parts[0]->now + SIM_SEC(1000), 1000000);
    MUST(sim->parts[0]->frames_alive == 0);
    sim_free(sim);
}

#endif
