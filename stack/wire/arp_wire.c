#include "stack/wire/arp_wire.h"

#include <string.h>

#include "base/be.h"

#define HRD_ETHERNET 1
#define PRO_IPV4     0x0800

enum {
    AT_HRD = 0,
    AT_PRO = 2,
    AT_HLN = 4,
    AT_PLN = 5,
    AT_OP = 6,
    AT_SHA = 8,
    AT_SPA = 14,
    AT_THA = 18,
    AT_TPA = 24
};

enum drop_reason arp_parse(const uint8_t *octets, size_t len, struct arp_msg *msg)
{
    if (len < ARP_LEN)
        return DROP_TRUNCATED;
    if (be16_get(octets + AT_HRD) != HRD_ETHERNET || be16_get(octets + AT_PRO) != PRO_IPV4 ||
        octets[AT_HLN] != sizeof msg->sha.octets || octets[AT_PLN] != sizeof msg->spa)
        return DROP_BAD_HEADER;
    msg->op = be16_get(octets + AT_OP);
    memcpy(msg->sha.octets, octets + AT_SHA, sizeof msg->sha.octets);
    msg->spa = be32_get(octets + AT_SPA);
    memcpy(msg->tha.octets, octets + AT_THA, sizeof msg->tha.octets);
    msg->tpa = be32_get(octets + AT_TPA);
    return DROP_NONE;
}

void arp_emit(const struct arp_msg *msg, uint8_t *octets)
{
    be16_put(octets + AT_HRD, HRD_ETHERNET);
    be16_put(octets + AT_PRO, PRO_IPV4);
    octets[AT_HLN] = sizeof msg->sha.octets;
    octets[AT_PLN] = sizeof msg->spa;
    be16_put(octets + AT_OP, msg->op);
    memcpy(octets + AT_SHA, msg->sha.octets, sizeof msg->sha.octets);
    be32_put(octets + AT_SPA, msg->spa);
    memcpy(octets + AT_THA, msg->tha.octets, sizeof msg->tha.octets);
    be32_put(octets + AT_TPA, msg->tpa);
}
