/* ip of iproute2 6.1: objects address, link, route, neighbour, maddress and, to look at, rule. */
#include "apps/ip_internal.h"

#include <string.h>

#include "apps/programs.h"
#include "base/text.h"

bool ip_matches(const char *word, const char *full)
{
    return *word != '\0' && text_starts(full, word);
}

bool ip_take(struct ip_run *ip, const char *word)
{
    if (*ip->argv == NULL || strcmp(*ip->argv, word) != 0)
        return false;
    ip->argv++;
    return true;
}

const char *ip_value(struct ip_run *ip)
{
    if (*ip->argv != NULL)
        return *ip->argv++;
    process_errorf(ip->self, "Command line is not complete. Try option \"help\"\n");
    return NULL;
}

int ip_netlink(struct ip_run *ip, int error)
{
    if (error == 0)
        return 0;
    process_errorf(ip->self, "RTNETLINK answers: %s\n", sim_strerror(-error));
    return 2;
}

int ip_error(struct ip_run *ip, int status, const char *format, ...)
{
    struct strbuf text = STRBUF_INIT;
    va_list args;

    va_start(args, format);
    strbuf_vaddf(&text, format, args);
    va_end(args);
    process_errorf(ip->self, "Error: %s\n", strbuf_text(&text));
    strbuf_fini(&text);
    return status;
}

int ip_no_device(struct ip_run *ip, const char *name)
{
    process_errorf(ip->self, "Cannot find device \"%s\"\n", name);
    return 1;
}

int ip_unknown_command(struct ip_run *ip)
{
    process_errorf(ip->self, "Command \"%s\" is unknown, try \"ip %s help\".\n", *ip->argv,
                   ip->object);
    return 255;
}

int ip_refuse(struct ip_run *ip, const char *what)
{
    process_errorf(ip->self, "ip: %s is not simulated by wirewalk\n", what);
    return 2;
}

bool ip_prefix(struct ip_run *ip, const char *word, ip4_addr *addr, unsigned *len, bool *has_len)
{
    *addr = 0;
    *len = 0;
    *has_len = true;
    if (strcmp(word, "default") == 0 || strcmp(word, "any") == 0 || strcmp(word, "all") == 0)
        return true;
    *has_len = strchr(word, '/') != NULL;
    if (ip4_prefix_parse(word, addr, len))
        return true;
    (void)ip_error(ip, 1, "any valid prefix is expected rather than \"%s\".", word);
    return false;
}

bool ip_number(struct ip_run *ip, const char *name, const char *word, uint32_t max, uint32_t *value)
{
    uint64_t n;

    if (!text_u64(word, max, &n)) {
        (void)ip_error(ip, 255, "argument \"%s\" is wrong: Invalid \"%s\" value\n", word, name);
        return false;
    }
    *value = (uint32_t)n;
    return true;
}

int ip_rule_object(struct ip_run *ip)
{
    if (*ip->argv != NULL && !ip_matches(*ip->argv, "list") && !ip_matches(*ip->argv, "show"))
        return ip_refuse(ip, "changing rules");
    process_printf(ip->self, "0:\tfrom all lookup local\n32766:\tfrom all lookup "
                             "main\n32767:\tfrom all lookup default\n");
    return 0;
}

static int usage(struct ip_run *ip)
{
    process_errorf(
        ip->self,
        "Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }\n"
        "where  OBJECT := { address | link | maddress | neighbour | route | rule |\n"
        "                     tcp_metrics }\n"
        "       OPTIONS := { -V[ersion] | -s[tatistics] | -4 | -6 | -br[ief] | -o[neline] }\n");
    return 255;
}

/* Options stand before the object. -1: go on. */
static int read_options(struct ip_run *ip)
{
    static const char *const known[] = { "0",         "B",       "M",
                                         "all",       "batch",   "color",
                                         "details",   "force",   "human-readable",
                                         "iec",       "json",    "loops",
                                         "netns",     "numeric", "Numeric",
                                         "pretty",    "rcvbuf",  "resolve",
                                         "timestamp", "tshort",  "family" };

    for (; *ip->argv != NULL && **ip->argv == '-'; ip->argv++) {
        const char *option = *ip->argv + 1;

        if (*option == '-')
            option++;
        if (strcmp(option, "4") == 0)
            ip->inet_only = true;
        else if (strcmp(option, "6") == 0)
            ip->inet6_only = true;
        else if (ip_matches(option, "statistics") || ip_matches(option, "stats"))
            ip->stats++;
        else if (ip_matches(option, "brief") && strlen(option) >= 2)
            ip->brief = true;
        else if (ip_matches(option, "oneline"))
            ip->one_line = true;
        else if (strcmp(option, "V") == 0 || ip_matches(option, "Version")) {
            process_printf(ip->self, "ip utility, iproute2-6.1.0, libbpf 1.1.2\n");
            return 0;
        } else if (ip_matches(option, "help")) {
            return usage(ip);
        } else {
            for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
                if (ip_matches(option, known[i])) {
                    process_errorf(ip->self, "ip: option %s is not simulated by wirewalk\n",
                                   *ip->argv);
                    return 2;
                }
            }
            process_errorf(ip->self, "Option \"%s\" is unknown, try \"ip -help\".\n", *ip->argv);
            return 255;
        }
    }
    return -1;
}

static int run_object(struct ip_run *ip)
{
    static const struct {
        const char *name;
        int (*run)(struct ip_run *ip);
    } objects[] = { /* in iproute2's order, which decides what "a" and "r" mean */
                    { "address", ip_addr_object },
                    { "addrlabel", NULL },
                    { "maddress", ip_maddr_object },
                    { "route", ip_route_object },
                    { "rule", ip_rule_object },
                    { "neighbor", ip_neigh_object },
                    { "neighbour", ip_neigh_object },
                    { "ntable", NULL },
                    { "link", ip_link_object },
                    { "l2tp", NULL },
                    { "tunnel", NULL },
                    { "tuntap", NULL },
                    { "token", NULL },
                    { "tcp_metrics", ip_metrics_object },
                    { "tcpmetrics", ip_metrics_object },
                    { "monitor", NULL },
                    { "xfrm", NULL },
                    { "mroute", NULL },
                    { "mrule", NULL },
                    { "netns", NULL },
                    { "netconf", NULL },
                    { "vrf", NULL },
                    { "sr", NULL },
                    { "nexthop", NULL },
                    { "mptcp", NULL }
    };
    const char *word = *ip->argv;

    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++) {
        if (!ip_matches(word, objects[i].name))
            continue;
        ip->object = strcmp(objects[i].name, "neighbor") == 0 ? "neighbour" : objects[i].name;
        ip->argv++;
        if (objects[i].run == NULL) {
            process_errorf(ip->self, "ip: object %s is not simulated by wirewalk\n",
                           objects[i].name);
            return 2;
        }
        return objects[i].run(ip);
    }
    if (strcmp(word, "help") == 0)
        return usage(ip);
    process_errorf(ip->self, "Object \"%s\" is unknown, try \"ip help\".\n", word);
    return 1;
}

static enum co_status ip_main(struct process *self, void *state)
{
    struct ip_run ip = { .self = self, .os = self->os, .argv = self->argv + 1 };
    int status = read_options(&ip);

    (void)state;
    if (status < 0)
        status = *ip.argv == NULL ? usage(&ip) : run_object(&ip);
    self->exit_status = status;
    return CO_DONE;
}

const struct program ip_program = { .name = "ip", .main = ip_main };
