/* `services`: the servers that run on a host or router. */
#include "lab/topology_build.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/text.h"
#include "inspect/i18n.h"

/* ---- dns ---- */

/* @text as a name: lower case, no last dot; NULL if it is none. RFC 1035 sections 2.3.1 and 2.3.4;
 * `_` as in SRV, `*` as in RFC 4592. */
static const char *dns_name(struct topo_build *b, const char *text)
{
    size_t len = strlen(text), label = 0;
    char *name;

    if (strcmp(text, ".") == 0)
        return "";
    if (len > 0 && text[len - 1] == '.')
        len--;
    if (len == 0 || len > 253)
        return NULL;
    name = arena_alloc(b->r.arena, len + 1);
    for (size_t i = 0; i < len; i++) {
        char c = g_ascii_tolower(text[i]);

        if (c == '.' ? label == 0 : !g_ascii_isalnum(c) && c != '-' && c != '_' && c != '*')
            return NULL;
        label = c == '.' ? 0 : label + 1;
        if (label > 63)
            return NULL;
        name[i] = c;
    }
    return name;
}

struct record_type {
    const char *word;
    enum topo_dns_type type;
    unsigned n_data; /* words of data; 0: the rest of the line */
    const char *example;
};

static const struct record_type record_types[] = {
    { "A", TOPO_DNS_A, 1, "203.0.113.80" },
    { "AAAA", TOPO_DNS_AAAA, 1, "2001:db8::80" },
    { "CNAME", TOPO_DNS_CNAME, 1, "www.example.com" },
    { "NS", TOPO_DNS_NS, 1, "ns1.example.com" },
    { "PTR", TOPO_DNS_PTR, 1, "www.example.com" },
    { "MX", TOPO_DNS_MX, 2, "10 mail.example.com" },
    { "TXT", TOPO_DNS_TXT, 0, "\"some text\"" },
    { "SOA", TOPO_DNS_SOA, 7, "ns1.example.com admin.example.com 1 3600 900 86400 60" },
    { "SRV", TOPO_DNS_SRV, 4, "10 5 5060 sip.example.com" },
};

static bool u16_word(const char *word, uint16_t *value)
{
    uint64_t n;

    if (!text_u64(word, 65535, &n))
        return false;
    *value = (uint16_t)n;
    return true;
}

static bool soa_data(struct topo_build *b, char **words, struct topo_dns_record *record)
{
    record->target = dns_name(b, words[0]);
    record->rname = dns_name(b, words[1]);
    for (int i = 0; i < 5; i++) {
        uint64_t n;

        if (!text_u64(words[2 + i], UINT32_MAX, &n))
            return false;
        record->soa[i] = (uint32_t)n;
    }
    return record->target != NULL && record->rname != NULL;
}

static bool record_data(struct topo_build *b, const struct record_type *type, char **words,
                        struct topo_dns_record *record)
{
    switch (type->type) {
    case TOPO_DNS_A:
        return ip4_parse(words[0], &record->addr);
    case TOPO_DNS_AAAA:
        return inet_pton(AF_INET6, words[0], record->addr6) == 1;
    case TOPO_DNS_CNAME:
    case TOPO_DNS_NS:
    case TOPO_DNS_PTR:
        record->target = dns_name(b, words[0]);
        return record->target != NULL;
    case TOPO_DNS_MX:
        record->target = dns_name(b, words[1]);
        return record->target != NULL && u16_word(words[0], &record->preference);
    case TOPO_DNS_SRV:
        record->target = dns_name(b, words[3]);
        return record->target != NULL && u16_word(words[0], &record->preference) &&
               u16_word(words[1], &record->weight) && u16_word(words[2], &record->port);
    case TOPO_DNS_SOA:
        return soa_data(b, words, record);
    case TOPO_DNS_TXT:
        return true;
    }
    return false;
}

/* The @n-th word of @text and all after it. */
static const char *rest_from(const char *text, unsigned n)
{
    text += strspn(text, " \t");
    for (; n > 0; n--) {
        text += strcspn(text, " \t");
        text += strspn(text, " \t");
    }
    return text;
}

