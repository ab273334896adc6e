#include "chain/status.h"

#include <stddef.h>

/* spec/data-model.md 4.3 */
static const struct {
    uint32_t status;
    const char *text;
} names[] = {
    {STATUS_OK, "None"},
    {STATUS_UNKNOWN, "Unknown"},
    {STATUS_BAD_RLP, "BadRLP"},
    {STATUS_INVALID_FORMAT, "InvalidFormat"},
    {STATUS_OUT_OF_GAS_INTRINSIC, "OutOfGasIntrinsic"},
    {STATUS_INVALID_SIGNATURE, "InvalidSignature"},
    {STATUS_INVALID_NONCE, "InvalidNonce"},
    {STATUS_NOT_ENOUGH_CASH, "NotEnoughCash"},
    {STATUS_OUT_OF_GAS_BASE, "OutOfGasBase"},
    {STATUS_BLOCK_GAS_LIMIT_REACHED, "BlockGasLimitReached"},
    {STATUS_BAD_INSTRUCTION, "BadInstruction"},
    {STATUS_BAD_JUMP_DESTINATION, "BadJumpDestination"},
    {STATUS_OUT_OF_GAS, "OutOfGas"},
    {STATUS_OUT_OF_STACK, "OutOfStack"},
    {STATUS_STACK_UNDERFLOW, "StackUnderflow"},
    {STATUS_NONCE_CHECK_FAIL, "NonceCheckFail"},
    {STATUS_BLOCK_LIMIT_CHECK_FAIL, "BlockLimitCheckFail"},
    {STATUS_FILTER_CHECK_FAIL, "FilterCheckFail"},
    {STATUS_NO_DEPLOY_PERMISSION, "NoDeployPermission"},
    {STATUS_NO_CALL_PERMISSION, "NoCallPermission"},
    {STATUS_NO_TX_PERMISSION, "NoTxPermission"},
    {STATUS_PRECOMPILED_ERROR, "PrecompiledError"},
    {STATUS_REVERT, "RevertInstruction"},
    {STATUS_INVALID_ZERO_SIGNATURE, "InvalidZeroSignatureFormat"},
    {STATUS_ADDRESS_ALREADY_USED, "AddressAlreadyUsed"},
    {STATUS_PERMISSION_DENIED, "PermissionDenied"},
    {STATUS_CALL_ADDRESS_ERROR, "CallAddressError"},
    {STATUS_GAS_OVERFLOW, "GasOverflow"},
    {STATUS_TX_POOL_IS_FULL, "TxPoolIsFull"},
    {STATUS_TRANSACTION_REFUSED, "TransactionRefused"},
    {STATUS_CONTRACT_FROZEN, "ContractFrozen"},
    {STATUS_ACCOUNT_FROZEN, "AccountFrozen"},
    {STATUS_NOT_ENOUGH_REMAIN_GAS, "NotEnoughRemainGas"},
    {STATUS_ALREADY_KNOWN, "StackUnderflow"}, /* QUIRK of 4.3 */
    {STATUS_ALREADY_IN_CHAIN, "AlreadyInChain"},
    {STATUS_INVALID_CHAIN_ID, "InvalidChainId"},
    {STATUS_INVALID_GROUP_ID, "InvalidGroupId"},
    {STATUS_NOT_BELONG_TO_GROUP, "RequestNotBelongToTheGroup"},
    {STATUS_MALFORMED_TX, "MalformedTx"},
    {STATUS_OVER_GROUP_MEMORY_LIMIT, "OverGroupMemoryLimit"},
};

const char *status_text(uint32_t status)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].status == status)
            return names[i].text;
    return "Unknown";
}
