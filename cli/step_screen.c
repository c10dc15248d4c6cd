#include "cli/step_screen.h"

#include <curses.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "inspect/columns.h"
#include "inspect/i18n.h"

enum { ROWS_MIN = 24, COLUMNS_MIN = 80, SHIFT = 8, ESCAPE = 27, HISTORY_MAX = 200 };
enum { PANEL_MAP, PANEL_SHOW, PANEL_FRAMES, PANEL_TABLES, N_PANELS };
enum { STYLE_PLAIN, STYLE_FOCUS, STYLE_CHANGED };

struct panel {
    const char *title;      /* a message id */
    const char *command;    /* whose answer it shows */
    char **lines, **before; /* before the last movement; NULL at first */
    int y, x, rows, columns;
    int top, left; /* how far it is scrolled */
};

struct screen {
    struct step *step;
    const char *title;
    struct panel panels[N_PANELS];
    int focus;
    bool zoomed;   /* the focused panel alone */
    char *message; /* the last answer, one line of it */
    char **answer; /* a longer one, over everything; NULL: none */
    int answer_top;
    GPtrArray *history;
    int status;
};

/* ---- drawing ---- */

static void put(int y, int x, const char *text, int left, int columns, int style)
{
    g_autoptr(GString) cut = g_string_new(NULL);

    while (left > 0 && *text != '\0') { /* skip what is scrolled out, by characters */
        text = g_utf8_next_char(text);
        left--;
    }
    columns_add(cut, text, columns);
    attrset(style == STYLE_FOCUS ? A_REVERSE : style == STYLE_CHANGED ? A_BOLD : A_NORMAL);
    mvaddstr(y, x, cut->str);
    for (int i = columns_width(cut->str); i < columns; i++)
        addch(' ');
    attrset(A_NORMAL);
}

static bool is_new(const struct panel *panel, const char *line)
{
    return panel->before != NULL && *line != '\0' &&
           !g_strv_contains((const char *const *)panel->before, line);
}

/* In a narrow panel, columns that were aligned for a wide one only cost room. */
static char *squeeze(const char *line)
{
    GString *out = g_string_new(NULL);

    for (unsigned blanks = 0; *line != '\0'; line++) {
        blanks = *line == ' ' ? blanks + 1 : 0;
        if (blanks <= 2)
            g_string_append_c(out, *line);
    }
    return g_string_free(out, FALSE);
}

static void draw_panel(const struct screen *screen, const struct panel *panel)
{
    bool focused = panel == &screen->panels[screen->focus],
         marks = panel == &screen->panels[PANEL_TABLES];
    g_autofree char *title = g_strdup_printf("%s %s ", focused ? ">" : "-", _(panel->title));
    int n = (int)g_strv_length(panel->lines);

    put(panel->y, panel->x, title, 0, panel->columns, focused ? STYLE_FOCUS : STYLE_PLAIN);
    if (!focused)
        for (int x = columns_width(title); x < panel->columns - 1; x++)
            mvaddch(panel->y, panel->x + x, '-');
    for (int row = 1; row < panel->rows; row++) {
        const char *line = panel->top + row <= n ? panel->lines[panel->top + row - 1] : "";
        bool changed = marks && is_new(panel, line);
        g_autofree char *fitted = screen->zoomed ? g_strdup(line) : squeeze(line);
        g_autofree char *marked = g_strdup_printf("%s%s",
                                                  !marks    ? ""
                                                  : changed ? "*"
                                                            : " ",
                                                  fitted);

        put(panel->y + row, panel->x, marked, panel->left, panel->columns - 1,
            changed ? STYLE_CHANGED : STYLE_PLAIN);
        mvaddch(panel->y + row, panel->x + panel->columns - 1,
                panel->x == 0 && panel->columns < COLS ? '|' : ' ');
    }
}

