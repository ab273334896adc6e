#include "chain/rules.h"

#include <stdlib.h>
#include <strings.h>

/* Gates written "later than x" in the spec begin with the number after x (data-model.md 0: compare numbers, not
 * minors). */
static const struct {
    uint32_t since;
    const char *text;
} gates[GATE_COUNT] = {
    [GATE_RC2_ENCODING] = {VERSION_RC2, "chainId, groupId and extraData in transactions; block layout of rc2"},
    [GATE_STATUS_BYTE] = {VERSION_RC3, "_status_ is a trailing byte of a hashed row"},
    [GATE_NEGATIVE_CODES] = {VERSION_RC3, "error codes of built-in contracts are negative"},
    [GATE_SIGNED_ENTRIES] = {VERSION_RC3, "Entry.set takes an int256"},
    [GATE_TABLE_NAME_50] = {VERSION_OF(2, 1, 0) + 1, "the name of a user table has at most 50 bytes"},
    [GATE_TX_GAS_IS_NO_LIMIT] = {VERSION_RC3 + 1, "the gas field of a transaction is no limit"},
    [GATE_LARGE_CODE] = {VERSION_OF(2, 0, 1), "contract code up to 0x40000 bytes"},
    [GATE_LIMIT_WIDE] = {VERSION_OF(2, 1, 0), "the end of a limit is summed without overflow"},
    [GATE_MERKLE_16] = {VERSION_OF(2, 2, 0), "width-16 Merkle roots and proofs"},
    [GATE_RAW_BLOCK_ROWS] = {VERSION_OF(2, 2, 0), "block and nonce rows as raw bytes"},
    [GATE_SHORT_TABLE_NAMES] = {VERSION_OF(2, 2, 0), "table names c_, u_, cp_"},
    [GATE_ENTRY_ID_BASE] = {VERSION_OF(2, 2, 0), "row ids start at 100001"},
    [GATE_DIRTY_ROWS_FIRST] = {VERSION_OF(2, 2, 0), "dirty rows are hashed before new rows"},
    [GATE_RECEIPT_STATE_ROOT] = {VERSION_OF(2, 2, 0), "state root in receipts in serial mode too"},
    [GATE_GROUP_MANAGEMENT] = {VERSION_OF(2, 2, 0), "groups are created and stopped at run time"},
    [GATE_NETWORK_OPTIMIZATION] = {VERSION_OF(2, 2, 0), "ttl optimisation, prepares with hashes, trees by default"},
    [GATE_AUTHORITY_ROWS] = {VERSION_OF(2, 3, 0), "authority rows of contracts"},
    [GATE_ERROR_OUTPUT] = {VERSION_OF(2, 3, 0), "Error(string) texts in receipts"},
    [GATE_LIFE_CYCLE] = {VERSION_OF(2, 3, 0), "contract life cycle at 0x1007"},
    [GATE_KV_TABLE] = {VERSION_OF(2, 3, 0), "KVTable factory at 0x1010"},
    [GATE_CONDITION_NE] = {VERSION_OF(2, 3, 0), "the NE condition"},
    [GATE_EVM_FLAGS] = {VERSION_OF(2, 4, 0), "evm flags in the genesis mark; free storage"},
    [GATE_PRECOMPILED_GAS] = {VERSION_OF(2, 4, 0), "gas of built-in contracts"},
    [GATE_ETH_STANDARD_HASHES] = {VERSION_OF(2, 4, 0), "ecrecover and sha256 are standard on national chains too"},
    [GATE_TABLE_HASH_IS_H] = {VERSION_OF(2, 4, 0) + 1, "table hashes use the hash of the chain"},
    [GATE_CHAIN_SM_CRYPTO] = {VERSION_OF(2, 5, 0), "chain.sm_crypto selects the suite"},
    [GATE_RAW_CODE_ROWS] = {VERSION_OF(2, 5, 0), "code and code hash rows as raw bytes"},
    [GATE_ONLY_DIRTY_TABLES] = {VERSION_OF(2, 5, 0), "clean tables are left out of the hash"},
    [GATE_SELECT_REMATCH] = {VERSION_OF(2, 5, 0), "select looks at the condition of dirty rows again"},
    [GATE_ACCOUNT_FREEZE] = {VERSION_OF(2, 5, 0), "accounts can be frozen"},
    [GATE_GOVERNANCE] = {VERSION_OF(2, 5, 0), "committee governance at 0x1008"},
    [GATE_ETH_PRECOMPILE_GAS] = {VERSION_OF(2, 5, 0), "gas of 0x1 to 0x4; 0x5 to 0x9 exist"},
    [GATE_NO_NEW_ACCOUNT_GAS] = {VERSION_OF(2, 5, 0), "no extra gas for a call to a new account"},
    [GATE_ECRECOVER_KECCAK] = {VERSION_OF(2, 5, 0), "ecrecover hashes with Keccak-256 on every chain"},
    [GATE_CONSENSUS_TIMEOUT] = {VERSION_OF(2, 6, 0), "consensus_timeout in the genesis mark and system configuration"},
    [GATE_ISTANBUL] = {VERSION_OF(2, 6, 0), "Istanbul rules of the EVM"},
    [GATE_ETH_PRECOMPILE_FAILS] = {VERSION_OF(2, 6, 0), "a failed Ethereum precompile gives status 22"},
    [GATE_PERMISSION_STATUS] = {VERSION_OF(2, 6, 0), "a denied SSTORE gives status 25"},
    [GATE_VRF_SEALERS] = {VERSION_OF(2, 6, 0), "working sealers of rpbft are chosen by VRF"},
    [GATE_TIME_ALIGNMENT] = {VERSION_OF(2, 6, 0), "nodes align their clocks"},
    [GATE_PERMISSION_CODES] = {VERSION_OF(2, 6, 0), "permission codes of committee members"},
    [GATE_STRICT_ARGUMENTS] = {VERSION_OF(2, 7, 0), "stricter arguments of built-in contracts"},
    [GATE_STORAGE_ERROR_TEXT] = {VERSION_OF(2, 7, 0), "storage error texts of built-in contracts"},
    [GATE_RAW_CODE_HASH] = {VERSION_OF(2, 8, 0), "EXTCODEHASH reads the raw row"},
    [GATE_CRYPTO_PRECOMPILED] = {VERSION_OF(2, 8, 0), "crypto contract at 0x5006"},
    [GATE_REMAIN_GAS] = {VERSION_OF(2, 9, 0), "remainGas in receipts, gas of each transaction, gas charging"},
    [GATE_SORTED_SEALERS] = {VERSION_OF(2, 9, 0), "genesis sealers are sorted"},
    [GATE_RSA_CHANNEL] = {VERSION_OF(2, 9, 0), "RSA certificates for SDKs"},
    [GATE_TABLE_NAME_TEXT] = {VERSION_OF(2, 9, 0), "the refusal of a long table name says 50"},
    [GATE_NODE_ID_DIGITS] = {VERSION_OF(2, 10, 0), "a node id is 128 hexadecimal digits"},
};

