#include "stack/socket/os.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "stack/socket/process.h"
#include "stack/socket/syscall.h"
#include "stack/socket/unix.h"
#include "stack/transport/raw.h"
#include "stack/transport/tcp.h"
#include "stack/transport/udp.h"

void os_init(struct os *os, struct node *node)
{
    os->node = node;
    os->hostname = node->name;
    list_init(&os->processes);
    list_init(&os->files);
    list_init(&os->unix_socks);
    node_random(node, &os->random, "programs");
    ether_init(&os->ether, node);
    ip_init(&os->ip, node, &os->ether);
    os->udp = udp_init(&os->ip);
    os->tcp = tcp_init(&os->ip);
}

static void free_file(struct os_file *file)
{
    list_remove(&file->link);
    strbuf_fini(&file->content);
    free(file->path);
    free(file);
}

void os_fini(struct os *os)
{
    processes_end_all(os);
    if (os->services != NULL)
        os->services_free(os->services);
    while (!list_empty(&os->files))
        free_file(CONTAINER_OF(os->files.next, struct os_file, link));
    tcp_fini(os->tcp);
    udp_fini(os->udp);
    ip_fini(&os->ip);
}

void os_describe(struct os *os, struct describe *out)
{
    ip_describe(&os->ip, out);
    tcp_describe(os->tcp, out);
    udp_describe(os->udp, out);
    unix_describe(os, out);
    for (struct list *at = os->processes.next; at != &os->processes; at = at->next) {
        struct process *process = CONTAINER_OF(at, struct process, link);
        char key[16];

        snprintf(key, sizeof key, "%u", process->pid);
        describe_row(out, "process", key, process->command);
    }
    for (struct list *files = os_files(os), *at = files->next; at != files; at = at->next) {
        struct os_file *file = CONTAINER_OF(at, struct os_file, link);

        describe_row(out, "file", file->path, file->path);
        describe_number(out, "size", (int64_t)file->content.len);
    }
}

struct list *os_files(struct os *os)
{
    void (*boot)(struct os * os, const void *ctx) = os->boot_files;

    os->boot_files = NULL;
    if (boot != NULL)
        boot(os, os->boot_ctx);
    return &os->files;
}

struct os_file *os_file_find(struct os *os, const char *path)
{
    struct list *files = os_files(os);

    for (struct list *at = files->next; at != files; at = at->next) {
        struct os_file *file = CONTAINER_OF(at, struct os_file, link);

        if (strcmp(file->path, path) == 0)
            return file;
    }
    return NULL;
}

static struct os_file *make_file(struct os *os, const char *path)
{
    struct os_file *file = mem_zalloc(sizeof *file);
    struct list *at = os->files.next;

    file->path = mem_strdup(path);
    while (at != &os->files && strcmp(CONTAINER_OF(at, struct os_file, link)->path, path) < 0)
        at = at->next;
    list_insert_before(at, &file->link);
    return file;
}

void os_file_write(struct os *os, const char *path, const void *octets, size_t len, bool append)
{
    struct os_file *file = os_file_find(os, path);

    if (file == NULL)
        file = make_file(os, path);
    file->changed = node_now(os->node);
    if (!append)
        strbuf_truncate(&file->content, 0);
    strbuf_add(&file->content, octets, len);
}

bool os_file_remove(struct os *os, const char *path)
{
    struct os_file *file = os_file_find(os, path);

    if (file != NULL)
        free_file(file);
    return file != NULL;
}

#define ADDRESS_FAMILIES_MAX 46  /* AF_MAX */
#define SOCK_TYPES_MAX       11  /* SOCK_MAX: from here on not a type at all */
#define IP_PROTOCOLS_MAX     263 /* IPPROTO_MAX */

static struct sock *inet_socket(struct os *os, bool v6, int type, int protocol, int *error)
{
    if (protocol < 0 || protocol >= IP_PROTOCOLS_MAX) {
        *error = -SIM_EINVAL;
        return NULL;
    }
    switch (type) {
    case SIM_SOCK_STREAM:
        if (protocol == 0 || protocol == IP_PROTO_TCP)
            return v6 ? tcp_socket6(os->tcp) : tcp_socket(os->tcp);
        break;
    case SIM_SOCK_DGRAM:
        if (protocol == 0 || protocol == IP_PROTO_UDP)
            return v6 ? udp_socket6(os->udp) : udp_socket(os->udp);
        if (protocol == (v6 ? IP6_NEXT_ICMP
                            : IP_PROTO_ICMP)) { /* net.ipv4.ping_group_range is "1 0": for nobody */
            *error = -SIM_EACCES;
            return NULL;
        }
        break;
    case SIM_SOCK_RAW:
        if (protocol > 0 && protocol < 256)
            return v6 ? raw_socket6(&os->ip, (uint8_t)protocol)
                      : raw_socket(&os->ip, (uint8_t)protocol);
        break;
    default:
        *error = -SIM_ESOCKTNOSUPPORT;
        return NULL;
    }
    *error = -SIM_EPROTONOSUPPORT;
    return NULL;
}

static struct sock *local_socket(struct os *os, int type, int protocol, int *error)
{
    if (protocol != 0 && protocol != SIM_AF_UNIX) {
        *error = -SIM_EPROTONOSUPPORT;
        return NULL;
    }
    if (type == SIM_SOCK_RAW) /* as on Linux */
        type = SIM_SOCK_DGRAM;
    if (type == SIM_SOCK_STREAM || type == SIM_SOCK_DGRAM || type == SIM_SOCK_SEQPACKET)
        return unix_socket(os, type);
    *error = -SIM_ESOCKTNOSUPPORT;
    return NULL;
}

struct sock *os_socket(struct os *os, int domain, int type, int protocol, int *error)
{
    if (domain < 0 || domain >= ADDRESS_FAMILIES_MAX) {
        *error = -SIM_EAFNOSUPPORT;
        return NULL;
    }
    if (type < 0 || type >= SOCK_TYPES_MAX) {
        *error = -SIM_EINVAL;
        return NULL;
    }
    switch (domain) {
    case SIM_AF_UNIX:
        return local_socket(os, type, protocol, error);
    case SIM_AF_INET:
    case SIM_AF_INET6:
        return inet_socket(os, domain == SIM_AF_INET6, type, protocol, error);
    case SIM_AF_PACKET:
        if (type == SIM_SOCK_RAW || type == SIM_SOCK_DGRAM)
            return packet_socket(&os->ip, &os->ether, (uint16_t)protocol, type == SIM_SOCK_DGRAM);
        *error = -SIM_ESOCKTNOSUPPORT;
        return NULL;
    default:
        *error = -SIM_EAFNOSUPPORT;
        return NULL;
    }
}
