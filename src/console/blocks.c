#include "console/query.h"

#define BLOCK_HASH {PARAMETER_HASH, "blockHash", "The block's hash, 0x and 64 hex digits.", false}
#define BLOCK_NUMBER {PARAMETER_NUMBER, "blockNumber", "Integer of a block number, from 0 to 2147483647.", false}
#define WITH_TRANSACTIONS                                                                                                             \
    {PARAMETER_BOOL, "boolean", "If true it shows the full transaction objects, if false only the hashes of the transactions.", true}
#define WITH_SIGNATURES {PARAMETER_BOOL, "boolean", "If true it shows the signatures of the sealers.", true}

static const query block_number = {.method = "getBlockNumber", .shape = SHOW_NUMBER};
static const query block_hash_by_number = {.method = "getBlockHashByNumber", .shape = SHOW_TEXT};
static const query block_by_hash = {.method = "getBlockByHash", .shape = SHOW_MODEL, .model = &model_block, .defaults = {NULL, "false"}};
static const query block_by_number = {.method = "getBlockByNumber", .shape = SHOW_MODEL, .model = &model_block,
    .defaults = {NULL, "false"}};
static const query header_by_hash = {.method = "getBlockHeaderByHash", .shape = SHOW_MODEL, .model = &model_header,
    .defaults = {NULL, "false"}};
static const query header_by_number = {.method = "getBlockHeaderByNumber", .shape = SHOW_MODEL, .model = &model_header,
    .defaults = {NULL, "false"}};

static const command rows[] = {
    {.name = "getBlockNumber", .help = "Query the number of most recent block", .run = query_run, .data = &block_number},
    {.name = "getBlockByHash", .help = "Query information about a block by hash", .run = query_run, .data = &block_by_hash,
     .parameters = {BLOCK_HASH, WITH_TRANSACTIONS}},
    {.name = "getBlockByNumber", .help = "Query information about a block by number", .run = query_run, .data = &block_by_number,
     .parameters = {BLOCK_NUMBER, WITH_TRANSACTIONS}},
    {.name = "getBlockHeaderByHash", .help = "Query information about a block header by hash", .run = query_run, .data = &header_by_hash,
     .parameters = {BLOCK_HASH, WITH_SIGNATURES}},
    {.name = "getBlockHeaderByNumber", .help = "Query information about a block header by block number", .run = query_run,
     .data = &header_by_number, .parameters = {BLOCK_NUMBER, WITH_SIGNATURES}},
    {.name = "getBlockHashByNumber", .help = "Query block hash by block number", .run = query_run, .data = &block_hash_by_number,
     .parameters = {BLOCK_NUMBER}}};
const command_family family_blocks = FAMILY("Blocks", "区块", rows);
