#include "stack/services/dns_upstream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "stack/services/services.h"

static void advance(struct dns_upstream *up, struct dns_job *job);

static sim_time now_of(const struct dns_upstream *up)
{
    return process_now(up->self);
}

static void close_job_socket(struct dns_upstream *up, struct dns_job *job)
{
    if (job->fd >= 0)
        sys_close(up->self, job->fd);
    job->fd = -1;
}

static struct dns_job *free_job(struct dns_upstream *up)
{
    if (up->jobs == NULL) {
        up->jobs = mem_zalloc(DNS_SERVER_JOBS * sizeof *up->jobs);
        up->octets = mem_alloc(DNS_MESSAGE_MAX);
    }
    for (unsigned i = 0; i < DNS_SERVER_JOBS; i++)
        if (!up->jobs[i].active)
            return &up->jobs[i];
    return NULL;
}

static void finish(struct dns_upstream *up, struct dns_job *job, uint8_t rcode)
{
    int parent = job->parent;

    close_job_socket(up, job);
    job->active = false;
    if (parent < 0) {
        up->answered(up->ctx, &job->query, rcode, job->aa);
    } else if (up->jobs[parent].active && up->jobs[parent].waits) {
        up->jobs[parent].waits = false;
        advance(up, &up->jobs[parent]);
    }
}

/* ---- asking ---- */

static size_t build_query(const struct dns_upstream *up, const struct dns_job *job)
{
    struct dns_hdr hdr = { .id = job->id, .rd = !job->recursive, .cd = job->query.cd };
    struct dns_writer w;

    dns_emit_begin(&w, &hdr, up->octets, 1232);
    dns_emit_question(&w, job->name, job->type, DNS_CLASS_IN);
    if (job->recursive || job->query.edns)
        dns_emit_opt(&w, DNS_SERVER_UDP_SIZE, DNS_NOERROR, job->query.dnssec_ok ? DNS_OPT_DO : 0);
    return dns_emit_end(&w);
}

/* Ask the server at job->at from a new port with a new id, so that an answer is hard to forge: RFC
 * 5452. */
static bool ask_server(struct dns_upstream *up, struct dns_job *job)
{
    struct endpoint server = { job->servers[job->at], DNS_PORT };
    struct sock_send out = { .octets = up->octets, .flags = SOCK_MSG_DONTWAIT };

    close_job_socket(up, job);
    job->id = (uint16_t)sys_random(up->self);
    job->fd = sys_socket(up->self, SIM_AF_INET, SIM_SOCK_DGRAM, 0);
    if (job->fd < 0 || sys_connect(up->self, job->fd, server) != 0)
        return false;
    out.len = build_query(up, job);
    out.why = job->n_sent == 0 ? WHY(DNS_QUERY, server.addr) : WHY(DNS_QUERY_AGAIN, server.addr);
    if (job->recursive)
        out.why = WHY(DNS_QUERY, server.addr);
    out.why_text = services_dns_text(up->self->os, job->name, job->type);
    job->n_sent++;
    job->until = now_of(up) + (job->recursive ? DNS_RECURSE_WAIT : DNS_FORWARD_WAIT);
    return sys_sendmsg(up->self, job->fd, &out) >= 0;
}

static void ask_next(struct dns_upstream *up, struct dns_job *job)
{
    for (; job->at < job->n_servers && job->n_sent < DNS_RECURSE_STEPS; job->at++)
        if (ask_server(up, job))
            return;
    finish(up, job, job->rcode != DNS_NOERROR ? job->rcode : DNS_SERVFAIL);
}

/* ---- walking the tree, RFC 1034 section 5.3.3 ---- */

/* The servers of @zone whose addresses are in the cache; *@unknown is a name server without, or
 * NULL. */
static unsigned known_servers(struct dns_upstream *up, const char *zone, ip4_addr *servers,
                              char *unknown)
{
    const struct dns_cache_entry *ns = dns_cache_find(&up->cache, zone, DNS_TYPE_NS, now_of(up));
    char names[DNS_JOB_SERVERS_MAX][DNS_TEXT_MAX];
    unsigned n_names = 0, n = 0;

    unknown[0] = '\0';
    /* Copied first: looking on may drop expired entries and move this one. */
    for (unsigned i = 0;
         ns != NULL && ns->rcode == DNS_NOERROR && i < ns->n && n_names < DNS_JOB_SERVERS_MAX; i++)
        snprintf(names[n_names++], DNS_TEXT_MAX, "%s", ns->records[i].target);
    for (unsigned i = 0; i < n_names; i++) {
        const struct dns_cache_entry *a =
            dns_cache_find(&up->cache, names[i], DNS_TYPE_A, now_of(up));

        if (a == NULL && unknown[0] == '\0')
            memcpy(unknown, names[i], sizeof names[i]);
        for (unsigned j = 0; a != NULL && j < a->n && n < DNS_JOB_SERVERS_MAX; j++)
            if (a->records[j].type == DNS_TYPE_A)
                servers[n++] = a->records[j].addr;
    }
    return n;
}

