/*
 * wirewalk demo: a PC visits a web server, in chapters. Each chapter is the narrated timeline of
 * its frames and then a ladder diagram of who said what to whom. A chapter ends where a frame
 * begins another one, so this file watches the frames with the same eyes as the narration
 * (inspect/story.h).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "cli/cli.h"
#include "cli/demo_files.h"
#include "cli/options.h"
#include "cli/picture.h"
#include "cli/record.h"
#include "inspect/i18n.h"
#include "inspect/ladder.h"
#include "inspect/narrate.h"
#include "inspect/render.h"
#include "inspect/story.h"
#include "lab/run.h"
#include "sim/sim.h"

#define DEMO_UNTIL    SIM_SEC(9) /* the visit is over; what follows is housekeeping of ARP */
#define FRAME_READ    2048
#define TOPOLOGY_NAME "visit-baidu.net.yaml"
#define SCENARIO_NAME "visit-baidu.walk.yaml"

enum { LADDERS = 3 };

struct demo {
    struct observer observer;
    struct run *run;
    struct narrate *narrate;
    struct ladder
        *ladders[LADDERS]; /* of different columns; which one suits a chapter: ladder_of() */
    struct story story;
    enum chapter chapter;
};

/* Who talks in a chapter: the PC with its gateway, with the name server, with the web server. */
static struct ladder *ladder_of(const struct demo *demo, enum chapter chapter)
{
    switch (chapter) {
    case CHAPTER_NONE:
    case CHAPTER_N:
        return NULL;
    case CHAPTER_ADDRESS:
    case CHAPTER_GATEWAY:
        return demo->ladders[0];
    case CHAPTER_NAME:
        return demo->ladders[1];
    case CHAPTER_HANDSHAKE:
    case CHAPTER_REQUEST:
    case CHAPTER_ANSWER:
    case CHAPTER_GOODBYE:
        break;
    }
    return demo->ladders[2];
}

static void write_out(void *ctx, const char *text)
{
    (void)ctx;
    fputs(text, stdout);
}

static void end_chapter(struct demo *demo)
{
    struct ladder *ladder = ladder_of(demo, demo->chapter);

    narrate_flush(demo->narrate);
    if (ladder != NULL && ladder_arrows(ladder) > 0) {
        g_autoptr(GString) out = g_string_new("\n");

        ladder_write(ladder, CHAPTER_NONE, MIN(cli_width(), ladder == demo->ladders[0] ? 72 : 100),
                     out);
        fputs(out->str, stdout);
    }
    for (int i = 0; i < LADDERS; i++)
        ladder_clear(demo->ladders[i]);
}

static void watch(struct observer *observer, const struct record *record)
{
    struct demo *demo = CONTAINER_OF(observer, struct demo, observer);
    size_t size = MIN(frame_size(record->frame), FRAME_READ);
    uint8_t octets[FRAME_READ];
    enum chapter chapter;
    struct facts facts;

    frame_copy_out(record->frame, 0, octets, size);
    facts_read(&facts, octets, size);
    chapter = story_look(&demo->story, &facts, record->why.code);
    if (chapter == demo->chapter)
        return;
    end_chapter(demo);
    demo->chapter = chapter;
}

static struct ladder *new_ladder(struct run *run, const char *const *names, unsigned n)
{
    const struct node *nodes[4];

    for (unsigned i = 0; i < n; i++)
        nodes[i] = run->network->nodes[topology_node(run->scenario->topology, names[i])->index];
    return ladder_new(run->network->sim, nodes, n);
}

/* The chapter must be known before the narration tells the frame that begins the next: observers
 * are told in their order. */
static void demo_begin(struct demo *demo, struct run *run)
{
    struct narrate_options options = {
        .level = NARRATE_NORMAL, .colour = cli_colour(), .chapters = true, .write = write_out
    };

    demo->run = run;
    demo->observer.wants = RECORD_BIT(RECORD_SEND);
    demo->observer.record = watch;
    sim_observe(run->network->sim, &demo->observer);
    demo->narrate = narrate_new(run->network->sim, &options);
    demo->ladders[0] = new_ladder(run, (const char *const[]){ "pc1", "gw" }, 2);
    demo->ladders[1] = new_ladder(run, (const char *const[]){ "pc1", "gw", "dns" }, 3);
    demo->ladders[2] = new_ladder(run, (const char *const[]){ "pc1", "gw", "web" }, 3);
}

static void demo_end(struct demo *demo)
{
    end_chapter(demo);
    for (int i = 0; i < LADDERS; i++)
        ladder_free(demo->ladders[i]);
    sim_unobserve(demo->run->network->sim, &demo->observer);
}

