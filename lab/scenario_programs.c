/* Programs of sockets in a scenario: NAME.sock.yaml, and the key `programs`. */
#include <string.h>

#include "apps/sock_script.h"
#include "inspect/i18n.h"
#include "lab/scenario_build.h"

#define FILE_ENDING ".sock.yaml"
#define UNMET       "   (expected: " /* what `sock` writes behind a step that did something else */

/* ---- a program's steps as lines of `sock` ---- */

struct lines {
    struct scenario_build *b;
    GString *text;
    unsigned depth;
};

static void add_steps(struct lines *lines, const struct ynode *list);

static bool is_block(const char *key)
{
    static const char *const words[] = { "loop", "fork" };

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        size_t len = strlen(words[i]);

        if (strncmp(key, words[i], len) == 0 && (key[len] == '\0' || key[len] == ' '))
            return true;
    }
    return false;
}

/* One step on a line of its own; `sock` itself says what is wrong with it. */
static void add_call(struct lines *lines, const struct ynode *node)
{
    struct strbuf error = STRBUF_INIT;
    struct sock_script script;

    if (strchr(node->text, '\n') != NULL) {
        reader_error(&lines->b->r, node->at, _("a step is one line"));
        return;
    }
    if (sock_script_parse(node->text, &script, &error)) {
        if (script.n_ops != 1)
            reader_error(&lines->b->r, node->at, _("a step is one call, not %u"), script.n_ops);
        sock_script_fini(&script);
    } else {
        reader_error(&lines->b->r, node->at, "%s", strbuf_text(&error));
    }
    strbuf_fini(&error);
    g_string_append_printf(lines->text, "%s\n", node->text);
}

/* `loop 3:` or `fork NAME:` with a list of steps. */
static void add_block(struct lines *lines, const struct ynode *map)
{
    const struct ynode *key = ynode_key(map, 0);
    g_autofree char *whole = g_strdup_printf("%s {}", key->text);
    struct strbuf error = STRBUF_INIT;
    struct sock_script script;

    if (!sock_script_parse(whole, &script, &error))
        reader_error(&lines->b->r, key->at, "%s", strbuf_text(&error));
    else
        sock_script_fini(&script);
    strbuf_fini(&error);
    if (++lines->depth > SOCK_DEPTH_MAX) {
        reader_error(&lines->b->r, key->at, _("more than %d blocks within each other"),
                     SOCK_DEPTH_MAX);
    } else {
        g_string_append_printf(lines->text, "%s {\n", key->text);
        add_steps(lines, ynode_value(map, 0));
        g_string_append(lines->text, "}\n");
    }
    lines->depth--;
}

static void add_step(struct lines *lines, const struct ynode *node)
{
    if (node->kind == YNODE_TEXT && !ynode_is_null(node))
        add_call(lines, node);
    else if (node->kind == YNODE_MAP && node->n == 1 && is_block(ynode_key(node, 0)->text))
        add_block(lines, node);
    else
        reader_error(&lines->b->r, node->at,
                     _("a step is a text, like `connect 10.0.0.2:80 -> ok` (in quotes where it has "
                       "a colon and a space), or `loop N:` or `fork NAME:` with a list, not %s"),
                     reader_show(&lines->b->r, node));
}

static void add_steps(struct lines *lines, const struct ynode *list)
{
    if (list->kind != YNODE_LIST) {
        reader_error(&lines->b->r, list->at, _("steps are a list, not %s"),
                     reader_show(&lines->b->r, list));
        return;
    }
    for (uint32_t i = 0; i < list->n; i++)
        add_step(lines, list->items[i]);
}

/* ---- the map of programs ---- */

enum program_key { PROGRAM_HOST, PROGRAM_AT, PROGRAM_ENDS, PROGRAM_STEPS, PROGRAM_N_KEYS };

struct program_read {
    const char *name;
    uint32_t node;
    sim_time at;
    bool ends; /* it is to have ended when the run is over */
    struct text_pos pos;
    char *text; /* lines; g_free() */
};

