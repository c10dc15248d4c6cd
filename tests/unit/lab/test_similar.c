/* Who resembles whom: rare things count, what everybody does counts nothing. */
#include "tests/support/unit.h"

#include <glib.h>

#include "lab/class_value.h"
#include "lab/similar.h"

/* Edits and commands are separated by "|". */
static json_t *list_of(const char *texts)
{
    g_auto(GStrv) parts = g_strsplit(texts, "|", -1);
    json_t *list = json_array();

    for (size_t i = 0; parts[i] != NULL && *texts != '\0'; i++)
        json_array_append_new(list, json_string(parts[i]));
    return list;
}

static json_t *print_of(const char *edits, const char *commands)
{
    return json_pack("{s:o, s:o, s:[]}", "edits", list_of(edits), "commands", list_of(commands),
                     "answers");
}

static void add(json_t *results, const char *name, const char *bad, const char *edits,
                const char *commands)
{
    json_array_append_new(results, json_pack("{s:s, s:{s:s}, s:o}", "submission", name, "variant",
                                             "bad", bad, "fingerprint", print_of(edits, commands)));
}

/* @n others who did the right thing, each in a way of their own. */
static json_t *class_of(unsigned n)
{
    json_t *results = json_array();

    for (unsigned i = 0; i < n; i++) {
        g_autofree char *name = g_strdup_printf("other%02u", i);
        g_autofree char *number = g_strdup_printf("%u", 100 + i);
        g_autofree char *commands = g_strdup_printf("pc2$ ip route|pc2$ ping -c %u x", i);

        add(results, name, number, "pc2.gateway: 192.168.1.1", commands);
    }
    return results;
}

static json_t *clusters_of(json_t *results, json_t *forced)
{
    json_t *found = similar_find(results, forced);
    json_t *clusters = json_incref(json_object_get(found, "clusters"));

    json_decref(found);
    json_decref(results);
    json_decref(forced);
    return clusters;
}

static size_t members(const json_t *clusters, size_t i)
{
    return json_array_size(json_object_get(json_array_get(clusters, i), "members"));
}

static void the_same_right_answer_is_no_likeness(void)
{
    json_t *results = class_of(20), *clusters;

    add(results, "a", "7", "pc2.gateway: 192.168.1.1", "");
    add(results, "b", "8", "pc2.gateway: 192.168.1.1", "");
    clusters = clusters_of(results, NULL);
    EQ(json_array_size(clusters), 0);
    json_decref(clusters);
}

static void rare_slips_in_common_are_a_cluster_with_its_evidence(void)
{
    static const char LOG[] = "pc2$ ip rout|pc2$ ping 192.168.1.11|pc2$ arp -n";
    json_t *results = class_of(20), *clusters, *evidence;

    add(results, "a", "7", "pc2.gateway: 192.168.1.11", LOG);
    add(results, "b", "8", "pc2.gateway: 192.168.1.11", LOG);
    add(results, "c", "9", "pc2.gateway: 192.168.1.11", LOG);
    clusters = clusters_of(results, NULL);
    CU_ASSERT_EQUAL_FATAL(json_array_size(clusters), 1);
    EQ(members(clusters, 0), 3);
    EQ(json_integer_value(json_object_get(json_array_get(clusters, 0), "percent")), 100);
    evidence = json_object_get(json_array_get(clusters, 0), "evidence");
    EQ_STR(class_text(json_array_get(evidence, 0), "text"), "pc2.gateway: 192.168.1.11");
    EQ(json_integer_value(json_object_get(json_array_get(evidence, 0), "submissions")), 3);
    json_decref(clusters);
}

static void each_ones_own_numbers_do_not_hide_a_likeness(void)
{
    json_t *results = class_of(20), *clusters;

    add(results, "a", "7", "sw.note: 192.168.2.7 was odd|x.y: 9",
        "pc2$ ping 192.168.2.7|pc2$ arp -x");
    add(results, "b", "8", "sw.note: 192.168.2.8 was odd|x.y: 9",
        "pc2$ ping 192.168.2.8|pc2$ arp -x");
    clusters = clusters_of(results, NULL);
    EQ(json_array_size(clusters), 1);
    json_decref(clusters);
}

static void anothers_numbers_weigh_where_everybody_has_their_own(void)
{
    json_t *results = json_array(), *clusters;

    for (unsigned i = 0; i < 100; i++) {
        g_autofree char *name = g_strdup_printf("s%02u", i),
                        *number = g_strdup_printf("%u", 100 + i);
        /* s99 took the answer of s42 */
        g_autofree char *edit = g_strdup_printf("a.b: 10.0.0.%u|c.d: 10.0.1.%u",
                                                i == 99 ? 142 : 100 + i, i == 99 ? 142 : 100 + i);

        add(results, name, number, edit, "");
    }
    clusters = clusters_of(results, NULL);
    CU_ASSERT_EQUAL_FATAL(json_array_size(clusters), 1);
    EQ(members(clusters, 0), 2);
    json_decref(clusters);
}

static void what_the_solution_has_too_is_no_evidence(void)
{
    static const char EDITS[] = "a.b: 1|c.d: 2|e.f: 3";
    json_t *results = class_of(20), *forced = json_array(), *clusters;

    add(results, "a", "7", EDITS, "");
    add(results, "b", "8", EDITS, "");
    for (size_t i = 0; i < json_array_size(results); i++)
        json_array_append_new(forced, print_of(EDITS, ""));
    clusters = clusters_of(results, forced);
    EQ(json_array_size(clusters), 0);
    json_decref(clusters);
}

static void a_number_of_ones_own_that_the_solution_has_by_chance_is_no_evidence(void)
{
    json_t *results = class_of(20), *forced = json_array(), *clusters;

    add(results, "a", "192", "pc2.gateway: 192.168.1.1", "");
    add(results, "b", "192", "pc2.gateway: 192.168.1.1", "");
    json_array_append_new(forced, print_of("pc2.gateway: 192.168.1.1", ""));
    clusters = clusters_of(results, forced);
    EQ(json_array_size(clusters), 0);
    json_decref(clusters);
}

UNIT_MAIN("similar", TEST(the_same_right_answer_is_no_likeness),
          TEST(rare_slips_in_common_are_a_cluster_with_its_evidence),
          TEST(each_ones_own_numbers_do_not_hide_a_likeness),
          TEST(anothers_numbers_weigh_where_everybody_has_their_own),
          TEST(what_the_solution_has_too_is_no_evidence),
          TEST(a_number_of_ones_own_that_the_solution_has_by_chance_is_no_evidence))
