#include "apps/names.h"

#include <stdio.h>
#include <string.h>

#define HOSTS_PATH "/etc/hosts"

/* The next line's words, cut at '#'; false at the end. Each word is (start, length). */
#define HOSTS_WORDS_MAX 16
struct hosts_line {
    unsigned n;
    struct {
        const char *start;
        size_t len;
    } words[HOSTS_WORDS_MAX];
};

static bool next_line(const char **at, struct hosts_line *line)
{
    const char *text = *at, *end = text + strcspn(text, "\n"), *stop = text + strcspn(text, "#\n");

    if (*text == '\0')
        return false;
    line->n = 0;
    while (text < stop && line->n < HOSTS_WORDS_MAX) {
        size_t len;

        text += strspn(text, " \t\r");
        len = strcspn(text, " \t\r\n#");
        if (len == 0)
            break;
        line->words[line->n].start = text;
        line->words[line->n++].len = len;
        text += len;
    }
    *at = *end == '\0' ? end : end + 1;
    return true;
}

static bool word_addr(const struct hosts_line *line, ip4_addr *addr)
{
    char text[IP4_TEXT_MAX];

    if (line->n < 2 || line->words[0].len >= sizeof text)
        return false;
    memcpy(text, line->words[0].start, line->words[0].len);
    text[line->words[0].len] = '\0';
    return ip4_parse(text, addr);
}

static bool same_name(const char *a, const char *b, size_t b_len)
{
    for (; b_len > 0; a++, b++, b_len--) {
        char x = *a >= 'A' && *a <= 'Z' ? (char)(*a + 32) : *a, y = *b >= 'A' && *b <= 'Z' ? (char)(*b + 32) : *b;

        if (x != y)
            return false;
    }
    return *a == '\0';
}

bool names_hosts_lookup(const struct os *os, const char *host, ip4_addr *addr)
{
    const struct os_file *file = os_file_find(os, HOSTS_PATH);
    const char *at = file == NULL ? "" : strbuf_text(&file->content);
    struct hosts_line line;
    ip4_addr found;

    while (next_line(&at, &line)) {
        if (!word_addr(&line, &found))
            continue;
        for (unsigned i = 1; i < line.n; i++) {
            if (same_name(host, line.words[i].start, line.words[i].len)) {
                *addr = found;
                return true;
            }
        }
    }
    return false;
}

bool names_hosts_reverse(const struct os *os, ip4_addr addr, char name[static NAMES_TEXT_MAX])
{
    const struct os_file *file = os_file_find(os, HOSTS_PATH);
    const char *at = file == NULL ? "" : strbuf_text(&file->content);
    struct hosts_line line;
    ip4_addr found;

    while (next_line(&at, &line)) {
        if (word_addr(&line, &found) && found == addr && line.words[1].len < NAMES_TEXT_MAX) {
            snprintf(name, NAMES_TEXT_MAX, "%.*s", (int)line.words[1].len, line.words[1].start);
            return true;
        }
    }
    return false;
}

enum co_status names_lookup(struct names *names, struct process *self, const char *host)
{
    CO_BEGIN(&names->co);
    names->error = NULL;
    snprintf(names->name, sizeof names->name, "%s", host);
    if (ip4_parse(host, &names->addr) || names_hosts_lookup(self->os, host, &names->addr))
        CO_RETURN(&names->co);
    if (strcmp(host, "localhost") == 0) {
        names->addr = IP4_LOOPBACK;
        CO_RETURN(&names->co);
    }
    names->error = os_file_find(self->os, "/etc/resolv.conf") == NULL ? "Temporary failure in name resolution"
                                                                      : "Name or service not known";
    CO_END(&names->co);
}

enum co_status names_reverse(struct names *names, struct process *self, ip4_addr addr)
{
    CO_BEGIN(&names->co);
    names->name[0] = '\0';
    if (names_hosts_reverse(self->os, addr, names->name))
        CO_RETURN(&names->co);
    CO_END(&names->co);
}
