/* The shapes of spec/interfaces.md 15.1, fields in print order. */
#include "console/model.h"

#define MODEL(title, list) {.name = (title), .fields = (list), .count = COUNT(list)}
#define TEXT(name) {(name), NULL, FIELD_TEXT, NULL}
#define TEXT_OF(name, key) {(name), (key), FIELD_TEXT, NULL}

static const model_field signature_fields[] = {TEXT("r"), TEXT("s"), TEXT("v"), TEXT("signature")};
static const model signature_parts = MODEL("", signature_fields);

static const model_field sealer_signature_fields[] = {TEXT("index"), TEXT("signature")};
static const model sealer_signature = MODEL("", sealer_signature_fields);

static const model_field transaction_fields[] = {
    TEXT("blockHash"), TEXT("blockNumber"), TEXT("from"), TEXT("gas"), TEXT("hash"), TEXT("input"), TEXT("nonce"),
    TEXT("to"), TEXT("transactionIndex"), TEXT("value"), TEXT("gasPrice"), TEXT("blockLimit"), TEXT("chainId"),
    TEXT("groupId"), TEXT("extraData"), {"signature", NULL, FIELD_MODEL, &signature_parts}};
const model model_transaction = MODEL("", transaction_fields);

#define HEADER_FIELDS                                                                                                              \
    TEXT("hash"), TEXT("parentHash"), TEXT("logsBloom"), TEXT("transactionsRoot"), TEXT("receiptsRoot"), TEXT("dbHash"),           \
        TEXT("stateRoot"), TEXT("sealer"), {"sealerList", NULL, FIELD_TEXTS, NULL}, {"extraData", NULL, FIELD_TEXTS, NULL},        \
        TEXT("gasLimit"), TEXT("gasUsed"), TEXT("timestamp"), {"signatureList", NULL, FIELD_MODELS, &sealer_signature}

static const model_field block_fields[] = {
    {"transactions", NULL, FIELD_MODELS, &model_transaction}, {"number", NULL, FIELD_DECIMAL, NULL}, HEADER_FIELDS};
const model model_block = MODEL("", block_fields);

static const model_field header_fields[] = {{"number", NULL, FIELD_BARE, NULL}, HEADER_FIELDS};
const model model_header = MODEL("BlockHeader", header_fields);

static const model_field log_fields[] = {TEXT("address"), {"topics", NULL, FIELD_TEXTS, NULL}, TEXT("data")};
static const model log_model = MODEL("Logs", log_fields);

static const model_field proof_fields[] = {{"left", NULL, FIELD_TEXTS, NULL}, {"right", NULL, FIELD_TEXTS, NULL}};
static const model proof_unit = MODEL("MerkleProofUnit", proof_fields);

static const model_field receipt_fields[] = {
    TEXT("transactionHash"), TEXT("transactionIndex"), TEXT("root"), TEXT("blockNumber"), TEXT("blockHash"), TEXT("from"), TEXT("to"),
    TEXT("gasUsed"), TEXT("remainGas"), TEXT("contractAddress"), {"logs", NULL, FIELD_MODELS, &log_model}, TEXT("logsBloom"),
    TEXT("status"), TEXT("statusMsg"), TEXT("input"), TEXT("output"), {"txProof", NULL, FIELD_MODELS, &proof_unit},
    {"receiptProof", NULL, FIELD_MODELS, &proof_unit}, TEXT("message")};
const model model_receipt = MODEL("TransactionReceipt", receipt_fields);

static const model_field transaction_proof_fields[] = {{"transaction", NULL, FIELD_MODEL, &model_transaction},
                                                       {"transactionProof", "txProof", FIELD_MODELS, &proof_unit}};
const model model_transaction_proof = MODEL("TransactionAndProof", transaction_proof_fields);

static const model_field receipt_proof_fields[] = {{"receipt", "transactionReceipt", FIELD_MODEL, &model_receipt},
                                                   {"receiptProof", NULL, FIELD_MODELS, &proof_unit}};
const model model_receipt_proof = MODEL("ReceiptAndProof", receipt_proof_fields);