static const char *text_data(struct topo_build *b, const char *rest)
{
    size_t len = strlen(rest);

    if (len >= 2 && rest[0] == '"' && rest[len - 1] == '"') {
        g_autofree char *inner = g_strndup(rest + 1, len - 2);

        return arena_strdup(b->r.arena, inner);
    }
    return arena_strdup(b->r.arena, rest);
}

static const struct record_type *find_type(struct topo_build *b, const struct ynode *node,
                                           const char *word)
{
    const char *names[G_N_ELEMENTS(record_types)];

    for (size_t i = 0; i < G_N_ELEMENTS(record_types); i++) {
        if (g_ascii_strcasecmp(word, record_types[i].word) == 0)
            return &record_types[i];
        names[i] = record_types[i].word;
    }
    if (strcmp(word, "IN") == 0)
        reader_error(&b->r, node->at,
                     _("a record is written NAME TTL TYPE DATA, without the class `IN`"));
    else
        reader_error(&b->r, node->at, _("there is no record type %s%s"), reader_quote(&b->r, word),
                     reader_hint(&b->r, word, names, G_N_ELEMENTS(names)));
    return NULL;
}

static bool parse_record(struct topo_build *b, const struct ynode *node, char **words, unsigned n,
                         struct topo_dns_record *record)
{
    const struct record_type *type;
    uint64_t ttl;

    if (n < 4) {
        reader_error(&b->r, node->at,
                     _("a record is written NAME TTL TYPE DATA, like www.example.com 60 A "
                       "203.0.113.80, not %s"),
                     reader_show(&b->r, node));
        return false;
    }
    record->name = dns_name(b, words[0]);
    if (record->name == NULL) {
        reader_error(&b->r, node->at, _("%s cannot be a domain name"),
                     reader_quote(&b->r, words[0]));
        return false;
    }
    if (!text_u64(words[1], INT32_MAX, &ttl)) {
        reader_error(&b->r, node->at, _("a record's second word is its TTL in seconds, not %s"),
                     reader_quote(&b->r, words[1]));
        return false;
    }
    type = find_type(b, node, words[2]);
    if (type == NULL)
        return false;
    record->ttl = (uint32_t)ttl;
    record->type = type->type;
    record->data = type->type == TOPO_DNS_TXT ? text_data(b, rest_from(node->text, 3))
                                              : arena_strdup(b->r.arena, rest_from(node->text, 3));
    if ((type->n_data != 0 && n != 3 + type->n_data) || !record_data(b, type, words + 3, record)) {
        reader_error(&b->r, node->at,
                     _("the data of this %s record is wrong; it is written like %s"), type->word,
                     type->example);
        return false;
    }
    return true;
}

static void read_records(struct topo_build *b, const struct ynode *list, struct topo_dns *dns)
{
    dns->records = arena_alloc(b->r.arena, list_len(list) * sizeof *dns->records);
    for (uint32_t i = 0; i < list_len(list); i++) {
        const struct ynode *item = list_item(list, i);
        struct topo_dns_record record = { .at = item->at };
        g_auto(GStrv) words = NULL;
        unsigned n = 0;

        if (item->kind != YNODE_TEXT) {
            reader_error(&b->r, item->at,
                         _("a record is written NAME TTL TYPE DATA, like www.example.com 60 A "
                           "203.0.113.80, not %s"),
                         reader_show(&b->r, item));
            continue;
        }
        words = g_strsplit_set(item->text, " \t\n", -1);
        for (unsigned j = 0; words[j] != NULL; j++) { /* close the gaps */
            if (*words[j] == '\0')
                g_free(words[j]);
            else
                words[n++] = words[j];
        }
        words[n] = NULL;
        if (parse_record(b, item, words, n, &record))
            dns->records[dns->n_records++] = record;
    }
}

static void read_zones(struct topo_build *b, const struct ynode *list, struct topo_dns *dns)
{
    dns->zones = arena_alloc(b->r.arena, list_len(list) * sizeof *dns->zones);
    for (uint32_t i = 0; i < list_len(list); i++) {
        const struct ynode *item = list_item(list, i);
        const char *name = item->kind == YNODE_TEXT ? dns_name(b, item->text) : NULL;

        if (name == NULL)
            reader_error(&b->r, item->at, _("a zone is a domain name, not %s"),
                         reader_show(&b->r, item));
        else
            dns->zones[dns->n_zones++] = name;
    }
}

