/* The captures that a command line asks for: one file of the network, or a file for each port. */
#ifndef WW_CLI_CAPTURES_H
#define WW_CLI_CAPTURES_H

#include <glib.h>
#include <stdbool.h>

struct sim;

struct capture_wishes { /* NULL: not wanted */
    const char *file;   /* --pcap */
    const char *folder; /* --pcap-dir */
    const char *ports;  /* --pcap-at: "pc1:eth0,gw" */
    unsigned of;        /* --pcap-of, CAPTURE_OF_... */
};
enum { CAPTURE_OF_PORTS, CAPTURE_OF_CABLES };

/** captures_new() - the files are begun and @sim is observed: of struct pcapng. NULL after an
 * error, which has been told; an empty array where none is wanted. */
GPtrArray *captures_new(struct sim *sim, const struct capture_wishes *wishes);
/** captures_close() - all are complete, and the array is gone. False: one could not be written;
 * told. NULL is none. */
bool captures_close(GPtrArray *captures);

#endif