static const model_field block_info_fields[] = {TEXT("receiptRoot"), TEXT("blockNumber"), TEXT("blockHash"), TEXT("receiptsCount")};
static const model block_info = MODEL("BlockInfo", block_info_fields);
static const model_field batch_fields[] = {{"blockInfo", NULL, FIELD_MODEL, &block_info},
                                           {"transactionReceipts", NULL, FIELD_MODELS, &model_receipt}};
const model model_batch = MODEL("TransactionReceiptsInfo", batch_fields);

static const model_field consensus_base_fields[] = {
    TEXT("nodeNum"), TEXT_OF("nodeIndex", "node_index"), TEXT_OF("maxFaultyNodeNum", "max_faulty_leader"),
    {"sealerList", NULL, FIELD_TEXTS, NULL}, TEXT("consensusedBlockNumber"), TEXT("highestblockNumber"), TEXT("groupId"),
    TEXT("protocolId"), TEXT("accountType"), TEXT("cfgErr"), TEXT("omitEmptyBlock"), TEXT("nodeId"), TEXT("allowFutureBlocks"),
    TEXT("connectedNodes"), TEXT("currentView"), TEXT("toView"), TEXT("leaderFailed"), TEXT("highestblockHash")};
static const model consensus_base = MODEL("BasicConsensusInfo", consensus_base_fields);
static const model_field view_fields[] = {TEXT("nodeId"), TEXT("view")};
static const model view_info = MODEL("ViewInfo", view_fields);
static const model_field consensus_fields[] = {{"baseConsensusInfo", NULL, FIELD_MODEL, &consensus_base},
                                               {"viewInfos", NULL, FIELD_MODELS, &view_info}};
const model model_consensus = MODEL("ConsensusInfo", consensus_fields);

static const model_field sync_peer_fields[] = {TEXT("nodeId"), TEXT("genesisHash"), TEXT("blockNumber"), TEXT("latestHash")};
static const model sync_peer = MODEL("PeersInfo", sync_peer_fields);
static const model_field sync_fields[] = {TEXT("isSyncing"), TEXT("protocolId"), TEXT("genesisHash"), TEXT("nodeId"),
                                          TEXT("blockNumber"), TEXT("latestHash"), TEXT("knownHighestNumber"), TEXT("txPoolSize"),
                                          {"peers", NULL, FIELD_MODELS, &sync_peer}, TEXT("knownLatestHash")};
const model model_sync = MODEL("SyncStatusInfo", sync_fields);

static const model_field peer_fields[] = {TEXT_OF("nodeID", "NodeID"), TEXT_OF("iPAndPort", "IPAndPort"), TEXT_OF("node", "Node"),
                                          TEXT_OF("agency", "Agency"), {"topic", "Topic", FIELD_QUOTED_TEXTS, NULL}};
const model model_peer = MODEL("PeerInfo", peer_fields);
static const model_field node_info_fields[] = {TEXT_OF("nodeId", "NodeID"), TEXT_OF("iPAndPort", "IPAndPort"), TEXT_OF("node", "Node"),
                                               TEXT_OF("agency", "Agency"), {"topic", "Topic", FIELD_QUOTED_TEXTS, NULL}};
const model model_node_info = MODEL("NodeInfo", node_info_fields);

static const model_field version_fields[] = {
    TEXT_OF("version", "FISCO-BCOS Version"), TEXT_OF("supportedVersion", "Supported Version"), TEXT_OF("chainId", "Chain Id"),
    TEXT_OF("buildTime", "Build Time"), TEXT_OF("buildType", "Build Type"), TEXT_OF("gitBranch", "Git Branch"),
    TEXT_OF("gitCommitHash", "Git Commit Hash")};
const model model_version = MODEL("ClientVersion", version_fields);

static const model_field group_status_fields[] = {TEXT("code"), TEXT("message"), TEXT("status")};
const model model_group_status = MODEL("GroupStatus", group_status_fields);

static const model_field peers_status_fields[] = {TEXT("code"), TEXT("message")};
const model model_peers_status[2] = {MODEL("AddPeersStatus", peers_status_fields), MODEL("ErasePeersStatus", peers_status_fields)};
