#include "tests/support/unit.h"

#include "base/md5.h"

static const char *hex_of(const char *text, size_t step)
{
    static char hex[2 * MD5_LEN + 1];
    uint8_t digest[MD5_LEN];
    struct md5 hash;

    md5_init(&hash);
    for (size_t at = 0, len = strlen(text); at < len; at += step)
        md5_add(&hash, text + at, len - at < step ? len - at : step);
    md5_finish(&hash, digest);
    for (size_t i = 0; i < MD5_LEN; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    return hex;
}

/* RFC 1321 appendix A.5. */
static void the_rfc_s_examples_come_out(void)
{
    EQ_STR(hex_of("", 1), "d41d8cd98f00b204e9800998ecf8427e");
    EQ_STR(hex_of("a", 1), "0cc175b9c0f1b6a831c399e269772661");
    EQ_STR(hex_of("abc", 3), "900150983cd24fb0d6963f7d28e17f72");
    EQ_STR(hex_of("message digest", 5), "f96b697d7cb7938d525a2f31aaf161d0");
    EQ_STR(hex_of("abcdefghijklmnopqrstuvwxyz", 26), "c3fcd3d76192e4007dfb496cca67e13b");
    EQ_STR(hex_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 7),
           "d174ab98d277d9f5a5611c2c9f419d9f");
}

static void it_does_not_matter_how_octets_are_handed_over(void)
{
    static const char text[] =
        "12345678901234567890123456789012345678901234567890123456789012345678901234567890";

    for (size_t step = 1; step <= sizeof text; step++)
        EQ_STR(hex_of(text, step), "57edf4a22be3c955ac49da2e2107b67a");
}

UNIT_MAIN("base.md5", TEST(the_rfc_s_examples_come_out),
          TEST(it_does_not_matter_how_octets_are_handed_over))
