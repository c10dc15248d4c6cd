/* udhcpc and dhclient against the server, on one cable: messages, texts (fidelity: c17), lives of
 * leases. */
#include "tests/unit/apps/rig.h"

#include "base/be.h"
#include "stack/services/services.h"
#include "stack/wire/arp_wire.h"
#include "stack/wire/dhcp_wire.h"
#include "stack/wire/eth_wire.h"
#include "stack/wire/ipv4_wire.h"
#include "stack/wire/udp_wire.h"

/* Every DHCP message sent, as a line: type, addresses, IP header, options. */
struct watch {
    struct observer observer;
    struct strbuf log;
    sim_time last_at;
    struct why last_why;
    uint32_t last_xid, first_xid;
};

static void watch_record(struct observer *observer, const struct record *record)
{
    struct watch *watch = (struct watch *)((char *)observer - offsetof(struct watch, observer));
    static const char *const types[] = { "bootp", "discover", "offer",   "request", "decline",
                                         "ack",   "nak",      "release", "inform" };
    uint8_t octets[1600];
    size_t len = frame_size(record->frame);
    struct ipv4_hdr ip;
    struct udp_hdr udp;
    struct dhcp_msg msg;
    char a[IP4_TEXT_MAX], b[IP4_TEXT_MAX];

    if (len > sizeof octets)
        return;
    frame_copy_out(record->frame, 0, octets, len);
    if (be16_get(octets + 12) == ETHERTYPE_ARP) {
        strbuf_adds(&watch->log, "arp\n");
        return;
    }
    if (ipv4_parse(octets + 14, len - 14, &ip) != DROP_NONE || ip.protocol != IP_PROTO_UDP ||
        udp_parse(octets + 14 + ip.hdr_len, ip.total_len - ip.hdr_len, &udp) != DROP_NONE ||
        dhcp_parse(octets + 14 + ip.hdr_len + 8, udp.len - 8u, &msg) != DROP_NONE)
        return;
    strbuf_addf(&watch->log,
                "%s %s>%s len=%u tos=%x ttl=%u%s opts=", types[dhcp_message_type(&msg)],
                ip4_format(ip.src, a), ip4_format(ip.dst, b), ip.total_len, ip.tos, ip.ttl,
                ip.df ? " DF" : "");
    for (unsigned i = 0; i < msg.n_options; i++)
        strbuf_addf(&watch->log, "%s%u", i > 0 ? "," : "", msg.options[i].code);
    strbuf_addf(&watch->log, " ci=%s yi=%s\n", ip4_format(msg.ciaddr, a),
                ip4_format(msg.yiaddr, b));
    watch->last_at = record->at;
    watch->last_why = record->why;
    if (watch->first_xid == 0)
        watch->first_xid = msg.xid;
    watch->last_xid = msg.xid;
}

static const ip4_addr resolvers[] = { IP4(10, 0, 0, 53) };

static struct dhcp_pool_config pool_config(void)
{
    return (struct dhcp_pool_config){ .iface = "eth0",
                                      .first = IP4(10, 0, 0, 100),
                                      .last = IP4(10, 0, 0, 150),
                                      .has_gateway = true,
                                      .gateway = IP4(10, 0, 0, 254),
                                      .n_resolvers = 1,
                                      .resolvers = resolvers,
                                      .lease_seconds = 3600 };
}

struct scene {
    struct rig rig;
    struct watch watch;
    struct dhcp_pool_config pool;
    struct os *client, *server;
};

/* h1 without an address, h2 10.0.0.1/24 with the server unless @pool is NULL. */
static void scene_begin(struct scene *scene, const struct dhcp_pool_config *pool)
{
    memset(scene, 0, sizeof *scene);
    rig_begin(&scene->rig);
    scene->client = rig_add(&scene->rig, "h1", 1);
    scene->server = rig_add(&scene->rig, "h2", 1);
    rig_cable(&scene->rig, scene->client, 0, scene->server, 0);
    rig_address(scene->server, "eth0", IP4(10, 0, 0, 1));
    scene->watch.observer =
        (struct observer){ .wants = RECORD_BIT(RECORD_SEND), .record = watch_record };
    sim_observe(scene->rig.sim, &scene->watch.observer);
    sim_start(scene->rig.sim);
    if (pool != NULL) {
        scene->pool = *pool;
        OK(services_start_dhcp(scene->server, &scene->pool, 1));
    }
}

static void scene_end(struct scene *scene)
{
    rig_end(&scene->rig);
    strbuf_fini(&scene->watch.log);
}

