#include "lab/reader.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "inspect/i18n.h"
#include "lab/yaml_hint.h"
#include "sim/link.h"

#define SHOWN_MAX 40 /* characters of a user's text in a message */

void reader_error(const struct reader *r, struct text_pos at, const char *format, ...)
{
    va_list args;
    g_autofree char *message = NULL;

    va_start(args, format);
    message = g_strdup_vprintf(format, args);
    va_end(args);
    diag_error(r->diags, r->file, at, "%s", message);
}

void reader_warning(const struct reader *r, struct text_pos at, const char *format, ...)
{
    va_list args;
    g_autofree char *message = NULL;

    va_start(args, format);
    message = g_strdup_vprintf(format, args);
    va_end(args);
    diag_warning(r->diags, r->file, at, "%s", message);
}

/* ---- words for messages; after DIAG_MAX_PER_FILE nobody reads them ---- */

const char *reader_quote(const struct reader *r, const char *text)
{
    g_autofree char *shown = NULL;

    if (r->diags->n_errors + r->diags->n_warnings > 2 * DIAG_MAX_PER_FILE)
        return "";
    if (g_utf8_strlen(text, -1) > SHOWN_MAX) {
        g_autofree char *head = g_utf8_substring(text, 0, SHOWN_MAX);

        shown = g_strdup_printf("\"%s...\"", head);
    } else {
        shown = g_strdup_printf("\"%s\"", text);
    }
    return arena_strdup(r->arena, shown);
}

const char *reader_show(const struct reader *r, const struct ynode *node)
{
    if (node->kind == YNODE_MAP)
        return _("a map");
    if (node->kind == YNODE_LIST)
        return _("a list");
    if (ynode_is_null(node))
        return _("nothing");
    return reader_quote(r, node->text);
}

const char *reader_hint(const struct reader *r, const char *word, const char *const *names,
                        size_t n)
{
    const char *nearest;
    g_autofree char *hint = NULL;

    if (r->diags->n_errors + r->diags->n_warnings > DIAG_MAX_PER_FILE)
        return "";
    nearest = diag_nearest(word, names, n);
    if (nearest == NULL)
        return "";
    hint = g_strdup_printf(_("; did you mean `%s`?"), nearest);
    return arena_strdup(r->arena, hint);
}

/* ---- maps ---- */

static bool is_among(const char *word, const char *const *names)
{
    for (; names != NULL && *names != NULL; names++)
        if (strcmp(word, *names) == 0)
            return true;
    return false;
}

static const char *all_names(const struct reader *r, const char *const *names, size_t n)
{
    GString *out = g_string_new(NULL);
    const char *kept;

    for (size_t i = 0; i < n; i++)
        g_string_append_printf(out, "%s%s", i > 0 ? _(", ") : "", names[i]);
    kept = arena_strdup(r->arena, out->str);
    g_string_free(out, TRUE);
    return kept;
}

/* {en: one, two}: the text ended at its comma. */
static bool is_rest_of_text(const struct ynode *map, uint32_t i)
{
    return map->flow && i > 0 && ynode_is_null(ynode_value(map, i)) &&
           ynode_value(map, i - 1)->kind == YNODE_TEXT && !ynode_value(map, i - 1)->quoted;
}

static void unknown_key(const struct reader *r, const struct ynode *key, const char *what,
                        const char *const *names, size_t n, const char *const *later)
{
    const char *hint;

    if (is_among(key->text, later)) {
        reader_error(r, key->at, _("`%s` is not simulated by this version"), key->text);
        return;
    }
    hint = reader_hint(r, key->text, names, n);
    if (*hint != '\0' || n > 12)
        reader_error(r, key->at, _("%s has no key %s%s"), what, reader_quote(r, key->text), hint);
    else
        reader_error(r, key->at, _("%s has no key %s; it may have: %s"), what,
                     reader_quote(r, key->text), all_names(r, names, n));
}

bool read_map(const struct reader *r, const struct ynode *node, const char *what,
              const char *const *names, size_t n, const char *const *later,
              const struct ynode **values)
{
    memset(values, 0, n * sizeof *values);
    if (node->kind != YNODE_MAP) {
        g_autofree char *hint = node->kind == YNODE_TEXT ? yaml_map_hint(node->text) : g_strdup("");

        reader_error(r, node->at, _("%s is a map of keys and values, not %s%s"), what,
                     reader_show(r, node), hint);
        return false;
    }
    for (uint32_t i = 0; i < node->n; i++) {
        const struct ynode *key = ynode_key(node, i);
        size_t which = 0;

        while (which < n && strcmp(key->text, names[which]) != 0)
            which++;
        if (which < n)
            values[which] = ynode_value(node, i);
        else if (is_rest_of_text(node, i))
            reader_error(r, key->at,
                         _("%s has no key %s; a text with a comma inside braces needs quotes"),
                         what, reader_quote(r, key->text));
        else
            unknown_key(r, key, what, names, n, later);
    }
    return true;
}

