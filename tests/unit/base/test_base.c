#include "tests/support/unit.h"

#include "base/siphash.h"
#include "base/addr.h"
#include "base/be.h"
#include "base/checksum.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/seq.h"
#include "base/sha256.h"
#include "base/text.h"

static void mac_text_goes_both_ways_and_rejects_noise(void)
{
    struct mac_addr a;
    char text[MAC_TEXT_MAX];

    OK(mac_parse("02:00:00:0A:05:ff", &a));
    EQ_STR(mac_format(&a, text), "02:00:00:0a:05:ff");
    EQ(mac_to_u64(&a), 0x0200000a05ff);
    OK(mac_eq(&a, &(struct mac_addr){ { 2, 0, 0, 10, 5, 255 } }));
    OK(!mac_parse("02:00:00:00:05", &a));
    OK(!mac_parse("02:00:00:00:05:0g", &a));
    OK(!mac_parse("02:00:00:00:05:012", &a));
    OK(!mac_parse("", &a));
}

static void ip_text_goes_both_ways_and_rejects_noise(void)
{
    ip4_addr a = 0;
    unsigned len = 0;
    char text[IP4_TEXT_MAX];

    OK(ip4_parse("203.0.113.80", &a));
    EQ(a, IP4(203, 0, 113, 80));
    EQ_STR(ip4_format(a, text), "203.0.113.80");
    EQ_STR(ip4_format(0, text), "0.0.0.0");
    EQ_STR(ip4_format(UINT32_MAX, text), "255.255.255.255");
    OK(!ip4_parse("1.2.3", &a));
    OK(!ip4_parse("1.2.3.256", &a));
    OK(!ip4_parse("1.2.3.04", &a));
    OK(!ip4_parse("1.2.3.4.5", &a));
    OK(!ip4_parse("1.2.3.4 ", &a));
    OK(ip4_parse_dots("10.1", &a));
    EQ(a, IP4(10, 0, 0, 1));
    OK(ip4_parse_dots("10.1.300", &a));
    EQ(a, IP4(10, 1, 1, 44));
    OK(ip4_parse_dots("0x7f.010.0.1", &a));
    EQ(a, IP4(127, 8, 0, 1));
    OK(ip4_parse_dots("4294967295", &a));
    EQ(a, UINT32_MAX);
    OK(!ip4_parse_dots("4294967296", &a) && !ip4_parse_dots("1.2.3.256", &a));
    OK(!ip4_parse_dots("", &a) && !ip4_parse_dots("1.", &a) && !ip4_parse_dots("1.2.3.4.5", &a));
    OK(!ip4_parse_dots("08", &a) && !ip4_parse_dots("0x", &a) && !ip4_parse_dots("256.1", &a));
    OK(ip4_prefix_parse("10.1.2.3/8", &a, &len));
    EQ(a, IP4(10, 1, 2, 3));
    EQ(len, 8);
    OK(!ip4_prefix_parse("10.1.2.3/33", &a, &len));
    EQ(ip4_mask(0), 0);
    EQ(ip4_mask(24), 0xffffff00);
    EQ(ip4_mask_len(0xfffffc00), 22);
    EQ(ip4_mask_len(0xff00ff00), -1);
}

static void checksum_matches_rfc_1071_example(void)
{
    static const uint8_t octets[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };

    EQ(checksum_fold(checksum_add(0, octets, sizeof octets)), 0xddf2);
    EQ(checksum_finish(checksum_add(0, octets, sizeof octets)), 0x220d);
}

static void checksum_is_the_same_for_every_split_and_length(void)
{
    uint8_t octets[257];
    struct random_stream stream;

    random_stream_init(&stream, 1, "test", "checksum");
    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)random_u32(&stream);
    for (size_t len = 0; len <= sizeof octets; len++) {
        uint32_t slow = 0;

        for (size_t i = 0; i < len; i++)
            slow += i % 2 ? octets[i] : (uint32_t)octets[i] << 8;
        EQ(checksum_fold(checksum_add(0, octets, len)), checksum_fold(slow));
        for (size_t cut = 0; cut <= len; cut += 2)
            EQ(checksum_fold(checksum_add(checksum_add(0, octets, cut), octets + cut, len - cut)),
               checksum_fold(slow));
    }
}