bool version_has(uint32_t version, gate g)
{
    return version >= gates[g].since;
}

bool rules_have(const chain_rules *rules, gate g)
{
    return version_has(rules->version, g);
}

const char *gate_text(gate g)
{
    return gates[g].text;
}

/* One decimal part of at most three digits; *at moves behind it. */
static bool read_part(const char **at, uint32_t *out)
{
    uint32_t value = 0;
    size_t digits = 0;
    for (; **at >= '0' && **at <= '9' && digits < 4; (*at)++, digits++)
        value = value * 10 + (uint32_t)(**at - '0');
    *out = value;
    return digits >= 1 && digits <= 3 && value <= 255;
}

static bool parse_number(const char *text, uint32_t *out)
{
    static const char *const candidates[] = {"2.0.0-rc1", "2.0.0-rc2", "2.0.0-rc3"};
    for (uint32_t i = 0; i < COUNT(candidates); i++)
        if (strcasecmp(text, candidates[i]) == 0) {
            *out = VERSION_RC1 + i;
            return true;
        }
    uint32_t part[3];
    for (int i = 0; i < 3; i++) {
        if (i && *text++ != '.')
            return false;
        if (!read_part(&text, &part[i]))
            return false;
    }
    *out = VERSION_OF(part[0], part[1], part[2]);
    return *text == 0;
}

bool version_parse(bytes text, uint32_t *out, error_text *why)
{
    enum { VERSION_TEXT_MAX = 15 }; /* "255.255.255" and the candidates are shorter */
    char copy[VERSION_TEXT_MAX + 1] = {0};
    uint32_t version = 0;
    if (text.size && text.size <= VERSION_TEXT_MAX)
        memcpy(copy, text.data, text.size);
    if (!parse_number(copy, &version) || version == 0 || memchr(copy, 0, sizeof copy) != copy + text.size)
        return error_set(why, "supported_version:%.*s is not a version: expected 2.0.0-rc1 to 2.11.2",
                         (int)(text.size < 64 ? text.size : 64), text.size ? (const char *)text.data : "");
    if (version > VERSION_NEWEST)
        return error_set(why, "supported_version:%s bigger than binary version: 2.11.2", copy);
    *out = version;
    return true;
}
