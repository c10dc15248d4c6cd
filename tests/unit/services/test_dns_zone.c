/* What a zone says: RFC 1034 section 4.3.2, 2308, 4592; records and the cache. */
#include "tests/support/unit.h"

#include "stack/services/dns_cache.h"
#include "stack/services/dns_records.h"
#include "stack/services/wall_clock.h"

#define REC(n, ty, ...)                                                                            \
    {                                                                                              \
        .name = n, .ttl = 60, .type = ty, __VA_ARGS__                                              \
    }

static const struct dns_record records[] = {
    REC("example.com", DNS_TYPE_SOA, .target = "ns.example.com", .rname = "a.example.com",
        .soa = { 1, 2, 3, 4, 30 }),
    REC("example.com", DNS_TYPE_NS, .target = "ns.example.com"),
    REC("ns.example.com", DNS_TYPE_A, .addr = IP4(10, 0, 0, 2)),
    REC("a.b.example.com", DNS_TYPE_A, .addr = IP4(10, 0, 0, 3)),
    REC("one.example.com", DNS_TYPE_CNAME, .target = "two.example.com"),
    REC("two.example.com", DNS_TYPE_CNAME, .target = "one.example.com"),
    REC("out.example.com", DNS_TYPE_CNAME, .target = "www.elsewhere.org"),
    REC("sub.example.com", DNS_TYPE_NS, .target = "ns.sub.example.com"),
    REC("ns.sub.example.com", DNS_TYPE_A, .addr = IP4(10, 0, 0, 9)),
    REC("deep.sub.example.com", DNS_TYPE_NS, .target = "ns.sub.example.com"),
    REC("*.w.example.com", DNS_TYPE_MX, .preference = 5, .target = "ns.example.com"),
};

static struct dns_found found;

static enum dns_verdict find(const char *name, uint16_t type)
{
    struct dns_zone_data zone = { .records = records,
                                  .n_records = sizeof records / sizeof *records };

    dns_zone_find(&zone, name, type, &found);
    return found.verdict;
}

static void names_are_found_whatever_their_case(void)
{
    EQ(find("NS.Example.COM.", DNS_TYPE_A), DNS_VERDICT_ANSWER);
    EQ(found.n[DNS_ANSWER], 1);
    EQ(found.n[DNS_AUTHORITY], 0);
    EQ(find("ns.example.com.", DNS_TYPE_ANY), DNS_VERDICT_ANSWER);
}

static void no_data_and_no_name_carry_the_soa(void)
{
    EQ(find("ns.example.com.", DNS_TYPE_MX), DNS_VERDICT_NODATA);
    EQ(found.n[DNS_AUTHORITY], 1);
    EQ(find("nosuch.example.com.", DNS_TYPE_A), DNS_VERDICT_NXDOMAIN);
    EQ(found.n[DNS_AUTHORITY], 1);
    EQ(found.rrs[DNS_AUTHORITY][0].record->type, DNS_TYPE_SOA);
}

/* As dnsmasq with --host-record. */
static void addresses_lead_back_to_the_first_name(void)
{
    static const struct dns_record lab[] = {
        REC("*.lab.test", DNS_TYPE_A, .addr = IP4(10, 0, 0, 10)),
        REC("www.lab.test", DNS_TYPE_A, .addr = IP4(10, 0, 0, 10)),
        REC("alt.lab.test", DNS_TYPE_A, .addr = IP4(10, 0, 0, 10)),
        REC("six.lab.test", DNS_TYPE_AAAA, .addr6 = { 0xfd, [15] = 0x11 }),
        REC("own.lab.test", DNS_TYPE_A, .addr = IP4(10, 0, 0, 11)),
        REC("11.0.0.10.in-addr.arpa", DNS_TYPE_PTR, .target = "told.lab.test"),
    };
    static const char name6[] =
        "1.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa.";
    struct dns_zone_data zone = { .records = lab,
                                  .n_records = sizeof lab / sizeof *lab,
                                  .reverse = true };

    dns_zone_find(&zone, "10.0.0.10.in-addr.arpa.", DNS_TYPE_PTR, &found);
    EQ(found.verdict, DNS_VERDICT_ANSWER);
    EQ(found.n[DNS_ANSWER], 1);
    EQ_STR(found.rrs[DNS_ANSWER][0].record->target, "www.lab.test");
    EQ(found.rrs[DNS_ANSWER][0].record->ttl, 60);
    dns_zone_find(&zone, "10.0.0.10.in-addr.arpa.", DNS_TYPE_ANY, &found);
    EQ(found.n[DNS_ANSWER], 1);
    dns_zone_find(&zone, "10.0.0.10.in-addr.arpa.", DNS_TYPE_TXT, &found);
    EQ(found.verdict, DNS_VERDICT_OUTSIDE);
    dns_zone_find(&zone, name6, DNS_TYPE_PTR, &found);
    EQ(found.n[DNS_ANSWER], 1);
    EQ_STR(found.rrs[DNS_ANSWER][0].record->target, "six.lab.test");
    dns_zone_find(&zone, "11.0.0.10.in-addr.arpa.", DNS_TYPE_PTR, &found);
    EQ(found.n[DNS_ANSWER], 1);
    EQ_STR(found.rrs[DNS_ANSWER][0].record->target, "told.lab.test");
    dns_zone_find(&zone, "12.0.0.10.in-addr.arpa.", DNS_TYPE_PTR, &found);
    EQ(found.verdict, DNS_VERDICT_OUTSIDE);
    zone.reverse = false;
    dns_zone_find(&zone, "10.0.0.10.in-addr.arpa.", DNS_TYPE_PTR, &found);
    EQ(found.verdict, DNS_VERDICT_OUTSIDE);
}