static void read_dns(struct topo_build *b, const struct ynode *node, struct topo_dns *dns)
{
    static const char *const names[] = {
        "zone", "records", "forward", "port", "recursive", "roots"
    };
    const struct ynode *values[6];

    *dns = (struct topo_dns){ .port = 53, .at = node->at };
    if (node->kind != YNODE_MAP) {
        if (!ynode_is_null(node))
            read_records(b, node, dns);
        return;
    }
    if (!read_map(&b->r, node, _("a DNS server"), names, 6, NULL, values))
        return;
    if (values[0] != NULL)
        read_zones(b, values[0], dns);
    if (values[1] != NULL && !ynode_is_null(values[1]))
        read_records(b, values[1], dns);
    if (values[2] != NULL)
        read_ips(&b->r, values[2], "forward", &dns->forwards, &dns->n_forwards);
    if (values[3] != NULL)
        read_u16(&b->r, values[3], "port", 1, 65535, &dns->port);
    if (values[5] != NULL)
        read_ips(&b->r, values[5], "roots", &dns->roots, &dns->n_roots);
    dns->recursive = dns->n_roots > 0;
    if (values[4] != NULL && read_bool(&b->r, values[4], "recursive", &dns->recursive) &&
        dns->recursive && dns->n_roots == 0)
        reader_error(&b->r, values[4]->at,
                     _("a recursive server needs `roots`, the addresses of root servers"));
}

/* ---- http ---- */

#define PAGE_SIZE_MAX (UINT64_C(1) << 40) /* octets of a `size:`; nothing of it is stored */

static void read_page_file(struct topo_build *b, const struct ynode *value, struct topo_page *page)
{
    const char *name;
    g_autofree char *path = NULL, *octets = NULL;
    size_t len;

    page->body = (const uint8_t *)"";
    if (!read_text(&b->r, value, "file", &name) || (b->flags & TOPOLOGY_NO_FILES) != 0)
        return;
    path = lab_path_beside(b->r.file, name);
    if (!lab_file_read(&b->r, value->at, path, &octets, &len))
        return;
    page->body = memcpy(arena_alloc(b->r.arena, len), octets, len);
    page->len = len;
}

static void set_body(struct topo_build *b, const struct ynode *value, struct topo_page *page)
{
    const char *text;

    if (value->kind != YNODE_TEXT) {
        reader_error(&b->r, value->at, _("%s is a text, not %s"), "body",
                     reader_show(&b->r, value));
        return;
    }
    text = arena_strdup(b->r.arena, value->text);
    page->body = (const uint8_t *)text;
    page->len = value->n;
}

static void read_page(struct topo_build *b, const struct ynode *key, const struct ynode *value,
                      struct topo_page *page)
{
    static const char *const names[] = { "body", "size", "file", "status", "type", "location" };
    const struct ynode *values[6];
    int bodies = 0;

    *page = (struct topo_page){ .path = arena_strdup(b->r.arena, key->text),
                                .status = 200,
                                .body = (const uint8_t *)"",
                                .at = key->at };
    if (key->text[0] != '/' || strpbrk(key->text, " \t\n") != NULL)
        reader_error(&b->r, key->at, _("a page's path starts with `/` and has no spaces, not %s"),
                     reader_quote(&b->r, key->text));
    if (!read_map(&b->r, value, _("a page"), names, 6, NULL, values))
        return;
    for (int i = 0; i < 3; i++)
        bodies += values[i] != NULL;
    if (bodies > 1)
        reader_error(&b->r, value->at, _("a page has one of `body`, `size` and `file`"));
    if (values[0] != NULL)
        set_body(b, values[0], page);
    if (values[1] != NULL && read_u64(&b->r, values[1], "size", 0, PAGE_SIZE_MAX, &page->len))
        page->body = NULL;
    if (values[2] != NULL)
        read_page_file(b, values[2], page);
    if (values[3] != NULL)
        read_u16(&b->r, values[3], "status", 100, 599, &page->status);
    if (values[4] != NULL)
        read_text(&b->r, values[4], "type", &page->type);
    if (values[5] != NULL)
        read_text(&b->r, values[5], "location", &page->location);
}