static const char *sent(struct scene *scene)
{
    return strbuf_text(&scene->watch.log);
}

static unsigned count(const char *text, const char *what)
{
    unsigned n = 0;

    for (; (text = strstr(text, what)) != NULL; text++)
        n++;
    return n;
}

static const char *file_text(struct os *os, const char *path)
{
    const struct os_file *file = os_file_find(os, path);

    return file == NULL ? "(none)" : strbuf_text(&file->content);
}

static void udhcpc_binds_renews_and_releases_as_recorded(void)
{
    struct dhcp_pool_config pool = pool_config();
    struct scene s;

    scene_begin(&s, &pool);
    run(&s.rig, s.client, "udhcpc -f -i eth0", SIM_MSEC(3500));
    EQ_STR(strbuf_text(&s.rig.out),
           "udhcpc: started, v1.35.0\n"
           "udhcpc: broadcasting discover\n"
           "udhcpc: broadcasting select for 10.0.0.100, server 10.0.0.1\n"
           "udhcpc: lease of 10.0.0.100 obtained from 10.0.0.1, lease time 3600\n"
           "bound ip=10.0.0.100/24 router=10.0.0.254 dns=10.0.0.53 lease=3600\n");
    EQ_STR(sent(&s), "discover 0.0.0.0>255.255.255.255 len=328 tos=0 ttl=64 opts=53,57,55,60,61 "
                     "ci=0.0.0.0 yi=0.0.0.0\n"
                     "offer 10.0.0.1>10.0.0.100 len=328 tos=c0 ttl=64 opts=53,54,51,58,59,1,28,6,3 "
                     "ci=0.0.0.0 yi=10.0.0.100\n"
                     "request 0.0.0.0>255.255.255.255 len=328 tos=0 ttl=64 "
                     "opts=53,50,54,57,55,60,61 ci=0.0.0.0 yi=0.0.0.0\n"
                     "ack 10.0.0.1>10.0.0.100 len=328 tos=c0 ttl=64 opts=53,54,51,58,59,1,28,6,3 "
                     "ci=0.0.0.0 yi=10.0.0.100\n");
    EQ(ip_iface_primary(s.client->ip.ifaces[1]), IP4(10, 0, 0, 100));
    EQ_STR(file_text(s.client, "/etc/resolv.conf"), "nameserver 10.0.0.53\n");
    strbuf_truncate(&s.watch.log, 0);
    strbuf_truncate(&s.rig.out, 0);
    process_signal(CONTAINER_OF(s.client->processes.prev, struct process, link), SIM_SIGUSR1);
    rig_run_for(&s.rig, SIM_MSEC(5500));
    EQ_STR(sent(&s), "arp\narp\n"
                     "request 10.0.0.100>10.0.0.1 len=328 tos=0 ttl=64 DF opts=53,57,55,60,61 "
                     "ci=10.0.0.100 yi=0.0.0.0\n"
                     "ack 10.0.0.1>10.0.0.100 len=328 tos=c0 ttl=64 opts=53,54,51,58,59,1,28,6,3 "
                     "ci=10.0.0.100 yi=10.0.0.100\n"
                     "arp\narp\n");
    EQ(s.watch.last_xid, s.watch.first_xid);
    process_signal(CONTAINER_OF(s.client->processes.prev, struct process, link), SIM_SIGUSR2);
    rig_run_for(&s.rig, SIM_SEC(3));
    EQ_STR(strbuf_text(&s.rig.out),
           "udhcpc: sending renew to server 10.0.0.1\n"
           "udhcpc: lease of 10.0.0.100 obtained from 10.0.0.1, lease time 3600\n"
           "renew ip=10.0.0.100/24 router=10.0.0.254 dns=10.0.0.53 lease=3600\n"
           "udhcpc: unicasting a release of 10.0.0.100 to 10.0.0.1\n"
           "udhcpc: sending release\n"
           "udhcpc: entering released state\n");
    OK(strstr(sent(&s), "release 10.0.0.100>10.0.0.1 len=328 tos=0 ttl=64 DF opts=53,54,61 "
                        "ci=10.0.0.100 yi=0.0.0.0\n") != NULL);
    OK(s.watch.last_xid != s.watch.first_xid);
    EQ(s.client->ip.ifaces[1]->n_addrs, 0);
    scene_end(&s);
}