/* A name server's own name must be found before it can be asked. */
static bool start_child(struct dns_upstream *up, struct dns_job *job, const char *name)
{
    struct dns_job *child = free_job(up);

    if (child == NULL || job->depth == DNS_RECURSE_DEPTH || dns_name_eq(name, job->name) ||
        job->n_children == DNS_RECURSE_NAMES)
        return false;
    job->n_children++;
    memset(child, 0, sizeof *child);
    child->active = child->recursive = true;
    child->parent = (int)(job - up->jobs);
    child->depth = job->depth + 1;
    child->fd = -1;
    child->type = DNS_TYPE_A;
    snprintf(child->name, sizeof child->name, "%s", name);
    job->waits = true;
    job->until = SIM_TIME_NONE;
    advance(up, child);
    return true;
}

/* Choose whom to ask: the servers of the deepest zone above the name that is known. */
static void choose_servers(struct dns_upstream *up, struct dns_job *job)
{
    char unknown[DNS_TEXT_MAX];

    job->at = 0;
    for (const char *zone = job->name; zone != NULL; zone = dns_name_parent(zone)) {
        ip4_addr servers[DNS_JOB_SERVERS_MAX];
        unsigned n = known_servers(up, zone, servers, unknown);

        if (n == 0 && unknown[0] == '\0')
            continue;
        if (n == 0 && job->lost && dns_name_is_within(zone, job->zone))
            continue; /* its servers' names could not be found, before those of zones above it */
        memmove(job->zone, zone, strlen(zone) + 1);
        job->lost = n == 0;
        job->n_servers = n;
        memcpy(job->servers, servers, n * sizeof *servers);
        if (n == 0 && start_child(up, job, unknown))
            return;
        ask_next(up, job);
        return;
    }
    strcpy(job->zone, ".");
    job->lost = false;
    job->n_servers =
        up->config->n_roots < DNS_JOB_SERVERS_MAX ? up->config->n_roots : DNS_JOB_SERVERS_MAX;
    for (unsigned i = 0; i < job->n_servers; i++)
        job->servers[i] = up->config->roots[i];
    ask_next(up, job);
}

/* Go on from what the cache says now. */
static void advance(struct dns_upstream *up, struct dns_job *job)
{
    const struct dns_cache_entry *entry;

    while ((entry = dns_cache_find(&up->cache, job->name, job->type, now_of(up))) == NULL) {
        entry = dns_cache_find(&up->cache, job->name, DNS_TYPE_CNAME, now_of(up));
        if (entry == NULL || entry->n == 0 || job->type == DNS_TYPE_CNAME)
            break;
        if (++job->n_aliases > DNS_CHAIN_MAX) {
            finish(up, job, DNS_SERVFAIL);
            return;
        }
        snprintf(job->name, sizeof job->name, "%s", entry->records[0].target);
    }
    if (entry != NULL && (entry->type == job->type || entry->rcode == DNS_NXDOMAIN))
        finish(up, job, DNS_NOERROR);
    else if (job->recursive)
        choose_servers(up, job);
    else
        ask_next(up, job);
}

/* ---- answers ---- */

/* The reply to what was asked: id, question, and (the socket is connected) server. RFC 5452
 * section 9.1. */
static bool reply_matches(const struct dns_job *job, const uint8_t *octets, size_t len,
                          struct dns_hdr *hdr)
{
    struct dns_reader reader;
    struct dns_question question;

    return dns_parse_header(octets, len, hdr, &reader) == DROP_NONE && hdr->qr &&
           hdr->id == job->id && hdr->n_questions == 1 && dns_next_question(&reader, &question) &&
           question.type == job->type && dns_name_eq(question.name, job->name);
}

static bool deeper_zone_known(struct dns_upstream *up, const struct dns_job *job)
{
    for (const char *zone = job->name; zone != NULL && !dns_name_eq(zone, job->zone);
         zone = dns_name_parent(zone)) {
        const struct dns_cache_entry *ns =
            dns_cache_find(&up->cache, zone, DNS_TYPE_NS, now_of(up));

        if (ns != NULL && ns->n > 0)
            return true;
    }
    return false;
}

