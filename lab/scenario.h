/*
 * A scenario file (NAME.walk.yaml) as data: what happens when, and what is expected. Filters stay
 * text with their position; somebody else compiles them. Times are sim_time of the run;
 * SIM_TIME_NONE: not written. Everything belongs to the scenario's arena; node, interface and link
 * numbers are indexes into its topology.
 */
#ifndef WW_LAB_SCENARIO_H
#define WW_LAB_SCENARIO_H

#include "lab/topology.h"

/* A text of the file with its position; text NULL: not written. */
struct scenario_text {
    const char *text;
    struct text_pos at;
};

/* A place: a node as a whole, or one of its ports. */
struct scenario_place {
    uint32_t node;  /* TOPO_NOWHERE: not written */
    uint32_t iface; /* TOPO_NOWHERE: the node as a whole */
    struct text_pos at;
};

/* What a command must give. */
struct scenario_result {
    bool has_exit;
    int exit; /* 0-255 */
    uint32_t n_stdout, n_not_stdout, n_stderr, n_not_stderr;
    struct scenario_text *stdout_has; /* each must occur in the output */
    struct scenario_text *stdout_not; /* none may */
    struct scenario_text *stderr_has, *stderr_not;
    sim_time within; /* from its start to its end */
    struct text_pos at, exit_at, within_at;
};

enum scenario_action {
    SCENARIO_RUN,       /* a shell line on a host */
    SCENARIO_STOP,      /* Ctrl-C to an earlier command */
    SCENARIO_LINK,      /* change a cable */
    SCENARIO_POWER,     /* switch a node off or on */
    SCENARIO_INTERFACE, /* set an interface down or up */
    SCENARIO_FAULT,     /* from now on, what a port sends meets an exact fault */
    SCENARIO_SNAPSHOT   /* record every node's tables */
};

/* What `set` of a link names; the others keep their value. */
enum {
    SCENARIO_SET_STATE = 1 << 0,
    SCENARIO_SET_RATE = 1 << 1,
    SCENARIO_SET_DELAY = 1 << 2,
    SCENARIO_SET_QUEUE = 1 << 3,
    SCENARIO_SET_LOSS = 1 << 4,
    SCENARIO_SET_DUPLICATE = 1 << 5,
    SCENARIO_SET_REORDER = 1 << 6,
    SCENARIO_SET_CORRUPT = 1 << 7
};

struct scenario_entry {
    sim_time time; /* `at`; entries of the same time start in the order of the array */
    enum scenario_action action;
    struct text_pos at;       /* of the entry */
    uint32_t node;            /* RUN, POWER, INTERFACE; else TOPO_NOWHERE */
    uint32_t iface;           /* INTERFACE */
    struct scenario_text run; /* RUN: the shell line */
    struct scenario_place to; /* RUN: `@` in the line is the address that this has by then */
    const char *id;           /* RUN: `as`, or NULL */
    bool has_result;          /* RUN: `expect` was written */
    struct scenario_result result;
    uint32_t target;         /* STOP: index of the entry whose `as` it names */
    uint32_t link;           /* LINK, FAULT */
    unsigned set;            /* LINK: SCENARIO_SET_... */
    struct topo_link values; /* LINK: only what @set names (state: values.down) */
    struct topo_fault fault; /* FAULT: the nth are counted from then on */
    bool on;                 /* POWER: on; INTERFACE: up */
    const char *snapshot;    /* SNAPSHOT: its name */
};

/* One sighting of a frame: filter and circumstances. What is not written does not matter. */
struct scenario_see {
    struct scenario_text filter;
    uint32_t by; /* sent by this node (its own frame, not one it forwards); or TOPO_NOWHERE */
    struct scenario_place place;  /* `at`: passes this port, or any port of this node */
    struct scenario_text subject; /* `for`: the address or name it asks for */
    bool subject_is_addr;
    struct endpoint subject_addr;
    sim_time after, before; /* inclusive; not written: 0 and SIM_TIME_NONE */
    uint64_t nth;           /* not in the file: which one expect_seen() tells, 0: the first */
    struct text_pos at;
};

struct scenario_cell { /* column: value of a table row */
    const char *column;
    const char *value; /* "@gw:lan" is replaced by that port's MAC in lower case */
    bool is_mac;       /* it was such a reference, or is spelled as a MAC */
    struct text_pos at;
};

struct scenario_row {
    uint32_t n_cells;
    struct scenario_cell *cells;
    struct text_pos at;
};

enum scenario_table {
    SCENARIO_TABLE_ARP, /* neighbours */
    SCENARIO_TABLE_ROUTE,
    SCENARIO_TABLE_FDB, /* MAC addresses of a switch */
    SCENARIO_TABLE_ADDR,
    SCENARIO_TABLE_TCP,
    SCENARIO_TABLE_UDP,
    SCENARIO_TABLE_NAT,
    SCENARIO_TABLE_DNS,  /* the resolver's cache */
    SCENARIO_TABLE_DHCP, /* leases, on either side */
    SCENARIO_TABLE_LINK  /* interfaces and ports */
};

