/*
 * wirewalk demo: a PC visits a web server, in chapters. Each chapter is the narrated timeline of
 * its frames and then a ladder diagram of who said what to whom. A chapter ends where a frame
 * begins another one, and by then some of its frames are still on their way; so the visit runs
 * twice, first for the diagrams, then to be told. Both runs are the same.
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

#define DEMO_UNTIL    SIM_SEC(20)
#define FRAME_READ    2048
#define TOPOLOGY_NAME "visit-baidu.net.yaml"
#define SCENARIO_NAME "visit-baidu.walk.yaml"

enum { WIDE = 100, NARROW = 72 }; /* columns of a diagram with three nodes, with two */

/* ---- the end of the story ---- */

/* The visit is over when the server has forgotten the connection; what follows is housekeeping of
 * ARP. */
struct ending {
    struct observer observer;
    struct sim *sim;
    const struct node *server;
    bool over;
};

static void look_for_end(struct observer *observer, const struct record *record)
{
    struct ending *ending = CONTAINER_OF(observer, struct ending, observer);

    if (record->why.code == WHY_TCP_STATE && record->node == ending->server &&
        strcmp(render_tcp_state(record->why.args[1]), "CLOSED") == 0)
        ending->over = true;
}

static const struct node *node_named(const struct run *run, const char *name)
{
    return run->network->nodes[topology_node(run->scenario->topology, name)->index];
}

static void run_to_end(struct run *run)
{
    struct ending ending = { .observer = { .wants = RECORD_BIT(RECORD_STATE),
                                           .record = look_for_end },
                             .server = node_named(run, "web") };

    sim_observe(run->network->sim, &ending.observer);
    run_start(run);
    while (!ending.over && run_slice(run, 1))
        continue;
    run_finish(run);
    sim_unobserve(run->network->sim, &ending.observer);
}

/* ---- first run: the diagrams ---- */

struct diagrams {
    char *text[CHAPTER_N]; /* NULL or "": none */
};

static struct ladder *new_ladder(struct run *run, const char *other)
{
    const struct node *nodes[] = { node_named(run, "pc1"), node_named(run, "gw"),
                                   other != NULL ? node_named(run, other) : NULL };

    return ladder_new(run->network->sim, nodes, other != NULL ? 3 : 2);
}

static void draw_chapters(struct diagrams *diagrams, struct ladder *ladder, enum chapter first,
                          enum chapter last, int width)
{
    for (unsigned chapter = first; chapter <= last; chapter++) {
        GString *out = g_string_new(NULL);

        ladder_write(ladder, (enum chapter)chapter, MIN(cli_width(), width), out);
        diagrams->text[chapter] = g_string_free(out, FALSE);
    }
    ladder_free(ladder);
}

/* Who talks in a chapter: the PC with its gateway, with the name server, with the web server. */
static void draw_diagrams(struct diagrams *diagrams, struct run *run)
{
    struct ladder *gateway = new_ladder(run, NULL), *dns = new_ladder(run, "dns"),
                  *web = new_ladder(run, "web");

    run_to_end(run);
    draw_chapters(diagrams, gateway, CHAPTER_ADDRESS, CHAPTER_GATEWAY, NARROW);
    draw_chapters(diagrams, dns, CHAPTER_NAME, CHAPTER_NAME, WIDE);
    draw_chapters(diagrams, web, CHAPTER_HANDSHAKE, CHAPTER_GOODBYE, WIDE);
}

/* ---- second run: the story ---- */

struct demo {
    struct observer observer;
    struct narrate *narrate;
    struct diagrams diagrams;
    struct story story;
    enum chapter chapter;
};

static void write_out(void *ctx, const char *text)
{
    (void)ctx;
    fputs(text, stdout);
}

static void end_chapter(struct demo *demo)
{
    char **diagram = &demo->diagrams.text[demo->chapter];

    narrate_flush(demo->narrate);
    if (*diagram != NULL)
        printf("\n%s", *diagram);
    g_clear_pointer(diagram, g_free); /* a chapter that comes back has been drawn */
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

/* The chapter must be known before the narration tells the frame that begins the next: observers
 * are told in their order. */
static void tell_visit(struct demo *demo, struct run *run)
{
    struct narrate_options options = {
        .level = NARRATE_NORMAL, .colour = cli_colour(), .chapters = true, .write = write_out
    };

    demo->observer.wants = RECORD_BIT(RECORD_SEND);
    demo->observer.record = watch;
    sim_observe(run->network->sim, &demo->observer);
    demo->narrate = narrate_new(run->network->sim, &options);
    run_to_end(run);
    end_chapter(demo);
    sim_unobserve(run->network->sim, &demo->observer);
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

static int run_demo(struct run *first, struct run *run, const struct record_paths *paths)
{
    struct recorder *recorder = recorder_new(run->network->sim, run, paths);
    struct demo demo = { 0 };
    int status;

    if (recorder == NULL)
        return CLI_WRONG;
    draw_diagrams(&demo.diagrams, first);
    tell_beginning(run->scenario->topology);
    tell_visit(&demo, run);
    tell_end(&demo);
    narrate_free(demo.narrate);
    for (int i = 0; i < CHAPTER_N; i++)
        g_free(demo.diagrams.text[i]);
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
    struct run *first = scenario != NULL ? run_new(scenario, &options, diags) : NULL;
    struct run *run = scenario != NULL ? run_new(scenario, &options, diags) : NULL;
    int status;

    g_assert(first != NULL && run != NULL); /* the files are ours */
    diag_list_free(diags);
    status = run_demo(first, run, paths);
    run_free(first);
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
