#include "lab/tree.h"

#include <string.h>

#include "inspect/json_out.h"

static struct ynode *new_node(struct arena *arena, enum ynode_kind kind, struct text_pos at)
{
    struct ynode *node = arena_alloc(arena, sizeof *node);

    node->kind = kind;
    node->at = at;
    node->end_line = at.line;
    return node;
}

static uint32_t n_children(const struct ynode *node)
{
    return node->kind == YNODE_MAP ? 2 * node->n : node->kind == YNODE_LIST ? node->n : 0;
}

struct ynode *tree_copy(struct arena *arena, const struct ynode *node)
{
    struct ynode *copy = arena_alloc(arena, sizeof *copy);
    uint32_t n = n_children(node);

    *copy = *node;
    copy->roomy = false;
    if (node->kind == YNODE_TEXT) {
        copy->text = arena_strdup(arena, node->text);
        return copy;
    }
    copy->items = arena_alloc(arena, n * sizeof *copy->items);
    for (uint32_t i = 0; i < n; i++)
        copy->items[i] = tree_copy(arena, node->items[i]);
    return copy;
}

struct ynode *tree_text(struct arena *arena, struct text_pos at, const char *text)
{
    struct ynode *node = new_node(arena, YNODE_TEXT, at);

    node->text = arena_strdup(arena, text);
    node->n = (uint32_t)strlen(text);
    node->quoted = true;
    return node;
}

struct ynode *tree_printf(struct arena *arena, struct text_pos at, const char *format, ...)
{
    va_list args;
    g_autofree char *text = NULL;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    return tree_text(arena, at, text);
}

struct ynode *tree_map(struct arena *arena, struct text_pos at)
{
    return new_node(arena, YNODE_MAP, at);
}

struct ynode *tree_list(struct arena *arena, struct text_pos at)
{
    return new_node(arena, YNODE_LIST, at);
}

static uint32_t room_for(uint32_t n)
{
    uint32_t room = 4;

    while (room < n)
        room *= 2;
    return room;
}

/* Room for @more children. Arenas do not grow pieces: now and then there is a new array. */
static void grow(struct arena *arena, struct ynode *node, uint32_t more)
{
    uint32_t n = n_children(node);
    struct ynode **items;

    if (node->roomy && room_for(n) >= n + more)
        return;
    items = arena_alloc(arena, room_for(n + more) * sizeof *items);
    if (n > 0)
        memcpy(items, node->items, n * sizeof *items);
    node->items = items;
    node->roomy = true;
}

void tree_put(struct arena *arena, struct ynode *map, const char *key, struct ynode *value)
{
    tree_put_at(arena, map, key, value->at, value);
}

void tree_put_at(struct arena *arena, struct ynode *map, const char *key, struct text_pos key_at,
                 struct ynode *value)
{
    for (uint32_t i = 0; i < map->n; i++)
        if (strcmp(ynode_key(map, i)->text, key) == 0) {
            map->items[2 * i + 1] = value;
            return;
        }
    grow(arena, map, 2);
    map->items[2 * map->n] = tree_text(arena, key_at, key);
    map->items[2 * map->n + 1] = value;
    map->n++;
}

bool tree_drop(struct ynode *map, const char *key)
{
    for (uint32_t i = 0; i < map->n; i++) {
        if (strcmp(ynode_key(map, i)->text, key) != 0)
            continue;
        memmove(&map->items[2 * i], &map->items[2 * i + 2],
                2 * (map->n - i - 1) * sizeof *map->items);
        map->n--;
        return true;
    }
    return false;
}

void tree_append(struct arena *arena, struct ynode *list, struct ynode *item)
{
    grow(arena, list, 1);
    list->items[list->n++] = item;
}

void tree_drop_item(struct ynode *list, uint32_t index)
{
    memmove(&list->items[index], &list->items[index + 1],
            (list->n - index - 1) * sizeof *list->items);
    list->n--;
}

void tree_mark(struct ynode *node, unsigned source)
{
    node->at.source = source & (TEXT_SOURCES - 1);
    for (uint32_t i = 0; i < n_children(node); i++)
        tree_mark(node->items[i], source);
}

bool tree_equal(const struct ynode *a, const struct ynode *b)
{
    if (a->kind != b->kind || a->n != b->n)
        return false;
    if (a->kind == YNODE_TEXT)
        return strcmp(a->text, b->text) == 0 && ynode_is_null(a) == ynode_is_null(b);
    for (uint32_t i = 0; i < a->n; i++) {
        const struct ynode *other =
            a->kind == YNODE_LIST ? b->items[i] : ynode_get(b, ynode_key(a, i)->text);

        if (other == NULL ||
            !tree_equal(a->kind == YNODE_LIST ? a->items[i] : ynode_value(a, i), other))
            return false;
    }
    return true;
}

void tree_write_text(GString *out, const char *text)
{
    size_t len = strlen(text);

    if (len == 0 || strpbrk(text, "{}[],#\"\\\n\t") != NULL ||
        strchr("%@`&*!|>'-? ", *text) != NULL || strstr(text, ": ") != NULL ||
        strchr(": ", text[len - 1]) != NULL || strcmp(text, "null") == 0 || strcmp(text, "~") == 0)
        json_out_string(out, text);
    else
        g_string_append(out, text);
}

void tree_write(GString *out, const struct ynode *node)
{
    if (node->kind == YNODE_TEXT) {
        if (ynode_is_null(node))
            g_string_append(out, "null");
        else
            tree_write_text(out, node->text);
        return;
    }
    g_string_append_c(out, node->kind == YNODE_MAP ? '{' : '[');
    for (uint32_t i = 0; i < node->n; i++) {
        g_string_append(out, i > 0 ? ", " : "");
        if (node->kind == YNODE_MAP) {
            tree_write_text(out, ynode_key(node, i)->text);
            g_string_append(out, ": ");
        }
        tree_write(out, node->kind == YNODE_MAP ? ynode_value(node, i) : node->items[i]);
    }
    g_string_append_c(out, node->kind == YNODE_MAP ? '}' : ']');
}
