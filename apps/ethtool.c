/* ethtool IF: speed, duplex and link of an interface, as a gigabit twisted-pair driver shows them.
 */
#include <string.h>

#include "apps/programs.h"
#include "stack/socket/netctl.h"

static void print_settings(struct process *self, const struct netctl_link *link)
{
    process_printf(self, "Settings for %s:\n", link->name);
    if (!link->loopback) {
        process_printf(self, "\tSupported ports: [ TP ]\n");
        if (link->carrier && link->rate >= 1000000)
            process_printf(self, "\tSpeed: %lluMb/s\n\tDuplex: %s\n",
                           (unsigned long long)(link->rate / 1000000),
                           link->half_duplex ? "Half" : "Full");
        else
            process_printf(self, "\tSpeed: Unknown!\n\tDuplex: Unknown! (255)\n");
        process_printf(self, "\tAuto-negotiation: on\n\tPort: Twisted Pair\n");
    }
    process_printf(self, "\tLink detected: %s\n", link->carrier ? "yes" : "no");
}

static enum co_status ethtool_main(struct process *self, void *state)
{
    struct netctl_link link;

    (void)state;
    if (self->argc < 2) {
        process_errorf(
            self, "ethtool: bad command line argument(s)\nFor more information run ethtool -h\n");
        self->exit_status = 1;
    } else if (self->argv[1][0] == '-') {
        process_errorf(self, "ethtool: option %s is not simulated by wirewalk\n", self->argv[1]);
        self->exit_status = 2;
    } else if (self->argc > 2) {
        process_errorf(
            self, "ethtool: bad command line argument(s)\nFor more information run ethtool -h\n");
        self->exit_status = 1;
    } else if (!netctl_link_find(self->os, self->argv[1], &link)) {
        process_errorf(self, "Settings for %s:\nCannot get device settings: No such device\n",
                       self->argv[1]);
        process_errorf(self, "Cannot get wake-on-lan settings: No such device\nCannot get message "
                             "level: No such device\n"
                             "Cannot get link status: No such device\nNo data available\n");
        self->exit_status = 75;
    } else {
        print_settings(self, &link);
    }
    return CO_DONE;
}

const struct program ethtool_program = { .name = "ethtool", .main = ethtool_main };
