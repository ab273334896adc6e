/* Event subscriptions: registered filters of a group, and the search for their logs on the workers (spec/network.md 11). */
#include "channel/private.h"
#include "codec/json_member.h"

#include "base/memory.h"
#include "codec/json_write.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    SEARCH_FILTERS = 64,              /* filters served by one job; the others have their turn in the next one */
    SEARCH_BLOCKS = 3,                /* blocks of one filter in one job, unless the group's file says otherwise */
    SEARCH_BLOCKS_MAX = 100,
    SEARCH_PUSH_BYTES = 8 * 1024 * 1024, /* a push that is that large ends with its block */
    SEARCH_JOB_BYTES = 16 * 1024 * 1024, /* pushes of one job: with that much it ends, and so it does after */
    SEARCH_JOB_READS = 32,               /* so many blocks read from the ledger: a worker is for others, too */
    SEARCH_KEPT_BLOCKS = 4            /* blocks kept during a job: filters mostly look at the same ones */
};

typedef struct channel_filter {
    struct channel_filter *next;
    event_filter filter;
    uint64_t session_id;
    int64_t next_block;
    uint64_t first_search_ms;         /* CHANNEL_FIRST_SEARCH_MS after it was registered */
    bool is_removed;                  /* freed when no job uses it */
} channel_filter;

typedef struct {
    channel_filter *filter;
    int64_t from, count;
    int64_t done;                     /* blocks searched */
    out_frame *frame;                 /* NULL: nothing matched */
    bool is_broken;                   /* a block could not be read */
} search_item;

typedef struct {
    mail arrival;
    job work;
    channel_door *door;
    channel_group *group;
    size_t count;
    search_item items[SEARCH_FILTERS];
    block *kept[SEARCH_KEPT_BLOCKS];
    size_t kept_next;
    size_t reads, pushed_bytes;
} search_job;

static channel_seq push_seq(void)
{
    channel_seq zeros;
    memset(zeros.b, '0', sizeof zeros.b);
    return zeros;
}

/* ---- the list ---- */

static void free_filter(channel_door *d, channel_filter *f)
{
    channel_session *s = channel_session_find(d, f->session_id);
    if (s)
        s->filters--;
    d->filter_count--;
    event_filter_free(&f->filter);
    free(f);
}

void channel_forget_filters(channel_session *s)
{
    map_entry *entry;
    for (size_t i = 0; s->filters && (entry = map_next(&s->door->groups, &i));) {
        channel_group *g = entry->value;
        g->has_removed = true;
        channel_search_events(g);
    }
}

void channel_drop_filters(channel_group *g)
{
    while (g->filters) {
        channel_filter *gone = g->filters;
        g->filters = gone->next;
        free_filter(g->door, gone);
    }
}

/* Frees what was removed and what belongs to clients that are gone. Only while no job uses them. */
static void prune(channel_group *g)
{
    if (!g->has_removed)
        return;
    g->has_removed = false;
    for (channel_filter **at = &g->filters; *at;) {
        channel_filter *f = *at;
        if (!f->is_removed && channel_session_find(g->door, f->session_id)) {
            at = &f->next;
            continue;
        }
        *at = f->next;
        if (g->next_turn == f)
            g->next_turn = f->next;
        free_filter(g->door, f);
    }
}

/* ---- the search (on a worker) ---- */

static block *block_of(search_job *j, ledger *l, int64_t number)
{
    for (size_t i = 0; i < SEARCH_KEPT_BLOCKS; i++)
        if (j->kept[i] && j->kept[i]->header.number == number)
            return j->kept[i];
    block *b = ledger_block_by_number(l, number);
    j->reads++;
    if (b == NULL)
        return NULL;
    block_drop(j->kept[j->kept_next]);
    j->kept[j->kept_next] = b;
    j->kept_next = (j->kept_next + 1) % SEARCH_KEPT_BLOCKS;
    return b;
}

static void write_log(json_writer *w, const block *b, size_t tx_index, size_t log_index)
{
    const log_entry *entry = &b->receipts[tx_index].logs[log_index];
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)b->header.number);
    json_write_begin_object(w);
    json_member_hex(w, "address", BYTES_OF_VALUE(entry->from));
    json_member_hex(w, "blockHash", BYTES_OF_VALUE(b->hash));
    json_write_key(w, "blockNumber");
    json_write_text(w, number);
    json_member_hex(w, "data", entry->data);
    json_write_key(w, "logIndex");
    json_write_quantity_u64(w, log_index);
    json_write_key(w, "topics");
    json_write_begin_array(w);
    for (size_t i = 0; i < entry->topic_count; i++)
        json_write_hex(w, BYTES_OF_VALUE(entry->topics[i]));
    json_write_end_array(w);
    json_member_hex(w, "transactionHash", BYTES_OF_VALUE(b->transactions[tx_index]->hash));
    json_write_key(w, "transactionIndex");
    json_write_quantity_u64(w, tx_index);
    json_write_end_object(w);
}