/* Words of all ones carry at each addition. */
static void checksum_of_a_header_is_that_of_its_octets(void)
{
    struct random_stream stream;

    random_stream_init(&stream, 1, "test", "header");
    for (int i = 0; i < 2000; i++) {
        uint8_t octets[20], other = i % 2 == 0 ? 0xff : 0;
        uint16_t sum, own;

        for (size_t at = 0; at < sizeof octets; at++)
            octets[at] = random_below(&stream, 4) == 0 ? (uint8_t)random_u32(&stream) : other;
        sum = checksum_fold(checksum_add(0, octets, sizeof octets));
        own = checksum_sum20(octets);
        EQ(be16_get((const uint8_t *)&own), sum);
        EQ(checksum_right20(octets), sum == 0xffff);
        be16_put(octets + 10, 0);
        be16_put(octets + 10, checksum_finish(checksum_add(0, octets, sizeof octets)));
        OK(checksum_right20(octets));
        for (unsigned bit = 0; bit < 160; bit++) { /* wrong by one */
            octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
            OK(!checksum_right20(octets));
            octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
}

static void checksum_update_equals_recomputing(void)
{
    uint8_t header[8] = { 0x45, 0, 0x40, 0x01, 0x12, 0x34, 0xab, 0xcd };
    uint16_t before = checksum_finish(checksum_add(0, header, 8));
    uint16_t old_word = be16_get(header + 2);

    be16_put(header + 2, (uint16_t)(old_word - 0x100));
    EQ(checksum_update16(before, old_word, be16_get(header + 2)),
       checksum_finish(checksum_add(0, header, 8)));
}

static void sequence_numbers_compare_across_the_wrap(void)
{
    OK(seq_lt(0xfffffff0u, 5));
    OK(!seq_lt(5, 0xfffffff0u));
    OK(seq_leq(7, 7));
    OK(seq_gt(5, 0xfffffff0u));
    EQ(seq_max(0xffffffffu, 1), 1);
}

static void sha256_gives_the_published_digests(void)
{
    static const struct {
        const char *text, *digest;
    } vectors[] = {
        { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
        { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
        { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
    };

    for (size_t v = 0; v < sizeof vectors / sizeof *vectors; v++) {
        struct sha256 hash;
        uint8_t digest[SHA256_LEN];
        char text[2 * SHA256_LEN + 1];

        sha256_init(&hash);
        for (const char *p = vectors[v].text; *p != '\0'; p++)
            sha256_add(&hash, p, 1);
        sha256_finish(&hash, digest);
        sha256_hex(digest, text);
        EQ_STR(text, vectors[v].digest);
    }
}

static void random_streams_differ_by_seed_name_and_purpose(void)
{
    struct random_stream a, b, c, d, e;

    random_stream_init(&a, 7, "pc1", "tcp");
    random_stream_init(&b, 7, "pc1", "tcp");
    random_stream_init(&c, 8, "pc1", "tcp");
    random_stream_init(&d, 7, "pc1t", "cp");
    random_stream_init(&e, 7, "pc1", "dns");
    EQ(random_u64(&a), random_u64(&b));
    OK(a.state != c.state && a.state != d.state && a.state != e.state);
    for (int i = 0; i < 1000; i++)
        OK(random_below(&a, 7) < 7);
}

static void scaled_numbers_are_exact_or_refused(void)
{
    int64_t value = -1;

    OK(text_scaled("1.5", 3, 3, &value));
    EQ(value, 1500);
    OK(text_scaled("10", 2, 6, &value));
    EQ(value, 10000000);
    OK(!text_scaled("1.0001", 6, 3, &value));
    OK(!text_scaled("", 0, 3, &value));
    OK(!text_scaled("1x", 2, 3, &value));
    OK(!text_scaled("99999999999999999999", 20, 0, &value));
}

static void distance_counts_a_swap_once(void)
{
    EQ(text_distance("gateway", "gatewya"), 1);
    EQ(text_distance("gateway", "gatway"), 1);
    EQ(text_distance("", "abc"), 3);
}

static void arena_memory_is_zeroed_and_aligned(void)
{
    struct arena arena = { 0 };

    for (size_t size = 1; size < 200000; size = size * 3 + 1) {
        unsigned char *p = arena_alloc(&arena, size);

        EQ((uintptr_t)p % _Alignof(max_align_t), 0);
        EQ(p[0] | p[size - 1], 0);
        memset(p, 0xff, size);
    }
    EQ_STR(arena_strdup(&arena, "name"), "name");
    arena_fini(&arena);
}

/* Small pages become a huge one under it. */
static void arena_memory_stays_while_the_arena_grows(void)
{
    enum { N = 4000, SIZE = 999 };
    struct arena arena = { 0 };
    unsigned char *pieces[N];

    for (int i = 0; i < N; i++) {
        pieces[i] = arena_alloc(&arena, SIZE);
        for (int j = 0; j < SIZE; j += 333)
            EQ(pieces[i][j], 0);
        memset(pieces[i], 1 + i % 250, SIZE);
    }
    for (int i = 0; i < N; i++)
        OK(pieces[i][0] == 1 + i % 250 && pieces[i][SIZE - 1] == 1 + i % 250);
    arena_fini(&arena);
}

static void what_arenas_hand_out_of_maps_is_counted(void)
{
    struct arena arena = { 0 };
    size_t before = mem_mapped(), used;

    arena_alloc(&arena, 1000);
    EQ(mem_mapped(), before);
    used = arena.used;
    arena_alloc(&arena, 3000000); /* more than a page of any size */
    EQ(mem_mapped() - before, MEM_WATCHED ? 0 : arena.used - used);
    arena_alloc_lines(&arena, 100);
    EQ(mem_mapped() - before, MEM_WATCHED ? 0 : arena.used - used);
    arena_fini(&arena);
    EQ(mem_mapped(), before);
}

/* Distances of 40 pieces that came out of @arena one after the other, within one block. */
static void distances(struct arena *arena, size_t size, size_t *out)
{
    unsigned char *last = arena_alloc(arena, size);

    memset(last, 0xff, size);
    for (unsigned i = 0; i < 40; i++) {
        unsigned char *p = arena_alloc(arena, size);

        EQ(p[0] | p[size - 1], 0);
        memset(p, 0xff, size);
        out[i] = (size_t)(p - last);
        last = p;
    }
}

static void pieces_of_a_scattered_arena_lie_at_irregular_distances(void)
{
    struct arena arena = { 0 };
    size_t plain[40], scattered[40];
    unsigned differ = 0;

    distances(&arena, 256, plain);
    arena_scatter(&arena, true);
    distances(&arena, 256, scattered);
    for (unsigned i = 0; i < 40; i++) {
        EQ(plain[i], 256);
        OK(scattered[i] >= 256 && scattered[i] % 64 == 0);
        differ += i > 0 && scattered[i] != scattered[i - 1];
    }
    OK(differ > 20);
    arena_scatter(&arena, false);
    distances(&arena, 256, plain);
    EQ(plain[39], 256);
    arena_fini(&arena);
}

/* Small pieces behind so many of a mebioctet, which are never touched. */
static void small_pieces_behind(unsigned great)
{
    struct arena arena = { 0 };
    unsigned char *last = NULL;

    for (unsigned i = 0; i < great; i++)
        arena_alloc(&arena, 1024 * 1024);
    for (unsigned i = 0; i < 30000; i++) {
        unsigned char *p = arena_alloc_lines(&arena, 100);

        OK((uintptr_t)p % ARENA_LINE == 0 && (p[0] | p[99]) == 0);
        memset(p, 0xff, 100);
        OK(last == NULL || p - last >= 100 || last - p >= 100);
        last = p;
    }
    OK(arena.used > great * (size_t)1024 * 1024 + 30000 * 100);
    arena_fini(&arena);
    EQ(arena.used, 0);
}

static void small_pieces_of_a_large_arena_are_zeroed_and_apart(void)
{
    small_pieces_behind(0);
    small_pieces_behind(4);
    small_pieces_behind(300);
}

/* The test vector of the SipHash paper's authors for eight octets 00 01 ... 07. */
static void siphash_of_eight_octets_is_the_published_one(void)
{
    const uint64_t key[2] = { UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908) };
    const uint64_t words[1] = { UINT64_C(0x0706050403020100) };

    OK(siphash(words, 1, key) == UINT64_C(0x93f5f5799a932462));
}

UNIT_MAIN("base", TEST(mac_text_goes_both_ways_and_rejects_noise),
          TEST(ip_text_goes_both_ways_and_rejects_noise), TEST(checksum_matches_rfc_1071_example),
          TEST(checksum_is_the_same_for_every_split_and_length),
          TEST(checksum_of_a_header_is_that_of_its_octets),
          TEST(checksum_update_equals_recomputing), TEST(sequence_numbers_compare_across_the_wrap),
          TEST(sha256_gives_the_published_digests),
          TEST(random_streams_differ_by_seed_name_and_purpose),
          TEST(scaled_numbers_are_exact_or_refused), TEST(distance_counts_a_swap_once),
          TEST(arena_memory_is_zeroed_and_aligned), TEST(what_arenas_hand_out_of_maps_is_counted),
          TEST(arena_memory_stays_while_the_arena_grows),
          TEST(pieces_of_a_scattered_arena_lie_at_irregular_distances),
          TEST(small_pieces_of_a_large_arena_are_zeroed_and_apart),
          TEST(siphash_of_eight_octets_is_the_published_one))
