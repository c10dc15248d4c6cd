/* sysctl of procps: reads and writes the settings that exist, by name or -a. */
#include <stdio.h>
#include <string.h>

#include "apps/options.h"
#include "apps/programs.h"
#include "stack/socket/netctl.h"

struct sysctl_options {
    bool all, values_only, names_only, write, ignore, quiet;
};

static const struct option_name long_options[] = {
    { "all", 'a', false },   { "values", 'n', false }, { "names", 'N', false },
    { "write", 'w', false }, { "ignore", 'e', false }, { "quiet", 'q', false },
    { "load", 0, false },    { "system", 0, false },   { "pattern", 0, true },
    { "binary", 0, false },  { NULL, 0, false }
};

static void print_setting(struct process *self, const struct sysctl_options *o, const char *name,
                          const char *value)
{
    struct strbuf dotted = STRBUF_INIT;

    for (const char *at = name; *at != '\0'; at++)
        strbuf_addc(&dotted, *at == '/' ? '.' : *at);
    if (o->names_only)
        process_printf(self, "%s\n", strbuf_text(&dotted));
    else if (o->values_only)
        process_printf(self, "%s\n", value);
    else
        process_printf(self, "%s = %s\n", strbuf_text(&dotted), value);
    strbuf_fini(&dotted);
}

static void unknown(struct process *self, const struct sysctl_options *o, const char *name)
{
    if (o->ignore)
        return;
    process_errorf(self, "sysctl: cannot stat /proc/sys/");
    for (; *name != '\0'; name++)
        process_errorf(self, "%c", *name == '.' ? '/' : *name);
    process_errorf(self, ": No such file or directory\n");
    self->exit_status = 255;
}

static void read_one(struct process *self, const struct sysctl_options *o, const char *name)
{
    char value[NETCTL_SYSCTL_TEXT_MAX];

    if (netctl_sysctl_get(self->os, name, value) != 0)
        unknown(self, o, name);
    else
        print_setting(self, o, name, value);
}

#define CONF_ALL "net.ipv4.conf.all."

/* Those of "default" and each interface, behind those of "all" from @first to @end. */
static void read_conf(struct process *self, const struct sysctl_options *o, unsigned first,
                      unsigned end)
{
    char name[NETCTL_SYSCTL_TEXT_MAX], value[NETCTL_SYSCTL_TEXT_MAX];
    struct netctl_link link;

    for (unsigned n = 0; n == 0 || netctl_link_at(self->os, n - 1, &link); n++)
        for (unsigned i = first; i < end; i++) {
            snprintf(name, sizeof name, "net.ipv4.conf.%s.%s", n == 0 ? "default" : link.name,
                     netctl_sysctl_at(i) + strlen(CONF_ALL));
            if (netctl_sysctl_get(self->os, name, value) == 0)
                print_setting(self, o, name, value);
        }
}

static void read_all(struct process *self, const struct sysctl_options *o)
{
    const char *name;
    unsigned first = 0;

    for (unsigned i = 0; (name = netctl_sysctl_at(i)) != NULL; i++) {
        bool conf = strncmp(name, CONF_ALL, strlen(CONF_ALL)) == 0;

        if (!conf && first != 0) {
            read_conf(self, o, first, i);
            first = 0;
        } else if (conf && first == 0) {
            first = i;
        }
        read_one(self, o, name);
    }
}

static void write_one(struct process *self, const struct sysctl_options *o, char *word)
{
    char *equals = strchr(word, '=');
    char value[NETCTL_SYSCTL_TEXT_MAX];
    char *name_end = equals;
    int error;

    if (equals == NULL) {
        process_errorf(self, "sysctl: \"%s\" must be of the form name=value\n", word);
        self->exit_status = 1;
        return;
    }
    while (name_end > word && name_end[-1] == ' ')
        name_end--;
    *name_end = '\0';
    equals++;
    equals += strspn(equals, " ");
    error = netctl_sysctl_set(self->os, word, equals);
    if (error == -SIM_ENOENT && netctl_sysctl_get(self->os, word, value) != 0) {
        unknown(self, o, word);
    } else if (error != 0) {
        process_errorf(self, "sysctl: setting key \"%s\": %s\n", word, sim_strerror(-error));
        self->exit_status = 255;
    } else if (!o->quiet && netctl_sysctl_get(self->os, word, value) == 0) {
        print_setting(self, o, word, value);
    }
}

static enum co_status sysctl_main(struct process *self, void *state)
{
    struct options options = {
        .self = self, .shorts = "aAXnNweq", .refused = "pbrx", .longs = long_options
    };
    struct sysctl_options o = { 0 };
    int option;

    (void)state;
    while ((option = options_next(&options)) != OPTIONS_END) {
        if (option == OPTIONS_ERROR || option == OPTIONS_REFUSED) {
            if (option == OPTIONS_ERROR)
                process_errorf(self, "\nUsage:\n sysctl [options] [variable[=value] ...]\n");
            self->exit_status = option == OPTIONS_ERROR ? 1 : 2;
            return CO_DONE;
        }
        o.all |= option == 'a' || option == 'A' || option == 'X';
        o.values_only |= option == 'n';
        o.names_only |= option == 'N';
        o.write |= option == 'w';
        o.ignore |= option == 'e';
        o.quiet |= option == 'q';
    }
    if (options.at == self->argc && !o.all) {
        process_errorf(
            self, "sysctl: no variables specified\nTry `sysctl --help' for more information.\n");
        self->exit_status = 1;
    }
    if (o.all)
        read_all(self, &o);
    for (int i = options.at; i < self->argc; i++) {
        if (o.write || strchr(self->argv[i], '=') != NULL)
            write_one(self, &o, self->argv[i]);
        else
            read_one(self, &o, self->argv[i]);
    }
    return CO_DONE;
}

const struct program sysctl_program = { .name = "sysctl", .main = sysctl_main };
