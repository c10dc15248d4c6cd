/* Which rule set a field of a frame: which table entry, setting, earlier frame or reason its value
 * comes from. */
#ifndef WW_LAB_STEP_RULES_H
#define WW_LAB_STEP_RULES_H

#include "inspect/dissect.h"
#include "lab/step_moment.h"

/* A frame with its history, as the rules want it. */
struct step_rules {
    const struct step_log *log;
    const struct step_entry *shown;    /* the frame that is looked at */
    const struct step_entry *sent;     /* its sending; may be the same */
    const struct step_entry *framed;   /* the sending by whoever wrote the Ethernet header */
    const struct step_entry *origin;   /* the sending by whoever made the packet */
    const struct step_entry *question; /* the arrival at the maker that this answers, or NULL */
    struct facts question_facts;
    struct facts facts;        /* of what is shown, */
    struct facts framed_facts; /* of what was framed, */
    struct facts made;         /* and as it was made */
    struct os *framer, *maker; /* NULL: not a host */
};

/** step_rules_begin() - @entry has a frame whose octets are in the log. */
void step_rules_begin(struct step_rules *rules, const struct step_moment *moment,
                      const struct step_entry *entry);
/** step_rule() - append why @field of @octets is as it is; nothing where that is not worth a word.
 */
void step_rule(const struct step_rules *rules, const struct field *field, const uint8_t *octets,
               GString *out);

/* step_rules_ip.c, step_rules6.c, step_rules_more.c: rules of single fields. Each returns false
 * where it has nothing better to say than a fixed text. */
typedef bool step_rule_function(const struct step_rules *r, GString *out);
step_rule_function *step_rule_of_link(const char *abbrev);
step_rule_function *step_rule_of_ip(const char *abbrev);
step_rule_function *step_rule_of_ip6(const char *abbrev);
/** step_rule_eth_dst6() - where the MAC address comes from that a packet of IPv6 goes to. */
step_rule_function step_rule_eth_dst6;
step_rule_function *step_rule_of_transport(const char *abbrev);
/** step_rule_translated() - a NAT has put the value in the place of @before: which; true.
 * step_rule_translator() - that NAT's name. */
bool step_rule_translated(const struct step_rules *r, const char *before, GString *out);
const char *step_rule_translator(const struct step_rules *r);

#endif
