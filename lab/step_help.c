/* The commands, and help on them. */
#include <string.h>

#include "inspect/columns.h"
#include "inspect/i18n.h"
#include "lab/diag.h"
#include "lab/step_session.h"

static const struct {
    const char *name, *arguments, *summary;
    const char *more; /* or NULL */
} COMMANDS[] = {
    { "step", "[N]", N_("until the next frame arrives anywhere"), NULL },
    { "next", "NODE", N_("until the next frame arrives at a node"), NULL },
    { "event", "[N]", N_("the smallest step: also timers, table changes, socket calls"), NULL },
    { "follow", "", N_("stay with this packet through hubs, switches and routers to its end"),
      NULL },
    { "finish", "[command|dialogue]",
      N_("until the command or the dialogue that this belongs to ends"),
      N_("finish            the command that this comes from, while it runs; else the dialogue\n"
         "finish dialogue   an ARP question, a DHCP lease, a DNS question, a ping's answer, a TCP\n"
         "                  connection: until its last frame\n") },
    { "run", "", N_("until a breakpoint, or the end"), NULL },
    { "until", "TIME|FILTER|CONDITION", N_("until then"),
      N_("until 3.5s               until that time\n"
         "until tcp SYN at web     until such a frame arrives, anywhere or at a node or port\n"
         "until pc1 arp 10.0.0.2   until there is such a row in the table\n"
         "until queue gw:wan > 5   until so many frames wait there\n") },
    { "goto", "FRAME|TIME", N_("to the arrival of a frame, or to a time, before or behind"), NULL },
    { "back", "[N]", N_("to the arrival before this one"), NULL },
    { "rback", "NODE", N_("back to the last frame that arrived at a node"), NULL },
    { "runback", "", N_("back to the last moment at which a breakpoint was hit"), NULL },
    { "find", "[FILTER [at NODE[:PORT]]]", N_("to the next such frame that arrives"),
      N_("find tcp SYN             the next such frame from here on\n"
         "find http GET at web     that arrives at a node or port\n"
         "find                     the next one of the same kind; `rfind` the one before\n"
         "find tcp if queue gw:wan > 5   with a condition behind `if`, as `break` has it\n") },
    { "rfind", "[FILTER [at NODE[:PORT]]]", N_("back to the one before"), NULL },
    { "filter", "[FILTER|off]", N_("which frames `frames` shows, and `find` looks for"), NULL },
    { "break", "FILTER [at NODE[:PORT]]", N_("stop when such a frame arrives, and at other things"),
      N_("break arp                      break tcp SYN at web      break icmp at gw:wan\n"
         "break state ESTABLISHED on pc1 a connection enters that state\n"
         "break table arp on pc1         a table changes\n"
         "break drop                     a frame dies; break drop no-route on gw\n"
         "break call recv on web         a program calls into the socket layer\n"
         "break call recv on web returns ECONNRESET   it returns so: a number, an errno, `error`,\n"
         "                               or nothing behind `returns` for whatever\n"
         "break when queue gw:wan > 5    a comparison becomes true\n"
         "break exit on pc1              a command ends\n"
         "Behind each may stand `count N`: the Nth time only. Behind a filter `if CONDITION`.\n"
         "Filters are tcpdump's, or short words such as `arp request`, `dns query`, `http "
         "GET`.\n") },
    { "watch", "NODE TABLE [KEY [FIELD]]",
      N_("stop when a value changes: a table, a row, a field, a queue"),
      N_("watch pc1 arp                  the whole table\n"
         "watch pc1 arp 10.0.0.2         the rows with that word\n"
         "watch pc1 tcp :80 cwnd         a field of the first such row\n"
         "watch queue gw:wan             how many frames wait there\n") },
    { "info", "breaks", N_("the breakpoints, and how often each was hit"), NULL },
    { "delete", "[N]", N_("a breakpoint, or all"), NULL },
    { "show", "[FRAME]",
      N_("the frame's layers and fields: octets, meaning, and which rule set each"), NULL },
    { "hex", "[FRAME]", N_("its octets"), NULL },
    { "tables", "[NODE]", N_("all tables of a node"), NULL },
    { "arp", "[NODE]", N_("its ARP table"), NULL },
    { "mac", "[NODE]", N_("a switch's table of MAC addresses"), NULL },
    { "route", "[NODE]", N_("its routes"), NULL },
    { "nat", "[NODE]", N_("its address translations"), NULL },
    { "dns", "[NODE]", N_("its cache of names"), NULL },
    { "lease", "[NODE]", N_("its DHCP leases"), NULL },
    { "addr", "[NODE]", N_("its addresses"), NULL },
    { "sockets", "[NODE]", N_("its sockets"), NULL },
    { "tcp", "[NODE] [WORD]",
      N_("connections with all variables; * marks what the last step changed"), NULL },
    { "diff", "", N_("what the last step changed in any table"), NULL },
    { "map", "[NODE]", N_("the network, and where the frame is"), NULL },
    { "ladder", "NODE NODE...", N_("what went between nodes so far, as a ladder diagram"), NULL },
    { "frames", "[FILTER]", N_("the last frames sent"), NULL },
    { "timers", "[NODE]", N_("the timers that run"), NULL },
    { "queue", "PORT", N_("what is on a cable and waits for it"), NULL },
    { "outputs", "", N_("what the commands have printed so far"), NULL },
    { "hash", "", N_("the run-hash of what has happened so far (with --hash)"), NULL },
    { "why", "[FRAME|drop|change]",
      N_("the causes, back to the command; `why not NODE [FILTER]`: why nothing came"),
      N_("why            why the current frame, drop or change happened, back to the command\n"
         "why 17         the same of frame 17\n"
         "why drop       of the last frame that died\n"
         "why change     of the last table change\n"
         "why not web tcp  where what was meant for web died, or which entry is missing on the "
         "way\n"
         "why not web from pc2   the way from pc2, as the tables are now\n") },
    { "pull", "PORT", N_("pull a cable out; `plug PORT` puts it back"), NULL },
    { "plug", "PORT", N_("plug a cable in"), NULL },
    { "down", "PORT", N_("switch an interface off; `up PORT` on"), NULL },
    { "up", "PORT", N_("switch an interface on"), NULL },
    { "off", "NODE", N_("switch a node off; `on NODE` on"), NULL },
    { "on", "NODE", N_("switch a node on"), NULL },
    { "link", "PORT KEY VALUE",
      N_("change a cable: rate, delay, loss, duplicate, reorder, corrupt, queue"), NULL },
    { "drop", "FILTER [at PORT]", N_("the next such frame that is sent gets lost"), NULL },
    { "delay", "TIME FILTER [at PORT]", N_("the next such frame arrives so much later"), NULL },
    { "duplicate", "FILTER [at PORT]", N_("the next such frame arrives twice"), NULL },
    { "corrupt", "FILTER [at PORT]", N_("a bit of the next such frame flips"), NULL },
    { "edit", "FILTER [at PORT] set FIELD=VALUE...", N_("the next such frame arrives changed"),
      N_("edit icmp at pc1:eth0 set ip.ttl=1       one field\n"
         "edit tcp data set tcp.flags=RST tcp.seq=+1000   several; +N and -N count from what is "
         "there\n"
         "edit any set eth.dst=02:00:00:00:09:01   an address\n"
         "edit udp set payload 0 = 47 45 54        octets of the payload; text 0='GET'\n"
         "edit arp reply set octet 41 = 63         octets of the frame, from 0\n"
         "Checksums are computed anew; `keep checksums` behind it leaves them wrong, and one that "
         "is\n"
         "set (ip.checksum=0) stays as it is set. The names are Wireshark's; Tab lists them.\n") },
    { "branches", "", N_("the runs that your acts have made"), NULL },
    { "branch", "N", N_("go on in another of them"), NULL },
    { "save", "FILE.walk.yaml", N_("write this run as a scenario that repeats it"), NULL },
    { "help", "[COMMAND]", N_("this list, or more on a command"), NULL },
    { "quit", "", N_("leave"), NULL },
};

