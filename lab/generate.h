/* Networks of any size as topology files, for trying what large ones are like: `wirewalk generate`.
 */
#ifndef WW_LAB_GENERATE_H
#define WW_LAB_GENERATE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum generate_kind {
    GENERATE_LINE,     /* a host at each end of a line of routers */
    GENERATE_STAR,     /* hosts on one switch */
    GENERATE_RANDOM,   /* a connected random graph of routers, each with hosts behind a switch */
    GENERATE_FAT_TREE, /* a k-ary fat tree of routers */
    GENERATE_CAMPUS, /* buildings of floors around two core routers, with DHCP, DNS and a web server
                      */
    GENERATE_N_KINDS
};

extern const char *const generate_kind_names[GENERATE_N_KINDS];

struct generate_plan {
    enum generate_kind kind;
    uint64_t routers; /* LINE, RANDOM */
    uint64_t hosts;   /* STAR: in all; RANDOM: behind each router; CAMPUS: on each floor */
    uint64_t degree;  /* RANDOM: cables between routers, on average, at each of them */
    uint64_t k;       /* FAT_TREE: ports of a router, even */
    uint64_t buildings, floors; /* CAMPUS */
    uint64_t seed;              /* RANDOM: which graph; and who pings whom */
};

/** generate_defaults() - a small network of @kind. */
struct generate_plan generate_defaults(enum generate_kind kind);
/** generate_check() - whether there is such a network; the error says why not. */
bool generate_check(const struct generate_plan *plan, GError **error);
/** generate_topology() - appends the text of the NAME.net.yaml to @text. */
void generate_topology(const struct generate_plan *plan, GString *text);
/** generate_pings() - the text of a NAME.walk.yaml on the file @topology: every host pings one
 * other and must be answered, unless the line is too long for any packet. */
void generate_pings(const struct generate_plan *plan, const char *topology, GString *text);

#endif
