/* The programs of a simulated host, by the names that command lines use. */
#ifndef WW_APPS_PROGRAMS_H
#define WW_APPS_PROGRAMS_H

#include "stack/socket/process.h"

/*
 * One line for each program, sorted by name: the name, and the struct program it runs. Several
 * names may lead to one program, which can tell them apart by argv[0].
 */
#define PROGRAMS(X)                                                                                \
    X("arp", arp_program)                                                                          \
    X("arping", arping_program)                                                                    \
    X("cat", cat_program)                                                                          \
    X("clear", clear_program)                                                                      \
    X("curl", curl_program)                                                                        \
    X("date", date_program)                                                                        \
    X("dhclient", dhclient_program)                                                                \
    X("dhcrelay", dhcrelay_program)                                                                \
    X("dig", dig_program)                                                                          \
    X("ethtool", ethtool_program)                                                                  \
    X("getent", getent_program)                                                                    \
    X("grep", grep_program)                                                                        \
    X("head", head_program)                                                                        \
    X("host", host_program)                                                                        \
    X("hostname", hostname_program)                                                                \
    X("id", id_program)                                                                            \
    X("ifconfig", ifconfig_program)                                                                \
    X("ip", ip_program)                                                                            \
    X("ipconfig", ipconfig_program)                                                                \
    X("killall", killall_program)                                                                  \
    X("ls", ls_program)                                                                            \
    X("nc", nc_program)                                                                            \
    X("netcat", nc_program)                                                                        \
    X("netstat", netstat_program)                                                                  \
    X("nslookup", nslookup_program)                                                                \
    X("ping", ping_program)                                                                        \
    X("pkill", pkill_program)                                                                      \
    X("ps", ps_program)                                                                            \
    X("rm", rm_program)                                                                            \
    X("route", route_program)                                                                      \
    X("seq", seq_program)                                                                          \
    X("sh", shell_program)                                                                         \
    X("sleep", sleep_program)                                                                      \
    X("sock", sock_program)                                                                        \
    X("ss", ss_program)                                                                            \
    X("sysctl", sysctl_program)                                                                    \
    X("tail", tail_program)                                                                        \
    X("tcpdump", tcpdump_program)                                                                  \
    X("telnet", telnet_program)                                                                    \
    X("traceroute", traceroute_program)                                                            \
    X("tracert", tracert_program)                                                                  \
    X("udhcpc", udhcpc_program)                                                                    \
    X("uname", uname_program)                                                                      \
    X("wc", wc_program)                                                                            \
    X("wget", wget_program)                                                                        \
    X("which", which_program)                                                                      \
    X("whoami", whoami_program)

#define X(name, symbol) extern const struct program symbol;
PROGRAMS(X)
#undef X

/** program_find() - NULL: there is no such program. Put it into os->find_program. */
const struct program *program_find(const char *name);
/** program_path() - where Debian has the program @name, which there is: "/usr/sbin/ip" for "ip".
 */
void program_path(const char *name, struct strbuf *out);
/** program_name_at() - the @n-th name from 0, sorted; NULL behind the last. */
const char *program_name_at(unsigned n);

#endif
