/*
 * A topology drawn with characters. Nodes stand in layers by their distance from the first node of
 * the file, so a cable joins neighbors of one layer or of two that follow each other; cables run in
 * the channel below a layer:
 *
 *     box, its cables' places along its lower edge
 *     a row with the names of the ports above
 *     rows for what goes sideways, a track for each cable that does
 *     a row with the names of the ports below
 *     box of the next layer
 *
 * Parts of the network that are not connected are drawn one below the other.
 */
#include <string.h>

#include "cli/canvas.h"
#include "cli/picture.h"
#include "inspect/columns.h"
#include "inspect/i18n.h"

enum { BOX_GAP = 3, LINES_MAX = 64 };

struct box {
    const struct topo_node *node;
    GPtrArray *lines; /* text inside, owned strings */
    int layer, place; /* place in the layer, from the left */
    int x, y, width, height;
    int n_up, n_down;         /* cables to the layer above; in the channel below */
    int up_width, down_width; /* of the port names along its edges */
    double wish;              /* where its middle would like to be */
};

struct cable {
    const struct topo_link *link;
    struct box *top, *bottom; /* of one layer: both ends are in the channel below it */
    const struct topo_iface *top_port, *bottom_port;
    int top_x, bottom_x;
    int track; /* in its channel, from 0; -1: straight down */
};

struct picture {
    const struct topology *topology;
    struct box *boxes; /* by node */
    struct cable *cables;
    uint32_t n_cables;
    int n_layers;
    GPtrArray **layers; /* of struct box, left to right */
};

/* ---- what stands in a box ---- */

static char *address_line(const struct topo_iface *iface)
{
    char ip[IP4_TEXT_MAX];

    if (iface->addressing == TOPO_ADDR_DHCP)
        return g_strdup_printf("%s dhcp", iface->name);
    if (iface->n_addrs == 0)
        return NULL;
    return g_strdup_printf("%s %s/%u", iface->name, ip4_format(iface->addrs[0].addr, ip),
                           iface->addrs[0].prefix_len);
}

static char *address6_line(const struct topo_iface *iface)
{
    char ip[IP6_TEXT_MAX];

    if (iface->n_addrs6 == 0)
        return NULL;
    return g_strdup_printf("%s %s/%u", iface->name, ip6_format(iface->addrs6[0].addr, ip),
                           iface->addrs6[0].prefix_len);
}

static void add_line(struct box *box, char *line)
{
    if (line != NULL && box->lines->len <= LINES_MAX)
        g_ptr_array_add(box->lines, line);
    else
        g_free(line);
}

static int port_label_width(const struct topo_iface *port)
{
    return columns_width(port->name) + 2; /* the line itself, the name, a blank */
}

static void fill_box(struct box *box, const struct topo_node *node)
{
    box->node = node;
    box->lines = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(box->lines, g_strdup_printf("%s (%s)", node->name, picture_kind(node->kind)));
    for (uint32_t i = 0; i < node->n_ifaces && node->kind <= TOPO_ROUTER; i++) {
        add_line(box, address_line(&node->ifaces[i]));
        add_line(box, address6_line(&node->ifaces[i]));
    }
}

static void size_box(struct box *box)
{
    int inner = MAX(box->up_width, box->down_width);

    for (guint i = 0; i < box->lines->len; i++)
        inner = MAX(inner, columns_width(box->lines->pdata[i]) + 2);
    box->width = (inner + 2) | 1; /* odd, so that there is a middle */
    box->height = (int)box->lines->len + 2;
}

/* ---- layers ---- */

static void make_layers(struct picture *picture)
{
    const struct topology *topology = picture->topology;

    g_autofree int *layer_of = g_new0(int, topology->n_nodes + 1);

    picture->n_layers = picture_layers(topology, layer_of);
    picture->layers = g_new0(GPtrArray *, (gsize)picture->n_layers + 1);
    for (int i = 0; i < picture->n_layers; i++)
        picture->layers[i] = g_ptr_array_new();
    for (uint32_t i = 0; i < topology->n_nodes; i++) {
        struct box *box = &picture->boxes[i];

        box->layer = layer_of[i];
        box->place = (int)picture->layers[box->layer]->len;
        g_ptr_array_add(picture->layers[box->layer], box);
    }
}