static bool read_program(struct scenario_build *b, const struct ynode *key,
                         const struct ynode *value, struct program_read *program)
{
    static const char *const names[] = { "host", "at", "ends", "steps" };
    const struct ynode *values[PROGRAM_N_KEYS];
    struct lines lines = { .b = b };

    *program = (struct program_read){ .name = arena_strdup(b->r.arena, key->text),
                                      .node = TOPO_NOWHERE,
                                      .ends = true,
                                      .pos = key->at };
    if (key->text[0] == '\0' || strpbrk(key->text, " \t\n'\"\\;&|<>$`(){}#*?") != NULL)
        reader_error(&b->r, key->at, _("a program's name is one word without special characters"));
    if (!read_map(&b->r, value, _("a program"), names, PROGRAM_N_KEYS, NULL, values))
        return false;
    if (values[PROGRAM_HOST] == NULL)
        reader_error(&b->r, key->at, _("`host` is missing: which host runs the program"));
    else
        program->node = scenario_read_node(b, values[PROGRAM_HOST], "host");
    if (program->node != TOPO_NOWHERE && b->t->nodes[program->node].kind > TOPO_ROUTER) {
        reader_error(
            &b->r, values[PROGRAM_HOST]->at, _("`%s` is a %s: commands run on hosts and routers"),
            b->t->nodes[program->node].name, topo_kind_name(b->t->nodes[program->node].kind));
        program->node = TOPO_NOWHERE;
    }
    if (values[PROGRAM_AT] != NULL)
        read_time(&b->r, values[PROGRAM_AT], "at", &program->at);
    if (values[PROGRAM_ENDS] != NULL)
        read_bool(&b->r, values[PROGRAM_ENDS], "ends", &program->ends);
    if (values[PROGRAM_STEPS] == NULL) {
        reader_error(&b->r, key->at, _("`steps` is missing: what the program does"));
        return false;
    }
    lines.text = g_string_new(NULL);
    add_steps(&lines, values[PROGRAM_STEPS]);
    program->text = g_string_free(lines.text, FALSE);
    return program->node != TOPO_NOWHERE;
}

/* The lines of @program go to its host, into the file @path that `sock` is given. */
static void install(struct scenario_build *b, const struct program_read *program, const char *path)
{
    struct scenario *s = b->s;
    struct scenario_script script = { .node = program->node };

    for (uint32_t i = 0; i < b->scripts->len; i++) {
        const struct scenario_script *other = &g_array_index(b->scripts, struct scenario_script, i);

        if (other->node == program->node && strcmp(other->path, path) == 0 &&
            strcmp(other->program, program->name) == 0)
            return; /* named by another command, too */
    }
    script.path = arena_strdup(&s->arena, path);
    script.program = program->name;
    script.text = arena_strdup(&s->arena, program->text);
    g_array_append_val(b->scripts, script);
}

static void add_entry(struct scenario_build *b, const struct program_read *program,
                      const char *path)
{
    g_autofree char *line = g_strdup_printf("sock %s %s", path + 1, program->name);
    struct scenario_entry entry = { .time = program->at,
                                    .action = SCENARIO_RUN,
                                    .at = program->pos,
                                    .node = program->node,
                                    .iface = TOPO_NOWHERE,
                                    .target = TOPO_NOWHERE,
                                    .link = TOPO_NOWHERE,
                                    .id = program->name,
                                    .has_result = true };
    struct scenario_text *unmet;

    entry.run = (struct scenario_text){ arena_strdup(&b->s->arena, line), program->pos };
    unmet = arena_alloc(&b->s->arena, sizeof *unmet);
    *unmet = (struct scenario_text){ UNMET, program->pos };
    entry.result = (struct scenario_result){ .has_exit = program->ends,
                                             .n_not_stdout = 1,
                                             .stdout_not = unmet,
                                             .within = SIM_TIME_NONE,
                                             .at = program->pos,
                                             .exit_at = program->pos };
    g_array_append_val(b->program_entries, entry);
}

static void read_all_programs(struct scenario_build *b, const struct ynode *map, const char *path,
                              bool start, uint32_t only_node)
{
    if (map->kind != YNODE_MAP) {
        reader_error(&b->r, map->at, _("`programs` is a map of names, not %s"),
                     reader_show(&b->r, map));
        return;
    }
    for (uint32_t i = 0; i < map->n; i++) {
        struct program_read program;

        if (read_program(b, ynode_key(map, i), ynode_value(map, i), &program) &&
            (only_node == TOPO_NOWHERE || program.node == only_node)) {
            install(b, &program, path);
            if (start)
                add_entry(b, &program, path);
        }
        g_free(program.text);
    }
}

void scenario_read_programs(struct scenario_build *b, const struct ynode *map)
{
    g_autofree char *base = g_path_get_basename(b->r.file);
    g_autofree char *path = NULL;
    char *dot = strchr(base, '.');

    if (dot != NULL)
        *dot = '\0';
    path = g_strdup_printf("/%s" FILE_ENDING, base);
    read_all_programs(b, map, path, true, TOPO_NOWHERE);
}