static void dhclient_goes_to_the_background_and_renews_there(void)
{
    struct dhcp_pool_config pool = pool_config();
    struct scene s;
    const char *out;

    scene_begin(&s, &pool);
    out = run(&s.rig, s.client, "dhclient -v eth0", SIM_SEC(3));
    OK(strstr(out, "Internet Systems Consortium DHCP Client 4.4.3-P1\n") == out);
    OK(strstr(out, "Listening on LPF/eth0/02:00:00:00:01:01\n"
                   "Sending on   LPF/eth0/02:00:00:00:01:01\n"
                   "Sending on   Socket/fallback\n"
                   "DHCPDISCOVER on eth0 to 255.255.255.255 port 67 interval ") != NULL);
    OK(strstr(out, "\nDHCPOFFER of 10.0.0.100 from 10.0.0.1\n"
                   "DHCPREQUEST for 10.0.0.100 on eth0 to 255.255.255.255 port 67\n"
                   "DHCPACK of 10.0.0.100 from 10.0.0.1\n"
                   "bound to 10.0.0.100 -- renewal in ") != NULL);
    OK(text_ends(out, " seconds.\n-- exit 0\n"));
    EQ_STR(sent(&s), "discover 0.0.0.0>255.255.255.255 len=328 tos=10 ttl=128 opts=53,12,55 "
                     "ci=0.0.0.0 yi=0.0.0.0\n"
                     "offer 10.0.0.1>10.0.0.100 len=328 tos=c0 ttl=64 opts=53,54,51,58,59,1,28,6,3 "
                     "ci=0.0.0.0 yi=10.0.0.100\n"
                     "request 0.0.0.0>255.255.255.255 len=328 tos=10 ttl=128 opts=53,54,50,12,55 "
                     "ci=0.0.0.0 yi=0.0.0.0\n"
                     "ack 10.0.0.1>10.0.0.100 len=328 tos=c0 ttl=64 opts=53,54,51,58,59,1,28,6,3 "
                     "ci=0.0.0.0 yi=10.0.0.100\n");
    OK(!list_empty(&s.client->processes));
    rig_run_for(&s.rig, SIM_SEC(1900));
    EQ(count(sent(&s), "request 10.0.0.100>10.0.0.1"), 1);
    EQ(count(sent(&s), "ack "), 2);
    out = run(&s.rig, s.client, "dhclient -r eth0", SIM_SEC(3));
    EQ_STR(out, "Killed old client process\n-- exit 0\n");
    EQ(count(sent(&s), "release "), 1);
    EQ(s.client->ip.ifaces[1]->n_addrs, 0);
    OK(list_empty(&s.client->processes));
    scene_end(&s);
}

static void dhclient_asks_for_its_old_address_first(void)
{
    struct dhcp_pool_config pool = pool_config();
    struct scene s;
    const char *out;

    scene_begin(&s, &pool);
    run(&s.rig, s.client, "dhclient eth0", SIM_SEC(3));
    EQ_STR(strbuf_text(&s.rig.out), "-- exit 0\n");
    strbuf_truncate(&s.watch.log, 0);
    out = run(&s.rig, s.client, "dhclient -x eth0", SIM_SEC(2)); /* begins as if it would stay */
    EQ_STR(out, "Killed old client process\n-- exit 0\n");
    EQ(count(sent(&s), "request 0.0.0.0>255.255.255.255"), 1);
    OK(list_empty(&s.client->processes));
    strbuf_truncate(&s.watch.log, 0);
    run(&s.rig, s.client, "dhclient eth0", SIM_SEC(3));
    OK(strstr(sent(&s), "request 0.0.0.0>255.255.255.255 len=328 tos=10 ttl=128 opts=53,50,12,55 "
                        "ci=0.0.0.0 yi=0.0.0.0\nack ") == sent(&s));
    scene_end(&s);
}

static void nobody_answers_udhcpc_three_times_then_waits(void)
{
    struct scene s;

    scene_begin(&s, NULL);
    run(&s.rig, s.client, "udhcpc -f", SIM_SEC(30));
    EQ(count(sent(&s), "discover"), 4); /* 0, 3, 6 s; given up at 9 s; 29 s */
    EQ(s.watch.last_at / SIM_SEC(1), 29);
    scene_end(&s);
    scene_begin(&s, NULL);
    run(&s.rig, s.client, "udhcpc -f -n -t 2 -T 1", SIM_SEC(30));
    EQ_STR(strbuf_text(&s.rig.out),
           "udhcpc: started, v1.35.0\nudhcpc: broadcasting discover\n"
           "udhcpc: broadcasting discover\nudhcpc: no lease, failing\n-- exit 1\n");
    scene_end(&s);
}

