/* story.c: who sent what when, one line each. */
#include "sim/inside.h"
#include "base/memory.h"
#include "consensus/pbft_message.h"
#include "sync/packets.h"

#include <stdarg.h>
#include <stdio.h>

enum { LINE_BYTES = 600 };

static story_line *add_line(simulation *s)
{
    if (s->story_count == s->story_capacity) {
        s->story_capacity = s->story_capacity ? 2 * s->story_capacity : 1024;
        s->story = memory_resize(s->story, s->story_capacity, sizeof *s->story);
    }
    story_line *line = &s->story[s->story_count++];
    *line = (story_line){.at_ms = s->now_ms, .height = -1};
    return line;
}

void sim_tell(simulation *s, const char *format, ...)
{
    if (!s->options.tells_story)
        return;
    char text[LINE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    story_line *line = add_line(s);
    line->text = arena_copy_text(&s->story_memory, bytes_of_text(text));
}

static void describe_pbft(const simulation *s, arena *a, const sim_frame *f, int64_t *height, char *out, size_t size)
{
    static const char *const names[] = {"Prepare", "Sign", "Commit", "ViewChange"};
    pbft_packet packet;
    pbft_request r;
    bytes encoded;
    error_text why;
    if (f->packet_type > PBFT_FRAME_PROPOSAL) {
        snprintf(out, size, "%s, %zu bytes", f->packet_type == PBFT_FRAME_GET_MISSED ? "GetMissedTxs" : "MissedTxs",
                 f->size);
    } else if (!pbft_packet_decode(bytes_of(f->data, f->size), !s->options.no_ttl_optimization, a, &packet, &why)) {
        snprintf(out, size, "a broken PBFT packet");
    } else if (packet.kind == PBFT_PREPARE ? !pbft_prepare_decode(packet.data, &r, &encoded, &why)
                                           : !pbft_request_decode(packet.data, &r, &why)) {
        snprintf(out, size, "a broken %s", names[packet.kind]);
    } else {
        *height = (int64_t)r.height + (packet.kind == PBFT_VIEW_CHANGE);
        const char *form = packet.kind != PBFT_PREPARE ? ""
                           : packet.is_empty           ? " (empty)"
                           : f->packet_type            ? " (hashes)"
                                                       : "";
        snprintf(out, size, "%s%s h=%llu v=%llu by %u, %08x", names[packet.kind], form, (unsigned long long)r.height,
                 (unsigned long long)r.view, r.idx, read_be32(r.block_hash.b));
    }
}

static void describe_sync(arena *a, const sim_frame *f, char *out, size_t size)
{
    sync_packet p;
    error_text why;
    if (!sync_packet_decode(bytes_of(f->data, f->size), a, &p, &why)) {
        snprintf(out, size, "a broken sync packet");
        return;
    }
    switch (p.type) {
    case SYNC_PACKET_STATUS:
        snprintf(out, size, "Status h=%lld %08x", (long long)p.status.number, read_be32(p.status.latest_hash.b));
        break;
    case SYNC_PACKET_TRANSACTIONS:
        snprintf(out, size, "Transactions, %zu bytes", p.transactions.list.size);
        break;
    case SYNC_PACKET_BLOCKS:
        snprintf(out, size, "Blocks, %zu", p.blocks.count);
        break;
    case SYNC_PACKET_BLOCKS_REQUEST:
        snprintf(out, size, "BlocksRequest from %lld, %lld", (long long)p.request.from, (long long)p.request.count);
        break;
    default:
        snprintf(out, size, "%s, %zu hashes", p.type == SYNC_PACKET_TXS_STATUS ? "TxsStatus" : "TxsRequest",
                 p.hashes.count);
    }
}

void story_frame(simulation *s, size_t to, sim_frame *f, uint64_t arrival_ms)
{
    if (!s->options.tells_story)
        return;
    arena *memory = &s->story_memory;
    char where[48] = "";
    if (arrival_ms == NEVER)
        snprintf(where, sizeof where, "%zu (lost)", to);
    else
        snprintf(where, sizeof where, "%zu (+%llu ms)", to, (unsigned long long)(arrival_ms - s->now_ms));
    if (f->story_line && f->story_line == s->story_count) { /* one frame to several nodes is one line */
        story_line *last = &s->story[s->story_count - 1];
        last->to = arena_print(memory, "%s, %s", last->to, where);
        return;
    }
    arena a = {0};
    char what[LINE_BYTES / 2] = "a frame of another module";
    int64_t height = -1;
    if (f->module == MODULE_PBFT)
        describe_pbft(s, &a, f, &height, what, sizeof what);
    else if (f->module == MODULE_SYNC)
        describe_sync(&a, f, what, sizeof what);
    arena_reset(&a);
    story_line *line = add_line(s);
    line->is_frame = true;
    line->height = height;
    line->from = f->from;
    f->story_line = s->story_count;
    line->to = arena_copy_text(memory, bytes_of_text(where));
    line->text = arena_copy_text(memory, bytes_of_text(what));
}

/* Where the block that broke a rule is spoken of first; 0 when it is not about one. */
static size_t first_about(const simulation *s)
{
    size_t first = 0;
    while (s->failed_height >= 0 && first < s->story_count && s->story[first].height != s->failed_height)
        first++;
    return first;
}

/* Of what came before, only the faults; of the frames, only those about the block. */
static bool is_told(const simulation *s, size_t i, size_t first)
{
    const story_line *line = &s->story[i];
    if (i < first)
        return !line->is_frame && strncmp(line->text, "FAULT", strlen("FAULT")) == 0;
    if (s->failed_height < 0 || (line->height < 0 && !line->is_frame))
        return true;
    return line->height == s->failed_height;
}

void sim_print_story(const simulation *s, size_t max_lines, buffer *out)
{
    size_t begin = s->story_count, lines = 0, first = first_about(s);
    while (begin > 0 && lines < max_lines)
        lines += is_told(s, --begin, first);
    for (size_t i = begin; i < s->story_count; i++) {
        const story_line *line = &s->story[i];
        if (!is_told(s, i, first))
            continue;
        buffer_print(out, "%10.3f  ", (double)line->at_ms / 1000);
        if (line->is_frame)
            buffer_print(out, "%zu -> %s: ", line->from, line->to);
        buffer_print(out, "%s\n", line->text);
    }
}

void story_job(simulation *s, size_t node, const group_job *j)
{
    static const char *const names[] = {"verifies", "decodes", "serves", "executes", "keeps the prepared block",
                                        "commits"};
    if (!s->options.tells_story || j->kind < JOB_EXECUTE)
        return;
    const block *b = j->kind == JOB_COMMIT ? execution_block(j->executed) : j->kind == JOB_EXECUTE ? j->proposal : NULL;
    const char *reason = j->ok ? "" : j->why.text;
    pbft_request r = {0};
    bytes inner;
    error_text why;
    if (b == NULL && !pbft_prepare_decode(j->raw[0], &r, &inner, &why))
        r.height = 0;
    if (b)
        sim_tell(s, "%zu: %s block %lld %08x%s%s", node, names[j->kind], (long long)b->header.number,
                 read_be32(b->hash.b), j->ok ? "" : ", fails: ", reason);
    else
        sim_tell(s, "%zu: %s %llu%s%s", node, names[j->kind], (unsigned long long)r.height,
                 j->ok ? "" : ", fails: ", reason);
    s->story[s->story_count - 1].height = b ? b->header.number : (int64_t)r.height;
}