static void tell_beginning(const struct topology *topology)
{
    g_autoptr(GString) out = g_string_new(NULL);

    printf("%s\n\n", _("A PC visits www.baidu.com. This is its network:"));
    picture_text(topology, cli_width(), out);
    fputs(out->str, stdout);
    printf("\n%s\n", _("Each line below is one frame on one cable: when, its number, from → to, "
                       "what it is, and why.\n"
                       "A dot tells what changed in somebody's table; a cross tells that a frame "
                       "died, and why."));
}

static void tell_end(const struct demo *demo)
{
    printf(_("\nThat was the whole visit: %" PRIu64 " frames.\n"), narrate_frames(demo->narrate));
    printf("%s\n", _("`wirewalk demo --save DIR` writes its two files, to be changed and run with "
                     "`wirewalk run`;\n"
                     "`wirewalk demo --pcap visit.pcapng` captures it for Wireshark."));
}

static int run_demo(struct run *run, const struct record_paths *paths)
{
    struct recorder *recorder = recorder_new(run->network->sim, run, paths);
    struct demo demo = { 0 };
    int status;

    if (recorder == NULL)
        return CLI_WRONG;
    tell_beginning(run->scenario->topology);
    demo_begin(&demo, run);
    run_all(run);
    demo_end(&demo);
    tell_end(&demo);
    narrate_free(demo.narrate);
    status = recorder_finish(recorder) ? CLI_MET : CLI_WRONG;
    recorder_free(recorder);
    return status;
}

static bool save_one(const char *folder, const char *name, const unsigned char *octets, size_t len)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autoptr(GError) error = NULL;

    if (!g_file_set_contents(path, (const char *)octets, (gssize)len, &error)) {
        cli_error("%s", error->message);
        return false;
    }
    printf("%s\n", path);
    return true;
}

/* The scenario of the library names its topology in another folder; here the two lie side by side.
 */
static bool save_files(const char *folder)
{
    g_autofree char *scenario = g_strndup((const char *)demo_scenario, demo_scenario_len);
    g_auto(GStrv) parts = g_strsplit(scenario, "../topologies/", 2);
    g_autofree char *beside = g_strjoinv("", parts);

    if (g_mkdir_with_parents(folder, 0777) != 0) {
        cli_error(_("the folder \"%s\" cannot be made"), folder);
        return false;
    }
    return save_one(folder, TOPOLOGY_NAME, demo_topology, demo_topology_len) &&
           save_one(folder, SCENARIO_NAME, (const unsigned char *)beside, strlen(beside));
}

static int tell_story(const struct record_paths *paths)
{
    struct diag_list *diags = diag_list_new();
    struct topology *topology =
        topology_parse(TOPOLOGY_NAME, (const char *)demo_topology, demo_topology_len, 0, diags);
    struct scenario *scenario = topology != NULL
                                    ? scenario_parse(SCENARIO_NAME, (const char *)demo_scenario,
                                                     demo_scenario_len, topology, diags)
                                    : NULL;
    struct run_options options = { .has_until = true, .until = DEMO_UNTIL };
    struct run *run = scenario != NULL ? run_new(scenario, &options, diags) : NULL;
    int status;

    g_assert(run != NULL); /* the files are ours */
    diag_list_free(diags);
    status = run_demo(run, paths);
    run_free(run);
    scenario_free(scenario);
    return status;
}

int cmd_demo(int argc, char **argv)
{
    struct record_paths paths = { 0 };
    const char *folder = NULL;
    const struct cli_option options[] = {
        { "pcap", 0, OPTION_TEXT, &paths.pcap, NULL, N_("FILE"), NULL,
          N_("capture every port of the network into one pcapng file") },
        { "trace", 0, OPTION_TEXT, &paths.trace, NULL, N_("FILE"), NULL,
          N_("every frame, drop, table change and output with its cause, as JSON lines") },
        { "save", 0, OPTION_TEXT, &folder, NULL, N_("DIR"), NULL,
          N_("tell nothing; write the topology and the scenario into this folder") },
    };
    const struct cli_syntax syntax = {
        "demo [OPTION...]",
        N_("Tells how a PC that was just switched on gets a web page: its address, the gateway, "
           "the name,\n"
           "the handshake, the request, the answer and the goodbye, with a diagram for each."),
        options,
        G_N_ELEMENTS(options),
        NULL,
    };
    g_autoptr(GPtrArray) files = g_ptr_array_new();
    int status = CLI_MET;

    if (!options_read(&syntax, argc, argv, files, &status))
        return status;
    if (files->len > 0)
        return cli_error(
            _("demo needs no file, but \"%s\" is given; `wirewalk run` runs a scenario"),
            (const char *)files->pdata[0]);
    if (folder != NULL)
        return save_files(folder) ? CLI_MET : CLI_WRONG;
    return tell_story(&paths);
}
