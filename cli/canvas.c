#include "cli/canvas.h"

#include <stdbool.h>

struct cell {
    gunichar text; /* 0: none */
    bool covered;  /* by the wide character on its left */
    unsigned arms;
};

struct canvas {
    int width, height;
    struct cell *cells;
};

struct canvas *canvas_new(int width, int height)
{
    struct canvas *canvas = g_new0(struct canvas, 1);

    canvas->width = width;
    canvas->height = height;
    canvas->cells = g_new0(struct cell, (gsize)width * (gsize)height + 1);
    return canvas;
}

void canvas_free(struct canvas *canvas)
{
    g_free(canvas->cells);
    g_free(canvas);
}

static struct cell *cell_at(const struct canvas *canvas, int x, int y)
{
    if (x < 0 || y < 0 || x >= canvas->width || y >= canvas->height)
        return NULL;
    return &canvas->cells[y * canvas->width + x];
}

void canvas_text(struct canvas *canvas, int x, int y, const char *text)
{
    for (; *text != '\0'; text = g_utf8_next_char(text)) {
        gunichar c = g_utf8_get_char(text);
        int width = g_unichar_iswide(c) ? 2 : g_unichar_iszerowidth(c) ? 0 : 1;
        struct cell *cell = cell_at(canvas, x, y);

        if (cell != NULL && width > 0) {
            cell->text = c;
            if (width == 2 && cell_at(canvas, x + 1, y) != NULL)
                cell_at(canvas, x + 1, y)->covered = true;
        }
        x += width;
    }
}

void canvas_line(struct canvas *canvas, int x, int y, unsigned arms)
{
    struct cell *cell = cell_at(canvas, x, y);

    if (cell != NULL)
        cell->arms |= arms;
}

void canvas_down(struct canvas *canvas, int x, int from_y, int to_y)
{
    for (int y = from_y; y <= to_y; y++)
        canvas_line(canvas, x, y, (y > from_y ? CANVAS_UP : 0u) | (y < to_y ? CANVAS_DOWN : 0u));
}

void canvas_across(struct canvas *canvas, int y, int from_x, int to_x)
{
    int left = MIN(from_x, to_x), right = MAX(from_x, to_x);

    for (int x = left; x <= right; x++)
        canvas_line(canvas, x, y, (x > left ? CANVAS_LEFT : 0u) | (x < right ? CANVAS_RIGHT : 0u));
}

void canvas_box(struct canvas *canvas, int x, int y, int width, int height,
                const struct canvas_frame *frame)
{
    for (int i = 1; i + 1 < width; i++) {
        canvas_text(canvas, x + i, y, frame->across);
        canvas_text(canvas, x + i, y + height - 1, frame->across);
    }
    for (int i = 1; i + 1 < height; i++) {
        canvas_text(canvas, x, y + i, frame->down);
        canvas_text(canvas, x + width - 1, y + i, frame->down);
    }
    canvas_text(canvas, x, y, frame->top_left);
    canvas_text(canvas, x + width - 1, y, frame->top_right);
    canvas_text(canvas, x, y + height - 1, frame->bottom_left);
    canvas_text(canvas, x + width - 1, y + height - 1, frame->bottom_right);
}

void canvas_write(const struct canvas *canvas, GString *out)
{
    /* By arms: up 1, right 2, down 4, left 8. */
    static const char *const lines[16] = { " ", "│", "─", "└", "│", "│", "┌", "├",
                                           "─", "┘", "─", "┴", "┐", "┤", "┬", "┼" };

    for (int y = 0; y < canvas->height; y++) {
        for (int x = 0; x < canvas->width; x++) {
            const struct cell *cell = cell_at(canvas, x, y);

            if (cell->text != 0)
                g_string_append_unichar(out, cell->text);
            else if (!cell->covered)
                g_string_append(out, lines[cell->arms]);
        }
        while (out->len > 0 && out->str[out->len - 1] == ' ')
            g_string_truncate(out, out->len - 1);
        g_string_append_c(out, '\n');
    }
}