static void an_empty_non_terminal_exists(void)
{
    EQ(find("b.example.com.", DNS_TYPE_A), DNS_VERDICT_NODATA);
}

static void below_a_delegation_the_nearest_cut_to_the_apex_counts(void)
{
    EQ(find("x.deep.sub.example.com.", DNS_TYPE_A), DNS_VERDICT_REFERRAL);
    EQ(found.n[DNS_AUTHORITY], 1);
    EQ_STR(found.rrs[DNS_AUTHORITY][0].record->name, "sub.example.com");
    EQ(found.n[DNS_ADDITIONAL], 1);
    EQ(find("sub.example.com.", DNS_TYPE_NS), DNS_VERDICT_REFERRAL);
    EQ(find("example.com.", DNS_TYPE_NS), DNS_VERDICT_ANSWER); /* the apex is no delegation */
}

static void an_alias_loop_ends(void)
{
    EQ(find("one.example.com.", DNS_TYPE_A), DNS_VERDICT_ANSWER);
    EQ(found.n[DNS_ANSWER], 2);
}

static void an_alias_may_lead_outside(void)
{
    EQ(find("out.example.com.", DNS_TYPE_A), DNS_VERDICT_OUTSIDE);
    EQ(found.n[DNS_ANSWER], 1);
    EQ_STR(found.last_name, "www.elsewhere.org");
    EQ(find("out.example.com.", DNS_TYPE_CNAME), DNS_VERDICT_ANSWER);
}

static void a_wildcard_speaks_for_names_that_do_not_exist(void)
{
    EQ(find("any.thing.w.example.com.", DNS_TYPE_MX), DNS_VERDICT_ANSWER);
    EQ_STR(found.rrs[DNS_ANSWER][0].owner, "any.thing.w.example.com.");
    EQ(find("any.w.example.com.", DNS_TYPE_A), DNS_VERDICT_NODATA);
    EQ(find("w.example.com.", DNS_TYPE_MX),
       DNS_VERDICT_NODATA); /* itself it is an empty non-terminal */
}

static void other_names_are_outside_unless_the_records_are_everything(void)
{
    struct dns_zone_data all = { .records = records,
                                 .n_records = sizeof records / sizeof *records,
                                 .everything = true };

    EQ(find("www.org.", DNS_TYPE_A), DNS_VERDICT_OUTSIDE);
    dns_zone_find(&all, "www.org.", DNS_TYPE_A, &found);
    EQ(found.verdict, DNS_VERDICT_NXDOMAIN);
}

static bool always(void *ctx, ip4_addr addr)
{
    (void)ctx;
    return addr == IP4(10, 0, 0, 9);
}

static void a_server_does_not_delegate_to_itself(void)
{
    struct dns_zone_data zone = { .records = records,
                                  .n_records = sizeof records / sizeof *records,
                                  .is_own = always };

    dns_zone_find(&zone, "ns.sub.example.com.", DNS_TYPE_A, &found);
    EQ(found.verdict, DNS_VERDICT_ANSWER);
}

/* ---- the cache ---- */

static size_t answer(uint8_t *octets, bool aa, uint8_t rcode, const struct dns_record *answers,
                     unsigned n, const struct dns_record *authority, unsigned n_authority)
{
    struct dns_hdr hdr = { .qr = true, .aa = aa, .rcode = rcode };
    struct dns_writer w;

    dns_emit_begin(&w, &hdr, octets, 512);
    dns_emit_question(&w, "www.example.com.", DNS_TYPE_A, DNS_CLASS_IN);
    for (unsigned i = 0; i < n; i++)
        OK(dns_record_emit(&w, DNS_ANSWER, answers[i].name, answers[i].ttl, &answers[i]));
    for (unsigned i = 0; i < n_authority; i++)
        OK(dns_record_emit(&w, DNS_AUTHORITY, authority[i].name, authority[i].ttl, &authority[i]));
    return dns_emit_end(&w);
}

static void what_is_learned_ends_with_its_ttl(void)
{
    static const struct dns_record a = REC("www.example.com", DNS_TYPE_A, .addr = IP4(1, 2, 3, 4));
    struct dns_cache cache = { 0 };
    uint8_t octets[512];
    size_t len = answer(octets, true, 0, &a, 1, NULL, 0);

    EQ(dns_cache_learn(&cache, octets, len, "www.example.com.", DNS_TYPE_A, ".", SIM_SEC(10)), 1);
    OK(dns_cache_find(&cache, "WWW.example.com", DNS_TYPE_A, SIM_SEC(69)) != NULL);
    EQ(dns_cache_ttl(dns_cache_find(&cache, "www.example.com", DNS_TYPE_A, SIM_SEC(30)),
                     SIM_SEC(30)),
       40);
    OK(dns_cache_find(&cache, "www.example.com", DNS_TYPE_MX, SIM_SEC(30)) == NULL);
    OK(dns_cache_find(&cache, "www.example.com", DNS_TYPE_A, SIM_SEC(70) + 1) == NULL);
    dns_cache_flush(&cache);
}