static void lay_out(struct screen *screen)
{
    int rows = LINES - 3, upper = rows / 2, half = COLS / 2;
    const int places[N_PANELS][4] = { { 1, 0, upper, half },
                                      { 1, half, upper, COLS - half },
                                      { 1 + upper, 0, rows - upper, half },
                                      { 1 + upper, half, rows - upper, COLS - half } };

    for (int i = 0; i < N_PANELS; i++) {
        struct panel *panel = &screen->panels[i];

        panel->y = screen->zoomed ? 1 : places[i][0];
        panel->x = screen->zoomed ? 0 : places[i][1];
        panel->rows = screen->zoomed ? rows : places[i][2];
        panel->columns = screen->zoomed ? COLS : places[i][3];
    }
}

static void draw_answer(const struct screen *screen)
{
    int n = (int)g_strv_length(screen->answer);

    for (int row = 0; row < LINES - 3; row++)
        put(1 + row, 0,
            screen->answer_top + row < n ? screen->answer[screen->answer_top + row] : "", 0, COLS,
            STYLE_PLAIN);
}

static void draw(struct screen *screen)
{
    g_autofree char *prompt = step_prompt(screen->step), *head = NULL;

    erase();
    if (LINES < ROWS_MIN || COLS < COLUMNS_MIN) {
        put(0, 0, _("the screen is too small: 80x24 at least"), 0, COLS, STYLE_PLAIN);
        refresh();
        return;
    }
    head = g_strdup_printf("wirewalk  %s  %s", prompt, screen->title);
    put(0, 0, head, 0, COLS, STYLE_FOCUS);
    lay_out(screen);
    if (screen->answer != NULL)
        draw_answer(screen);
    else if (screen->zoomed)
        draw_panel(screen, &screen->panels[screen->focus]);
    for (int i = 0; i < N_PANELS && screen->answer == NULL && !screen->zoomed; i++)
        draw_panel(screen, &screen->panels[i]);
    put(LINES - 2, 0, screen->message, 0, COLS, STYLE_PLAIN);
    put(LINES - 1, 0,
        screen->answer != NULL
            ? _("up/down scroll  Esc close")
            : _("s step  b back  e event  f follow  r run  w why  / find  Tab z zoom  : line  ? q"),
        0, COLS, STYLE_PLAIN);
    refresh();
}

/* ---- what the panels show ---- */

static char **ask(struct screen *screen, const char *command)
{
    g_autoptr(GString) out = g_string_new(NULL);

    step_command(screen->step, command, out);
    return g_strsplit(g_strchomp(out->str), "\n", -1);
}

static void look_again(struct screen *screen)
{
    for (int i = 0; i < N_PANELS; i++) {
        struct panel *panel = &screen->panels[i];

        g_strfreev(panel->before);
        panel->before = panel->lines;
        panel->lines = ask(screen, panel->command);
        if (panel->before != NULL && strcmp(panel->before[0], panel->lines[0]) != 0)
            g_clear_pointer(&panel->before,
                            g_strfreev); /* another node's: nothing to compare with */
        panel->top =
            i == PANEL_FRAMES ? MAX(0, (int)g_strv_length(panel->lines) - panel->rows + 1) : 0;
    }
}

/* ---- commands ---- */

static char *last_line(const char *text)
{
    const char *newline = strrchr(text, '\n');

    return g_strdup(newline != NULL ? newline + 1 : text);
}

/* @text as lines of at most @columns; what a line has too much goes on below it, a little to the
 * right. */
static char **wrap(const char *text, int columns)
{
    static const char indent[] = "      ";
    GPtrArray *lines = g_ptr_array_new();
    GString *line = g_string_new(NULL);
    int width = 0;

    for (; *text != '\0'; text = g_utf8_next_char(text)) {
        int wide = g_unichar_iswide(g_utf8_get_char(text)) ? 2 : 1;

        if (*text != '\n' && width + wide <= columns) {
            g_string_append_len(line, text, g_utf8_next_char(text) - text);
            width += wide;
            continue;
        }
        g_ptr_array_add(lines, g_strdup(line->str));
        g_string_assign(line, *text != '\n' ? indent : "");
        width = (int)line->len;
        if (*text != '\n') {
            g_string_append_len(line, text, g_utf8_next_char(text) - text);
            width += wide;
        }
    }
    g_ptr_array_add(lines, g_string_free(line, FALSE));
    g_ptr_array_add(lines, NULL);
    return (char **)g_ptr_array_free(lines, FALSE);
}