uint32_t list_len(const struct ynode *node)
{
    if (node == NULL)
        return 0;
    return node->kind == YNODE_LIST ? node->n : 1;
}

const struct ynode *list_item(const struct ynode *node, uint32_t i)
{
    return node->kind == YNODE_LIST ? node->items[i] : node;
}

/* ---- scalars ---- */

bool read_text(const struct reader *r, const struct ynode *node, const char *what,
               const char **text)
{
    if (node->kind != YNODE_TEXT || ynode_is_null(node)) {
        reader_error(r, node->at, _("%s is a text, not %s"), what, reader_show(r, node));
        return false;
    }
    *text = arena_strdup(r->arena, node->text);
    return true;
}

bool read_bool(const struct reader *r, const struct ynode *node, const char *what, bool *value)
{
    if (node->kind == YNODE_TEXT && strcmp(node->text, "true") == 0) {
        *value = true;
        return true;
    }
    if (node->kind == YNODE_TEXT && strcmp(node->text, "false") == 0) {
        *value = false;
        return true;
    }
    reader_error(r, node->at, _("%s is true or false, not %s"), what, reader_show(r, node));
    return false;
}

bool read_u64(const struct reader *r, const struct ynode *node, const char *what, uint64_t min,
              uint64_t max, uint64_t *value)
{
    uint64_t n;

    if (node->kind == YNODE_TEXT && text_u64(node->text, max, &n) && n >= min) {
        *value = n;
        return true;
    }
    if (max == UINT64_MAX)
        reader_error(r, node->at, _("%s is a whole number from %" PRIu64 " on, not %s"), what, min,
                     reader_show(r, node));
    else
        reader_error(r, node->at, _("%s is a whole number from %" PRIu64 " to %" PRIu64 ", not %s"),
                     what, min, max, reader_show(r, node));
    return false;
}

bool read_u32(const struct reader *r, const struct ynode *node, const char *what, uint32_t min,
              uint32_t max, uint32_t *value)
{
    uint64_t n;

    if (!read_u64(r, node, what, min, max, &n))
        return false;
    *value = (uint32_t)n;
    return true;
}

bool read_u16(const struct reader *r, const struct ynode *node, const char *what, uint16_t min,
              uint16_t max, uint16_t *value)
{
    uint64_t n;

    if (!read_u64(r, node, what, min, max, &n))
        return false;
    *value = (uint16_t)n;
    return true;
}

bool read_choice(const struct reader *r, const struct ynode *node, const char *what,
                 const char *const *names, size_t n, size_t *choice)
{
    const char *hint;

    if (node->kind == YNODE_TEXT)
        for (size_t i = 0; i < n; i++)
            if (strcmp(node->text, names[i]) == 0) {
                *choice = i;
                return true;
            }
    hint = node->kind == YNODE_TEXT ? reader_hint(r, node->text, names, n) : "";
    reader_error(r, node->at, _("%s is one of %s, not %s%s"), what, all_names(r, names, n),
                 reader_show(r, node), hint);
    return false;
}

struct unit {
    const char *name;
    unsigned digits; /* one unit is 10^digits, times... */
    uint32_t times;  /* ...this many */
};

/* The number before the unit: digits and a point. */
static size_t number_len(const char *text)
{
    return strspn(text, "0123456789.");
}

static bool scaled_parse(const char *text, const struct unit *units, size_t n_units, int64_t *value)
{
    size_t len = number_len(text);
    int64_t n;

    for (size_t i = 0; i < n_units; i++)
        if (strcmp(text + len, units[i].name) == 0) {
            if (!text_scaled(text, len, units[i].digits, &n) || n > INT64_MAX / units[i].times)
                return false;
            *value = n * units[i].times;
            return true;
        }
    return false;
}

bool time_parse(const char *text, sim_time *value)
{
    static const struct unit units[] = {
        { "ps", 0, 1 }, { "ns", 3, 1 },  { "us", 6, 1 },    { "µs", 6, 1 },    { "ms", 9, 1 },
        { "s", 12, 1 }, { "m", 12, 60 }, { "min", 12, 60 }, { "h", 12, 3600 }, { "d", 12, 86400 },
    };

    if (text[strspn(text, "0.")] == '\0' && strchr(text, '0') != NULL) {
        *value = 0;
        return true;
    }
    return scaled_parse(text, units, G_N_ELEMENTS(units), value) && *value < SIM_TIME_NONE;
}