static size_t write_block_logs(json_writer *w, const event_filter *f, const block *b)
{
    size_t written = 0;
    for (size_t t = 0; t < b->receipt_count && t < b->transaction_count; t++)
        for (size_t i = 0; i < b->receipts[t].log_count; i++)
            if (log_pattern_matches(&f->pattern, &b->receipts[t].logs[i])) {
                write_log(w, b, t, i);
                written++;
            }
    return written;
}

static void begin_push(json_writer *w, const event_filter *f)
{
    json_write_begin_object(w);
    json_write_key(w, "filterID");
    json_write_string(w, bytes_of(f->id, f->id_bytes));
    json_write_key(w, "logs");
}

static void end_push(json_writer *w, int result)
{
    json_write_key(w, "result");
    json_write_int(w, result);
    json_write_end_object(w);
    buffer_append_byte(w->out, '\n');
}

static void search_one(search_job *j, ledger *l, search_item *item)
{
    const event_filter *f = &item->filter->filter;
    buffer text = buffer_init(CHANNEL_FRAME_MAX_BYTES - CHANNEL_HEADER_BYTES);
    json_writer w = json_write_to(&text);
    size_t matched = 0;
    begin_push(&w, f);
    json_write_begin_array(&w);
    while (item->done < item->count && text.size < SEARCH_PUSH_BYTES && j->reads < SEARCH_JOB_READS) {
        const block *b = block_of(j, l, item->from + item->done);
        item->is_broken = b == NULL;
        if (item->is_broken)
            break;
        matched += write_block_logs(&w, f, b);
        item->done++;
    }
    json_write_end_array(&w);
    end_push(&w, EVENT_OK);
    channel_seq seq = push_seq();
    item->is_broken |= text.overflowed;
    if (matched && !text.overflowed) {
        item->frame = channel_out_frame(CHANNEL_EVENTS, &seq, 0, BYTES_EMPTY, buffer_bytes(&text));
        j->pushed_bytes += text.size;
    }
    buffer_free(&text);
}

static void run_search(job *work)
{
    search_job *j = (search_job *)((char *)work - offsetof(search_job, work));
    const rpc_backend *backend = j->door->backend;
    rpc_group *held = backend->find_group(backend->context, j->group->id);
    for (size_t i = 0; i < j->count && j->reads < SEARCH_JOB_READS && j->pushed_bytes < SEARCH_JOB_BYTES; i++)
        if (held)
            search_one(j, backend->ledger_of(held), &j->items[i]);
        else
            j->items[i].is_broken = true;
    for (size_t i = 0; i < SEARCH_KEPT_BLOCKS; i++)
        block_drop(j->kept[i]);
    if (held)
        backend->release_group(backend->context, held);
    mailbox_post(j->door->mail, &j->arrival);
}

/* ---- the loop ---- */

static void push_completed(channel_session *s, const event_filter *f)
{
    buffer text = buffer_init(BUFFER_NO_LIMIT);
    json_writer w = json_write_to(&text);
    begin_push(&w, f);
    json_write_null(&w);
    end_push(&w, EVENT_COMPLETED);
    channel_seq seq = push_seq();
    traffic_count(s->door->traffic, f->group_id, TRAFFIC_EVENTS_OUT, CHANNEL_HEADER_BYTES + text.size);
    channel_session_send(s, CHANNEL_EVENTS, &seq, 0, BYTES_EMPTY, buffer_bytes(&text));
    buffer_free(&text);
}

static void remove_filter(channel_group *g, channel_filter *f)
{
    f->is_removed = true;
    g->has_removed = true;
}

static void finish_item(channel_group *g, search_item *item)
{
    channel_door *d = g->door;
    channel_filter *f = item->filter;
    channel_session *s = f->is_removed ? NULL : channel_session_find(d, f->session_id);
    f->next_block += item->done;
    if (s && item->frame) {
        traffic_count(d->traffic, f->filter.group_id, TRAFFIC_EVENTS_OUT, item->frame->size);
        channel_session_queue(s, item->frame);
        item->frame = NULL;
    }
    free(item->frame);
    if (item->is_broken) {
        CHANNEL_LOG(d, LOG_ERROR, "event filter dropped: block cannot be read or pushed,group=%d,block=%lld", f->filter.group_id,
                    (long long)f->next_block);
        remove_filter(g, f);
    } else if (f->next_block > f->filter.to) {
        if (s)
            push_completed(s, &f->filter);
        remove_filter(g, f);
    }
}

