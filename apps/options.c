#include "apps/options.h"

#include <string.h>

static const char *name_of(const struct options *o)
{
    return o->self->argv[0];
}

/* Moves the first word that begins an option to argv[o->next]; false when there is none. */
static bool find_option(struct options *o)
{
    char **argv = o->self->argv;
    int at = o->next;

    while (at < o->self->argc && (argv[at][0] != '-' || argv[at][1] == '\0'))
        at++;
    if (at == o->self->argc)
        return false;
    for (char *word = argv[at]; at > o->next; at--) {
        argv[at] = argv[at - 1];
        argv[at - 1] = word;
    }
    return true;
}

/* The value of an option whose word has been read: the next argv, which must not be an operand
 * moved before it. */
static bool take_value(struct options *o)
{
    char **argv = o->self->argv;
    int at = o->next + o->operands;

    if (at >= o->self->argc)
        return false;
    o->value = argv[at];
    for (char *word = argv[at]; at > o->next; at--) {
        argv[at] = argv[at - 1];
        argv[at - 1] = word;
    }
    o->next++;
    return true;
}

static int refuse(struct options *o, const char *dashes, const char *option, size_t len)
{
    process_errorf(o->self, "%s: option %s%.*s is not simulated by wirewalk\n", name_of(o), dashes,
                   (int)len, option);
    return OPTIONS_REFUSED;
}

static int long_option(struct options *o, const char *word)
{
    size_t len = strcspn(word, "=");
    const struct option_name *found = NULL;
    bool exact = false, ambiguous = false;

    for (const struct option_name *n = o->longs; n != NULL && n->name != NULL && !exact; n++) {
        if (strncmp(n->name, word, len) != 0)
            continue;
        exact = n->name[len] == '\0';
        ambiguous = !exact && found != NULL;
        found = n;
    }
    if (found == NULL) {
        process_errorf(o->self, "%s: unrecognized option '--%.*s'\n", name_of(o), (int)len, word);
        return OPTIONS_ERROR;
    }
    if (ambiguous) {
        process_errorf(o->self, "%s: option '--%.*s' is ambiguous\n", name_of(o), (int)len, word);
        return OPTIONS_ERROR;
    }
    if (found->value == 0)
        return refuse(o, "--", found->name, strlen(found->name));
    o->value = word[len] == '=' ? word + len + 1 : NULL;
    if (o->value != NULL && !found->has_value) {
        process_errorf(o->self, "%s: option '--%s' doesn't allow an argument\n", name_of(o),
                       found->name);
        return OPTIONS_ERROR;
    }
    if (o->value == NULL && found->has_value && !take_value(o)) {
        process_errorf(o->self, "%s: option '--%s' requires an argument\n", name_of(o),
                       found->name);
        return OPTIONS_ERROR;
    }
    return found->value;
}

static int short_option(struct options *o, const char *word)
{
    const char *letter = word + o->cluster++;
    const char *known = *letter == ':' ? NULL : strchr(o->shorts, *letter);
    bool last = word[o->cluster] == '\0';

    if (known == NULL && o->refused != NULL && *letter != ':' &&
        strchr(o->refused, *letter) != NULL)
        return refuse(o, "-", letter, 1);
    if (last)
        o->next++;
    if (known == NULL) {
        process_errorf(o->self, "%s: invalid option -- '%c'\n", name_of(o), *letter);
        if (last)
            o->cluster = 0;
        return OPTIONS_ERROR;
    }
    o->value = NULL;
    if (known[1] == ':') {
        if (!last) {
            o->value = letter + 1;
            o->next++;
        } else if (!take_value(o)) {
            process_errorf(o->self, "%s: option requires an argument -- '%c'\n", name_of(o),
                           *letter);
            return OPTIONS_ERROR;
        }
        o->cluster = 0;
    } else if (last) {
        o->cluster = 0;
    }
    return *letter;
}

int options_next(struct options *o)
{
    char **argv = o->self->argv;
    char *word;
    int before;

    if (o->next == 0)
        o->next = 1;
    if (o->cluster > 0)
        return short_option(o, argv[o->next]);
    before = o->next;
    while (before < o->self->argc && (argv[before][0] != '-' || argv[before][1] == '\0'))
        before++;
    o->operands = before - o->next;
    if (!find_option(o)) {
        o->at = o->next;
        return OPTIONS_END;
    }
    word = argv[o->next];
    if (strcmp(word, "--") == 0) {
        o->next++;
        o->at = o->next;
        return OPTIONS_END;
    }
    if (word[1] == '-') {
        o->next++;
        return long_option(o, word + 2);
    }
    o->cluster = 1;
    return short_option(o, word);
}
