#include "cli/manual.h"

#include <string.h>

#include "apps/shell.h"
#include "inspect/i18n.h"

static const struct page {
    const char *name, *summary, *example;
} pages[] = {
    { "arp", N_("which MAC address belongs to which IP address"), "arp -n" },
    { "arping", N_("asks by ARP who has an address"), "arping -c 2 192.168.1.1" },
    { "cat", N_("shows a file"), "cat /etc/resolv.conf" },
    { "cd", N_("goes to another folder"), "cd /tmp" },
    { "clear", N_("clears the screen"), "clear" },
    { "curl", N_("fetches a web page"), "curl -v http://192.168.1.80/" },
    { "date", N_("the date and time of the simulation"), "date +%T" },
    { "dhclient", N_("gets an address by DHCP"), "dhclient -v eth0" },
    { "dhcrelay", N_("passes DHCP on to a server in another network"), "dhcrelay 10.0.0.67" },
    { "dig", N_("asks a DNS server"), "dig www.example" },
    { "echo", N_("prints its words"), "echo hello > /tmp/note" },
    { "ethtool", N_("speed and state of a cable"), "ethtool eth0" },
    { "export", N_("sets a variable"), "export NAME=value" },
    { "getent", N_("a name's address, as programs see it"), "getent hosts www.example" },
    { "grep", N_("the lines in which a pattern occurs"), "ss -tan | grep LISTEN" },
    { "head", N_("the first lines"), "head -n 3 /etc/hosts" },
    { "history", N_("the lines typed here; !! and !N run them again"), "history 10" },
    { "host", N_("asks a DNS server, shortly"), "host www.example" },
    { "hostname", N_("this host's name"), "hostname" },
    { "id", N_("who one is here: root"), "id" },
    { "ifconfig", N_("shows and sets interfaces (old)"), "ifconfig eth0" },
    { "ip", N_("shows and sets addresses, interfaces, routes, neighbors"), "ip addr; ip route" },
    { "ipconfig", N_("shows addresses as Windows does"), "ipconfig /all" },
    { "kill", N_("ends a process"), "kill 12" },
    { "killall", N_("ends processes by name"), "killall nc" },
    { "ls", N_("lists files"), "ls /etc" },
    { "nc", N_("sends and receives over TCP or UDP"), "nc -l 7000" },
    { "netcat", N_("the same as nc"), "netcat -l 7000" },
    { "netstat", N_("sockets, routes and counters (old)"), "netstat -an" },
    { "nslookup", N_("asks a DNS server"), "nslookup www.example" },
    { "ping", N_("asks whether a host answers"), "ping -c 3 192.168.1.1" },
    { "pkill", N_("ends processes by name"), "pkill nc" },
    { "ps", N_("the processes of this host"), "ps" },
    { "pwd", N_("which folder this is"), "pwd" },
    { "rm", N_("deletes a file"), "rm /tmp/note" },
    { "route", N_("shows and sets routes (old)"), "route -n" },
    { "seq", N_("counts"), "seq 1 5" },
    { "sh", N_("runs a line in a shell of its own"), "sh -c 'echo hello'" },
    { "sleep", N_("waits"), "sleep 5" },
    { "sock", N_("makes socket calls, one a step"), "sock 'tcp; connect 192.168.1.80:80; close'" },
    { "ss", N_("shows sockets"), "ss -tan" },
    { "sysctl", N_("settings of the kernel"), "sysctl net.ipv4.ip_forward" },
    { "tail", N_("the last lines"), "tail -n 3 /etc/hosts" },
    { "tcpdump", N_("shows what passes an interface"), "tcpdump -n -i eth0 -c 5 &" },
    { "telnet", N_("connects to a TCP port"), "telnet 192.168.1.80 80" },
    { "test", N_("compares strings and numbers"), "test 3 -gt 2 && echo yes" },
    { "traceroute", N_("the routers on the way to a host"), "traceroute -n 203.0.113.80" },
    { "tracert", N_("the same, as Windows shows it"), "tracert 203.0.113.80" },
    { "type", N_("where a command comes from"), "type ping" },
    { "udhcpc", N_("gets an address by DHCP (BusyBox)"), "udhcpc -i eth0" },
    { "uname", N_("the system's name"), "uname -a" },
    { "wc", N_("counts lines, words and octets"), "ss -tan | wc -l" },
    { "wget", N_("saves a web page as a file"), "wget http://192.168.1.80/" },
    { "which", N_("where a program is"), "which ping" },
    { "whoami", N_("who one is here: root"), "whoami" },
};

