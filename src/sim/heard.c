/* heard.c: the Signs and Commits that came to a node, kept without the code under test, so that check.c can ask whether
   it had a reason for what it did. What the node itself refused is here too: more is kept than may count, never less.
 */
#include "sim/inside.h"
#include "base/memory.h"
#include "consensus/pbft_message.h"

static bool is_signed(const simulation *s, const pbft_request *r, const node_id *sealer)
{
    hash256 fields = pbft_fields_digest(s->rules.suite, r);
    return s->rules.suite->verify(sealer, &r->block_hash, pbft_signature_bytes(&r->sig)) &&
           s->rules.suite->verify(sealer, &fields, pbft_signature_bytes(&r->sig2));
}

static bool is_heard(const sim_node *n, const heard_vote *v)
{
    for (size_t i = n->heard_count; i-- > 0;)
        if (n->heard[i].height == v->height && n->heard[i].view == v->view && n->heard[i].is_commit == v->is_commit &&
            node_id_equal(&n->heard[i].sealer, &v->sealer) && hash256_equal(&n->heard[i].block_hash, &v->block_hash))
            return true;
    return false;
}

static void keep(sim_node *n, heard_vote v)
{
    if (is_heard(n, &v))
        return;
    if (n->heard_count == n->heard_capacity) {
        n->heard_capacity = n->heard_capacity ? 2 * n->heard_capacity : 64;
        n->heard = memory_resize(n->heard, n->heard_capacity, sizeof *n->heard);
    }
    n->heard[n->heard_count++] = v;
}

/* The index is that of whatever list the sender has, which may be older or newer than the node's own: by whom the vote
   is is found by the key. */
static void keep_signed(simulation *s, sim_node *n, bool is_commit, const pbft_request *r)
{
    size_t first = r->idx < s->node_count ? r->idx : 0; /* without changes of members it is just that one */
    for (size_t i = 0; i < s->node_count; i++) {
        const node_id *sealer = &s->nodes[(first + i) % s->node_count].id;
        if (!is_signed(s, r, sealer))
            continue;
        keep(n, (heard_vote){*sealer, r->block_hash, r->height, r->view, is_commit});
        return;
    }
}

void heard_note(simulation *s, size_t node, const sim_frame *f)
{
    arena a = {0};
    sim_node *n = &s->nodes[node];
    pbft_packet packet;
    pbft_request r;
    error_text why;
    if (f->module == MODULE_PBFT && f->packet_type == PBFT_FRAME_ORDINARY && !sim_is_liar(s, node) &&
        pbft_packet_decode(bytes_of(f->data, f->size), !s->options.no_ttl_optimization, &a, &packet, &why) &&
        (packet.kind == PBFT_SIGN || packet.kind == PBFT_COMMIT) && pbft_request_decode(packet.data, &r, &why) &&
        (int64_t)r.height > n->told)
        keep_signed(s, n, packet.kind == PBFT_COMMIT, &r);
    arena_reset(&a);
}

void heard_forget(simulation *s, size_t node, uint64_t below_height)
{
    sim_node *n = &s->nodes[node];
    size_t kept = 0;
    for (size_t i = 0; i < n->heard_count; i++)
        if (n->heard[i].height >= below_height && below_height != UINT64_MAX)
            n->heard[kept++] = n->heard[i];
    n->heard_count = kept;
}

bool heard_quorum(const simulation *s, size_t node, bool is_commit, const hash256 *hash, uint64_t height, uint64_t view,
                  const node_id *sealers, size_t sealer_count)
{
    const sim_node *n = &s->nodes[node];
    size_t count = 0;
    for (size_t i = 0; i < sealer_count; i++) {
        heard_vote v = {sealers[i], *hash, height, view, is_commit};
        count += node_id_equal(&sealers[i], &n->id) || is_heard(n, &v);
    }
    return count >= sealer_count - (sealer_count - 1) / 3;
}

bool heard_quorum_somewhere(const simulation *s, size_t node, bool is_commit, const hash256 *hash, uint64_t height,
                            const node_id *sealers, size_t sealer_count)
{
    const sim_node *n = &s->nodes[node];
    for (size_t i = 0; i < n->heard_count; i++)
        if (heard_quorum(s, node, is_commit, hash, height, n->heard[i].view, sealers, sealer_count))
            return true;
    return sealer_count == 1;
}