static void read_pages(struct topo_build *b, const struct ynode *map, struct topo_http *http)
{
    if (!build_is_map(b, map, "pages", "{/: {body: TEXT}}"))
        return;
    http->pages = arena_alloc(b->r.arena, map->n * sizeof *http->pages);
    for (uint32_t i = 0; i < map->n; i++)
        read_page(b, ynode_key(map, i), ynode_value(map, i), &http->pages[http->n_pages++]);
}

enum http_key {
    HTTP_PORT,
    HTTP_BODY,
    HTTP_PAGES,
    HTTP_KEEPALIVE,
    HTTP_SERVER,
    HTTP_TYPE,
    HTTP_CHUNKED,
    HTTP_N_KEYS
};

static void read_keepalive(struct topo_build *b, const struct ynode *value, struct topo_http *http)
{
    bool on = false;

    if (value->kind == YNODE_TEXT && time_parse(value->text, &http->keepalive))
        return;
    if (value->kind == YNODE_TEXT &&
        (strcmp(value->text, "true") == 0 || strcmp(value->text, "false") == 0)) {
        read_bool(&b->r, value, "keepalive", &on);
        http->keepalive = on ? TOPO_KEEPALIVE_DEFAULT : 0;
        return;
    }
    reader_error(&b->r, value->at, _("keepalive is true, false or a time like 5s, not %s"),
                 reader_show(&b->r, value));
}

static void read_http(struct topo_build *b, const struct ynode *node, struct topo_http *http)
{
    static const char *const names[] = { "port",   "body", "pages",  "keepalive",
                                         "server", "type", "chunked" };
    const struct ynode *values[HTTP_N_KEYS];

    *http = (struct topo_http){ .port = 80, .keepalive = TOPO_KEEPALIVE_DEFAULT, .at = node->at };
    if (ynode_is_null(node) ||
        !read_map(&b->r, node, _("an HTTP server"), names, HTTP_N_KEYS, NULL, values))
        return;
    if (values[HTTP_PORT] != NULL)
        read_u16(&b->r, values[HTTP_PORT], "port", 1, 65535, &http->port);
    if (values[HTTP_KEEPALIVE] != NULL)
        read_keepalive(b, values[HTTP_KEEPALIVE], http);
    if (values[HTTP_SERVER] != NULL)
        read_text(&b->r, values[HTTP_SERVER], "server", &http->server);
    if (values[HTTP_TYPE] != NULL)
        read_text(&b->r, values[HTTP_TYPE], "type", &http->type);
    if (values[HTTP_CHUNKED] != NULL)
        read_bool(&b->r, values[HTTP_CHUNKED], "chunked", &http->chunked);
    if (values[HTTP_BODY] != NULL && values[HTTP_PAGES] != NULL)
        reader_error(&b->r, values[HTTP_BODY]->at,
                     _("either `body` or `pages`: write the body as the page `/`"));
    if (values[HTTP_PAGES] != NULL) {
        read_pages(b, values[HTTP_PAGES], http);
    } else if (values[HTTP_BODY] != NULL) {
        http->pages = arena_alloc(b->r.arena, sizeof *http->pages);
        http->n_pages = 1;
        http->pages[0] = (struct topo_page){
            .path = "/", .status = 200, .body = (const uint8_t *)"", .at = values[HTTP_BODY]->at
        };
        set_body(b, values[HTTP_BODY], &http->pages[0]);
    }
}

/* ---- echo, chargen, discard ---- */

static void read_simple(struct topo_build *b, const char *what, enum topo_simple_kind kind,
                        const struct ynode *node, struct topo_services *s)
{
    static const char *const names[] = { "port", "tcp", "udp" };
    static const uint16_t ports[] = { [TOPO_ECHO] = 7, [TOPO_CHARGEN] = 19, [TOPO_DISCARD] = 9 };
    struct topo_simple simple = {
        .kind = kind, .port = ports[kind], .tcp = true, .udp = true, .at = node->at
    };
    const struct ynode *values[3];
    bool on = true;

    if (node->kind == YNODE_MAP) {
        if (!read_map(&b->r, node, what, names, 3, NULL, values))
            return;
        if (values[0] != NULL)
            read_u16(&b->r, values[0], "port", 1, 65535, &simple.port);
        if (values[1] != NULL)
            read_bool(&b->r, values[1], "tcp", &simple.tcp);
        if (values[2] != NULL)
            read_bool(&b->r, values[2], "udp", &simple.udp);
    } else if (!ynode_is_null(node) && !read_bool(&b->r, node, what, &on)) {
        return;
    }
    if (on)
        s->simple[s->n_simple++] = simple;
}