static void a_ttl_of_zero_is_good_for_the_moment_only(void)
{
    static const struct dns_record a = { .name = "www.example.com",
                                         .type = DNS_TYPE_A,
                                         .addr = IP4(1, 2, 3, 4) };
    struct dns_cache cache = { 0 };
    uint8_t octets[512];
    size_t len = answer(octets, true, 0, &a, 1, NULL, 0);

    dns_cache_learn(&cache, octets, len, "www.example.com.", DNS_TYPE_A, ".", SIM_SEC(10));
    OK(dns_cache_find(&cache, "www.example.com", DNS_TYPE_A, SIM_SEC(10)) != NULL);
    OK(dns_cache_find(&cache, "www.example.com", DNS_TYPE_A, SIM_SEC(10) + 1) == NULL);
    dns_cache_flush(&cache);
}

static void a_name_that_does_not_exist_is_remembered_as_long_as_the_soa_says(void)
{
    struct dns_cache cache = { 0 };
    uint8_t octets[512];
    size_t len = answer(octets, true, DNS_NXDOMAIN, NULL, 0, records, 1);

    dns_cache_learn(&cache, octets, len, "www.example.com.", DNS_TYPE_A, ".", 0);
    OK(dns_cache_find(&cache, "www.example.com", DNS_TYPE_A, SIM_SEC(29)) != NULL);
    OK(dns_cache_find(&cache, "www.example.com", DNS_TYPE_MX, SIM_SEC(29)) !=
       NULL); /* of no type */
    OK(dns_cache_find(&cache, "www.example.com", DNS_TYPE_A, SIM_SEC(31)) ==
       NULL); /* MINIMUM is 30, the TTL 60 */
    dns_cache_flush(&cache);
}

static void what_a_server_may_not_speak_for_is_not_learned(void)
{
    static const struct dns_record both[] = {
        REC("www.example.com", DNS_TYPE_A, .addr = IP4(1, 2, 3, 4)),
        REC("www.bank.org", DNS_TYPE_A, .addr = IP4(6, 6, 6, 6))
    };
    struct dns_cache cache = { 0 };
    uint8_t octets[512];
    size_t len = answer(octets, true, 0, both, 2, NULL, 0);

    EQ(dns_cache_learn(&cache, octets, len, "www.example.com.", DNS_TYPE_A, "example.com.", 0), 1);
    OK(dns_cache_find(&cache, "www.bank.org", DNS_TYPE_A, 0) == NULL);
    dns_cache_flush(&cache);
}

static void types_have_names(void)
{
    char text[DNS_TYPE_NAME_MAX], reverse[DNS_REVERSE_NAME_MAX];

    EQ_STR(dns_type_name(DNS_TYPE_AAAA, text), "AAAA");
    EQ_STR(dns_type_name(4711, text), "TYPE4711");
    EQ(dns_type_parse("mx"), DNS_TYPE_MX);
    EQ(dns_type_parse("TYPE4711"), 4711);
    EQ(dns_type_parse("www"), -1);
    EQ_STR(dns_reverse_name(IP4(1, 2, 3, 4), reverse), "4.3.2.1.in-addr.arpa.");
}

static void the_date_of_the_world(void)
{
    struct wall_date start = wall_date(WALL_CLOCK_START), leap = wall_date(951782400 + 86399);

    EQ(start.year, 2026);
    EQ(start.month * 100 + start.day, 101);
    EQ_STR(wall_weekday_name(start.weekday), "Thu");
    EQ(leap.year, 2000); /* 29 February 2000, 23:59:59 */
    EQ(leap.month * 100 + leap.day, 229);
    EQ(leap.second, 59);
}

UNIT_MAIN("dns_zone", TEST(names_are_found_whatever_their_case),
          TEST(no_data_and_no_name_carry_the_soa), TEST(addresses_lead_back_to_the_first_name),
          TEST(an_empty_non_terminal_exists),
          TEST(below_a_delegation_the_nearest_cut_to_the_apex_counts), TEST(an_alias_loop_ends),
          TEST(an_alias_may_lead_outside), TEST(a_wildcard_speaks_for_names_that_do_not_exist),
          TEST(other_names_are_outside_unless_the_records_are_everything),
          TEST(a_server_does_not_delegate_to_itself), TEST(what_is_learned_ends_with_its_ttl),
          TEST(a_ttl_of_zero_is_good_for_the_moment_only),
          TEST(a_name_that_does_not_exist_is_remembered_as_long_as_the_soa_says),
          TEST(what_a_server_may_not_speak_for_is_not_learned), TEST(types_have_names),
          TEST(the_date_of_the_world))
