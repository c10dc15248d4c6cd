/*
 * Reading a YAML tree by a schema: each function takes a value of one kind, and says what was found
 * and what would be right when it is another. All return false after an error and leave the target
 * alone.
 */
#ifndef WW_LAB_READER_H
#define WW_LAB_READER_H

#include "base/addr.h"
#include "lab/diag.h"
#include "lab/topology.h"
#include "lab/yaml_tree.h"
#include "sim/time.h"

/* Files that have been read once and are kept. A closed store opens no more: what is not in it does
 * not exist. */
struct file_store {
    GHashTable *by_path; /* path -> GBytes */
    bool closed;
};

void file_store_init(struct file_store *store);
void file_store_fini(struct file_store *store);

struct reader {
    const char *file;
    struct diag_list *diags;
    struct arena *arena;      /* of the model being read: texts are copied into it */
    struct file_store *files; /* NULL: files are opened as they are needed */
};

void reader_error(const struct reader *r, struct text_pos at, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
void reader_warning(const struct reader *r, struct text_pos at, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/**
 * reader_show() - what @node holds, for a message: a text in quotation marks, shortened; "a map";
 * "a list"; "nothing". Lives as long as the arena.
 */
const char *reader_show(const struct reader *r, const struct ynode *node);
/** reader_quote() - @text likewise. */
const char *reader_quote(const struct reader *r, const char *text);
/** reader_hint() - `; did you mean NAME?` for the nearest of @names, or "". Lives as long as the
 * arena. */
const char *reader_hint(const struct reader *r, const char *word, const char *const *names,
                        size_t n);

/**
 * read_map() - sort the values of @node into @values by the names of its keys: values[i] belongs to
 * names[i], NULL where it is not written. @what ("a link") is for messages. Unknown keys are
 * errors, and so are keys of @later, names that the format reserves for what is not built yet
 * (NULL-terminated; may be NULL). False if it is no map.
 */
bool read_map(const struct reader *r, const struct ynode *node, const char *what,
              const char *const *names, size_t n, const char *const *later,
              const struct ynode **values);

/** read_text() - any text; a null is none. */
bool read_text(const struct reader *r, const struct ynode *node, const char *what,
               const char **text);
bool read_bool(const struct reader *r, const struct ynode *node, const char *what, bool *value);
bool read_u64(const struct reader *r, const struct ynode *node, const char *what, uint64_t min,
              uint64_t max, uint64_t *value);
bool read_u32(const struct reader *r, const struct ynode *node, const char *what, uint32_t min,
              uint32_t max, uint32_t *value);
bool read_u16(const struct reader *r, const struct ynode *node, const char *what, uint16_t min,
              uint16_t max, uint16_t *value);
/** read_choice() - one of @names; its place in *@choice. */
bool read_choice(const struct reader *r, const struct ynode *node, const char *what,
                 const char *const *names, size_t n, size_t *choice);
/** read_time() - `10us`, `1.5ms`, `2s`, `1h`; 0 needs no unit. From 0 on. */
bool read_time(const struct reader *r, const struct ynode *node, const char *what, sim_time *value);
/** read_rate() - `10Mbps`; bit/s, at least 1. */
bool read_delay(const struct reader *r, const struct ynode *node, const char *what,
                sim_time *value); /* of a cable: a time of at most LINK_DELAY_MAX */
bool read_rate(const struct reader *r, const struct ynode *node, const char *what, uint64_t *value);
/** read_percent() - `0.5%` -> millionths. */
bool read_percent(const struct reader *r, const struct ynode *node, const char *what,
                  uint32_t *value);
bool read_ip(const struct reader *r, const struct ynode *node, const char *what, ip4_addr *addr);
/** read_ips() - one address or a list of them. */
bool read_ips(const struct reader *r, const struct ynode *node, const char *what, ip4_addr **addrs,
              uint32_t *n);
/** read_mac() - a unicast MAC address. */
bool read_mac(const struct reader *r, const struct ynode *node, const char *what,
              struct mac_addr *mac);
/** read_words() - a text, or a map of languages. */
bool read_words(const struct reader *r, const struct ynode *node, const char *what,
                struct lab_words *words);
/** read_version() - `wirewalk: 1`, required; @node is NULL where it is missing. */
bool read_version(const struct reader *r, const struct ynode *node, struct text_pos map_at);

/** list_len() / list_item() - a list's items; anything else counts as a list of itself. */
uint32_t list_len(const struct ynode *node);
const struct ynode *list_item(const struct ynode *node, uint32_t i);

/** time_parse() - the text of read_time(); also for commands' options. */
bool time_parse(const char *text, sim_time *value);
/** rate_parse() - the text of read_rate(). */
bool rate_parse(const char *text, uint64_t *value);

/** lab_file_read() - the octets of @path. On failure an error at @at of @r. Free with g_free(). */
bool lab_file_read(const struct reader *r, struct text_pos at, const char *path, char **octets,
                   size_t *len);
/** lab_path_beside() - @path as seen from the folder of @file. Free with g_free(). */
char *lab_path_beside(const char *file, const char *path);

#endif
