#include "apps/isc.h"

void isc_print_banner(struct process *self, const char *what)
{
    process_errorf(self,
                   "Internet Systems Consortium DHCP %s " ISC_DHCP_VERSION "\n"
                   "Copyright 2004-2022 Internet Systems Consortium.\n"
                   "All rights reserved.\n"
                   "For info, please visit https://www.isc.org/software/dhcp/\n",
                   what);
}