/* Letters that many are used to. */
static const char *const SHORT[][2] = { { "s", "step" },    { "n", "next" },     { "b", "back" },
                                        { "r", "run" },     { "c", "run" },      { "e", "event" },
                                        { "q", "quit" },    { "h", "help" },     { "u", "until" },
                                        { "w", "why" },     { "f", "follow" },   { "/", "find" },
                                        { "fi", "finish" }, { "fin", "finish" }, { "exit", "quit" },
                                        { "p", "show" },    { "?", "help" } };

static const char *const NAMES[] = {
    "step",      "next",    "event",   "follow",   "finish",  "run",    "until", "goto",
    "back",      "rback",   "runback", "find",     "rfind",   "filter", "break", "watch",
    "info",      "delete",  "show",    "hex",      "tables",  "arp",    "mac",   "route",
    "nat",       "dns",     "lease",   "addr",     "sockets", "tcp",    "diff",  "map",
    "ladder",    "frames",  "timers",  "queue",    "outputs", "hash",   "why",   "pull",
    "plug",      "down",    "up",      "off",      "on",      "link",   "drop",  "delay",
    "duplicate", "corrupt", "edit",    "branches", "branch",  "save",   "help",  "quit",
    NULL
};

G_STATIC_ASSERT(G_N_ELEMENTS(NAMES) == G_N_ELEMENTS(COMMANDS) + 1);

