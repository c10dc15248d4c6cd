#include "inspect/story.h"

#include <glib.h>

#include "inspect/i18n.h"

static enum chapter begun_by_tcp(const struct story *story, const struct facts *facts)
{
    if (facts->tcp.flags & (TCP_FIN | TCP_RST))
        return CHAPTER_GOODBYE;
    if ((facts->tcp.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
        return CHAPTER_HANDSHAKE;
    if (facts->app == FACT_HTTP_REQUEST)
        return CHAPTER_REQUEST;
    if (facts->app == FACT_HTTP_RESPONSE)
        return CHAPTER_ANSWER;
    return story->now;
}

static enum chapter begun_by(const struct story *story, const struct facts *facts,
                             enum why_code why)
{
    if (facts->app == FACT_DHCP)
        return CHAPTER_ADDRESS;
    if (facts->app == FACT_DNS)
        return CHAPTER_NAME;
    if (facts->transport == FACT_TCP)
        return begun_by_tcp(story, facts);
    /* The first node that looks for its gateway is the visitor; servers look for theirs when they
     * answer. */
    if (why == WHY_ARP_ASK_GATEWAY && (story->seen & 1u << CHAPTER_GATEWAY) == 0)
        return CHAPTER_GATEWAY;
    return story->now;
}

enum chapter story_look(struct story *story, const struct facts *facts, enum why_code why)
{
    enum chapter next = begun_by(story, facts, why);

    /* Late copies of an earlier chapter (a retransmission, a slow link) do not turn the story back;
       a new visit does: it looks a name up, opens a connection or asks for a page again after the
       last one was answered. */
    if (next < story->now && story->now < CHAPTER_ANSWER &&
        !(next == CHAPTER_GATEWAY || (next == CHAPTER_NAME && story->now == CHAPTER_GATEWAY)))
        next = story->now;
    if (next == CHAPTER_ANSWER && story->now == CHAPTER_GOODBYE)
        next = story->now;
    story->now = next;
    story->seen |= 1u << next;
    return next;
}

static const struct {
    const char *title, *text;
} chapters[CHAPTER_N] = {
    [CHAPTER_NONE] = { "", "" },
    [CHAPTER_ADDRESS] = { N_("The address: DHCP"),
                          N_("The PC has just been switched on and has no IP address. It shouts to "
                             "everybody on its network; "
                             "a DHCP server lends it an address, and tells it the mask, the "
                             "gateway and the DNS server.") },
    [CHAPTER_GATEWAY] = { N_("The gateway: ARP"),
                          N_("The destination is not in the PC's own network, so the packet must "
                             "go through the gateway. "
                             "A frame needs a MAC address: ARP asks who has the gateway's IP "
                             "address.") },
    [CHAPTER_NAME] = { N_("The name: DNS"), N_("People use names, packets need addresses. The PC "
                                               "asks a DNS server which address the name has.") },
    [CHAPTER_HANDSHAKE] = { N_("The handshake: TCP opens"),
                            N_("Three segments open the connection: SYN, SYN+ACK, ACK. Each side "
                               "says where its numbering "
                               "begins, and hears that the other has understood.") },
    [CHAPTER_REQUEST] = { N_("The request: HTTP"), N_("The browser asks for the page.") },
    [CHAPTER_ANSWER] = { N_("The answer: HTTP"),
                         N_("The server sends the page; what has arrived is acknowledged.") },
    [CHAPTER_GOODBYE] = { N_("The goodbye: TCP closes"),
                          N_("Each side says with a FIN that it has nothing more to send, and the "
                             "other acknowledges it. "
                             "Who has nothing more to send either puts the two into one segment: "
                             "then three are enough. "
                             "Who closed first waits a while in TIME-WAIT.") },
};

const char *story_title(enum chapter chapter)
{
    g_assert((unsigned)chapter < CHAPTER_N);
    return chapter == CHAPTER_NONE ? "" : _(chapters[chapter].title);
}

const char *story_text(enum chapter chapter)
{
    g_assert((unsigned)chapter < CHAPTER_N);
    return chapter == CHAPTER_NONE ? "" : _(chapters[chapter].text);
}
