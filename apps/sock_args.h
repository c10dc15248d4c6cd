/* The arguments of socket scripts' verbs, shared by the files of `sock`. */
#ifndef WW_APPS_SOCK_ARGS_H
#define WW_APPS_SOCK_ARGS_H

#include "apps/sock_script.h"

enum sock_form {
    FORM_NONE,
    FORM_NUMBER,
    FORM_NUMBER_OR_NOT,
    FORM_SWITCH,       /* on, off, 1, 0, nothing for on */
    FORM_NUMBER_FLAGS, /* a number, then flags of send() or recv() */
    FORM_SIZE_FLAGS,   /* the same, without a number where it is not wanted */
    FORM_TIME,
    FORM_ENDPOINT,
    FORM_ENDPOINT_NUMBER,
    FORM_ENDPOINT_TEXT,
    FORM_WORD,
    FORM_TWO_WORDS,
    FORM_TEXT, /* all the rest, with escapes */
    FORM_HEX,
    FORM_TYPE_OR_NOT,
    FORM_PROTOCOL,
    FORM_SOCKET, /* family, type and perhaps protocol */
    FORM_OPTION,
    FORM_OPTION_VALUE,
    FORM_GROUP, /* an address and perhaps an interface */
    FORM_CHARSET,
    FORM_POLL,        /* what for, and perhaps how long */
    FORM_SELECT,      /* names of sockets in sets, and how long */
    FORM_WATCH,       /* what for, and how */
    FORM_TIME_OR_NOT, /* nothing: for ever */
    FORM_LOOP,
    FORM_FORK,
    FORM_N
};

/** sock_form_texts - "a number", by form, for messages. */
extern const char *const sock_form_texts[FORM_N];
/** sock_read_args() - @args, which it may change, into *@op; @max bounds a number. False: they are
 * not what @form wants. */
bool sock_read_args(enum sock_form form, uint64_t max, char *args, struct sock_op *op);

/** sock_option_find() - by name, without regard to case; NULL. */
const struct sock_option_name *sock_option_find(const char *name);
/** sock_info_offset() - where tcp_info has the field of a SOCK_VALUE_INFO option, and its octets.
 */
unsigned sock_info_offset(const struct sock_option_name *option, unsigned *size);
/** sock_read_value() - the value of @option as text. */
bool sock_read_value(const struct sock_option_name *option, const char *text, int64_t *value);

#endif