static void dhclient_backs_off_for_a_minute_and_sleeps(void)
{
    struct scene s;
    const char *out;

    scene_begin(&s, NULL);
    out = run(&s.rig, s.client, "dhclient -1 -v eth0", SIM_SEC(100));
    OK(text_ends(
        out,
        "No DHCPOFFERS received.\nUnable to obtain a lease on first try.  Exiting.\n-- exit 2\n"));
    OK(count(sent(&s), "discover") >= 5 && count(sent(&s), "discover") <= 12);
    scene_end(&s);
}

static void a_lost_server_means_rebinding_and_then_a_fresh_start(void)
{
    struct dhcp_pool_config pool = pool_config();
    struct scene s;

    pool.lease_seconds = 200;
    scene_begin(&s, &pool);
    run(&s.rig, s.client, "dhclient eth0", SIM_SEC(1));
    process_signal(CONTAINER_OF(s.server->processes.prev, struct process, link), SIM_SIGKILL);
    strbuf_truncate(&s.watch.log, 0);
    rig_run_for(&s.rig, SIM_SEC(170));
    OK(count(sent(&s), "request 10.0.0.100>10.0.0.1") >= 3); /* from T1 on */
    EQ(count(sent(&s), "request 10.0.0.100>255.255.255.255"), 0);
    rig_run_for(&s.rig, SIM_SEC(29));
    OK(count(sent(&s), "request 10.0.0.100>255.255.255.255") >= 1); /* from T2 on */
    EQ(s.client->ip.ifaces[1]->n_addrs, 1);
    rig_run_for(&s.rig, SIM_SEC(20));
    EQ(s.client->ip.ifaces[1]->n_addrs, 0); /* expired */
    OK(count(sent(&s), "discover") >= 1);
    scene_end(&s);
}

/* As recorded: 60 s, 91 s, then three broadcasts 3 s apart, and a fresh start long before the lease
 * has run out. */
static void udhcpc_without_an_answer_halves_what_is_left(void)
{
    static const struct {
        unsigned until;
        const char *what;
    } steps[] = {
        { 59, "" },
        { 61, "renew" },
        { 89, "renew" },
        { 92, "renew renew" },
        { 96, "renew renew rebind" },
        { 102, "renew renew rebind rebind rebind" },
        { 104, "renew renew rebind rebind rebind discover" },
    };
    struct dhcp_pool_config pool = pool_config();
    struct scene s;

    pool.lease_seconds = 120;
    scene_begin(&s, &pool);
    run(&s.rig, s.client, "udhcpc -f -i eth0", SIM_SEC(1));
    process_signal(CONTAINER_OF(s.server->processes.prev, struct process, link), SIM_SIGKILL);
    strbuf_truncate(&s.watch.log, 0);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        rig_run_for(&s.rig, SIM_SEC(steps[i].until) - sim_now(s.rig.sim));
        EQ(count(sent(&s), "request 10.0.0.100>10.0.0.1 "), count(steps[i].what, "renew"));
        EQ(count(sent(&s), "request 10.0.0.100>255.255.255.255"), count(steps[i].what, "rebind"));
        EQ(count(sent(&s), "discover 0.0.0.0>"), count(steps[i].what, "discover"));
        EQ(s.client->ip.ifaces[1]->n_addrs, steps[i].until < 104);
    }
    OK(strstr(strbuf_text(&s.rig.out), "udhcpc: lease lost, entering init state\n") != NULL);
    scene_end(&s);
}

/* A signal wants to know now: the lease is lost after 12 s, however much was left of it. */
static void udhcpc_does_not_wait_when_a_signal_renews(void)
{
    struct dhcp_pool_config pool = pool_config();
    struct scene s;

    scene_begin(&s, &pool);
    run(&s.rig, s.client, "udhcpc -f -i eth0", SIM_SEC(1));
    process_signal(CONTAINER_OF(s.server->processes.prev, struct process, link), SIM_SIGKILL);
    strbuf_truncate(&s.watch.log, 0);
    process_signal(CONTAINER_OF(s.client->processes.prev, struct process, link), SIM_SIGUSR1);
    rig_run_for(&s.rig, SIM_SEC(11));
    EQ(count(sent(&s), "request 10.0.0.100>10.0.0.1 "), 1);
    EQ(count(sent(&s), "request 10.0.0.100>255.255.255.255"), 3);
    EQ(s.client->ip.ifaces[1]->n_addrs, 1);
    rig_run_for(&s.rig, SIM_SEC(2));
    EQ(s.client->ip.ifaces[1]->n_addrs, 0);
    EQ(count(sent(&s), "discover"), 1);
    scene_end(&s);
}

