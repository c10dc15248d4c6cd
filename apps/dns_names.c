#include "apps/dns_names.h"

#include <stdio.h>
#include <string.h>

#include "stack/services/dns_records.h"

static unsigned count_dots(const char *name)
{
    unsigned n = 0;

    for (; *name != '\0'; name++)
        n += *name == '.';
    return n;
}

bool dns_names_init(struct dns_names *names, struct os *os, const char *given)
{
    char reverse[DNS_REVERSE_NAME_MAX];
    ip4_addr addr;

    memset(names, 0, sizeof *names);
    names->given = given;
    names->reverse = ip4_parse(given, &addr);
    snprintf(names->text, sizeof names->text, "%s",
             names->reverse ? dns_reverse_name(addr, reverse) : given);
    resolv_conf_read(&names->conf, os);
    /* A name with ndots dots is asked for as it is given, and no more: next_origin() of dighost. */
    names->n = names->reverse || (given[0] != '\0' && given[strlen(given) - 1] == '.') ||
                       count_dots(given) >= names->conf.ndots
                   ? 1
                   : 1 + names->conf.n_search;
    return names->reverse;
}

const char *dns_names_text(const struct dns_names *names, char text[static DNS_TEXT_MAX])
{
    if (names->at + 1 == names->n) /* after the search list, or alone */
        snprintf(text, DNS_TEXT_MAX, "%s", names->text);
    else
        snprintf(text, DNS_TEXT_MAX, "%.*s.%s", DNS_TEXT_MAX - 260, names->text,
                 names->conf.search[names->at]);
    return text;
}

void dns_names_strip(char text[static DNS_TEXT_MAX], const char *name)
{
    size_t len = strlen(name);

    if (len > 1 && name[len - 1] == '.')
        len--;
    snprintf(text, DNS_TEXT_MAX, "%.*s", (int)len, name);
}