/* Returns false when the session ends. @is_question: the answer is to be read, not just seen to
 * have worked. */
static bool command(struct screen *screen, const char *line, bool is_question)
{
    g_autofree char *before = step_prompt(screen->step), *after = NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    enum step_answer answer;

    put(LINES - 2, 0, _("running; Ctrl-C stops"), 0, COLS, STYLE_PLAIN);
    refresh();
    answer = step_command(screen->step, line, out);
    g_strchomp(out->str);
    g_free(screen->message);
    screen->message = last_line(out->str);
    if (answer == STEP_BROKEN)
        screen->status = CLI_BUG;
    if (answer == STEP_QUIT || answer == STEP_BROKEN)
        return false;
    after = step_prompt(screen->step);
    if (is_question && answer == STEP_OK && strcmp(before, after) == 0 &&
        strchr(out->str, '\n') != NULL) {
        screen->answer = wrap(out->str, COLS);
        screen->answer_top = 0;
    }
    look_again(screen);
    return true;
}

/* ---- the command line ---- */

static void complete(struct screen *screen, GString *line)
{
    g_auto(GStrv) words = step_complete(screen->step, line->str);
    const char *blank = strrchr(line->str, ' ');
    gsize begin = blank != NULL ? (gsize)(blank + 1 - line->str) : 0;
    g_autofree char *all = g_strjoinv("  ", words);

    if (words[0] != NULL && words[1] == NULL) {
        g_string_truncate(line, begin);
        g_string_append_printf(line, "%s ", words[0]);
        return;
    }
    g_free(screen->message);
    screen->message = g_steal_pointer(&all);
}

static void take_history(const struct screen *screen, GString *line, guint *place, int by)
{
    if ((by < 0 && *place == 0) || (by > 0 && *place >= screen->history->len))
        return;
    *place += (guint)by;
    g_string_assign(line, *place < screen->history->len ? screen->history->pdata[*place] : "");
}

static void delete_character(GString *line)
{
    if (line->len > 0)
        g_string_truncate(line, (gsize)(g_utf8_prev_char(line->str + line->len) - line->str));
}

/* A line from the user, or NULL after Escape. Free with g_free(). */
static char *read_line(struct screen *screen, const char *begin)
{
    GString *line = g_string_new(begin);
    guint place = screen->history->len;

    for (;;) {
        g_autofree char *shown = NULL;
        wint_t key;
        int kind;

        draw(screen);
        shown = g_strdup_printf(": %s", line->str);
        put(LINES - 1, 0, shown, 0, COLS, STYLE_PLAIN);
        move(LINES - 1, MIN(columns_width(shown), COLS - 1));
        kind = get_wch(&key);
        if (kind == ERR || key == ESCAPE)
            return g_string_free(line, TRUE), NULL;
        if (kind != KEY_CODE_YES && (key == '\n' || key == '\r'))
            return g_string_free(line, FALSE);
        if (key == KEY_BACKSPACE || key == 127 || key == '\b')
            delete_character(line);
        else if (kind != KEY_CODE_YES && key == '\t')
            complete(screen, line);
        else if (kind == KEY_CODE_YES && (key == KEY_UP || key == KEY_DOWN))
            take_history(screen, line, &place, key == KEY_UP ? -1 : 1);
        else if (kind != KEY_CODE_YES && key >= ' ')
            g_string_append_unichar(line, (gunichar)key);
    }
}

static bool type_command(struct screen *screen, const char *begin)
{
    g_autofree char *line = read_line(screen, begin);

    if (line == NULL || *line == '\0')
        return true;
    if (screen->history->len >= HISTORY_MAX)
        g_ptr_array_remove_index(screen->history, 0);
    g_ptr_array_add(screen->history, g_strdup(line));
    return command(screen, line, true);
}

/* ---- keys ---- */

