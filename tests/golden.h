/* golden.h: the recordings of the C++ node (tests/golden/README.md) as tests see them. For programs of the chain floor and
   above. A failure to read ends the test. */
#ifndef HANSE_TESTS_GOLDEN_H
#define HANSE_TESTS_GOLDEN_H

#include "test.h"

#include "chain/genesis.h"
#include "codec/pack.h"

typedef struct {
    uint64_t number;
    hash256 hash;
    bytes raw; /* as stored: [header, transactions, hash, signatures, receipts] */
} golden_block;

typedef struct {
    arena memory;
    buffer unpacked; /* for kinds that are not read here: rlp_reader_of(buffer_bytes(&chain.unpacked)) and pack_next() */
    chain_rules rules;
    ini config, group_ini, genesis_ini; /* of node 0 */
    genesis genesis;
    golden_block *blocks; /* blocks[0] is the genesis block */
    size_t block_count;
} golden_chain;

static inline bytes golden_file(const buffer *unpacked, const char *path)
{
    rlp_reader records = rlp_reader_of(buffer_bytes(unpacked));
    pack_record one;
    while (pack_next(&records, &one))
        if (pack_is(&one, "file") && bytes_equal_text(rlp_read_string(&one.fields), path))
            return rlp_read_string(&one.fields);
    assert_int_equal(records.error, RLP_OK);
    return BYTES_EMPTY;
}

static inline ini golden_ini(golden_chain *chain, const char *path)
{
    ini file;
    error_text why = {""};
    if (!ini_parse(&chain->memory, path, golden_file(&chain->unpacked, path), &file, &why))
        fail_msg("%s", why.text);
    return file;
}

static inline void golden_read_blocks(golden_chain *chain)
{
    rlp_reader records = rlp_reader_of(buffer_bytes(&chain->unpacked));
    chain->blocks = arena_take_array(&chain->memory, rlp_count_items(&records), sizeof *chain->blocks);
    pack_record one;
    while (pack_next(&records, &one)) {
        if (!pack_is(&one, "block"))
            continue;
        golden_block *b = &chain->blocks[chain->block_count++];
        b->number = rlp_read_uint(&one.fields, 8);
        rlp_read_fixed(&one.fields, b->hash.b, sizeof b->hash, RLP_EXACT);
        b->raw = rlp_read_string(&one.fields);
        assert_int_equal(one.fields.error, RLP_OK);
        assert_int_equal(b->number, chain->block_count - 1);
    }
    assert_int_equal(records.error, RLP_OK);
}

/* name: "ecdsa1", ...: tests/golden/<name>.pack */
static inline golden_chain *golden_open(const char *name)
{
    golden_chain *chain = calloc(1, sizeof *chain);
    error_text why = {""};
    char *path = arena_print(&chain->memory, "%s%s.pack", GOLDEN(""), name);
    if (!pack_read_file(path, &chain->unpacked, &why))
        fail_msg("%s", why.text);
    chain->config = golden_ini(chain, "node0/config.ini");
    chain->group_ini = golden_ini(chain, "node0/conf/group.1.ini");
    chain->genesis_ini = golden_ini(chain, "node0/conf/group.1.genesis");
    chain_files files = {.config = &chain->config, .group = &chain->group_ini, .genesis = &chain->genesis_ini};
    if (!genesis_read_chain(&files, &chain->memory, &chain->rules, &chain->genesis, &why))
        fail_msg("%s", why.text);
    golden_read_blocks(chain);
    return chain;
}

static inline void golden_close(golden_chain *chain)
{
    arena_reset(&chain->memory);
    buffer_free(&chain->unpacked);
    free(chain);
}

/* Decodes block `number` with everything; the caller drops it. */
static inline block *golden_decode(const golden_chain *chain, size_t number)
{
    error_text why = {""};
    assert_true(number < chain->block_count);
    block *b = block_decode(&chain->rules, chain->blocks[number].raw, (block_decode_options){TX_CHECK_NOTHING, true}, &why);
    if (b == NULL)
        fail_msg("block %zu: %s", number, why.text);
    return b;
}

/* One frame of a wire-*.pack; the kind "frame". */
typedef struct {
    uint64_t t_ms;    /* after the first frame of the run */
    unsigned recorder; /* the node that wrote it down */
    bool is_sent;     /* by the recorder; else received */
    bool is_channel;  /* SDK connection; else between nodes */
    bytes peer;       /* node number as minimal integer, or ip:port of an SDK */
    bytes frame;      /* complete, as it went over the wire (below TLS), perhaps still compressed */
} golden_frame;

/* The next frame; false at the end. records: rlp_reader_of(unpacked bytes) at first. */
static inline bool golden_next_frame(rlp_reader *records, golden_frame *out)
{
    pack_record one;
    while (pack_next(records, &one)) {
        if (!pack_is(&one, "frame"))
            continue;
        out->t_ms = rlp_read_uint(&one.fields, 8);
        out->recorder = (unsigned)rlp_read_uint(&one.fields, 2);
        out->is_sent = bytes_equal_text(rlp_read_string(&one.fields), "send");
        out->is_channel = bytes_equal_text(rlp_read_string(&one.fields), "channel");
        out->peer = rlp_read_string(&one.fields);
        out->frame = rlp_read_string(&one.fields);
        assert_int_equal(one.fields.error, RLP_OK);
        return true;
    }
    assert_int_equal(records->error, RLP_OK);
    return false;
}

#endif
