/* IPv6 addresses: text both ways, kinds, prefixes. */
#include "base/addr.h"
#include "tests/support/unit.h"

static bool reads_as(const char *text, struct ip6_addr want)
{
    struct ip6_addr a = IP6(9, 9, 9, 9, 9, 9, 9, 9);

    return ip6_parse(text, &a) && ip6_eq(a, want);
}

static bool writes_as(struct ip6_addr a, const char *want)
{
    char text[IP6_TEXT_MAX];

    return strcmp(ip6_format(a, text), want) == 0;
}

static void text_is_read_in_every_form_of_rfc_4291(void)
{
    OK(reads_as("::", IP6_ANY));
    OK(reads_as("::1", IP6_LOOPBACK));
    OK(reads_as("2001:db8:0:0:8:800:200C:417A",
                IP6(0x2001, 0xdb8, 0, 0, 8, 0x800, 0x200c, 0x417a)));
    OK(reads_as("ff01::101", IP6(0xff01, 0, 0, 0, 0, 0, 0, 0x101)));
    OK(reads_as("fe80::", IP6(0xfe80, 0, 0, 0, 0, 0, 0, 0)));
    OK(reads_as("1:2:3:4:5:6:7::", IP6(1, 2, 3, 4, 5, 6, 7, 0)));
    OK(reads_as("::2:3:4:5:6:7:8", IP6(0, 2, 3, 4, 5, 6, 7, 8)));
    OK(reads_as("::ffff:192.0.2.1", ip6_from_mapped(IP4(192, 0, 2, 1))));
    OK(reads_as("64:ff9b::192.0.2.33", IP6(0x64, 0xff9b, 0, 0, 0, 0, 0xc000, 0x221)));
    OK(reads_as("1:2:3:4:5:6:7.8.9.10", IP6(1, 2, 3, 4, 5, 6, 0x708, 0x90a)));
}

static void what_is_no_address_is_refused(void)
{
    static const char *const bad[] = {
        "",        ":",       "1",           "1:2:3:4:5:6:7",     "1::2::3",  ":1::2",
        "1::2:",   "12345::", "g::",         "1:2:3:4:5:6:7:8:9", "::1%eth0", "1:2:3:4:5:6:7:8::",
        "::1.2.3", "1.2.3.4", "::1.2.3.4.5", "::1.2.3.4:5",       "[::1]",    ":::"
    };
    struct ip6_addr a;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        OK(!ip6_parse(bad[i], &a));
}

static void text_is_written_as_rfc_5952_wants(void)
{
    OK(writes_as(IP6_ANY, "::"));
    OK(writes_as(IP6_LOOPBACK, "::1"));
    OK(writes_as(IP6(0x2001, 0xdb8, 0, 0, 1, 0, 0, 1), "2001:db8::1:0:0:1"));
    OK(writes_as(IP6(0x2001, 0xdb8, 0, 1, 1, 1, 1, 1), "2001:db8:0:1:1:1:1:1"));
    OK(writes_as(IP6(0x2001, 0, 0, 1, 0, 0, 0, 1), "2001:0:0:1::1"));
    OK(writes_as(IP6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), "2001:db8::"));
    OK(writes_as(IP6(0, 0, 0, 0, 0, 0, 0x102, 0x304), "::102:304"));
    OK(writes_as(IP6(0xABCD, 1, 2, 3, 4, 5, 6, 0), "abcd:1:2:3:4:5:6:0"));
    OK(writes_as(ip6_from_mapped(IP4(10, 0, 0, 1)), "::ffff:10.0.0.1"));
}

static void prefixes_compare_any_number_of_bits(void)
{
    struct ip6_addr a = IP6(0x2001, 0xdb8, 1, 2, 3, 4, 5, 6);
    unsigned len;

    OK(ip6_in_prefix(a, IP6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32));
    OK(!ip6_in_prefix(a, IP6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 64));
    OK(ip6_in_prefix(a, IP6(0x2001, 0xdb8, 1, 2, 3, 4, 5, 7), 127));
    OK(!ip6_in_prefix(a, IP6(0x2001, 0xdb8, 1, 2, 3, 4, 5, 7), 128));
    OK(ip6_in_prefix(a, IP6_ANY, 0));
    OK(ip6_prefix_parse("2001:db8::5/64", &a, &len) && len == 64);
    OK(ip6_prefix_parse("2001:db8::5", &a, &len) && len == 128);
    OK(!ip6_prefix_parse("2001:db8::5/129", &a, &len));
    OK(!ip6_prefix_parse("2001:db8::5/", &a, &len));
}

static void groups_follow_from_addresses(void)
{
    OK(ip6_eq(ip6_solicited_node(IP6(0xfe80, 0, 0, 0, 0x2aa, 0xff, 0xfe28, 0x9c5a)),
              IP6(0xff02, 0, 0, 0, 0, 1, 0xff28, 0x9c5a)));
    OK(ip6_is_multicast(IP6_ALL_NODES) && ip6_mcast_scope(IP6_ALL_NODES) == 2);
    OK(ip6_is_link_local(IP6(0xfebf, 0, 0, 0, 0, 0, 0, 1)));
    OK(!ip6_is_link_local(IP6(0xfec0, 0, 0, 0, 0, 0, 0, 1)));
}

static void endpoints_of_ipv6_stand_in_brackets(void)
{
    char text[ENDPOINT_TEXT_MAX];
    struct endpoint e = { .port = 80, .v6 = true, .addr6 = IP6_LOOPBACK };

    EQ_STR(endpoint_format(e, text), "[::1]:80");
    e.scope = 2;
    e.addr6 = IP6(0xfe80, 0, 0, 0, 0, 0, 0, 1);
    EQ_STR(endpoint_format(e, text), "[fe80::1%2]:80");
}

UNIT_MAIN("addr6", TEST(text_is_read_in_every_form_of_rfc_4291),
          TEST(what_is_no_address_is_refused), TEST(text_is_written_as_rfc_5952_wants),
          TEST(prefixes_compare_any_number_of_bits), TEST(groups_follow_from_addresses),
          TEST(endpoints_of_ipv6_stand_in_brackets))
