/*
 * The operating system of a simulated host: its protocol stacks, its sockets, processes and files,
 * and its name. What a program can reach, it reaches through this and stack/socket/syscall.h.
 */
#ifndef WW_STACK_SOCKET_OS_H
#define WW_STACK_SOCKET_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/random.h"
#include "base/strbuf.h"
#include "sim/node.h"
#include "stack/link/ether.h"
#include "stack/net/ip.h"
#include "stack/transport/sock.h"

struct tcp_layer;
struct udp_layer;
struct process;
struct program;

/* A file of the host: /etc/hosts, /etc/resolv.conf, what commands wrote with `>`. */
struct os_file {
    struct list link;
    char *path; /* absolute */
    struct strbuf content;
    sim_time changed;
};

struct os { /* as in the ip_stack, what packets touch stands together in cache lines */
    struct node *node;
    struct ether ether;
    struct tcp_layer *tcp;
    struct udp_layer *udp;
    struct list processes; /* in order of their start */
    struct list files;     /* sorted by path: os_files() */
    const char *hostname;
    struct ip_stack ip;
    /* Writes the files that the host boots with, as soon as somebody looks at any; NULL: done. Most
     * hosts of a large network never look. */
    void (*boot_files)(struct os *os, const void *ctx);
    const void *boot_ctx;
    struct list unix_socks;
    uint32_t last_pid;
    bool ending;                 /* the run is over: what ends now ends for that reason */
    struct random_stream random; /* what programs draw from */
    /* Looks a program up by the name a command line uses; set by apps, so that shells find
     * programs. */
    const struct program *(*find_program)(const char *name);
    void *services; /* stack/services' own state (DNS cache, DHCP leases), made on demand */
    void (*services_free)(void *services);
};

/** os_init() - a host's operating system on @node, whose interfaces exist. */
void os_init(struct os *os, struct node *node);
void os_fini(struct os *os);
/** os_describe() - tables of IP, and "tcp", "udp", "raw" in the words of `ss -tan`, "process",
 * "file". */
void os_describe(struct os *os, struct describe *out);

/** os_files() - all of them, of struct os_file. */
struct list *os_files(struct os *os);
/** os_file_find() - NULL when there is none. */
struct os_file *os_file_find(struct os *os, const char *path);
/** os_file_write() - replace or, with @append, extend the file, which is made when needed. */
void os_file_write(struct os *os, const char *path, const void *octets, size_t len, bool append);
bool os_file_remove(struct os *os, const char *path);

/** os_socket() - a new socket of the protocol, for programs through sys_socket(). NULL and *@error
 * when it cannot be. */
struct sock *os_socket(struct os *os, int domain, int type, int protocol, int *error);

#endif