char *manual_page(const char *command)
{
    for (size_t i = 0; i < G_N_ELEMENTS(pages); i++)
        if (strcmp(pages[i].name, command) == 0)
            return g_strdup_printf(_("%s - %s\n"
                                     "  for example: %s\n"
                                     "  its options, and what is not simulated: "
                                     "docs/host-commands.md\n"),
                                   command, _(pages[i].summary), pages[i].example);
    return NULL;
}

char *manual_list(void)
{
    GString *out = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(pages); i++)
        g_string_append_printf(out, "  %-11s %s\n", pages[i].name, _(pages[i].summary));
    return g_string_free(out, FALSE);
}

static const char *other_name(const char *word)
{
    static const struct {
        const char *word, *here;
    } others[] = {
        { "cls", "clear" },
        { "dir", "ls" },
        { "copy", "cat A > B" },
        { "cp", "cat A > B" },
        { "del", "rm" },
        { "pathping", "traceroute" },
        { "mtr", "traceroute" },
        { "tracepath", "traceroute" },
        { "getmac", "ip link" },
        { "netsh", "ip addr, ip route" },
        { "tasklist", "ps" },
        { "taskkill", "kill, pkill" },
        { "more", "cat" },
        { "less", "cat" },
        { "findstr", "grep" },
        { "resolvectl", "cat /etc/resolv.conf" },
        { "nano", "echo TEXT > FILE" },
        { "vi", "echo TEXT > FILE" },
        { "vim", "echo TEXT > FILE" },
        { "notepad", "echo TEXT > FILE" },
        { "ncat", "nc" },
        { "iperf", "sock" },
        { "brctl", "@SWITCH show mac" },
        { "top", "ps aux" },
        { "htop", "ps aux" },
        { "jobs", "ps" },
        { "systemctl", "ps, ss -tlnp" },
        { "service", "ps, ss -tlnp" },
        { "nmcli", "ip addr, ip route" },
        { "ifup", "ip link set IF up" },
        { "ifdown", "ip link set IF down" },
        { "iwconfig", "ip link" },
        { "nmap", "nc -z -v HOST PORT" },
        { "watch", "for i in $(seq 5); do COMMAND; sleep 2; done" },
        { "wireshark", "tcpdump, or --pcap FILE" },
        { "tshark", "tcpdump, or --pcap FILE" },
        { "ftp", "curl, wget" },
        { "ssh", "@NODE" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        if (g_ascii_strcasecmp(others[i].word, word) == 0)
            return others[i].here;
    return NULL;
}

/* `ping -n 4 HOST` and `ping -t HOST`, as on Windows. */
static char *other_ping(char **words)
{
    for (size_t i = 1; words[i] != NULL && words[i + 1] != NULL; i++) {
        bool number = g_ascii_isdigit(*words[i + 1]) && strchr(words[i + 1], '.') == NULL;

        if (strcmp(words[i], "-n") == 0 && number)
            return g_strdup_printf("ping -c %s", words[i + 1]);
        if (strcmp(words[i], "-t") == 0 && !number)
            return g_strdup("ping");
    }
    return NULL;
}

char *manual_elsewhere(const char *line)
{
    g_auto(GStrv) words = g_strsplit_set(line, " \t", -1);
    g_autofree char *word = g_strndup(line, strcspn(line, " \t;&|<>")),
                    *lower = g_ascii_strdown(word, -1);
    const char *slash = strchr(lower, '/');
    g_autofree char *before = slash != NULL ? g_strndup(lower, (gsize)(slash - lower)) : NULL;

    if (strcmp(word, "ping") == 0)
        return other_ping(words);
    if (shell_knows(word) != SHELL_UNKNOWN)
        return NULL;
    if (other_name(word) != NULL)
        return g_strdup(other_name(word));
    if (shell_knows(lower) == SHELL_KNOWN)
        return g_steal_pointer(&lower);
    if (before != NULL && shell_knows(before) == SHELL_KNOWN) /* ipconfig/all */
        return g_strdup_printf("%s %s", before, slash);
    return NULL;
}