static void on_searched(channel_door *d, mail *m)
{
    search_job *j = (search_job *)m;
    channel_group *g = j->group;
    for (size_t i = j->count; i-- > 0;) /* those that had no turn are the first of the next job */
        if (j->items[i].done == 0 && !j->items[i].is_broken)
            g->next_turn = j->items[i].filter;
    for (size_t i = 0; i < j->count; i++)
        finish_item(g, &j->items[i]);
    g->searching = false;
    free(j);
    channel_search_events(g);
    channel_job_done(d);
}

static void must_arrive(mail *m)
{
    (void)m;
    assert(false); /* the door waits for its jobs before it closes the box */
}

static int64_t blocks_at_once(channel_group *g)
{
    const rpc_backend *backend = g->door->backend;
    rpc_group *held = backend->limits_of ? backend->find_group(backend->context, g->id) : NULL;
    if (held == NULL)
        return SEARCH_BLOCKS;
    const rpc_group_limits *limits = backend->limits_of(held);
    int64_t count = limits && limits->event_blocks_at_once > 0 ? limits->event_blocks_at_once : SEARCH_BLOCKS;
    backend->release_group(backend->context, held);
    return count < SEARCH_BLOCKS_MAX ? count : SEARCH_BLOCKS_MAX;
}

/* Is there something to look for now? A client that does not read waits, and so does one that was taken from the allow list. */
static bool is_due(channel_group *g, const channel_filter *f)
{
    if (f->next_block > g->height || f->is_removed)
        return false;
    channel_session *s = channel_session_find(g->door, f->session_id);
    if (s == NULL || f->first_search_ms > uv_now(&g->door->loop) || !channel_may_use_group(g->door, &s->peer, g->id))
        return false;
    s->holds_search |= s->out_bytes > CHANNEL_OUT_PAUSE_BYTES;
    return !s->holds_search;
}

void channel_search_all(channel_door *d)
{
    map_entry *entry;
    for (size_t i = 0; (entry = map_next(&d->groups, &i));)
        channel_search_events(entry->value);
}

void channel_search_first(uv_timer_t *timer)
{
    channel_door *d = timer->data;
    channel_search_all(d);
    uint64_t now = uv_now(&d->loop);
    if (d->search_due_ms > now)
        uv_timer_start(&d->search_timer, channel_search_first, d->search_due_ms - now, 0);
}

void channel_resume_searches(channel_session *s)
{
    if (!s->holds_search || s->out_bytes > CHANNEL_OUT_PAUSE_BYTES)
        return;
    s->holds_search = false;
    channel_search_all(s->door);
}

/* From where the last job ended to the end of the list. */
static void take_due(channel_group *g, search_job *j)
{
    int64_t most = blocks_at_once(g);
    channel_filter *f = g->next_turn ? g->next_turn : g->filters;
    for (; f && j->count < SEARCH_FILTERS; f = f->next) {
        if (!is_due(g, f))
            continue;
        int64_t count = g->height - f->next_block + 1;
        if (count > most)
            count = most;
        if (f->filter.to != INT64_MAX && count > f->filter.to - f->next_block + 1)
            count = f->filter.to - f->next_block + 1;
        j->items[j->count++] = (search_item){.filter = f, .from = f->next_block, .count = count};
    }
    g->next_turn = f; /* NULL: the round is over */
}

void channel_search_events(channel_group *g)
{
    channel_door *d = g->door;
    bool receipts_first = g->renders || (g->waiting && g->waiting->outcome.number <= g->height);
    if (g->searching || receipts_first || d->stopping)
        return;
    prune(g);
    if (g->filters == NULL)
        return;
    search_job *j = memory_new(sizeof *j);
    *j = (search_job){.arrival = {.run = on_searched, .drop = must_arrive}, .work = {.run = run_search}, .door = d, .group = g};
    bool is_late_start = g->next_turn != NULL;
    take_due(g, j);
    if (j->count == 0 && is_late_start)
        take_due(g, j); /* the round is over: from the front again */
    if (j->count == 0) {
        free(j);
        return;
    }
    g->searching = true;
    d->work++;
    bool accepted = worker_pool_submit_unbounded(d->workers, &j->work); /* one a group */
    assert(accepted);
    (void)accepted;
}

