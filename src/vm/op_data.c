/* op_data.c: opcodes that copy, hash and look things up. Order of charges: spec/execution.md 4.4. */
#include "vm/operations.h"

#include "vm/u256_evm.h"

bool op_sha3(evm_frame *f, u256 *top)
{
    if (!frame_touches(f, &top[0], &top[-1]))
        return false;
    size_t size = top[-1].limb[0];
    if (!frame_pays(f, 6 * words_of(size)))
        return false;
    bytes data = size ? bytes_of(f->memory + top[0].limb[0], size) : BYTES_EMPTY;
    hash256 hash = digest_of(f->code->rules.sha3, data);
    top[-1] = evm_load_word(hash.b);
    return true;
}

/* to and size are those of memory that was touched; what lies behind the source is zero. */
static void copy_padded(evm_frame *f, const u256 *to, u256 from, size_t size, bytes source)
{
    if (size == 0)
        return;
    bytes rest = u256_fits_u64(from) ? bytes_from(source, from.limb[0]) : BYTES_EMPTY;
    size_t copied = rest.size < size ? rest.size : size;
    uint8_t *out = f->memory + to->limb[0];
    if (copied)
        memcpy(out, rest.data, copied);
    memset(out + copied, 0, size - copied);
}

/* Memory first, then the words. */
static bool pay_copy(evm_frame *f, const u256 *to, const u256 *size)
{
    return frame_touches(f, to, size) && frame_pays(f, 3 * words_of(size->limb[0]));
}

bool op_calldatacopy(evm_frame *f, u256 *top)
{
    if (!pay_copy(f, &top[0], &top[-2]))
        return false;
    copy_padded(f, &top[0], top[-1], top[-2].limb[0], f->message.input);
    return true;
}

bool op_codecopy(evm_frame *f, u256 *top)
{
    if (!pay_copy(f, &top[0], &top[-2]))
        return false;
    copy_padded(f, &top[0], top[-1], top[-2].limb[0], f->code->code);
    return true;
}

bool op_extcodecopy(evm_frame *f, u256 *top)
{
    if (!pay_copy(f, &top[-1], &top[-3]))
        return false;
    address account = address_of_word(top[0]);
    copy_padded(f, &top[-1], top[-2], top[-3].limb[0], f->host->code(f->context, &account));
    return true;
}

/* The bounds are checked between the memory and the words, also for size 0. */
bool op_returndatacopy(evm_frame *f, u256 *top)
{
    const u256 *to = &top[0], *from = &top[-1], *size = &top[-2];
    if (!frame_touches(f, to, size))
        return false;
    if (!u256_fits_u64(*from) || from->limb[0] > f->return_size || size->limb[0] > f->return_size - from->limb[0])
        return frame_end(f, EVM_INVALID_MEMORY_ACCESS);
    if (!frame_pays(f, 3 * words_of(size->limb[0])))
        return false;
    copy_padded(f, to, *from, size->limb[0], bytes_of(f->return_data, f->return_size));
    return true;
}

bool op_exp(evm_frame *f, u256 *top)
{
    if (!frame_pays(f, 50 * (int64_t)((u256_bits(top[-1]) + 7) / 8)))
        return false;
    top[-1] = evm_power(top[0], top[-1]);
    return true;
}

bool op_end(evm_frame *f, u256 *top, evm_result result)
{
    if (!frame_touches(f, &top[0], &top[-1]))
        return false;
    f->output_size = top[-1].limb[0];
    f->output_offset = f->output_size ? top[0].limb[0] : 0;
    return frame_end(f, result);
}

void op_calldataload(evm_frame *f, u256 *top)
{
    uint8_t word[32] = {0};
    bytes rest = u256_fits_u64(*top) ? bytes_from(f->message.input, top->limb[0]) : BYTES_EMPTY;
    if (rest.size >= sizeof word) {
        *top = evm_load_word(rest.data);
        return;
    }
    if (rest.size)
        memcpy(word, rest.data, rest.size);
    *top = evm_load_word(word);
}

/* The window: the 256 blocks before this one. spec/execution.md 3 */
void op_blockhash(evm_frame *f, u256 *top)
{
    int64_t now = frame_environment(f)->number, oldest = now < 256 ? 0 : now - 256;
    bool inside = u256_fits_u64(*top) && top->limb[0] <= INT64_MAX && (int64_t)top->limb[0] < now &&
                  (int64_t)top->limb[0] >= oldest;
    if (!inside) {
        *top = U256_ZERO;
        return;
    }
    hash256 hash = f->host->block_hash(f->context, (int64_t)top->limb[0]);
    *top = evm_load_word(hash.b);
}

void op_extcodehash(evm_frame *f, u256 *top)
{
    address account = address_of_word(*top);
    hash256 hash = f->host->code_hash(f->context, &account);
    *top = evm_load_word(hash.b);
}
