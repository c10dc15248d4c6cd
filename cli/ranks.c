#include "cli/ranks.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "inspect/i18n.h"
#include "sim/engine_mpi.h"

static struct ranks *joined;         /* as this process is one of them from beginning to end */
static const struct engine_mpi *mpi; /* how, once it is loaded */
static int kept_stderr = -1;

/* Open MPI's mpirun, and those that speak PMI. */
static unsigned number_of(const char *first, const char *second, unsigned otherwise)
{
    const char *text = getenv(first);

    if (text == NULL)
        text = getenv(second);
    return text != NULL ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

unsigned ranks_started(void)
{
    return MAX(1, number_of("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", 1));
}

void ranks_hush(void)
{
    if (ranks_started() == 1 || number_of("OMPI_COMM_WORLD_RANK", "PMI_RANK", 0) == 0)
        return;
    kept_stderr = dup(STDERR_FILENO);
    if (freopen("/dev/null", "w", stdout) == NULL || freopen("/dev/null", "w", stderr) == NULL)
        abort();
}

#ifdef WW_HAVE_MPI

/* From @folder, which is named from where the program is. The loader's own search would do that
 * too, but under the address sanitizer it does not know who asks. */
static void *open_module(const char *folder)
{
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *here = g_path_get_dirname(program != NULL ? program : "");
    g_autofree char *path = g_build_filename(here, folder, ENGINE_MPI_MODULE, NULL);

    return dlopen(path, RTLD_NOW | RTLD_GLOBAL); /* MPI has plugins of its own */
}

static bool load(void)
{
    void *module = open_module("");

    if (module == NULL)
        module = open_module(WW_MODULE_FOLDER);
    mpi = module != NULL ? dlsym(module, ENGINE_MPI_SYMBOL) : NULL;
    if (mpi == NULL)
        cli_error(_("mpirun has started %u copies, and what they need to share a run cannot be "
                    "loaded: %s"),
                  ranks_started(), dlerror());
    return mpi != NULL;
}

#else

static bool load(void)
{
    cli_error(_("mpirun has started %u copies, and this build cannot share a run among them: "
                "it was made without MPI"),
              ranks_started());
    return false;
}

#endif

bool ranks_join(void)
{
    if (!load())
        return false;
    joined = mpi->begin();
    if (joined == NULL)
        cli_error(_("MPI does not work here: %u copies were started that do not find each other"),
                  ranks_started());
    return joined != NULL;
}

struct ranks *ranks_joined(void)
{
    return joined;
}

bool ranks_agree(bool ok)
{
    g_autofree uint8_t *all = NULL;
    uint8_t mine = ok;

    if (joined == NULL)
        return ok;
    all = g_new0(uint8_t, joined->n);
    joined->ops->exchange(joined, &mine, 1, all);
    for (uint32_t i = 0; i < joined->n; i++)
        ok &= all[i] != 0;
    return ok;
}

bool ranks_same(const char *text)
{
    struct pack first = { 0 };
    bool same;

    if (joined == NULL)
        return true;
    pack_text(&first, text);
    joined->ops->share(joined, 0, &first);
    same = first.len == 4 + strlen(text) + 1 && memcmp(first.octets + 4, text, first.len - 4) == 0;
    pack_free(&first);
    return ranks_agree(same);
}

void ranks_speak(void)
{
    if (kept_stderr < 0)
        return;
    dup2(kept_stderr, STDERR_FILENO);
    close(kept_stderr);
    kept_stderr = -1;
}

int ranks_leave(int status)
{
    struct pack pack = { 0 };
    struct unpack in;

    if (joined == NULL)
        return status;
    pack_u32(&pack, (uint32_t)status);
    joined->ops->share(joined, 0, &pack);
    in = unpack_of(pack.octets, pack.len);
    status = (int)unpack_u32(&in);
    pack_free(&pack);
    mpi->end(joined);
    joined = NULL;
    return status;
}
