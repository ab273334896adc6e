#include "support_recording.h"

#include "base/memory.h"
#include "consensus/pbft_message.h"
#include "net/frame.h"

static ini read_ini(recording *r, const char *path)
{
    ini file;
    error_text why = {""};
    if (!ini_parse(&r->memory, path, golden_file(&r->unpacked, path), &file, &why))
        fail_msg("%s", why.text);
    return file;
}

static void read_chain(recording *r)
{
    ini config = read_ini(r, "conf/config.ini"), group = read_ini(r, "conf/group.1.ini"), first = read_ini(r, "conf/group.1.genesis");
    chain_files files = {.config = &config, .group = &group, .genesis = &first};
    error_text why = {""};
    if (!genesis_read_chain(&files, &r->memory, &r->rules, &r->genesis, &why))
        fail_msg("%s", why.text);
    rlp_reader records = rlp_reader_of(buffer_bytes(&r->unpacked));
    pack_record one;
    while (pack_next(&records, &one))
        if (pack_is(&one, "node") && rlp_read_uint(&one.fields, 2) == 0)
            rlp_read_fixed(&one.fields, r->self.b, sizeof r->self, RLP_EXACT);
}

static void keep_proposal(recording *r, block *b, const hash256 *hashes, size_t count)
{
    recorded_proposal *p = &r->proposals[b->header.number];
    assert_true(b->header.number < RECORDING_BLOCKS_MAX);
    block_drop(p->header_only);
    p->header_only = b;
    p->hashes = (hash256 *)arena_copy(&b->memory, bytes_of(hashes, count * sizeof *hashes)).data;
    p->count = count;
}

static void read_proposal(recording *r, bytes encoded, bool only_hashes)
{
    error_text why = {""};
    if (only_hashes) {
        hash256 *hashes;
        size_t count;
        block *b = block_decode_proposal(&r->rules, encoded, &hashes, &count, &why);
        if (b && count)
            keep_proposal(r, b, hashes, count);
        else
            block_drop(b);
        return;
    }
    block *b = block_decode(&r->rules, encoded, (block_decode_options){TX_CHECK_NOTHING, false}, &why);
    if (b && b->transaction_count) {
        hash256 *hashes = arena_take_array(&b->memory, b->transaction_count, sizeof *hashes);
        for (size_t i = 0; i < b->transaction_count; i++)
            hashes[i] = b->transactions[i]->hash;
        keep_proposal(r, b, hashes, b->transaction_count);
    } else {
        block_drop(b);
    }
}

static void read_frame(recording *r, const golden_frame *one)
{
    frame f;
    size_t size;
    error_text why = {""};
    if (one->is_channel || frame_decode(FRAME_CURRENT, one->frame, &f, &size) != FRAME_OK || f.group != 1 || f.module != 8 ||
        f.packet_type > PBFT_FRAME_PROPOSAL)
        return;
    buffer plain = buffer_init(BUFFER_NO_LIMIT);
    if (f.version & FRAME_COMPRESSED) {
        assert_true(frame_decompress(f.payload, &plain));
        f.payload = buffer_bytes(&plain);
    }
    pbft_packet packet;
    pbft_request request;
    bytes encoded;
    arena a = {0};
    assert_true(pbft_packet_decode(f.payload, true, &a, &packet, &why));
    if (packet.kind == PBFT_PREPARE && pbft_prepare_decode(packet.data, &request, &encoded, &why))
        read_proposal(r, encoded, f.packet_type == PBFT_FRAME_PROPOSAL);
    arena_reset(&a);
    buffer_free(&plain);
}

recording *recording_open(const char *name)
{
    recording *r = memory_new(sizeof *r);
    error_text why = {""};
    const char *path = arena_print(&r->memory, "%s%s.pack", GOLDEN(""), name);
    if (!pack_read_file(path, &r->unpacked, &why))
        fail_msg("%s", why.text);
    read_chain(r);
    rlp_reader records = rlp_reader_of(buffer_bytes(&r->unpacked));
    golden_frame one;
    while (golden_next_frame(&records, &one))
        read_frame(r, &one);
    return r;
}

void recording_close(recording *r)
{
    for (size_t i = 0; i < RECORDING_BLOCKS_MAX; i++)
        block_drop(r->proposals[i].header_only);
    buffer_free(&r->unpacked);
    arena_reset(&r->memory);
    free(r);
}