static bool is_answered(struct dns_upstream *up, const struct dns_job *job)
{
    const struct dns_cache_entry *alias =
        dns_cache_find(&up->cache, job->name, DNS_TYPE_CNAME, now_of(up));

    return dns_cache_find(&up->cache, job->name, job->type, now_of(up)) != NULL ||
           (alias != NULL && alias->n > 0);
}

static void reply_came(struct dns_upstream *up, struct dns_job *job, size_t len)
{
    struct dns_hdr hdr;
    char name[DNS_TEXT_MAX];

    if (!reply_matches(job, up->octets, len, &hdr))
        return;
    if (hdr.tc || (hdr.rcode != DNS_NOERROR && hdr.rcode != DNS_NXDOMAIN)) {
        job->rcode = hdr.tc ? DNS_SERVFAIL : hdr.rcode;
        job->at++;
        ask_next(up, job);
        return;
    }
    snprintf(name, sizeof name, "%s", job->name);
    dns_cache_learn(&up->cache, up->octets, len, name, job->type, job->zone, now_of(up));
    services_note_learned(up->self, &up->cache, name, job->type);
    if (!job->recursive) {
        job->aa = hdr.aa;
        finish(up, job, DNS_NOERROR);
    } else if (is_answered(up, job) || deeper_zone_known(up, job)) {
        advance(up, job);
    } else {
        job->at++; /* lame: it neither answers nor leads further down */
        ask_next(up, job);
    }
}

bool dns_upstream_ask(struct dns_upstream *up, const struct dns_query *query)
{
    struct dns_job *job = free_job(up);

    for (unsigned i = 0; i < DNS_SERVER_JOBS; i++) {
        const struct dns_query *other = &up->jobs[i].query;

        if (up->jobs[i].active && up->jobs[i].parent < 0 && other->conn == query->conn &&
            other->id == query->id && other->from.addr == query->from.addr &&
            other->from.port == query->from.port)
            return true; /* the client asks again; the answer is on its way */
    }
    if (job == NULL)
        return false;
    memset(job, 0, sizeof *job);
    job->active = true;
    job->parent = -1;
    job->fd = -1;
    job->query = *query;
    job->type = query->type;
    memcpy(job->name, query->name, sizeof job->name);
    job->recursive = up->config->recursive;
    strcpy(job->zone, ".");
    if (!job->recursive) {
        job->n_servers = up->config->n_forwards < DNS_JOB_SERVERS_MAX ? up->config->n_forwards
                                                                      : DNS_JOB_SERVERS_MAX;
        memcpy(job->servers, up->config->forwards, job->n_servers * sizeof *job->servers);
    } else {
        job->zone[0] = '\0'; /* none chosen yet */
    }
    advance(up, job);
    return true;
}

int dns_upstream_poll(const struct dns_upstream *up, struct sys_pollfd *fds)
{
    int n = 0;

    for (unsigned i = 0; up->jobs != NULL && i < DNS_SERVER_JOBS; i++)
        if (up->jobs[i].active && up->jobs[i].fd >= 0)
            fds[n++] = (struct sys_pollfd){ up->jobs[i].fd, SOCK_POLLIN, 0 };
    return n;
}

sim_time dns_upstream_due(const struct dns_upstream *up)
{
    sim_time due = SIM_TIME_NONE;

    for (unsigned i = 0; up->jobs != NULL && i < DNS_SERVER_JOBS; i++)
        if (up->jobs[i].active && up->jobs[i].until < due)
            due = up->jobs[i].until;
    return due;
}

static void read_job(struct dns_upstream *up, struct dns_job *job)
{
    while (job->active && job->fd >= 0) {
        int64_t n = sys_recv(up->self, job->fd, up->octets, DNS_MESSAGE_MAX, SOCK_MSG_DONTWAIT);

        if (n == -SIM_EAGAIN || n == SYS_BLOCKED)
            return;
        if (n >= 0) {
            reply_came(up, job, (size_t)n);
        } else { /* ICMP says that nobody is there */
            job->at++;
            ask_next(up, job);
        }
    }
}

void dns_upstream_step(struct dns_upstream *up)
{
    for (unsigned i = 0; up->jobs != NULL && i < DNS_SERVER_JOBS; i++) {
        struct dns_job *job = &up->jobs[i];

        read_job(up, job);
        if (job->active && job->until <= now_of(up)) {
            job->at++;
            ask_next(up, job);
        }
    }
}

void dns_upstream_fini(struct dns_upstream *up)
{
    dns_cache_flush(&up->cache);
    free(up->jobs);
    free(up->octets);
}
