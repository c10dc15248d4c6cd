#include "stack/wire/dns_wire.h"

#include <string.h>

#include "base/be.h"

enum { AT_ID = 0, AT_FLAGS = 2, AT_RCODE = 3, AT_QDCOUNT = 4, AT_COUNTS = 6 };

enum { QUESTION_FIXED_LEN = 4, RR_FIXED_LEN = 10 };

static void read_header(const uint8_t *octets, struct dns_hdr *hdr)
{
    uint8_t high = octets[AT_FLAGS], low = octets[AT_RCODE];

    hdr->id = be16_get(octets + AT_ID);
    hdr->qr = (high & 0x80) != 0;
    hdr->opcode = high >> 3 & 0xf;
    hdr->aa = (high & 0x04) != 0;
    hdr->tc = (high & 0x02) != 0;
    hdr->rd = (high & 0x01) != 0;
    hdr->ra = (low & 0x80) != 0;
    hdr->ad = (low & 0x20) != 0;
    hdr->cd = (low & 0x10) != 0;
    hdr->rcode = low & 0xf;
    hdr->n_questions = be16_get(octets + AT_QDCOUNT);
    for (size_t i = 0; i < DNS_N_SECTIONS; i++)
        hdr->n_rrs[i] = be16_get(octets + AT_COUNTS + 2 * i);
}

enum drop_reason dns_parse_header(const uint8_t *octets, size_t len, struct dns_hdr *hdr,
                                  struct dns_reader *reader)
{
    if (len < DNS_HDR_LEN)
        return DROP_TRUNCATED;
    read_header(octets, hdr);
    *reader = (struct dns_reader){
        .octets = octets,
        .len = len,
        .at = DNS_HDR_LEN,
        .questions_left = hdr->n_questions,
        .why = DROP_NONE,
    };
    memcpy(reader->rrs_left, hdr->n_rrs, sizeof reader->rrs_left);
    return DROP_NONE;
}

/* A name and then @fixed_len octets, which are returned; NULL and reader->why where they are not
 * there. */
static const uint8_t *read_owner(struct dns_reader *reader, char *name, size_t fixed_len)
{
    const uint8_t *fixed;

    reader->why = dns_name_parse(reader->octets, reader->len, &reader->at, name);
    if (reader->why == DROP_NONE && reader->len - reader->at < fixed_len)
        reader->why = DROP_TRUNCATED;
    if (reader->why != DROP_NONE)
        return NULL;
    fixed = reader->octets + reader->at;
    reader->at += fixed_len;
    return fixed;
}

bool dns_next_question(struct dns_reader *reader, struct dns_question *question)
{
    const uint8_t *fixed;

    if (reader->why != DROP_NONE || reader->questions_left == 0)
        return false;
    fixed = read_owner(reader, question->name, QUESTION_FIXED_LEN);
    if (fixed == NULL)
        return false;
    question->type = be16_get(fixed);
    question->class = be16_get(fixed + 2);
    reader->questions_left--;
    return true;
}

static bool skip_questions(struct dns_reader *reader)
{
    char name[DNS_TEXT_MAX];

    for (; reader->questions_left > 0; reader->questions_left--)
        if (read_owner(reader, name, QUESTION_FIXED_LEN) == NULL)
            return false;
    return true;
}

bool dns_next_rr(struct dns_reader *reader, struct dns_rr *rr)
{
    const uint8_t *fixed;
    int section = DNS_ANSWER;

    if (reader->why != DROP_NONE || !skip_questions(reader))
        return false;
    while (section < DNS_N_SECTIONS && reader->rrs_left[section] == 0)
        section++;
    if (section == DNS_N_SECTIONS)
        return false;
    fixed = read_owner(reader, rr->name, RR_FIXED_LEN);
    if (fixed == NULL)
        return false;
    rr->section = (enum dns_section)section;
    rr->type = be16_get(fixed);
    rr->class = be16_get(fixed + 2);
    rr->ttl = be32_get(fixed + 4);
    rr->rdata_len = be16_get(fixed + 8);
    rr->rdata = fixed + RR_FIXED_LEN;
    rr->message = reader->octets;
    if (reader->len - reader->at < rr->rdata_len) {
        reader->why = DROP_TRUNCATED;
        return false;
    }
    reader->at += rr->rdata_len;
    reader->rrs_left[section]--;
    return true;
}

/* A name in the RDATA at offset *@at of the message. It may point backwards, but not run past the
 * RDATA. */
static bool read_rdata_name(const struct dns_rr *rr, size_t *at, char *text)
{
    size_t end = (size_t)(rr->rdata - rr->message) + rr->rdata_len;

    return dns_name_parse(rr->message, end, at, text) == DROP_NONE;
}

static size_t rdata_start(const struct dns_rr *rr)
{
    return (size_t)(rr->rdata - rr->message);
}

bool dns_rdata_a(const struct dns_rr *rr, ip4_addr *addr)
{
    if (rr->rdata_len != 4)
        return false;
    *addr = be32_get(rr->rdata);
    return true;
}

bool dns_rdata_aaaa(const struct dns_rr *rr, uint8_t addr[static 16])
{
    if (rr->rdata_len != 16)
        return false;
    memcpy(addr, rr->rdata, 16);
    return true;
}

bool dns_rdata_name(const struct dns_rr *rr, char text[static DNS_TEXT_MAX])
{
    size_t at = rdata_start(rr), end = at + rr->rdata_len;

    return read_rdata_name(rr, &at, text) && at == end;
}

bool dns_rdata_mx(const struct dns_rr *rr, uint16_t *preference, char text[static DNS_TEXT_MAX])
{
    size_t at = rdata_start(rr) + 2, end = rdata_start(rr) + rr->rdata_len;

    if (rr->rdata_len < 2 || !read_rdata_name(rr, &at, text) || at != end)
        return false;
    *preference = be16_get(rr->rdata);
    return true;
}

bool dns_rdata_soa(const struct dns_rr *rr, struct dns_soa *soa)
{
    size_t at = rdata_start(rr), end = at + rr->rdata_len;
    const uint8_t *numbers;

    if (!read_rdata_name(rr, &at, soa->mname) || !read_rdata_name(rr, &at, soa->rname))
        return false;
    if (end - at != 20)
        return false;
    numbers = rr->message + at;
    soa->serial = be32_get(numbers);
    soa->refresh = be32_get(numbers + 4);
    soa->retry = be32_get(numbers + 8);
    soa->expire = be32_get(numbers + 12);
    soa->minimum = be32_get(numbers + 16);
    return true;
}

bool dns_rdata_txt(const struct dns_rr *rr, size_t *at, const uint8_t **string, uint8_t *len)
{
    if (*at >= rr->rdata_len || rr->rdata[*at] > rr->rdata_len - *at - 1)
        return false;
    *len = rr->rdata[*at];
    *string = rr->rdata + *at + 1;
    *at += 1u + *len;
    return true;
}

bool dns_opt_next(const struct dns_rr *rr, size_t *at, uint16_t *code, const uint8_t **data,
                  uint16_t *len)
{
    const uint8_t *option = rr->rdata + *at;

    if (*at > rr->rdata_len || rr->rdata_len - *at < 4 ||
        be16_get(option + 2) > rr->rdata_len - *at - 4)
        return false;
    *code = be16_get(option);
    *len = be16_get(option + 2);
    *data = option + 4;
    *at += 4u + *len;
    return true;
}
