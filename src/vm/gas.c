/* gas.c: gas figures per group and per opcode. Source: spec/execution.md 4.1, 4.3; EIP-1884, EIP-2200 for Ethereum's. */
#include "vm/opcodes.h"

#define NORMAL_GAS                                                                                                     \
    .create = 32000, .sload = 200, .sstore_set = 20000, .sstore_reset = 5000, .sstore_unchanged = 800,                 \
    .value_transfer = 9000, .call_stipend = 2300, .call_new_account = 25000
#define FREE_GAS                                                                                                       \
    .create = 16000, .sload = 1200, .sstore_set = 1200, .sstore_reset = 1200, .sstore_unchanged = 800,                 \
    .value_transfer = 0, .call_stipend = 5

/* QUIRK, spec/execution.md 4.1: SLOAD stays at 200 in Istanbul. */
const evm_gas_table evm_gas_normal = {.name = "normal", NORMAL_GAS};
const evm_gas_table evm_gas_free = {.name = "free storage", FREE_GAS, .call_new_account = 5};
const evm_gas_table evm_gas_ethereum = {
    .name = "ethereum istanbul",
    .create = 32000,
    .sload = 800,
    .sstore_set = 20000,
    .sstore_reset = 5000,
    .sstore_unchanged = 800,
    .value_transfer = 9000,
    .call_stipend = 2300,
    .call_new_account = 25000,
    .charges_new_account = true,
    .net_metering = true,
};
/* With EVM_CONSTANTINOPLE: before EIP-1884 and 2200. */
const evm_gas_table evm_gas_petersburg = {.name = "ethereum petersburg", NORMAL_GAS, .charges_new_account = true};

/* Below 2.5, spec/execution.md 4.6: the new account costs 25000 in both modes, whatever the free table says. */
static const evm_gas_table gas_normal_before_2_5 = {.name = "normal, before 2.5", NORMAL_GAS, .charges_new_account = true};
static const evm_gas_table gas_free_before_2_5 = {
    .name = "free storage, before 2.5", FREE_GAS, .call_new_account = 25000, .charges_new_account = true};

evm_rules evm_rules_of(const chain_rules *rules)
{
    bool is_free = rules->gas == GAS_FREE_STORAGE;
    const evm_gas_table *gas = is_free ? &evm_gas_free : &evm_gas_normal;
    if (!rules_have(rules, GATE_NO_NEW_ACCOUNT_GAS))
        gas = is_free ? &gas_free_before_2_5 : &gas_normal_before_2_5;
    return (evm_rules){
        .revision = rules_have(rules, GATE_ISTANBUL) ? EVM_ISTANBUL : EVM_CONSTANTINOPLE,
        .gas = gas,
        .sha3 = rules->suite->hash,
    };
}

/* Figures of opcodes.def that depend on the rules. */
enum { GAS_BALANCE = -1, GAS_CODE_HASH = -2, GAS_SLOAD = -3, GAS_CREATE = -4 };

typedef struct {
    const char *name;
    int32_t gas;
    int16_t needs, change;
    evm_revision since;
} opcode_row;

static const opcode_row rows[256] = {
#define OPCODE(byte, name, gas, needs, change, since) [byte] = {#name, gas, needs, change, since},
#include "vm/opcodes.def"
};

static int32_t static_gas(const evm_rules *rules, int32_t gas)
{
    switch (gas) {
    case GAS_BALANCE:
    case GAS_CODE_HASH:
        return rules->revision >= EVM_ISTANBUL ? 700 : 400;
    case GAS_SLOAD:
        return (int32_t)rules->gas->sload;
    case GAS_CREATE:
        return (int32_t)rules->gas->create;
    default:
        return gas;
    }
}

void evm_opcodes_of(const evm_rules *rules, evm_opcode out[256])
{
    for (int i = 0; i < 256; i++) {
        const opcode_row *row = &rows[i];
        bool is_known = row->name != NULL && row->since <= rules->revision;
        out[i] = is_known ? (evm_opcode){row->name, static_gas(rules, row->gas), row->needs, row->change}
                          : (evm_opcode){NULL, 0, 0, 0};
    }
}