static void make_cables(struct picture *picture)
{
    const struct topology *topology = picture->topology;

    picture->n_cables = topology->n_links;
    picture->cables = g_new0(struct cable, topology->n_links + 1);
    for (uint32_t i = 0; i < topology->n_links; i++) {
        struct cable *cable = &picture->cables[i];
        const struct topo_end *ends = topology->links[i].ends;
        int upper =
            picture->boxes[ends[0].node].layer <= picture->boxes[ends[1].node].layer ? 0 : 1;

        cable->link = &topology->links[i];
        cable->top = &picture->boxes[ends[upper].node];
        cable->bottom = &picture->boxes[ends[1 - upper].node];
        cable->top_port = &cable->top->node->ifaces[ends[upper].iface];
        cable->bottom_port = &cable->bottom->node->ifaces[ends[1 - upper].iface];
        cable->top->n_down++;
        cable->top->down_width += port_label_width(cable->top_port);
        if (cable->top->layer == cable->bottom->layer) {
            cable->bottom->n_down++;
            cable->bottom->down_width += port_label_width(cable->bottom_port);
        } else {
            cable->bottom->n_up++;
            cable->bottom->up_width += port_label_width(cable->bottom_port);
        }
    }
}

/* ---- places ---- */

static int middle(const struct box *box)
{
    return box->x + box->width / 2;
}

static void wish_for(const struct picture *picture, struct box *box)
{
    double sum = 0;
    int n = 0;

    for (uint32_t i = 0; i < picture->n_cables; i++) {
        const struct cable *cable = &picture->cables[i];

        if (cable->bottom == box && cable->top->layer < box->layer) {
            sum += middle(cable->top);
            n++;
        }
    }
    box->wish = n > 0 ? sum / n : 0;
}

static gint by_wish(gconstpointer a, gconstpointer b)
{
    const struct box *x = *(const struct box *const *)a, *y = *(const struct box *const *)b;

    if (x->wish != y->wish)
        return x->wish < y->wish ? -1 : 1;
    return x->place < y->place ? -1 : 1;
}

/* From left to right without overlaps; then all together to where they would like to be on average.
 */
static void place_layer(const struct picture *picture, GPtrArray *layer)
{
    double off = 0;
    int x = 0;

    for (guint i = 0; i < layer->len; i++)
        wish_for(picture, layer->pdata[i]);
    g_ptr_array_sort(layer, by_wish);
    for (guint i = 0; i < layer->len; i++) {
        struct box *box = layer->pdata[i];

        box->place = (int)i;
        box->x = x;
        x += box->width + BOX_GAP;
        off += box->wish - middle(box);
    }
    off /= layer->len;
    for (guint i = 0; i < layer->len; i++)
        ((struct box *)layer->pdata[i])->x += (int)(off < 0 ? off - 0.5 : off + 0.5);
}

static int move_right(struct picture *picture)
{
    int left = 0, right = 0;
    bool first = true;

    for (uint32_t i = 0; i < picture->topology->n_nodes; i++) {
        left = first ? picture->boxes[i].x : MIN(left, picture->boxes[i].x);
        first = false;
    }
    for (uint32_t i = 0; i < picture->topology->n_nodes; i++) {
        picture->boxes[i].x -= left;
        right = MAX(right, picture->boxes[i].x + picture->boxes[i].width);
    }
    return right;
}

/* ---- where cables leave their boxes ---- */

struct plug { /* one end of a cable on an edge of a box */
    struct cable *cable;
    bool at_top; /* the cable's top end */
    int far;     /* middle of the box at the other end: plugs are sorted by it */
    uint32_t order;
};

