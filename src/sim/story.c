/* story.c: who sent what when, one line each. */
#include "sim/inside.h"
#include "consensus/pbft_message.h"
#include "sync/packets.h"

#include <stdarg.h>
#include <stdio.h>

enum { LINE_BYTES = 600 };

void sim_tell(simulation *s, const char *format, ...)
{
    if (!s->options.tells_story)
        return;
    char text[LINE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    buffer_print(&s->story, "%9.3f  %s\n", (double)s->now_ms / 1000, text);
}

static void describe_pbft(const simulation *s, arena *a, const sim_frame *f, char *out, size_t size)
{
    static const char *const names[] = {"Prepare", "Sign", "Commit", "ViewChange"};
    pbft_packet packet;
    pbft_request r;
    bytes encoded;
    error_text why;
    if (f->packet_type > PBFT_FRAME_PROPOSAL) {
        snprintf(out, size, "%s, %zu bytes", f->packet_type == PBFT_FRAME_GET_MISSED ? "GetMissedTxs" : "MissedTxs", f->size);
    } else if (!pbft_packet_decode(bytes_of(f->data, f->size), !s->options.no_ttl_optimization, a, &packet, &why)) {
        snprintf(out, size, "a broken PBFT packet");
    } else if (packet.kind == PBFT_PREPARE ? !pbft_prepare_decode(packet.data, &r, &encoded, &why)
                                           : !pbft_request_decode(packet.data, &r, &why)) {
        snprintf(out, size, "a broken %s", names[packet.kind]);
    } else {
        const char *form = packet.kind != PBFT_PREPARE ? "" : packet.is_empty ? " (empty)" : f->packet_type ? " (hashes)" : "";
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
        snprintf(out, size, "%s, %zu hashes", p.type == SYNC_PACKET_TXS_STATUS ? "TxsStatus" : "TxsRequest", p.hashes.count);
    }
}

void story_frame(simulation *s, size_t to, const sim_frame *f, uint64_t arrival_ms)
{
    if (!s->options.tells_story)
        return;
    arena a = {0};
    char what[LINE_BYTES / 2] = "a frame of another module", when[32] = "LOST";
    if (f->module == MODULE_PBFT)
        describe_pbft(s, &a, f, what, sizeof what);
    else if (f->module == MODULE_SYNC)
        describe_sync(&a, f, what, sizeof what);
    if (arrival_ms != NEVER)
        snprintf(when, sizeof when, "+%llu ms", (unsigned long long)(arrival_ms - s->now_ms));
    sim_tell(s, "%zu -> %zu: %s  [%s]", f->from, to, what, when);
    arena_reset(&a);
}

void story_job(simulation *s, size_t node, const group_job *j)
{
    static const char *const names[] = {"verifies", "decodes", "serves", "executes", "keeps the prepared block", "commits"};
    if (!s->options.tells_story || j->kind < JOB_EXECUTE)
        return;
    const block *b = j->kind == JOB_COMMIT ? execution_block(j->executed) : j->kind == JOB_EXECUTE ? j->proposal : NULL;
    const char *reason = j->ok ? "" : j->why.text;
    if (b)
        sim_tell(s, "%zu: %s block %lld %08x%s%s", node, names[j->kind], (long long)b->header.number, read_be32(b->hash.b),
                 j->ok ? "" : ", fails: ", reason);
    else
        sim_tell(s, "%zu: %s%s%s", node, names[j->kind], j->ok ? "" : ", fails: ", reason);
}
