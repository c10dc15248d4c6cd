#include "tests/support/unit.h"

#include <glib.h>

#include "inspect/columns.h"
#include "inspect/i18n.h"
#include "inspect/ladder.h"
#include "inspect/narrate.h"
#include "tests/unit/inspect/rig.h"

static void collect(void *ctx, const char *text)
{
    g_string_append(ctx, text);
}

/* h1 and h2 on a switch of three ports, h3 on the third; the switch floods. */
struct net {
    struct sim *sim;
    struct node *h[3], *sw;
    struct iface *eth[3], *port[3];
};

static void switch_receive(struct iface *iface, struct frame *frame)
{
    for (uint32_t i = 0; i < iface->node->n_ifaces; i++)
        if (iface->node->ifaces[i] != iface) {
            struct frame *copy = frame_clone(frame);

            copy->why = WHY0(BRIDGE_FLOOD_BROADCAST);
            iface_send(iface->node->ifaces[i], copy);
        }
    frame_free(frame);
}

static void host_receive(struct iface *iface, struct frame *frame)
{
    if (strcmp(iface->node->name, "h3") == 0)
        node_drop(iface->node, iface, frame, DROP_ARP_NOT_MINE);
    else
        frame_free(frame);
}

static const struct node_ops host_ops = { .kind = "host", .receive = host_receive };
static const struct node_ops switch_ops = { .kind = "switch", .receive = switch_receive };

static void net_init(struct net *net)
{
    static const struct link_config config = { .rate = 100000000,
                                               .delay = SIM_USEC(5),
                                               .queue = 100 };
    static const char *const names[] = { "h1", "h2", "h3" }, *const ports[] = { "p1", "p2", "p3" };

    net->sim = sim_new(1);
    for (int i = 0; i < 3; i++)
        net->h[i] = sim_add_node(net->sim, names[i], &host_ops);
    net->sw = sim_add_node(net->sim, "sw1", &switch_ops);
    for (int i = 0; i < 3; i++) {
        net->eth[i] =
            iface_add(net->h[i], "eth0", &(struct mac_addr){ { 2, 0, 0, 0, (uint8_t)(i + 1), 1 } });
        net->port[i] =
            iface_add(net->sw, ports[i], &(struct mac_addr){ { 2, 0, 0, 0, 4, (uint8_t)(i + 1) } });
        sim_add_link(net->sim, net->eth[i], net->port[i], &config);
    }
}

static void play(struct net *net)
{
    uint8_t octets[60];
    struct frame *frame;

    sim_start(net->sim);
    node_record_process(net->h[0], RECORD_COMMAND, WHY0(COMMAND), "ping h2", 2); /* the shell */
    node_record_process(net->h[0], RECORD_COMMAND, WHY0(COMMAND), "ping h2", 1);
    frame = rig_frame(net->h[0], octets, rig_arp(octets), WHY(ARP_ASK, RIG_IP_B, RIG_IP_B));
    iface_send(net->eth[0], frame);
    node_state(net->h[0], net->eth[0], WHY(NEIGH_NEW, RIG_IP_B));
    sim_run(net->sim, SIM_SEC(1), 100);
    node_record_process(net->h[0], RECORD_OUTPUT, WHY0(OUTPUT), "one\ntw", 1);
    node_record_process(net->h[0], RECORD_OUTPUT, WHY0(OUTPUT), "o", 1);
    node_record_process(net->h[0], RECORD_COMMAND, WHY(COMMAND_EXIT, 1), "ping h2", 1);
    node_record_process(net->h[0], RECORD_COMMAND, WHY(COMMAND_EXIT, 1), "ping h2", 2);
}

static void tell(const char *lang, enum narrate_level level, const char *expected)
{
    struct net net;
    struct narrate *narrate;
    g_autoptr(GString) out = g_string_new(NULL);
    struct narrate_options options = { .level = level, .write = collect, .ctx = out };

    i18n_init(lang);
    net_init(&net);
    narrate = narrate_new(net.sim, &options);
    play(&net);
    narrate_free(narrate);
    sim_free(net.sim);
    EQ_STR(out->str, expected);
}

static void a_flooded_request_is_told_line_by_line(void)
{
    tell("en", NARRATE_NORMAL,
         "   0.000000         h1$ ping h2\n"
         "   0.000000      1  h1 → sw1      ARP request: who has 10.0.0.2? a packet for 10.0.0.2 "
         "waits for its MAC address\n"
         "                      • h1:eth0: 10.0.0.2: its MAC address is asked for (INCOMPLETE)\n"
         "   0.000011      2  sw1 → h2, h3  ARP request who has 10.0.0.2? tell 10.0.0.1: a "
         "broadcast goes out of every other port\n"
         "                      ✗ h3 ignores the ARP request: the ARP request asks for another "
         "host's address\n"
         "   1.000000         h1| one\n"
         "   1.000000         h1| two\n"
         "   1.000000         h1: ping h2 ended with exit status 1\n");
}

static void brief_in_chinese(void)
{
    tell("zh", NARRATE_BRIEF,
         "   0.000000         h1$ ping h2\n"
         "   0.000000      1  h1 → sw1      ARP 请求：谁是 10.0.0.2？发往 10.0.0.2 "
         "的数据包在等它的 MAC 地址\n"
         "   0.000011      2  sw1 → h2, h3  ARP 请求 谁是 10.0.0.2？请告诉 "
         "10.0.0.1：广播帧从其他所有端口发出\n"
         "   1.000000         h1| one\n"
         "   1.000000         h1| two\n"
         "   1.000000         h1：ping h2 结束，退出码 1\n");
    tell("en", NARRATE_QUIET, "");
}

