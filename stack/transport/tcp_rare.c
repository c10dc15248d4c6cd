/* What few sockets need, so that the many that are open and idle stay small. */
#include <stdlib.h>

#include "sim/piece.h"
#include "stack/transport/tcp_fastopen.h"
#include "stack/transport/tcp_md5.h"

const struct tcp_rare tcp_rare_none = { .keepalive_timer = { .due = SIM_TIME_NONE },
                                        .comp_ack_timer = { .due = SIM_TIME_NONE },
                                        .ofo_queue = {
                                            (struct list *)(uintptr_t)&tcp_rare_none.ofo_queue,
                                            (struct list *)(uintptr_t)&tcp_rare_none.ofo_queue } };

void tcp_rare_make(struct tcp_sock *tp)
{
    struct tcp_rare *rare = piece_zalloc(tp->layer->node, sizeof *rare);

    list_init(&rare->ofo_queue);
    tcp_rare_timers_init(tp, rare);
    tp->rare = rare;
}

void tcp_rare_drop(struct tcp_sock *tp)
{
    struct tcp_rare *rare;

    if (tp->rare == &tcp_rare_none)
        return;
    tcp_fastopen_release(tp, false);
    tcp_notes_drop(tp);
    rare = tcp_rare(tp);
    free(rare->notes);
    tcp_queue_purge(tp->layer, &rare->ofo_queue);
    timer_fini(&rare->keepalive_timer);
    timer_fini(&rare->comp_ack_timer);
    free(rare->listen);
    tcp_fastopen_drop(rare->fastopen);
    free(rare->ecn);
    piece_free(tp->layer->node, rare, sizeof *rare);
    tp->rare = &tcp_rare_none;
}

const struct tcp_user tcp_user_none = { 0 };

struct tcp_user *tcp_user(struct tcp_sock *tp)
{
    if (tp->user == &tcp_user_none)
        tp->user = mem_zalloc(sizeof *tp->user);
    return (struct tcp_user *)(uintptr_t)tp->user;
}

void tcp_user_inherit(struct tcp_sock *tp, const struct tcp_sock *listener)
{
    struct tcp_user *user;

    if (listener->user == &tcp_user_none)
        return;
    user = tcp_user(tp);
    *user = *listener->user;
    tp->own_times = listener->own_times;
    user->syn_retries = 0; /* of connections that are not open yet */
    user->window_clamp = 0;
    user->defer_accept = 0;
    user->fastopen_max = 0;
    user->fastopen_keys = NULL;
    user->saved_syn = NULL;
    user->md5 = NULL;
}

void tcp_user_drop(struct tcp_sock *tp)
{
    if (tp->user != &tcp_user_none) {
        free(tp->user->fastopen_keys);
        free(tp->user->saved_syn);
        tcp_md5_drop(tp->user->md5);
        free(tcp_user(tp));
    }
    tp->user = &tcp_user_none;
}
