#include "apps/programs.h"

#include <string.h>

static const struct entry {
    const char *name;
    const struct program *program;
} entries[] = {
#define X(name, symbol) { name, &symbol },
    PROGRAMS(X)
#undef X
};

#define N_ENTRIES (sizeof entries / sizeof *entries)

const struct program *program_find(const char *name)
{
    size_t low = 0, high = N_ENTRIES;

    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(entries[middle].name, name);

        if (order == 0)
            return entries[middle].program;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const char *program_name_at(unsigned n)
{
    return n < N_ENTRIES ? entries[n].name : NULL;
}

/* For the administrator, as Debian 12 sorts them; the others are in /usr/bin. */
void program_path(const char *name, struct strbuf *out)
{
    static const char *const admins[] = { "arp", "dhclient", "dhcrelay", "ethtool", "ifconfig",
                                          "ip",  "route",    "sysctl",   "udhcpc" };

    for (size_t i = 0; i < sizeof admins / sizeof *admins; i++)
        if (strcmp(name, admins[i]) == 0) {
            strbuf_addf(out, "/usr/sbin/%s", name);
            return;
        }
    strbuf_addf(out, "/usr/bin/%s", name);
}