bool rate_parse(const char *text, uint64_t *value)
{
    static const struct unit units[] = {
        { "bps", 0, 1 }, { "kbps", 3, 1 }, { "Mbps", 6, 1 }, { "Gbps", 9, 1 }, { "Tbps", 12, 1 }
    };
    int64_t n;

    if (!scaled_parse(text, units, G_N_ELEMENTS(units), &n) || n < LINK_RATE_MIN)
        return false;
    *value = (uint64_t)n;
    return true;
}

bool read_time(const struct reader *r, const struct ynode *node, const char *what, sim_time *value)
{
    size_t len = node->kind == YNODE_TEXT ? number_len(node->text) : 0;

    if (node->kind == YNODE_TEXT && time_parse(node->text, value))
        return true;
    if (len > 0 && node->text[len] == '\0')
        reader_error(r, node->at, _("%s needs a unit: %sus, %sms or %ss?"), what, node->text,
                     node->text, node->text);
    else
        reader_error(r, node->at,
                     _("%s is a time like 10us, 1.5ms, 2s or 1h (at most 106 days), not %s"), what,
                     reader_show(r, node));
    return false;
}

bool read_rate(const struct reader *r, const struct ynode *node, const char *what, uint64_t *value)
{
    size_t len = node->kind == YNODE_TEXT ? number_len(node->text) : 0;

    if (node->kind == YNODE_TEXT && rate_parse(node->text, value))
        return true;
    if (len > 0 && node->text[len] == '\0')
        reader_error(r, node->at, _("%s needs a unit: %sbps, %skbps, %sMbps or %sGbps?"), what,
                     node->text, node->text, node->text, node->text);
    else
        reader_error(r, node->at,
                     _("%s is a rate like 10Mbps, 1Gbps or 9600bps, at least 1kbps, not %s"), what,
                     reader_show(r, node));
    return false;
}

bool read_delay(const struct reader *r, const struct ynode *node, const char *what, sim_time *value)
{
    sim_time delay;

    if (!read_time(r, node, what, &delay))
        return false;
    if (delay > LINK_DELAY_MAX) {
        reader_error(r, node->at, _("%s is at most 1h, not %s"), what, reader_show(r, node));
        return false;
    }
    *value = delay;
    return true;
}

bool read_percent(const struct reader *r, const struct ynode *node, const char *what,
                  uint32_t *value)
{
    size_t len = node->kind == YNODE_TEXT ? number_len(node->text) : 0;
    int64_t n;

    if (len > 0 && strcmp(node->text + len, "%") == 0 && text_scaled(node->text, len, 4, &n) &&
        n <= 1000000) {
        *value = (uint32_t)n;
        return true;
    }
    if (len > 0 && node->text[len] == '\0')
        reader_error(r, node->at, _("%s needs a percent sign: %s%%"), what, node->text);
    else
        reader_error(r, node->at,
                     _("%s is a share like 0.5%%, from 0%% to 100%% in steps of 0.0001%%, not %s"),
                     what, reader_show(r, node));
    return false;
}

/* Whether @text looks like an IPv6 address: for a better message. */
static bool looks_ip6(const char *text)
{
    return strchr(text, ':') != NULL && strspn(text, "0123456789abcdefABCDEF:./") == strlen(text);
}

bool read_ip(const struct reader *r, const struct ynode *node, const char *what, ip4_addr *addr)
{
    if (node->kind == YNODE_TEXT && ip4_parse(node->text, addr))
        return true;
    if (node->kind == YNODE_TEXT && looks_ip6(node->text))
        reader_error(r, node->at, _("an IPv6 address is not taken here: %s"), reader_show(r, node));
    else if (node->kind == YNODE_TEXT && strchr(node->text, '/') != NULL)
        reader_error(r, node->at, _("%s is an IPv4 address without a prefix length, not %s"), what,
                     reader_show(r, node));
    else
        reader_error(r, node->at, _("%s is an IPv4 address like 192.168.1.1, not %s"), what,
                     reader_show(r, node));
    return false;
}