enum scenario_rule {
    SCENARIO_CONSTANT,           /* `constant` */
    SCENARIO_CHANGES_AT_ROUTERS, /* `changes at every router` */
    SCENARIO_FALLS_AT_ROUTERS    /* `falls by 1 at every router` */
};

enum scenario_expectation {
    SCENARIO_ORDER,   /* sees[0], then sees[1], ...; others may come between */
    SCENARIO_SEE,     /* sees[0] happens; with min, max or equals that often */
    SCENARIO_NEVER,   /* sees[0] never happens */
    SCENARIO_COUNT,   /* sees[0] happens between min and max times */
    SCENARIO_HOPS,    /* field of the frames of one command, along its way */
    SCENARIO_TABLE,   /* rows of a table */
    SCENARIO_COMMAND, /* result of a named command */
    SCENARIO_DROP,    /* drops for a reason, between min and max of them */
    SCENARIO_STORM    /* the run ends because the event budget is spent */
};

struct scenario_expect {
    enum scenario_expectation kind;
    struct text_pos at;
    uint32_t n_sees;
    struct scenario_see *sees;
    uint64_t min, max;          /* SEE, COUNT, DROP: inclusive; max UINT64_MAX: no limit */
    uint32_t entry;             /* HOPS, COMMAND: index of the timeline entry with that `as` */
    struct scenario_text field; /* HOPS: "ip.dst" */
    enum scenario_rule rule;    /* HOPS */
    sim_time time;              /* TABLE: when; SIM_TIME_NONE: at the end */
    uint32_t node; /* TABLE; DROP: or TOPO_NOWHERE. A DROP has its port and times in sees[0] */
    enum scenario_table table; /* TABLE */
    uint32_t n_has, n_has_not; /* TABLE: each row of has must match one line, no line may match one
                                  of has_not */
    struct scenario_row *has, *has_not;
    bool has_rows; /* TABLE: `rows: N`, the number of lines */
    uint64_t rows;
    struct scenario_result result; /* COMMAND */
    int drop;                      /* DROP: enum drop_reason */
    bool storm;                    /* STORM: expected to happen, or not to */
};

/* A program of sockets, in the file of its host that `sock` reads it from. */
struct scenario_script {
    uint32_t node;
    const char *path, *program, *text;
};

struct scenario {
    const char *file;
    const char *id; /* `scenario`, or NULL */
    struct lab_words title, about;
    const char *topology_file; /* as found: the path relative to the scenario's folder, made usable
                                  from here */
    struct topology *topology; /* owned */
    uint64_t seed;             /* 1 where not written */
    sim_time until;            /* SIM_TIME_NONE: not written */
    uint64_t events;           /* event budget; 0: not written */
    uint32_t n_timeline;       /* sorted by time; equal times in file order */
    struct scenario_entry *timeline;
    uint32_t n_scripts; /* of `programs`, and of the files that commands name */
    struct scenario_script *scripts;
    uint32_t n_expects;
    struct scenario_expect *expects;
    struct arena arena;
};

/**
 * scenario_load() - read and check @file and the topology it names; diagnostics of both go to
 * @diags. Returns NULL when there was any error in either. Free with scenario_free().
 */
struct scenario *scenario_load(const char *file, struct diag_list *diags);
/**
 * scenario_parse() - the same from @text. With @topology (consumed, also on failure) the file it
 * names is not opened: for fuzzing and tests.
 */
struct scenario *scenario_parse(const char *file, const char *text, size_t len,
                                struct topology *topology, struct diag_list *diags);
/** scenario_parse_tree() - the same from a tree. */
struct ynode;
struct scenario *scenario_parse_tree(const char *file, const struct ynode *root,
                                     struct topology *topology, struct diag_list *diags);
/**
 * scenario_parse_entry() - one entry of a timeline, `{at: 3s, host: pc1, run: hostname}`, as a
 * scenario on @topology would have it. Its texts live in @arena. False after an error; `stop` is
 * one, there is no timeline to look it up in.
 */
bool scenario_parse_entry(struct topology *topology, const char *text, struct arena *arena,
                          struct scenario_entry *entry, struct diag_list *diags);
/** scenario_check_lines() - errors of the shell lines that are known before they are run: syntax,
 * commands that no host has, socket scripts. scenario_parse() has looked at them. */
void scenario_check_lines(struct scenario *scenario, struct diag_list *diags);
void scenario_free(struct scenario *scenario);

struct os;
/** scenario_install_script() - the file that `sock` reads on the host. */
void scenario_install_script(const struct scenario_script *script, struct os *os, bool append);
/** scenario_install_typed() - the programs for @node of the files NAME.sock.yaml that @line, typed
 * at its prompt, names; paths are relative to the working directory. False after an error. */
bool scenario_install_typed(const struct topology *topology, uint32_t node, const char *line,
                            struct os *os, struct diag_list *diags);

#endif