static void what_happens_later_has_its_own_time(void)
{
    struct rig rig;
    struct narrate *narrate;
    g_autoptr(GString) out = g_string_new(NULL);
    struct narrate_options options = { .level = NARRATE_NORMAL, .write = collect, .ctx = out };

    i18n_init("en");
    rig_init(&rig, NULL, &rig_ops);
    narrate = narrate_new(rig.sim, &options);
    sim_start(rig.sim);
    node_state(rig.a, rig.a0,
               WHY(ADDR_ADDED, WHY_PREFIX(RIG_IP_A, 24))); /* a setting, not an event */
    sim_run(rig.sim, SIM_SEC(30), 1);
    node_state(rig.a, rig.a0, WHY(NEIGH_STALE, RIG_IP_B));
    node_state(rig.a, rig.a0, WHY(ROUTE_ADDED, WHY_PREFIX(RIG_IP_A, 24), 0));
    narrate_free(narrate);
    rig_fini(&rig);
    EQ_STR(out->str,
           "  30.000000           • h1:eth0: 10.0.0.2 was not confirmed for a while (STALE)\n"
           "                      • h1:eth0: route 10.0.0.1/24 added: directly connected\n");
}

static void ladder_passes_through_what_was_not_chosen(void)
{
    struct net net;
    struct ladder *ladder;
    const struct node *nodes[3];
    g_autoptr(GString) out = g_string_new(NULL);

    i18n_init("en");
    net_init(&net);
    nodes[0] = net.h[0];
    nodes[1] = net.h[1];
    nodes[2] = net.h[2];
    ladder = ladder_new(net.sim, nodes, 3);
    play(&net);
    EQ(ladder_arrows(ladder), 1); /* h3 ignored it */
    ladder_write(ladder, CHAPTER_NONE, 70, out);
    EQ_STR(out->str, "             h1                         h2                         h3\n"
                     "   0.000000   ├────── ARP request ──────▶┤                          │\n");
    ladder_free(ladder);
    sim_free(net.sim);
}

static void arrows_end_at_their_lines_in_any_language(void)
{
    g_autoptr(GString) out = g_string_new(NULL);

    EQ(columns_width("百度 a"), 6);
    EQ(columns_add(out, "百度一下", 5), 5);
    EQ_STR(out->str, "百度…");
}

static struct facts segment(uint8_t flags, enum fact_app app)
{
    return (
        struct facts){ .net = FACT_IPV4, .transport = FACT_TCP, .tcp.flags = flags, .app = app };
}

static void a_visit_has_seven_chapters(void)
{
    struct story story = { 0 };
    struct facts dhcp = { .app = FACT_DHCP }, dns = { .app = FACT_DNS }, arp = { .net = FACT_ARP };
    struct facts syn = segment(TCP_SYN, FACT_APP_NONE), ack = segment(TCP_ACK, FACT_APP_NONE);
    struct facts get = segment(TCP_ACK, FACT_HTTP_REQUEST),
                 ok = segment(TCP_ACK, FACT_HTTP_RESPONSE);
    struct facts fin = segment(TCP_ACK | TCP_FIN, FACT_APP_NONE);

    EQ(story_look(&story, &arp, WHY_ARP_ASK), CHAPTER_NONE);
    EQ(story_look(&story, &dhcp, WHY_NONE), CHAPTER_ADDRESS);
    EQ(story_look(&story, &arp, WHY_ARP_ASK_GATEWAY), CHAPTER_GATEWAY);
    EQ(story_look(&story, &arp, WHY_ARP_ANSWER), CHAPTER_GATEWAY);
    EQ(story_look(&story, &dns, WHY_NONE), CHAPTER_NAME);
    EQ(story_look(&story, &arp, WHY_ARP_ASK_GATEWAY), CHAPTER_NAME); /* the DNS server's */
    EQ(story_look(&story, &syn, WHY_NONE), CHAPTER_HANDSHAKE);
    EQ(story_look(&story, &ack, WHY_NONE), CHAPTER_HANDSHAKE);
    EQ(story_look(&story, &get, WHY_NONE), CHAPTER_REQUEST);
    EQ(story_look(&story, &syn, WHY_NONE), CHAPTER_REQUEST); /* a late copy */
    EQ(story_look(&story, &ok, WHY_NONE), CHAPTER_ANSWER);
    EQ(story_look(&story, &ack, WHY_NONE), CHAPTER_ANSWER);
    EQ(story_look(&story, &fin, WHY_NONE), CHAPTER_GOODBYE);
    EQ(story_look(&story, &ack, WHY_NONE), CHAPTER_GOODBYE);
    EQ(story_look(&story, &syn, WHY_NONE), CHAPTER_HANDSHAKE); /* the next visit */
}

UNIT_MAIN("narrate", TEST(a_flooded_request_is_told_line_by_line), TEST(brief_in_chinese),
          TEST(what_happens_later_has_its_own_time),
          TEST(ladder_passes_through_what_was_not_chosen),
          TEST(arrows_end_at_their_lines_in_any_language), TEST(a_visit_has_seven_chapters))
