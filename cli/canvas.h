/* A canvas of characters: boxes, lines that join where they meet, and text; wide characters take
 * two cells. */
#ifndef WW_CLI_CANVAS_H
#define WW_CLI_CANVAS_H

#include <glib.h>

struct canvas;

enum { CANVAS_UP = 1, CANVAS_RIGHT = 2, CANVAS_DOWN = 4, CANVAS_LEFT = 8 };

struct canvas_frame { /* the six characters of a box's frame */
    const char *top_left, *top_right, *bottom_left, *bottom_right, *across, *down;
};

struct canvas *canvas_new(int width, int height);
void canvas_free(struct canvas *canvas);
/** canvas_text() - from (@x, @y) on; what is outside the canvas is cut. */
void canvas_text(struct canvas *canvas, int x, int y, const char *text);
/** canvas_line() - add arms (CANVAS_UP ...) of a line to a cell. */
void canvas_line(struct canvas *canvas, int x, int y, unsigned arms);
/** canvas_down() / canvas_across() - a line from one cell to another, arms at its ends pointing
 * inwards only. */
void canvas_down(struct canvas *canvas, int x, int from_y, int to_y);
void canvas_across(struct canvas *canvas, int y, int from_x, int to_x);
void canvas_box(struct canvas *canvas, int x, int y, int width, int height,
                const struct canvas_frame *frame);
/** canvas_write() - append all rows, without blanks at their ends. */
void canvas_write(const struct canvas *canvas, GString *out);

#endif
