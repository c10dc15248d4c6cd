#include "base/pack.h"

#include "tests/support/unit.h"

static void what_goes_in_comes_out(void)
{
    struct pack pack = { 0 };
    struct unpack in;

    pack_u8(&pack, 200);
    pack_u16(&pack, 60000);
    pack_u32(&pack, 4000000000u);
    pack_u64(&pack, UINT64_MAX - 1);
    pack_text(&pack, "text");
    pack_text(&pack, NULL);
    pack_text(&pack, "");
    pack_octets(&pack, "abc", 3);
    in = unpack_of(pack.octets, pack.len);
    EQ(unpack_u8(&in), 200);
    EQ(unpack_u16(&in), 60000);
    EQ(unpack_u32(&in), 4000000000u);
    OK(unpack_u64(&in) == UINT64_MAX - 1);
    EQ_STR(unpack_text(&in), "text");
    OK(unpack_text(&in) == NULL);
    EQ_STR(unpack_text(&in), "");
    EQ_MEM(unpack_octets(&in, 3), "abc", 3);
    OK(!in.wrong && unpack_left(&in) == 0);
    pack_free(&pack);
}

static void numbers_are_big_endian(void)
{
    struct pack pack = { 0 };

    pack_u32(&pack, 0x01020304);
    EQ(pack.len, 4);
    EQ_MEM(pack.octets, "\1\2\3\4", 4);
    pack_free(&pack);
}

static void nothing_is_read_behind_the_end(void)
{
    struct unpack in = unpack_of("\1\2\3", 3);

    EQ(unpack_u32(&in), 0);
    OK(in.wrong);
    EQ(unpack_u8(&in), 0); /* once wrong, wrong for good */
    in = unpack_of("", 0);
    OK(unpack_octets(&in, 0) != NULL && !in.wrong);
}

static void a_text_ends_where_its_length_says(void)
{
    struct unpack in = unpack_of("\0\0\0\2ab", 6);

    OK(unpack_text(&in) == NULL && in.wrong);
    in = unpack_of("\0\0\0\3a\0\0", 7);
    OK(unpack_text(&in) == NULL && in.wrong);
    in = unpack_of("\0\0\0\11a\0", 6);
    OK(unpack_text(&in) == NULL && in.wrong);
}

UNIT_MAIN("pack", TEST(what_goes_in_comes_out), TEST(numbers_are_big_endian),
          TEST(nothing_is_read_behind_the_end), TEST(a_text_ends_where_its_length_says))