static void the_pool_is_given_out_in_order_and_then_nothing(void)
{
    struct rig rig;
    struct dhcp_pool_config pool = pool_config();
    struct process *server;

    pool.last = IP4(10, 0, 0, 101);
    rig_begin(&rig);
    rig_add(&rig, "srv", 3); /* one cable and one pool per client would be another scene: here one
                                host asks thrice */
    rig_add(&rig, "h1", 1);
    rig_cable(&rig, rig.hosts[0], 0, rig.hosts[1], 0);
    rig_address(rig.hosts[0], "eth0", IP4(10, 0, 0, 1));
    sim_start(rig.sim);
    server = dhcp_server_start(rig.hosts[0], &pool, 1);
    for (unsigned i = 0; i < 3; i++) {
        rig.hosts[1]->node->ifaces[0]->mac.octets[5] =
            (uint8_t)(0x10 + i); /* another card each time */
        run(&rig, rig.hosts[1], "udhcpc -q -n -t 1 -T 1", SIM_SEC(5));
        OK(text_ends(strbuf_text(&rig.out), i < 2 ? "-- exit 0\n" : "-- exit 1\n"));
    }
    EQ(dhcp_server_lease(server, IP4(10, 0, 0, 100))->mac.octets[5], 0x10);
    EQ(dhcp_server_lease(server, IP4(10, 0, 0, 101))->mac.octets[5], 0x11);
    rig_run_for(&rig, SIM_SEC(3600)); /* the leases run out */
    OK(dhcp_server_lease(server, IP4(10, 0, 0, 100)) == NULL);
    run(&rig, rig.hosts[1], "udhcpc -q -n", SIM_SEC(5));
    OK(text_ends(strbuf_text(&rig.out), "lease=3600\n-- exit 0\n"));
    rig_end(&rig);
}

/* The server has to be asked for by ARP first: its answer comes before the address is gone. */
static void a_release_leaves_although_the_neighbor_is_unknown(void)
{
    static const char *const lines[] = { "udhcpc -f -i eth0 -R", "dhclient eth0" };

    for (int i = 0; i < 2; i++) {
        struct dhcp_pool_config pool = pool_config();
        struct scene s;

        scene_begin(&s, &pool);
        run(&s.rig, s.client, lines[i], SIM_SEC(4));
        neigh_flush_iface(&s.client->ip.neigh, s.client->ip.ifaces[1], false);
        if (i == 0)
            process_signal(CONTAINER_OF(s.client->processes.prev, struct process, link),
                           SIM_SIGTERM);
        else
            run(&s.rig, s.client, "dhclient -r eth0", SIM_SEC(3));
        rig_run_for(&s.rig, SIM_SEC(1));
        EQ(count(sent(&s), "release 10.0.0.100>10.0.0.1"), 1);
        EQ(s.client->ip.ifaces[1]->n_addrs, 0);
        OK(list_empty(&s.client->processes));
        scene_end(&s);
    }
}

static void an_unused_address_is_taken_after_the_probe(void)
{
    struct dhcp_pool_config pool = pool_config();
    struct scene s;

    scene_begin(&s, &pool);
    run(&s.rig, s.client, "udhcpc -f -a", SIM_MSEC(1900));
    EQ(s.client->ip.ifaces[1]->n_addrs, 0);
    rig_run_for(&s.rig, SIM_MSEC(200));
    OK(strstr(strbuf_text(&s.rig.out), "bound ip=10.0.0.100/24") != NULL); /* nobody else has it */
    scene_end(&s);
}

static void an_address_in_use_is_declined(void)
{
    struct dhcp_pool_config pool = pool_config();
    struct scene s;

    scene_begin(&s, &pool);
    rig_start(&s.rig, s.client, "udhcpc -f -a");
    while (strstr(sent(&s), "ack") == NULL)
        OK(sim_step(s.rig.sim, SIM_SEC(1)));
    rig_address(s.server, "eth0", IP4(10, 0, 0, 100)); /* somebody else took it meanwhile */
    rig_run_for(&s.rig, SIM_SEC(1));
    OK(text_ends(strbuf_text(&s.rig.out),
                 "udhcpc: offered address is in use (got ARP reply), declining\n"
                 "udhcpc: broadcasting decline\n"));
    OK(strstr(sent(&s), "decline 0.0.0.0>255.255.255.255 len=328 tos=0 ttl=64 opts=53,50,54,61 ") !=
       NULL);
    rig_run_for(&s.rig, SIM_SEC(25)); /* it waits, asks again, and gets another one */
    OK(strstr(strbuf_text(&s.rig.out), "bound ip=10.0.0.101/24") != NULL);
    scene_end(&s);
}