bool read_ips(const struct reader *r, const struct ynode *node, const char *what, ip4_addr **addrs,
              uint32_t *n)
{
    uint32_t len = list_len(node), good = 0;
    ip4_addr *all = arena_alloc(r->arena, len * sizeof *all);

    for (uint32_t i = 0; i < len; i++)
        if (read_ip(r, list_item(node, i), what, &all[good]))
            good++;
    *addrs = all;
    *n = good;
    return good == len;
}

bool read_mac(const struct reader *r, const struct ynode *node, const char *what,
              struct mac_addr *mac)
{
    struct mac_addr a;

    if (node->kind != YNODE_TEXT || !mac_parse(node->text, &a)) {
        reader_error(r, node->at, _("%s is a MAC address like 02:00:00:00:01:01, not %s"), what,
                     reader_show(r, node));
        return false;
    }
    if (mac_is_group(&a) || mac_is_zero(&a)) {
        reader_error(
            r, node->at,
            _("%s cannot be an interface's address: %s; the first octet of one is even, say 02"),
            what, mac_is_zero(&a) ? _("it is all zeros") : _("it is a group address"));
        return false;
    }
    *mac = a;
    return true;
}

bool read_words(const struct reader *r, const struct ynode *node, const char *what,
                struct lab_words *words)
{
    static const char *const names[] = { "en", "zh" };
    const struct ynode *values[2];
    bool ok = true;

    if (node->kind != YNODE_MAP)
        return read_text(r, node, what, &words->any);
    if (!read_map(r, node, what, names, 2, NULL, values))
        return false;
    if (values[0] != NULL)
        ok &= read_text(r, values[0], what, &words->en);
    if (values[1] != NULL)
        ok &= read_text(r, values[1], what, &words->zh);
    return ok;
}

const char *lab_words_pick(const struct lab_words *words, const char *language)
{
    const char *wanted = strcmp(language, "zh") == 0 ? words->zh : words->en;

    if (wanted != NULL)
        return wanted;
    if (words->any != NULL)
        return words->any;
    return words->en != NULL ? words->en : words->zh;
}

bool read_version(const struct reader *r, const struct ynode *node, struct text_pos map_at)
{
    uint64_t version;

    if (node == NULL) {
        reader_error(
            r, map_at,
            _("the line `wirewalk: 1` is missing: it says which version of the format this is"));
        return false;
    }
    if (node->kind == YNODE_TEXT && text_u64(node->text, UINT64_MAX, &version) && version == 1)
        return true;
    reader_error(r, node->at, _("this version reads format 1 (`wirewalk: 1`), not %s"),
                 reader_show(r, node));
    return false;
}

/* ---- files ---- */

void file_store_init(struct file_store *store)
{
    store->by_path =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
    store->closed = false;
}

void file_store_fini(struct file_store *store)
{
    g_hash_table_destroy(store->by_path);
}

static bool open_file(const struct reader *r, struct text_pos at, const char *path, char **octets,
                      size_t *len);

bool lab_file_read(const struct reader *r, struct text_pos at, const char *path, char **octets,
                   size_t *len)
{
    GBytes *kept = r->files != NULL ? g_hash_table_lookup(r->files->by_path, path) : NULL;
    gsize size;

    if (kept != NULL) {
        const char *data = g_bytes_get_data(kept, &size);

        *octets = g_strndup("", size);
        if (size > 0)
            memcpy(*octets, data, size);
        *len = size;
        return true;
    }
    if (r->files != NULL && r->files->closed) {
        reader_error(r, at, _("there is no file %s"), path);
        return false;
    }
    if (!open_file(r, at, path, octets, len))
        return false;
    if (r->files != NULL)
        g_hash_table_insert(r->files->by_path, g_strdup(path), g_bytes_new(*octets, *len));
    return true;
}

static bool open_file(const struct reader *r, struct text_pos at, const char *path, char **octets,
                      size_t *len)
{
    g_autoptr(GError) error = NULL;

    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        reader_error(r, at, _("there is no file %s"), path);
        return false;
    }
    if (!g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
        reader_error(r, at, _("cannot read %s: it is no regular file"),
                     path); /* /dev/zero has no end */
        return false;
    }
    if (g_file_get_contents(path, octets, len, &error))
        return true;
    reader_error(r, at, _("cannot read %s: %s"), path, error->message);
    return false;
}

char *lab_path_beside(const char *file, const char *path)
{
    g_autofree char *folder = NULL;

    if (g_path_is_absolute(path))
        return g_strdup(path);
    folder = g_path_get_dirname(file);
    if (strcmp(folder, ".") == 0 && file[0] != '.')
        return g_strdup(path);
    return g_build_filename(folder, path, NULL);
}