/* ---- all of them ---- */

enum service_key {
    SERVICE_DHCP,
    SERVICE_DHCP_RELAY,
    SERVICE_DNS,
    SERVICE_HTTP,
    SERVICE_ECHO,
    SERVICE_CHARGEN,
    SERVICE_DISCARD,
    SERVICE_N_KEYS
};

static const char *const service_names[] = { "dhcp", "dhcp-relay", "dns",    "http",
                                             "echo", "chargen",    "discard" };

/* A list of maps is several servers; any other list is one server's. */
static uint32_t servers_in(const struct ynode *node)
{
    return node->kind == YNODE_LIST && node->n > 0 && node->items[0]->kind == YNODE_MAP ? node->n
                                                                                        : 1;
}

static const struct ynode *server_in(const struct ynode *node, uint32_t i)
{
    return node->kind == YNODE_LIST && node->n > 0 && node->items[0]->kind == YNODE_MAP
               ? node->items[i]
               : node;
}

/* `http: true` is a server with nothing set, `http: false` is none. */
static bool is_off(const struct ynode *node)
{
    return node->kind == YNODE_TEXT && strcmp(node->text, "false") == 0;
}

void build_services(struct topo_build *b, struct topo_node *node, const struct ynode *map)
{
    const struct ynode *values[SERVICE_N_KEYS];
    struct topo_services *s;

    if (ynode_is_null(map) ||
        !read_map(&b->r, map, "services", service_names, SERVICE_N_KEYS, NULL, values))
        return;
    s = node->services = arena_alloc(b->r.arena, sizeof *s);
    if (values[SERVICE_DHCP] != NULL && !is_off(values[SERVICE_DHCP])) {
        s->dhcp = arena_alloc(b->r.arena, servers_in(values[SERVICE_DHCP]) * sizeof *s->dhcp);
        for (uint32_t i = 0; i < servers_in(values[SERVICE_DHCP]); i++)
            build_dhcp(b, node, server_in(values[SERVICE_DHCP], i), &s->dhcp[s->n_dhcp++]);
    }
    if (values[SERVICE_DHCP_RELAY] != NULL && !is_off(values[SERVICE_DHCP_RELAY])) {
        if (s->n_dhcp > 0)
            reader_error(&b->r, values[SERVICE_DHCP_RELAY]->at,
                         _("a node is a DHCP server or a relay agent, not both"));
        s->relay = arena_alloc(b->r.arena, sizeof *s->relay);
        build_dhcp_relay(b, node, values[SERVICE_DHCP_RELAY], s->relay);
    }
    if (values[SERVICE_DNS] != NULL && !is_off(values[SERVICE_DNS])) {
        s->dns = arena_alloc(b->r.arena, servers_in(values[SERVICE_DNS]) * sizeof *s->dns);
        for (uint32_t i = 0; i < servers_in(values[SERVICE_DNS]); i++)
            read_dns(b, server_in(values[SERVICE_DNS], i), &s->dns[s->n_dns++]);
    }
    if (values[SERVICE_HTTP] != NULL && !is_off(values[SERVICE_HTTP])) {
        s->http = arena_alloc(b->r.arena, servers_in(values[SERVICE_HTTP]) * sizeof *s->http);
        for (uint32_t i = 0; i < servers_in(values[SERVICE_HTTP]); i++)
            read_http(b, server_in(values[SERVICE_HTTP], i), &s->http[s->n_http++]);
    }
    s->simple = arena_alloc(b->r.arena, 3 * sizeof *s->simple);
    for (int i = SERVICE_ECHO; i < SERVICE_N_KEYS; i++)
        if (values[i] != NULL)
            read_simple(b, service_names[i], (enum topo_simple_kind)(i - SERVICE_ECHO), values[i],
                        s);
}
