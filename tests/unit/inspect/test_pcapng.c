#include "tests/support/unit.h"

#include <glib.h>
#include <glib/gstdio.h>

#include "inspect/i18n.h"
#include "inspect/pcapng.h"
#include "tests/unit/inspect/rig.h"

static void capture(const char *path)
{
    struct rig rig;
    struct pcapng *pcapng;
    struct buffer *buffer;
    struct frame *frame;
    uint8_t octets[100];
    size_t len;
    g_autoptr(GError) error = NULL;

    i18n_init("en");
    rig_init(&rig, NULL, &rig_ops);
    pcapng = pcapng_new(rig.sim, path, &error);
    pcapng_name(pcapng, RIG_IP_A, "h1");
    pcapng_name(pcapng, RIG_IP_A, "other");
    sim_start(rig.sim);
    node_state(rig.b, rig.b0, WHY(ADDR_ADDED, WHY_PREFIX(RIG_IP_B, 24)));
    iface_send(rig.a0, rig_frame(rig.a, octets, rig_arp(octets), WHY(ARP_ASK, RIG_IP_B, RIG_IP_B)));
    len = rig_udp(octets, 1000, 2000, "hello", 5);
    frame = rig_frame(rig.a, octets, len - 5, WHY(UDP_SEND, 5, RIG_IP_B, 2000));
    buffer = buffer_new(rig.a, 5); /* the payload as a slice */
    memcpy(buffer->octets, "hello", 5);
    frame_attach(frame, (struct slice){ 5, buffer->octets, buffer });
    buffer_unref(buffer);
    iface_send(rig.a0, frame);
    sim_run(rig.sim, SIM_SEC(1), 100);
    OK(pcapng_close(pcapng, &error));
    rig_fini(&rig);
}

static void same_run_same_file(void)
{
    g_autofree char *folder = g_dir_make_tmp("wirewalk-XXXXXX", NULL);
    g_autofree char *a = g_build_filename(folder, "a.pcapng", NULL),
                    *b = g_build_filename(folder, "b.pcapng", NULL);
    g_autofree char *first = NULL, *second = NULL;
    gsize n_first = 0, n_second = 0;

    capture(a);
    capture(b);
    OK(g_file_get_contents(a, &first, &n_first, NULL));
    OK(g_file_get_contents(b, &second, &n_second, NULL));
    EQ(n_first, n_second);
    EQ(n_first % 4, 0);
    EQ_MEM(first, second, n_first);
    g_unlink(a);
    g_unlink(b);
    g_rmdir(folder);
}

static void tshark_reads_all_of_it(void)
{
    g_autofree char *tshark = g_find_program_in_path("tshark");
    g_autofree char *folder = g_dir_make_tmp("wirewalk-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "a.pcapng", NULL);
    g_autofree char *command = NULL, *out = NULL;
    static const char expected[] =
        "h1:eth0|0x00000002|0.000000000|who has 10.0.0.2? a packet for 10.0.0.2 waits for its MAC "
        "address|\n"
        "h1:eth0|0x00000002|0.000000000|a program sends 5 octets to 10.0.0.2 port 2000|\n"
        "h2:eth0|0x0000000d|0.000011720|who has 10.0.0.2? a packet for 10.0.0.2 waits for its MAC "
        "address|\n"
        "h2:eth0|0x00000005|0.000018440|a program sends 5 octets to 10.0.0.2 port 2000|\n";

    if (tshark == NULL)
        return;
    capture(path);
    command = g_strdup_printf(
        "%s -n -r %s -T fields -E separator=| -e frame.interface_name -e frame.packet_flags "
        "-e frame.time_relative -e frame.comment -e _ws.malformed",
        tshark, path);
    OK(g_spawn_command_line_sync(command, &out, NULL, NULL, NULL));
    EQ_STR(out, expected);
    g_unlink(path);
    g_rmdir(folder);
}

static void unwritable_file_is_a_clear_error(void)
{
    struct rig rig;
    g_autoptr(GError) error = NULL;

    i18n_init("en");
    rig_init(&rig, NULL, &rig_ops);
    OK(pcapng_new(rig.sim, "/nonexistent/x.pcapng", &error) == NULL);
    EQ_STR(error->message, "cannot write /nonexistent/x.pcapng: No such file or directory");
    rig_fini(&rig);
}

static void a_full_disk_is_told_at_the_end(void)
{
    struct rig rig;
    struct pcapng *pcapng;
    g_autoptr(GError) error = NULL;

    if (!g_file_test("/dev/full", G_FILE_TEST_EXISTS))
        return;
    i18n_init("en");
    rig_init(&rig, NULL, &rig_ops);
    pcapng = pcapng_new(rig.sim, "/dev/full", &error);
    OK(pcapng != NULL);
    OK(!pcapng_close(pcapng, &error));
    OK(g_str_has_prefix(error->message, "cannot write /dev/full"));
    rig_fini(&rig);
}

UNIT_MAIN("pcapng", TEST(same_run_same_file), TEST(tshark_reads_all_of_it),
          TEST(unwritable_file_is_a_clear_error), TEST(a_full_disk_is_told_at_the_end))