static void a_lease_from_elsewhere_is_refused(void)
{
    struct dhcp_pool_config pool = pool_config();
    struct scene s;
    const char *lease =
        "lease {\n  interface \"eth0\";\n  fixed-address 192.168.7.7;\n  option subnet-mask "
        "255.255.255.0;\n"
        "  option dhcp-server-identifier 192.168.7.1;\n  expire 5 2026/01/02 00:00:00;\n}\n";

    scene_begin(&s, &pool);
    os_file_write(s.client, "/var/lib/dhcp/dhclient.leases", lease, strlen(lease), false);
    run(&s.rig, s.client, "dhclient -v eth0", SIM_SEC(5));
    OK(strstr(strbuf_text(&s.rig.out),
              "DHCPREQUEST for 192.168.7.7 on eth0 to 255.255.255.255 port 67\n"
              "DHCPNAK from 10.0.0.1\n"
              "DHCPDISCOVER on eth0") != NULL);
    OK(strstr(sent(&s), "nak 10.0.0.1>255.255.255.255 len=328 tos=c0 ttl=64 opts=53,54,56 "
                        "ci=0.0.0.0 yi=0.0.0.0\n") != NULL);
    EQ(ip_iface_primary(s.client->ip.ifaces[1]), IP4(10, 0, 0, 100));
    scene_end(&s);
}

static void a_static_lease_and_other_options_are_given(void)
{
    static const struct dhcp_server_static statics[] = { { { { 2, 0, 0, 0, 1, 1 } },
                                                           IP4(10, 0, 0, 77) } };
    static const uint8_t ntp[] = { 10, 0, 0, 9 };
    static const struct dhcp_server_option options[] = { { 42, 4, ntp } };
    struct dhcp_pool_config pool = pool_config();
    struct scene s;

    pool.statics = statics;
    pool.n_statics = 1;
    pool.options = options;
    pool.n_options = 1;
    pool.domain = "lab.test";
    scene_begin(&s, &pool);
    run(&s.rig, s.client, "dhclient eth0", SIM_SEC(2));
    EQ(ip_iface_primary(s.client->ip.ifaces[1]), IP4(10, 0, 0, 77));
    OK(strstr(sent(&s), "opts=53,54,51,58,59,1,28,15,42,6,3 ") != NULL);
    EQ_STR(file_text(s.client, "/etc/resolv.conf"),
           "domain lab.test\nsearch lab.test\nnameserver 10.0.0.53\n");
    scene_end(&s);
}

static void the_ping_check_holds_the_offer_back(void)
{
    struct dhcp_pool_config pool = pool_config();
    struct scene s;

    pool.ping_check = true;
    scene_begin(&s, &pool);
    run(&s.rig, s.client, "udhcpc -f -T 5", SIM_SEC(4));
    OK(strstr(strbuf_text(&s.rig.out), "bound ip=10.0.0.100/24") != NULL);
    OK(s.watch.last_at >= SIM_SEC(3) && s.watch.last_at < SIM_MSEC(3010));
    scene_end(&s);
}

UNIT_MAIN("dhcp", TEST(udhcpc_binds_renews_and_releases_as_recorded),
          TEST(dhclient_goes_to_the_background_and_renews_there),
          TEST(dhclient_asks_for_its_old_address_first),
          TEST(nobody_answers_udhcpc_three_times_then_waits),
          TEST(dhclient_backs_off_for_a_minute_and_sleeps),
          TEST(a_lost_server_means_rebinding_and_then_a_fresh_start),
          TEST(udhcpc_without_an_answer_halves_what_is_left),
          TEST(udhcpc_does_not_wait_when_a_signal_renews),
          TEST(the_pool_is_given_out_in_order_and_then_nothing),
          TEST(a_release_leaves_although_the_neighbor_is_unknown),
          TEST(an_unused_address_is_taken_after_the_probe), TEST(an_address_in_use_is_declined),
          TEST(a_lease_from_elsewhere_is_refused), TEST(a_static_lease_and_other_options_are_given),
          TEST(the_ping_check_holds_the_offer_back))
