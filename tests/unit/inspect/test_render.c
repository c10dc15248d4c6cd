#include "tests/support/unit.h"

#include <glib.h>

#include "base/addr.h"
#include "base/errnos.h"
#include "inspect/i18n.h"
#include "inspect/phrase.h"
#include "inspect/render.h"

static const char *sentence(const char *lang, struct why why, const char *text)
{
    static GString *out;

    if (out == NULL)
        out = g_string_new(NULL);
    g_string_truncate(out, 0);
    i18n_init(lang);
    render_why(out, &why, text, RENDER_USER);
    return out->str;
}

static void arguments_of_every_kind_are_shown(void)
{
    EQ_STR(sentence("en", WHY(ARP_ASK, IP4(10, 0, 0, 2), IP4(10, 0, 0, 9)), NULL),
           "who has 10.0.0.2? a packet for 10.0.0.9 waits for its MAC address");
    EQ_STR(sentence("en", WHY(FDB_LEARNED, 0x020000000101), NULL),
           "the switch learned that 02:00:00:00:01:01 is behind this port");
    EQ_STR(sentence("en", WHY(ADDR_ADDED, WHY_PREFIX(IP4(10, 0, 0, 1), 24)), NULL),
           "the interface has the address 10.0.0.1/24");
    EQ_STR(sentence("en", WHY(TCP_STATE, 2, 4, 40000, IP4(10, 0, 0, 2)), NULL),
           "port 40000 with 10.0.0.2: SYN-SENT becomes ESTABLISHED");
    EQ_STR(sentence("en", WHY(TCP_STATE, 0, 1, 80, 0), NULL), "port 80: CLOSED becomes LISTEN");
    EQ_STR(sentence("zh", WHY(TCP6_STATE, 0, 0, 80, 1), NULL), "端口 80：CLOSED 变为 LISTEN");
    EQ_STR(sentence("en", WHY(CALL_FAILED, SIM_ECONNREFUSED), "connect"),
           "connect fails with ECONNREFUSED");
    EQ_STR(sentence("en", WHY(DHCP_BOUND, IP4(10, 0, 0, 1), SIM_SEC(3600)), NULL),
           "has the address 10.0.0.1 for 1 h");
    EQ_STR(sentence("en", WHY(ROUTE_ADDED, WHY_PREFIX(0, 0), IP4(10, 0, 0, 254)), NULL),
           "route default via 10.0.0.254 added");
    EQ_STR(sentence("en", WHY0(NONE), "x"), "");
}

/* Of every reason, in the language chosen, each twice. */
static void compare_phrases(enum render_lang lang)
{
    struct phrases *phrases = phrases_new(lang);
    GString *kept = g_string_new(NULL), *fresh = g_string_new(NULL);

    for (unsigned i = 0; i < 4 * WHY_N_CODES; i++) {
        uint64_t odd = i & 1;
        struct why why = { (enum why_code)(i / 4), { 7 * 256 + 24, odd, odd * UINT64_MAX, 12 } };

        g_string_truncate(kept, 0);
        g_string_truncate(fresh, 0);
        phrases_add(phrases, kept, &why, i & 2 ? "words" : NULL);
        render_why(fresh, &why, i & 2 ? "words" : NULL, lang);
        EQ_STR(kept->str, fresh->str);
    }
    g_string_free(kept, TRUE);
    g_string_free(fresh, TRUE);
    phrases_free(phrases);
}

static void sentences_that_are_kept_say_the_same(void)
{
    i18n_init("zh");
    compare_phrases(RENDER_USER);
    compare_phrases(RENDER_ENGLISH);
    i18n_init("en");
    compare_phrases(RENDER_USER);
}

static void chinese_needs_no_locale_and_can_be_chosen_again(void)
{
    EQ_STR(sentence("zh", WHY(DHCP_OFFER, IP4(10, 0, 0, 1)), NULL), "提供地址 10.0.0.1");
    EQ_STR(sentence("en", WHY(DHCP_OFFER, IP4(10, 0, 0, 1)), NULL), "offers the address 10.0.0.1");
    EQ_STR(sentence("zh_CN.UTF-8", WHY(DHCP_OFFER, IP4(10, 0, 0, 1)), NULL), "提供地址 10.0.0.1");
}