static void scroll_by(int *top, int by, int n)
{
    *top = CLAMP(*top + by, 0, MAX(n - 1, 0));
}

static bool is_scroll(struct screen *screen, wint_t key)
{
    struct panel *panel = &screen->panels[screen->focus];
    bool answer = screen->answer != NULL;
    int *top = answer ? &screen->answer_top : &panel->top;
    int n = (int)g_strv_length(answer ? screen->answer : panel->lines),
        page = answer ? LINES - 4 : panel->rows - 2;

    if (key == KEY_UP || key == KEY_DOWN)
        scroll_by(top, key == KEY_UP ? -1 : 1, n);
    else if (key == KEY_PPAGE || key == KEY_NPAGE)
        scroll_by(top, key == KEY_PPAGE ? -page : page, n);
    else if (key == KEY_LEFT || key == KEY_RIGHT)
        panel->left = MAX(0, panel->left + (key == KEY_LEFT ? -SHIFT : SHIFT));
    else
        return false;
    return true;
}

static const struct {
    char key;
    const char *command;
    bool is_question;
} KEYS[] = {
    { 's', "step", false },    { ' ', "step", false },   { 'b', "back", false },
    { 'e', "event", false },   { 'f', "follow", false }, { 'r', "run", false },
    { 'R', "runback", false }, { 'w', "why", true },     { 'd', "diff", true },
    { '?', "help", true },     { 'x', "hex", true },     { '.', "find", false },
    { ',', "rfind", false },
};

/* A key that is not for the open answer. Returns false when the session ends. */
static bool press(struct screen *screen, wint_t key)
{
    for (size_t i = 0; i < G_N_ELEMENTS(KEYS); i++)
        if (key == (wint_t)KEYS[i].key)
            return command(screen, KEYS[i].command, KEYS[i].is_question);
    if (key == '\t')
        screen->focus = (screen->focus + 1) % N_PANELS;
    else if (key == 'z')
        screen->zoomed = !screen->zoomed;
    else if (key == ':')
        return type_command(screen, "");
    else if (key == '/')
        return type_command(screen, "find ");
    else if (key == 'n')
        return type_command(screen, "next ");
    else if (key == 'g')
        return type_command(screen, "goto ");
    return key != 'q';
}

static bool handle(struct screen *screen, int kind, wint_t key)
{
    if (kind == KEY_CODE_YES) {
        is_scroll(screen, key);
        return true;
    }
    if (screen->answer != NULL) {
        g_clear_pointer(&screen->answer, g_strfreev);
        if (key == ESCAPE || key == 'q' || key == '\n')
            return true;
    }
    return press(screen, key);
}

/* ---- life ---- */

static bool open_terminal(void)
{
    if (setlocale(LC_CTYPE, "") == NULL || !g_get_charset(NULL))
        setlocale(LC_CTYPE, "C.UTF-8");
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || initscr() == NULL)
        return false;
    cbreak();
    noecho();
    keypad(stdscr, TRUE);
    set_escdelay(50);
    return true;
}

int step_screen(struct step *step, const char *title)
{
    struct screen screen = { .step = step,
                             .title = title,
                             .message = g_strdup(""),
                             .history = g_ptr_array_new_with_free_func(g_free),
                             .panels = { { .title = N_("Network"), .command = "map" },
                                         { .title = N_("Frame"), .command = "show" },
                                         { .title = N_("Frames"), .command = "frames" },
                                         { .title = N_("Tables"), .command = "tables" } } };
    bool more = true;

    if (!open_terminal())
        return cli_error("%s", _("--screen needs a terminal"));
    look_again(&screen);
    while (more) {
        wint_t key;
        int kind;

        draw(&screen);
        kind = get_wch(&key);
        if (kind != ERR)
            more = handle(&screen, kind, key);
    }
    endwin();
    for (int i = 0; i < N_PANELS; i++) {
        g_strfreev(screen.panels[i].lines);
        g_strfreev(screen.panels[i].before);
    }
    g_strfreev(screen.answer);
    g_free(screen.message);
    g_ptr_array_unref(screen.history);
    return screen.status;
}
