/* Whether a frame is the one a `see`, `never` or `count` means. */
#include "lab/expect_internal.h"

#include <string.h>

#include "inspect/summary.h"
#include "sim/frame.h"

bool see_compile(struct see_state *state, const struct scenario_see *see, const char *file,
                 const struct filter_names *names, struct diag_list *diags)
{
    g_autoptr(GError) error = NULL;

    state->see = see;
    state->most = UINT64_MAX;
    if (see->filter.text == NULL)
        return true; /* a DROP has its place and times here, and no frame */
    state->filter = filter_new(see->filter.text, names, &error);
    if (state->filter == NULL)
        diag_error(diags, file, see->filter.at, "%s", error->message);
    return state->filter != NULL;
}

static void sighting_clear(struct sighting *sighting)
{
    g_free(sighting->what);
    sighting->what = NULL;
}

void see_clear(struct see_state *state)
{
    if (state->filter != NULL)
        filter_free(state->filter);
    sighting_clear(&state->first);
    sighting_clear(&state->last);
    sighting_clear(&state->over);
    sighting_clear(&state->similar);
}

void expect_frame_read(struct expect_frame *frame)
{
    if (frame->read)
        return;
    frame->read = true;
    frame->len = MIN(frame_size(frame->record->frame), EXPECT_FRAME_MAX);
    frame_copy_out(frame->record->frame, 0, frame->octets, frame->len);
    facts_read(&frame->facts, frame->octets, frame->len);
}

void sighting_take(struct sighting *sighting, struct expect_frame *frame, bool with_words)
{
    g_free(sighting->what);
    *sighting = (struct sighting){ .frame = frame->number,
                                   .at = frame->record->at,
                                   .node = frame->record->node };
    if (with_words) {
        GString *words = g_string_new(NULL);

        expect_frame_read(frame);
        summary(words, &frame->facts, NULL, RENDER_USER);
        sighting->what = g_string_free(words, FALSE);
    }
}

/* ---- whose and where ---- */

static bool place_fits(const struct see_state *state, const struct expect_frame *frame)
{
    const struct scenario_place *place = &state->see->place;

    if (place->node == TOPO_NOWHERE)
        return true;
    if (frame->record->node->id != place->node + 1)
        return false;
    if (state->port != NULL)
        return frame->record->iface == state->port;
    return !state->counting || !frame->sent || frame->own;
}

static bool sender_fits(const struct see_state *state, const struct expect_frame *frame)
{
    const struct scenario_see *see = state->see;
    const struct node *origin = frame->own           ? frame->record->node
                                : frame->way != NULL ? frame->way->origin
                                                     : NULL;

    if (see->place.node == TOPO_NOWHERE && !frame->sent)
        return false; /* without a place, sendings are what is looked at */
    if (see->by == TOPO_NOWHERE)
        return see->place.node != TOPO_NOWHERE || !state->counting || frame->own;
    if (see->place.node == TOPO_NOWHERE && !frame->own)
        return false;
    return origin != NULL && origin->id == see->by + 1;
}

/* ---- what it asks for ---- */

static bool reverse_name_is(const char *name, const struct endpoint *addr)
{
    g_autoptr(GString) reverse = g_string_new(NULL);

    if (addr->v6)
        for (unsigned i = 0; i < 32; i++)
            g_string_append_printf(
                reverse, "%x.",
                (unsigned)((i < 16 ? addr->addr6.lo : addr->addr6.hi) >> i % 16 * 4 & 15));
    else
        g_string_append_printf(reverse, "%u.%u.%u.%u.", addr->addr & 0xff, addr->addr >> 8 & 0xff,
                               addr->addr >> 16 & 0xff, addr->addr >> 24 & 0xff);
    g_string_append(reverse, addr->v6 ? "ip6.arpa" : "in-addr.arpa");
    return g_ascii_strcasecmp(name, reverse->str) == 0;
}

static bool asks_for_name(const struct facts *facts, const char *name)
{
    size_t len = strlen(name);

    if (len > 0 && name[len - 1] == '.')
        len--;
    return facts->app == FACT_DNS && strlen(facts->dns_name) == len &&
           g_ascii_strncasecmp(facts->dns_name, name, len) == 0;
}

static bool is_about_address6(const struct facts *facts, struct ip6_addr addr)
{
    bool asks = facts->has_ndp &&
                (facts->icmp6.type == ICMP6_NEIGHBOR_SOLICIT ||
                 facts->icmp6.type == ICMP6_NEIGHBOR_ADVERT || facts->icmp6.type == ICMP6_REDIRECT);

    return facts->net == FACT_IPV6 && ip6_eq(asks ? facts->ndp.target : facts->ip6.dst, addr);
}

/* An ARP request or a neighbor solicitation asks for its target, a reply speaks of its sender, an
 * advertisement of its target; DHCP of the address that is given; else it is where the packet goes.
 */
static bool is_about_address(const struct facts *facts, const struct endpoint *about)
{
    ip4_addr addr = about->addr;

    if (facts->app == FACT_DNS)
        return reverse_name_is(facts->dns_name, about);
    if (about->v6)
        return is_about_address6(facts, about->addr6);
    if (facts->net == FACT_ARP)
        return (facts->arp.op == ARP_REPLY ? facts->arp.spa : facts->arp.tpa) == addr;
    if (facts->app == FACT_DHCP)
        return facts->dhcp.yiaddr == addr || facts->dhcp.requested == addr ||
               facts->dhcp.ciaddr == addr;
    return facts->net == FACT_IPV4 && facts->ip.dst == addr;
}

static bool subject_fits(const struct scenario_see *see, const struct facts *facts)
{
    if (see->subject.text == NULL)
        return true;
    return see->subject_is_addr ? is_about_address(facts, &see->subject_addr)
                                : asks_for_name(facts, see->subject.text);
}

bool see_fits(struct see_state *state, struct expect_frame *frame)
{
    const struct scenario_see *see = state->see;
    sim_time at = frame->record->at;
    bool here = at >= see->after && at <= see->before && place_fits(state, frame) &&
                sender_fits(state, frame);

    /* Where it cannot be the one, it may still be worth telling once, as what came nearest. */
    if (!here && (!frame->own || state->similar.frame != 0))
        return false;
    expect_frame_read(frame);
    if (!filter_match_facts(state->filter, &frame->facts, frame->octets, frame->len))
        return false;
    if (here && subject_fits(see, &frame->facts))
        return true;
    if (state->similar.frame == 0)
        sighting_take(&state->similar, frame, true);
    return false;
}

void see_look(struct see_state *state, struct expect_frame *frame)
{
    if (!see_fits(state, frame))
        return;
    state->n++;
    if (state->n == 1)
        sighting_take(&state->first, frame, true);
    if (state->n == state->see->nth)
        sighting_take(&state->nth, frame, false);
    if (state->n == state->most + 1)
        sighting_take(&state->over, frame, true);
    sighting_take(&state->last, frame, false);
}
