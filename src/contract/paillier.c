/* Paillier, 0x5003. Source: spec/precompiled.md 8.2. */
#include "crypto/paillier.h"

#include "contract/contract.h"

static contract_outcome add(contract_call *c)
{
    bytes left = abi_read_bytes(&c->arguments), right = abi_read_bytes(&c->arguments), sum;
    if (!paillier_add(c->memory, left, right, &sum))
        return contract_answer_code(c, CODE_INVALID_CIPHERS);
    contract_charge(c, OPERATION_PAILLIER_ADD, 1);
    return contract_answer_bytes(c, sum);
}

static const contract_method methods[] = {
    {"paillierAdd(string,string)", 0, false, add},
};

const contract contract_paillier = {.address = 0x5003, .name = "Paillier", .memory_of_call_data = true, .unknown = UNKNOWN_CODE,
                                    .unknown_code = CODE_UNKNOW_FUNCTION_CALL, .methods = methods, .method_count = COUNT(methods)};
