/*
 * Reasons as sentences: the templates of base/why.h with their arguments filled in, in English or
 * in the user's language (inspect/i18n.h). The only place that knows how an argument of each kind
 * is written.
 */
#ifndef WW_INSPECT_RENDER_H
#define WW_INSPECT_RENDER_H

#include <glib.h>
#include <stdbool.h>

#include "base/drop.h"
#include "base/why.h"
#include "sim/time.h"

enum render_lang {
    RENDER_ENGLISH, /* for files that programs read */
    RENDER_USER,    /* the language chosen with i18n_init() */
};

/* What a placeholder of a template shows. */
enum why_kind {
    WHY_KIND_BAD,
    WHY_KIND_IP,
    WHY_KIND_IP6, /* takes the next argument too */
    WHY_KIND_MAC,
    WHY_KIND_DEC,
    WHY_KIND_PORT,
    WHY_KIND_PREFIX,
    WHY_KIND_TIME,
    WHY_KIND_TCPSTATE,
    WHY_KIND_TCPFROM, /* two states in one argument */
    WHY_KIND_TCPTO,
    WHY_KIND_DROP,
    WHY_KIND_ERRNO,
    WHY_KIND_PROTO,
    WHY_KIND_TEXT, /* the record's text; not an argument */
};

struct why_placeholder {
    enum why_kind kind;
    unsigned arg;            /* 0 to WHY_ARGS_MAX - 1 */
    const char *begin, *end; /* from '{' to behind '}' */
};

/** render_why() - append the sentence of @why; @text is the record's text or NULL. Nothing for
 * WHY_NONE. */
void render_why(GString *out, const struct why *why, const char *text, enum render_lang lang);
/** render_template() - the English template of @why, arguments considered. */
const char *render_template(const struct why *why);
/** render_drop() - append the sentence of @reason; @v6: of a packet of IPv6. */
void render_drop(GString *out, enum drop_reason reason, bool v6, enum render_lang lang);
/** render_arg() - append the argument at @value (of some kinds also the one behind it) as @kind. */
void render_arg(GString *out, enum why_kind kind, const uint64_t *value, enum render_lang lang);
/** render_decimal() - append a number. */
void render_decimal(GString *out, uint64_t value);
/** render_duration() - append a length of time in the unit that reads best: "1.5 s", "200 ms", "1
 * h". */
void render_duration(GString *out, sim_time time);
/** render_moment() - append a point of time in seconds with @decimals (0 to 12) places, cut off,
 * not rounded. */
void render_moment(GString *out, sim_time at, unsigned decimals);

/**
 * render_next_placeholder() - find the next {...} of @template from *@at on, and move *@at behind
 * it. False when none is left. A malformed one has kind WHY_KIND_BAD.
 */
bool render_next_placeholder(const char **at, struct why_placeholder *placeholder);
/** render_kind_name() - "ip", "mac", ...: the word in the template. */
const char *render_kind_name(enum why_kind kind);
/** render_tcp_state() - RFC 9293's name of a state number as WHY(TCP_STATE, ...) carries it; "?"
 * for another number. */
const char *render_tcp_state(uint64_t state);

#endif