const char *const *step_command_names(void)
{
    return NAMES;
}

const char *step_full_name(const char *word, const char **near)
{
    const char *const *names = NAMES;
    const char *found = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(SHORT); i++)
        if (strcmp(word, SHORT[i][0]) == 0)
            return SHORT[i][1];
    for (size_t i = 0; i < G_N_ELEMENTS(COMMANDS); i++) {
        if (strcmp(word, names[i]) == 0)
            return names[i];
        if (strlen(word) > 1 && g_str_has_prefix(names[i], word))
            found = found == NULL ? names[i] : "";
    }
    if (found != NULL && *found != '\0')
        return found;
    *near = diag_nearest(word, names, G_N_ELEMENTS(COMMANDS));
    return NULL;
}

static void put_line(size_t i, GString *out)
{
    g_autofree char *usage = g_strdup_printf("%s %s", COMMANDS[i].name, COMMANDS[i].arguments);

    g_string_append(out, "  ");
    columns_pad(out, usage, 32);
    g_string_append_printf(out, " %s\n", _(COMMANDS[i].summary));
}

void step_usage(const char *name, GString *out)
{
    for (size_t i = 0; i < G_N_ELEMENTS(COMMANDS); i++)
        if (strcmp(name, COMMANDS[i].name) == 0) {
            g_string_append_printf(out, "%s\n", _("it is written like this:"));
            put_line(i, out);
        }
}

bool step_takes_nothing(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(COMMANDS); i++)
        if (strcmp(name, COMMANDS[i].name) == 0)
            return *COMMANDS[i].arguments == '\0';
    return false;
}

enum step_answer step_help(const char *topic, GString *out)
{
    const char *near = NULL, *name = topic != NULL ? step_full_name(topic, &near) : NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(COMMANDS); i++) {
        if (topic != NULL && (name == NULL || strcmp(name, COMMANDS[i].name) != 0))
            continue;
        put_line(i, out);
        if (topic != NULL && COMMANDS[i].more != NULL)
            g_string_append_printf(out, "\n%s", _(COMMANDS[i].more));
    }
    if (topic != NULL && name == NULL) {
        g_string_append_printf(out, _("there is no command \"%s\": `help` lists them\n"), topic);
        return STEP_WRONG;
    }
    if (topic == NULL)
        g_string_append_printf(
            out, "  %s\n",
            _("NODE$ COMMAND runs a command on a node at this moment: `pc1$ ping -c 1 10.0.0.2`\n"
              "  Commands may be shortened; an empty line repeats the last movement."));
    return STEP_OK;
}