static void language_comes_from_the_environment(void)
{
    g_unsetenv("LANGUAGE");
    g_setenv("LC_ALL", "zh_CN.UTF-8", TRUE);
    EQ_STR(i18n_init(NULL), "zh");
    g_unsetenv("LANGUAGE");
    g_setenv("LC_ALL", "de_DE", TRUE);
    EQ_STR(i18n_init(NULL), "en");
    g_unsetenv("LC_ALL");
}

static void lengths_of_time_read_well(void)
{
    static const struct {
        sim_time time;
        const char *text;
    } rows[] = {
        { 0, "0 s" },
        { SIM_SEC(3600), "1 h" },
        { SIM_SEC(90), "90 s" },
        { SIM_SEC(120), "2 min" },
        { SIM_MSEC(1500), "1.5 s" },
        { SIM_MSEC(200), "200 ms" },
        { SIM_USEC(5), "5 us" },
        { 1, "1 ps" },
        { SIM_NSEC(51200), "51.2 us" },
        { -SIM_SEC(1), "-1 s" },
    };
    g_autoptr(GString) out = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_string_truncate(out, 0);
        render_duration(out, rows[i].time);
        EQ_STR(out->str, rows[i].text);
    }
    g_string_truncate(out, 0);
    render_moment(out, SIM_SEC(5) + SIM_USEC(123456) + SIM_NSEC(789), 6);
    EQ_STR(out->str, "5.123456");
}

/* The placeholders of a template as a sorted text, so that two languages can be compared. */
static char *placeholders(const char *template)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    struct why_placeholder p;
    const char *at = template;
    GString *joined = g_string_new(NULL);

    while (render_next_placeholder(&at, &p)) {
        OK(p.kind != WHY_KIND_BAD);
        g_ptr_array_add(names, g_strdup_printf("%u:%s ", p.arg, render_kind_name(p.kind)));
    }
    OK(strchr(at, '}') == NULL);
    for (unsigned arg = 0; arg < WHY_ARGS_MAX;
         arg++) /* each once: a language may repeat one or order them anew */
        for (guint i = 0; i < names->len; i++) {
            const char *name = names->pdata[i];

            if ((unsigned)(name[0] - '0') == arg && strstr(joined->str, name) == NULL)
                g_string_append(joined, name);
        }
    g_ptr_array_free(names, TRUE);
    return g_string_free(joined, FALSE);
}

static void check_message(const char *message)
{
    const char *chinese;
    g_autofree char *here = placeholders(message), *there = NULL;

    i18n_init("zh");
    chinese = _(message);
    there = placeholders(chinese);
    if (strcmp(message, "{text}") != 0 && chinese == message) {
        fprintf(stderr, "no Chinese for \"%s\"\n", message);
        OK(chinese != message);
    }
    EQ_STR(there, here);
}

static void every_reason_is_well_formed_in_both_languages(void)
{
    for (unsigned code = WHY_NONE + 1; code < WHY_N_CODES; code++)
        check_message(why_sentence((enum why_code)code));
    for (unsigned reason = 0; reason < DROP_N_REASONS; reason++)
        for (unsigned v6 = 0; v6 <= 1; v6++)
            check_message(drop_sentence((enum drop_reason)reason, v6 != 0));
}

static void names_of_reasons_are_unique_words(void)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    for (unsigned code = 0; code < WHY_N_CODES; code++) {
        const char *name = why_name((enum why_code)code);

        OK(g_hash_table_add(seen, (char *)name));
        OK(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(name));
    }
}

UNIT_MAIN("render", TEST(arguments_of_every_kind_are_shown),
          TEST(sentences_that_are_kept_say_the_same),
          TEST(chinese_needs_no_locale_and_can_be_chosen_again),
          TEST(language_comes_from_the_environment), TEST(lengths_of_time_read_well),
          TEST(every_reason_is_well_formed_in_both_languages),
          TEST(names_of_reasons_are_unique_words))