/* ---- files that commands name ---- */

/* Whether the file has what the command asks for: @program, or without it any of this host. */
static void check_program(const struct scenario_build *b, const struct ynode *programs,
                          const char *file, const char *program, uint32_t node, struct text_pos at)
{
    g_autofree const char **names = g_new(const char *, programs->n + 1);
    size_t n = 0;

    for (uint32_t i = 0; i < programs->n && b->t != NULL; i++) {
        const struct ynode *value = ynode_value(programs, i);
        const struct ynode *host = value->kind == YNODE_MAP ? ynode_get(value, "host") : NULL;

        if (host == NULL || host->kind != YNODE_TEXT)
            return; /* told where it stands */
        if (strcmp(host->text, b->t->nodes[node].name) != 0)
            continue;
        names[n++] = ynode_key(programs, i)->text;
        if (program == NULL || strcmp(names[n - 1], program) == 0)
            return;
    }
    if (b->t == NULL)
        return;
    if (program == NULL)
        reader_error(&b->r, at, _("%s has no program for the host `%s`"), file,
                     b->t->nodes[node].name);
    else
        reader_error(&b->r, at, _("%s has no program `%s` for the host `%s`%s"), file, program,
                     b->t->nodes[node].name, reader_hint(&b->r, program, names, n));
}

static void load_file(struct scenario_build *b, const char *word, const char *program,
                      uint32_t node, struct text_pos at)
{
    g_autofree char *path = lab_path_beside(b->r.file, word);
    g_autofree char *inside = g_strdup_printf("%s%s", *word == '/' ? "" : "/", word);
    struct scenario_build file = *b;
    const struct ynode *programs;
    struct ytree *tree;
    char *text;
    size_t len;

    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        reader_error(&b->r, at, _("there is no file %s"), path);
        return;
    }
    if (!lab_file_read(&b->r, at, path, &text, &len))
        return;
    file.r.file = arena_strdup(b->r.arena, path);
    diag_list_add_source(b->r.diags, file.r.file, text, len);
    tree = ytree_parse(file.r.file, text, len, 0, b->r.diags);
    programs =
        tree != NULL && tree->root->kind == YNODE_MAP ? ynode_get(tree->root, "programs") : NULL;
    if (programs != NULL) {
        read_all_programs(&file, programs, inside, false, node);
        if (programs->kind == YNODE_MAP)
            check_program(b, programs, path, program, node, at);
    } else if (tree != NULL) {
        reader_error(&file.r, tree->root->at, _("`programs` is missing: what `sock` runs"));
    }
    ytree_free(tree);
    g_free(text);
}

/* A word that stands for itself: no redirection, no variable, no end of the command. */
static bool is_plain(const char *word)
{
    return word != NULL && *word != '\0' && strpbrk(word, "<>$`(){}#") == NULL;
}

void scenario_load_scripts(struct scenario_build *b, const char *line, uint32_t node,
                           struct text_pos at)
{
    g_auto(GStrv) words = g_strsplit_set(line, " \t\n;&|'\"", -1);

    if (b->no_files || b->scripts == NULL || strstr(line, FILE_ENDING) == NULL)
        return;
    for (char **word = words; *word != NULL; word++)
        if (g_str_has_suffix(*word, FILE_ENDING))
            load_file(b, *word, is_plain(word[1]) ? word[1] : NULL, node, at);
}

bool scenario_install_typed(const struct topology *topology, uint32_t node, const char *line,
                            struct os *os, struct diag_list *diags)
{
    struct scenario holder = { 0 };
    struct scenario_build b = { .r = { "shell", diags, &holder.arena },
                                .s = &holder,
                                .t = (struct topology *)topology };
    unsigned errors = diags->n_errors;
    const char *before = "";

    b.scripts = g_array_new(FALSE, FALSE, sizeof(struct scenario_script));
    scenario_load_scripts(&b, line, node, (struct text_pos){ 0, 0 });
    for (uint32_t i = 0; i < b.scripts->len && diags->n_errors == errors; i++) {
        const struct scenario_script *script = &g_array_index(b.scripts, struct scenario_script, i);

        scenario_install_script(script, os, strcmp(before, script->path) == 0);
        before = script->path;
    }
    g_array_free(b.scripts, TRUE);
    arena_fini(&holder.arena);
    return diags->n_errors == errors;
}

void scenario_install_script(const struct scenario_script *script, struct os *os, bool append)
{
    g_autofree char *text = g_strdup_printf("program %s\n%s", script->program, script->text);

    os_file_write(os, script->path, text, strlen(text), append);
}