static gint by_far(gconstpointer a, gconstpointer b)
{
    const struct plug *x = a, *y = b;

    if (x->far != y->far)
        return x->far < y->far ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

static void place_plugs(struct box *box, GArray *plugs)
{
    int room = 0, x;

    g_array_sort(plugs, by_far);
    for (guint i = 0; i < plugs->len; i++) {
        const struct plug *plug = &g_array_index(plugs, struct plug, i);

        room += port_label_width(plug->at_top ? plug->cable->top_port : plug->cable->bottom_port);
    }
    x = plugs->len == 1 ? middle(box) : middle(box) - room / 2 + 1;
    for (guint i = 0; i < plugs->len; i++) {
        const struct plug *plug = &g_array_index(plugs, struct plug, i);

        *(plug->at_top ? &plug->cable->top_x : &plug->cable->bottom_x) = x;
        x += port_label_width(plug->at_top ? plug->cable->top_port : plug->cable->bottom_port);
    }
}

static void plug_in(struct picture *picture, struct box *box)
{
    g_autoptr(GArray) below = g_array_new(FALSE, FALSE, sizeof(struct plug));
    g_autoptr(GArray) above = g_array_new(FALSE, FALSE, sizeof(struct plug));

    for (uint32_t i = 0; i < picture->n_cables; i++) {
        struct cable *cable = &picture->cables[i];
        struct plug top = { cable, true, middle(cable->bottom), i },
                    bottom = { cable, false, middle(cable->top), i };

        if (cable->top == box)
            g_array_append_val(below, top);
        if (cable->bottom == box && cable->top->layer == cable->bottom->layer)
            g_array_append_val(below, bottom);
        else if (cable->bottom == box)
            g_array_append_val(above, bottom);
    }
    place_plugs(box, below);
    place_plugs(box, above);
}

/* ---- channels ---- */

static bool is_level(const struct cable *cable)
{
    return cable->top->layer == cable->bottom->layer;
}

/* Whether two cables of one channel would touch on the same track. */
static bool overlap(const struct cable *a, const struct cable *b)
{
    return MIN(a->top_x, a->bottom_x) <= MAX(b->top_x, b->bottom_x) &&
           MIN(b->top_x, b->bottom_x) <= MAX(a->top_x, a->bottom_x);
}

/*
 * Where a cable comes down from above in the very column in which another goes on below, it must
 * turn sideways above the other's track, or they would lie on each other.
 */
static bool must_be_above(const struct cable *upper, const struct cable *lower)
{
    return upper->top_x == lower->bottom_x && !is_level(lower);
}

static bool track_is_taken(const struct picture *picture, const struct cable *cable, int track)
{
    for (uint32_t i = 0; i < picture->n_cables; i++) {
        const struct cable *other = &picture->cables[i];

        if (other != cable && other->top->layer == cable->top->layer && other->track >= 0 &&
            ((other->track == track && overlap(cable, other)) ||
             (other->track >= track && must_be_above(other, cable))))
            return true;
    }
    return false;
}

static int first_free_track(const struct picture *picture, const struct cable *cable)
{
    int track = 0;

    while (track_is_taken(picture, cable, track))
        track++;
    return track;
}

static int assign_tracks(struct picture *picture, int layer)
{
    int n = 0;

    for (uint32_t i = 0; i < picture->n_cables; i++)
        if (picture->cables[i].top->layer == layer)
            picture->cables[i].track = -1;
    for (uint32_t i = 0; i < picture->n_cables; i++) {
        struct cable *cable = &picture->cables[i];

        if (cable->top->layer != layer || (!is_level(cable) && cable->top_x == cable->bottom_x))
            continue;
        cable->track = first_free_track(picture, cable);
        n = MAX(n, cable->track + 1);
    }
    return n;
}

/* The layers from top to bottom: heights of boxes and of the channels between them. */
static int place_rows(struct picture *picture, int *channel_y, int *tracks)
{
    int y = 0;

    for (int layer = 0; layer < picture->n_layers; layer++) {
        int tallest = 0;
        bool cables = false;

        for (guint i = 0; i < picture->layers[layer]->len; i++) {
            struct box *box = picture->layers[layer]->pdata[i];

            box->y = y;
            tallest = MAX(tallest, box->height);
        }
        for (guint i = 0; i < picture->layers[layer]->len; i++) {
            struct box *box = picture->layers[layer]->pdata[i];

            box->height = tallest;
            cables |= box->n_down > 0;
        }
        y += tallest;
        channel_y[layer] = y;
        tracks[layer] = assign_tracks(picture, layer);
        y += cables ? 2 + tracks[layer] : 1;
    }
    return y;
}

/* ---- drawing ---- */

static const struct canvas_frame FRAMES[] = {
    [TOPO_HOST] = { "┌", "┐", "└", "┘", "─", "│" },
    [TOPO_ROUTER] = { "╭", "╮", "╰", "╯", "─", "│" },
    [TOPO_SWITCH] = { "╔", "╗", "╚", "╝", "═", "║" },
    [TOPO_HUB] = { "┏", "┓", "┗", "┛", "━", "┃" },
};

static void draw_box(struct canvas *canvas, const struct box *box)
{
    canvas_box(canvas, box->x, box->y, box->width, box->height, &FRAMES[box->node->kind]);
    for (guint i = 0; i < box->lines->len; i++) {
        const char *line = box->lines->pdata[i];

        canvas_text(canvas, box->x + (box->width - columns_width(line)) / 2, box->y + 1 + (int)i,
                    line);
    }
}

static void draw_cable(struct canvas *canvas, const struct cable *cable, int channel_y,
                       int n_tracks)
{
    int last = channel_y + n_tracks + 1, track = channel_y + 1 + cable->track;

    canvas_text(canvas, cable->top_x + 1, channel_y, cable->top_port->name);
    if (is_level(cable)) {
        canvas_text(canvas, cable->bottom_x + 1, channel_y, cable->bottom_port->name);
        canvas_line(canvas, cable->top_x, channel_y, CANVAS_UP);
        canvas_line(canvas, cable->bottom_x, channel_y, CANVAS_UP);
        canvas_down(canvas, cable->top_x, channel_y, track);
        canvas_down(canvas, cable->bottom_x, channel_y, track);
        canvas_across(canvas, track, cable->top_x, cable->bottom_x);
        return;
    }
    canvas_text(canvas, cable->bottom_x + 1, last, cable->bottom_port->name);
    canvas_line(canvas, cable->top_x, channel_y, CANVAS_UP);
    canvas_line(canvas, cable->bottom_x, last, CANVAS_DOWN);
    if (cable->track < 0) {
        canvas_down(canvas, cable->top_x, channel_y, last);
        return;
    }
    canvas_down(canvas, cable->top_x, channel_y, track);
    canvas_across(canvas, track, cable->top_x, cable->bottom_x);
    canvas_down(canvas, cable->bottom_x, track, last);
}

static void draw(struct picture *picture, int width, GString *out)
{
    g_autofree int *channel_y = g_new0(int, (gsize)picture->n_layers + 1);
    g_autofree int *tracks = g_new0(int, (gsize)picture->n_layers + 1);
    int height = place_rows(picture, channel_y, tracks);
    struct canvas *canvas = canvas_new(width, height - 1);

    for (uint32_t i = 0; i < picture->topology->n_nodes; i++)
        draw_box(canvas, &picture->boxes[i]);
    for (uint32_t i = 0; i < picture->n_cables; i++) {
        int layer = picture->cables[i].top->layer;

        draw_cable(canvas, &picture->cables[i], channel_y[layer], tracks[layer]);
    }
    canvas_write(canvas, out);
    canvas_free(canvas);
}

/* ---- a list, where a drawing would be too wide ---- */

static char *end_text(const struct topology *topology, const struct topo_end *end)
{
    const struct topo_node *node = &topology->nodes[end->node];
    const struct topo_iface *iface = &node->ifaces[end->iface];
    g_autofree char *address = iface->port == 0 ? address_line(iface) : NULL;

    if (address == NULL)
        return g_strdup_printf("%s:%s", node->name, iface->name);
    return g_strdup_printf("%s:%s", node->name, address);
}

static void list_cables(const struct topology *topology, GString *out)
{
    g_autofree char **left = g_new0(char *, topology->n_links + 1);
    int widest = 0;

    for (uint32_t i = 0; i < topology->n_links; i++) {
        left[i] = end_text(topology, &topology->links[i].ends[0]);
        widest = MAX(widest, columns_width(left[i]));
    }
    for (uint32_t i = 0; i < topology->n_links; i++) {
        g_autofree char *right = end_text(topology, &topology->links[i].ends[1]);

        columns_pad(out, left[i], widest);
        g_string_append_printf(out, " ──── %s\n", right);
        g_free(left[i]);
    }
}

/* ---- the whole ---- */

static void picture_fini(struct picture *picture)
{
    for (uint32_t i = 0; i < picture->topology->n_nodes; i++)
        g_ptr_array_unref(picture->boxes[i].lines);
    for (int i = 0; i < picture->n_layers; i++)
        g_ptr_array_unref(picture->layers[i]);
    g_free(picture->layers);
    g_free(picture->cables);
    g_free(picture->boxes);
}

void picture_text(const struct topology *topology, int width, GString *out)
{
    struct picture picture = { .topology = topology,
                               .boxes = g_new0(struct box, topology->n_nodes + 1) };
    int wide;

    for (uint32_t i = 0; i < topology->n_nodes; i++)
        fill_box(&picture.boxes[i], &topology->nodes[i]);
    make_layers(&picture);
    make_cables(&picture);
    for (uint32_t i = 0; i < topology->n_nodes; i++)
        size_box(&picture.boxes[i]);
    for (int i = 0; i < picture.n_layers; i++)
        place_layer(&picture, picture.layers[i]);
    wide = move_right(&picture);
    for (uint32_t i = 0; i < topology->n_nodes; i++)
        plug_in(&picture, &picture.boxes[i]);
    if (wide <= width)
        draw(&picture, wide, out);
    else
        list_cables(topology, out);
    picture_fini(&picture);
}
