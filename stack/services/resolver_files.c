/* /etc/hosts, /etc/resolv.conf. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "stack/services/resolver.h"

#define LINE_MAX_LEN 1024

/* One line at *@at, without its comment; false at the end of the file. */
static bool next_line(const struct os_file *file, size_t *at, char line[static LINE_MAX_LEN])
{
    const char *text = strbuf_text(&file->content);
    size_t n = 0;

    if (*at >= file->content.len)
        return false;
    for (; *at < file->content.len && text[*at] != '\n'; (*at)++)
        if (n < LINE_MAX_LEN - 1)
            line[n++] = text[*at];
    (*at)++;
    line[n] = '\0';
    line[strcspn(line, "#")] = '\0';
    return true;
}

/* The next word at *@at, cut off by a NUL; NULL: no more. */
static char *next_word(char **at)
{
    char *word = *at + strspn(*at, " \t\r");
    char *end = word + strcspn(word, " \t\r");

    if (*word == '\0')
        return NULL;
    *at = end;
    if (*end != '\0') {
        *end = '\0';
        *at = end + 1;
    }
    return word;
}

static void read_search(struct resolv_conf *conf, char *rest)
{
    char *word;

    conf->n_search = 0; /* the last line of its kind counts */
    while ((word = next_word(&rest)) != NULL && conf->n_search < RESOLVER_SEARCH_MAX)
        snprintf(conf->search[conf->n_search++], sizeof conf->search[0], "%s", word);
}

static void read_options(struct resolv_conf *conf, char *rest)
{
    char *word;
    uint64_t number;

    while ((word = next_word(&rest)) != NULL) {
        if (text_starts(word, "ndots:") && text_u64(word + 6, 15, &number))
            conf->ndots = (unsigned)number;
        else if (text_starts(word, "timeout:") && text_u64(word + 8, 30, &number) && number > 0)
            conf->timeout = (unsigned)number;
        else if (text_starts(word, "attempts:") && text_u64(word + 9, 5, &number) && number > 0)
            conf->attempts = (unsigned)number;
    }
}

static void read_server(struct resolv_conf *conf, const struct os *os, const char *word)
{
    struct endpoint server = { .port = DNS_PORT };

    if (word == NULL || conf->n_servers == RESOLVER_SERVERS_MAX ||
        (!ip4_parse(word, &server.addr) && !resolver_literal6(os, word, &server)))
        return;
    server.port = DNS_PORT;
    conf->servers[conf->n_servers++] = server;
}

void resolv_conf_read(struct resolv_conf *conf, struct os *os)
{
    const struct os_file *file = os_file_find(os, "/etc/resolv.conf");
    char line[LINE_MAX_LEN];
    size_t at = 0;

    memset(conf, 0, sizeof *conf);
    conf->ndots = RESOLVER_NDOTS;
    conf->timeout = RESOLVER_TIMEOUT;
    conf->attempts = RESOLVER_ATTEMPTS;
    while (file != NULL && next_line(file, &at, line)) {
        char *rest = line, *key;

        if (line[0] == ';' || (key = next_word(&rest)) == NULL)
            continue;
        if (strcmp(key, "nameserver") == 0) {
            char *word = next_word(&rest);

            read_server(conf, os, word);
        } else if (strcmp(key, "search") == 0 || strcmp(key, "domain") == 0) {
            read_search(conf, rest);
        } else if (strcmp(key, "options") == 0) {
            read_options(conf, rest);
        }
    }
    if (conf->n_servers == 0)
        conf->servers[conf->n_servers++] = (struct endpoint){ IP4_LOOPBACK, DNS_PORT };
}

/* Whether @rest, the names of a line, has @name; the first of them to *@first. */
static bool line_names(char *rest, const char *name, char **first)
{
    bool matches = false;

    *first = next_word(&rest);
    for (char *word = *first; word != NULL; word = next_word(&rest))
        matches = matches || dns_name_eq(word, name);
    return matches;
}