/* ---- registration ---- */

static void answer(channel_session *s, const channel_frame *f, int result)
{
    char text[32];
    snprintf(text, sizeof text, "{\"result\":%d}\n", result);
    channel_session_send(s, f->type, &f->seq, 0, BYTES_OF_LITERAL("\x01"), bytes_of_text(text));
}

/* The request without its topic, which means nothing here. false: it is to be ignored. */
static bool request_of(const channel_frame *f, bytes *json)
{
    bytes topic;
    return channel_topic_body(f->body, &topic, json);
}

/* The checks in the order of network.md 11.1, once the request was understood. */
static int check_registration(channel_session *s, event_filter *f)
{
    channel_door *d = s->door;
    rpc_group *held = d->backend->find_group(d->backend->context, f->group_id);
    if (held == NULL)
        return EVENT_GROUP_NOT_EXIST;
    int64_t head = ledger_head(d->backend->ledger_of(held)).number;
    const rpc_group_limits *limits = d->backend->limits_of ? d->backend->limits_of(held) : NULL;
    int64_t range = limits ? limits->event_blocks_max : 0;
    d->backend->release_group(d->backend->context, held);
    if (!channel_may_use_group(d, &s->peer, f->group_id))
        return EVENT_NOT_ALLOWED;
    if (f->from_latest)
        f->from = head;
    if (f->to < f->from || (range > 0 && head >= f->from && head - f->from >= range))
        return EVENT_INVALID_RANGE;
    if (s->filters >= CHANNEL_SESSION_FILTERS || d->filter_count >= CHANNEL_FILTERS_MAX) {
        CHANNEL_LOG(d, LOG_WARNING, "event filter refused: too many,client=%s,filters=%zu", s->remote, s->filters);
        return EVENT_INVALID_REQUEST;
    }
    return EVENT_OK;
}

static void add_filter(channel_group *g, channel_session *s, channel_filter *one)
{
    channel_door *d = s->door;
    one->session_id = s->id;
    one->next_block = one->filter.from;
    one->next = g->filters;
    g->filters = one;
    one->first_search_ms = d->search_due_ms = uv_now(&d->loop) + CHANNEL_FIRST_SEARCH_MS;
    s->filters++;
    d->filter_count++;
    if (!uv_is_active((uv_handle_t *)&d->search_timer))
        uv_timer_start(&d->search_timer, channel_search_first, CHANNEL_FIRST_SEARCH_MS, 0);
}

void channel_register_events(channel_session *s, const channel_frame *f)
{
    channel_door *d = s->door;
    bytes json;
    if (!request_of(f, &json))
        return;
    channel_filter *one = memory_new(sizeof *one);
    int result = event_filter_parse(&one->filter, json);
    traffic_count(d->traffic, one->filter.group_id, TRAFFIC_REGISTER_IN, f->body.size + CHANNEL_HEADER_BYTES);
    if (result == EVENT_OK)
        result = check_registration(s, &one->filter);
    channel_group *g = result == EVENT_OK ? channel_group_of(d, one->filter.group_id) : NULL;
    if (g) {
        add_filter(g, s, one);
    } else {
        event_filter_free(&one->filter);
        free(one);
    }
    answer(s, f, result); /* last: it may close s, and with it drop the filter */
}

/* QUIRK of network.md 11.2: whoever knows the id may cancel it. */
void channel_unregister_events(channel_session *s, const channel_frame *f)
{
    channel_door *d = s->door;
    bytes json;
    if (!request_of(f, &json))
        return;
    event_filter wanted;
    int result = event_filter_parse(&wanted, json);
    channel_group *g = result == EVENT_OK ? channel_group_of(d, wanted.group_id) : NULL;
    traffic_count(d->traffic, wanted.group_id, TRAFFIC_UNREGISTER_IN, f->body.size + CHANNEL_HEADER_BYTES);
    if (result == EVENT_OK && g == NULL)
        result = EVENT_GROUP_NOT_EXIST;
    if (result == EVENT_OK && !channel_may_use_group(d, &s->peer, wanted.group_id))
        result = EVENT_NOT_ALLOWED;
    for (channel_filter *one = result == EVENT_OK ? g->filters : NULL; one; one = one->next)
        if (bytes_equal(bytes_of(one->filter.id, one->filter.id_bytes), bytes_of(wanted.id, wanted.id_bytes)))
            remove_filter(g, one);
    answer(s, f, result);
    event_filter_free(&wanted);
}
