#include "cli/record.h"

#include <string.h>

#include "cli/cli.h"
#include "cli/outputs.h"
#include "inspect/i18n.h"
#include "inspect/trace_json.h"

struct recorder {
    struct sim *sim;
    struct run *run; /* or NULL */
    struct record_paths paths;
    struct run_hash *hash;
    GPtrArray *captures; /* of struct pcapng */
    struct trace_json *trace;
    char *to_stdout; /* what stands for `-` in paths */
};

/* Files are written at the end, but a folder that is not there is told before the run, not after
 * it. */
static bool can_write(const char *path)
{
    g_autoptr(GError) error = NULL;

    if (path == NULL || cli_write_file(path, "", &error))
        return true;
    cli_error("%s", error->message);
    return false;
}

static bool write_text(const char *path, char *text)
{
    g_autoptr(GError) error = NULL;
    bool ok = cli_write_file(path, text, &error);

    g_free(text);
    if (!ok)
        cli_error("%s", error->message);
    return ok;
}

static bool are_apart(const struct recorder *recorder)
{
    const struct record_paths *paths = &recorder->paths;
    const struct scenario *scenario = recorder->run != NULL ? recorder->run->scenario : NULL;
    const char *outputs[] = { paths->pcap, paths->trace, paths->state, paths->outputs };
    const char *inputs[] = { scenario != NULL ? scenario->file : NULL,
                             scenario != NULL ? scenario->topology->file : paths->topology };

    return outputs_are_apart(outputs, G_N_ELEMENTS(outputs), inputs, G_N_ELEMENTS(inputs));
}

/* `-` is standard output, as it is to tcpdump. */
static void find_stdout(struct recorder *recorder)
{
    struct record_paths *paths = &recorder->paths;
    const char **all[] = { &paths->pcap, &paths->trace, &paths->state, &paths->outputs };

    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        if (*all[i] == NULL || strcmp(*all[i], "-") != 0)
            continue;
        recorder->to_stdout = outputs_use_stdout();
        *all[i] = recorder->to_stdout;
        return;
    }
}

static bool begin(struct recorder *recorder)
{
    struct sim *sim = recorder->sim;
    g_autoptr(GError) error = NULL;

    if (!are_apart(recorder))
        return false;
    find_stdout(recorder);
    if (!can_write(recorder->paths.state) || !can_write(recorder->paths.outputs))
        return false;
    recorder->captures = captures_new(
        sim, &(struct capture_wishes){ recorder->paths.pcap, recorder->paths.pcap_dir,
                                       recorder->paths.pcap_at, recorder->paths.pcap_of });
    if (recorder->captures == NULL)
        return false;
    if (recorder->paths.trace != NULL) {
        recorder->trace = trace_json_new(sim, recorder->paths.trace, &error);
        if (recorder->trace == NULL)
            return cli_error("%s", error->message), false;
    }
    recorder->hash = run_hash_new(sim);
    return true;
}

struct recorder *recorder_new(struct sim *sim, struct run *run, const struct record_paths *paths)
{
    struct recorder *recorder = g_new0(struct recorder, 1);

    recorder->sim = sim;
    recorder->run = run;
    recorder->paths = *paths;
    if (run != NULL)
        run->no_tables = paths->state == NULL;
    if (run != NULL && run->network->ranks != NULL && run->network->ranks->me != 0)
        recorder->paths = (struct record_paths){ 0 }; /* the files are rank 0's */
    if (begin(recorder))
        return recorder;
    recorder_free(recorder);
    return NULL;
}

void recorder_gather(struct recorder *recorder, struct ranks *ranks)
{
    g_autofree struct pack *all = NULL;
    struct pack mine = { 0 };

    if (ranks == NULL)
        return;
    all = g_new0(struct pack, ranks->n);
    run_hash_pack(recorder->hash, &mine);
    ranks->ops->gather(ranks, &mine, all);
    for (uint32_t i = 0; ranks->me == 0 && i < ranks->n; i++) {
        struct unpack in = unpack_of(all[i].octets, all[i].len);

        run_hash_unpack(recorder->hash, &in);
        g_assert(!in.wrong);
        pack_free(&all[i]);
    }
    pack_free(&mine);
}

const char *recorder_hash(const struct recorder *recorder, char text[static RUN_HASH_TEXT_MAX])
{
    return run_hash_text(recorder->hash, text);
}

static bool close_trace(struct recorder *recorder)
{
    g_autoptr(GError) error = NULL;
    bool ok = recorder->trace == NULL || trace_json_close(recorder->trace, &error);

    recorder->trace = NULL;
    if (!ok)
        cli_error("%s", error->message);
    return ok;
}

bool recorder_finish(struct recorder *recorder)
{
    bool ok = captures_close(g_steal_pointer(&recorder->captures));

    ok &= close_trace(recorder);
    if (recorder->paths.state != NULL)
        ok &= write_text(recorder->paths.state, tables_json(recorder->run->tables));
    if (recorder->paths.outputs != NULL)
        ok &= write_text(recorder->paths.outputs, run_outputs(recorder->run));
    return ok;
}

void recorder_free(struct recorder *recorder)
{
    if (recorder == NULL)
        return;
    captures_close(g_steal_pointer(&recorder->captures));
    close_trace(recorder);
    if (recorder->hash != NULL)
        run_hash_free(recorder->hash);
    g_free(recorder->to_stdout);
    g_free(recorder);
}