unsigned resolver_hosts_find(struct os *os, const char *name, ip4_addr *addrs, unsigned max,
                             char *canonical, size_t canonical_size)
{
    const struct os_file *file = os_file_find(os, "/etc/hosts");
    char line[LINE_MAX_LEN];
    size_t at = 0;
    unsigned n = 0;

    while (file != NULL && n < max && next_line(file, &at, line)) {
        char *rest = line, *word = next_word(&rest), *first;
        ip4_addr addr;

        if (word == NULL || !ip4_parse(word, &addr) || !line_names(rest, name, &first))
            continue;
        if (n == 0)
            snprintf(canonical, canonical_size, "%s", first);
        addrs[n++] = addr;
    }
    if (n == 0 && max > 0 && dns_name_eq(name, "localhost")) {
        snprintf(canonical, canonical_size, "localhost");
        addrs[n++] = IP4_LOOPBACK;
    } else if (n == 0 && max > 0 && os->hostname != NULL && dns_name_eq(name, os->hostname)) {
        snprintf(canonical, canonical_size, "%s", os->hostname);
        addrs[n++] = IP4(127, 0, 1, 1); /* Debian's line for its own name */
    }
    return n;
}

unsigned resolver_hosts_find6(struct os *os, const char *name, struct ip6_addr *addrs, unsigned max,
                              char *canonical, size_t canonical_size)
{
    const struct os_file *file = os_file_find(os, "/etc/hosts");
    char line[LINE_MAX_LEN];
    size_t at = 0;
    unsigned n = 0;

    while (file != NULL && n < max && next_line(file, &at, line)) {
        char *rest = line, *word = next_word(&rest), *first;
        struct ip6_addr addr;

        if (word == NULL || !ip6_parse(word, &addr) || !line_names(rest, name, &first))
            continue;
        if (n == 0)
            snprintf(canonical, canonical_size, "%s", first);
        addrs[n++] = addr;
    }
    return n;
}

void resolver_hosts_aliases(struct os *os, const char *name, char *aliases, size_t size)
{
    const struct os_file *file = os_file_find(os, "/etc/hosts");
    char line[LINE_MAX_LEN], names[LINE_MAX_LEN];
    size_t at = 0, n = 0;

    aliases[0] = '\0';
    while (file != NULL && next_line(file, &at, line)) {
        char *rest = line, *first;

        if (next_word(&rest) == NULL)
            continue;
        strcpy(names, rest);
        if (!line_names(rest, name, &first))
            continue;
        rest = names;
        (void)next_word(&rest); /* the canonical one */
        for (char *word = next_word(&rest); word != NULL && n < size; word = next_word(&rest))
            n += (size_t)snprintf(aliases + n, size - n, " %s", word);
        return;
    }
}

bool resolver_hosts_name(struct os *os, ip4_addr wanted, char *name, size_t size)
{
    const struct os_file *file = os_file_find(os, "/etc/hosts");
    char line[LINE_MAX_LEN];
    size_t at = 0;

    while (file != NULL && next_line(file, &at, line)) {
        char *rest = line, *word = next_word(&rest), *first;
        ip4_addr addr;

        if (word == NULL || !ip4_parse(word, &addr) || addr != wanted ||
            (first = next_word(&rest)) == NULL)
            continue;
        snprintf(name, size, "%s", first);
        return true;
    }
    if (wanted == IP4_LOOPBACK)
        snprintf(name, size, "localhost");
    return wanted == IP4_LOOPBACK;
}

bool resolver_hosts_name6(struct os *os, struct ip6_addr wanted, char *name, size_t size)
{
    const struct os_file *file = os_file_find(os, "/etc/hosts");
    char line[LINE_MAX_LEN];
    size_t at = 0;

    while (file != NULL && next_line(file, &at, line)) {
        char *rest = line, *word = next_word(&rest), *first;
        struct ip6_addr addr;

        if (word == NULL || !ip6_parse(word, &addr) || !ip6_eq(addr, wanted) ||
            (first = next_word(&rest)) == NULL)
            continue;
        snprintf(name, size, "%s", first);
        return true;
    }
    return false;
}
