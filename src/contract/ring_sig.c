/* RingSig, 0x5005. Source: spec/precompiled.md 8.4. */
#include "crypto/ring_sig.h"

#include "contract/base64.h"
#include "contract/contract.h"
#include "contract/json_view.h"

#include <stdlib.h>

static const json_view *read_object(contract_call *c, bytes base64)
{
    bytes text;
    if (!base64_read_until_padding(c->memory, base64, &text))
        return NULL;
    const json_view *root = json_view_read(c->memory, text);
    return root && root->kind == JSON_VIEW_OBJECT ? root : NULL;
}

static bool read_member(const json_view *object, bytes name, bytes *out)
{
    const json_view *value = json_view_find(object, name);
    if (value == NULL || value->kind != JSON_VIEW_SCALAR)
        return false;
    *out = value->text;
    return true;
}

/* answers and public keys: s0, s1, ... and pk0, pk1, ... */
static bool read_members(contract_call *c, const json_view *signature, ring_sig *s)
{
    bytes count_text;
    if (!read_member(signature, BYTES_OF_LITERAL("num"), &count_text))
        return false;
    int count = atoi(arena_copy_text(c->memory, count_text));
    /* There is no ring larger than its signature has members. */
    if (count < 0 || (size_t)count > signature->member_count)
        return false;
    bytes *answers = arena_take_array(c->memory, (size_t)count, sizeof *answers);
    bytes *keys = arena_take_array(c->memory, (size_t)count, sizeof *keys);
    for (int i = 0; i < count; i++)
        if (!read_member(signature, bytes_of_text(arena_print(c->memory, "s%d", i)), &answers[i]) ||
            !read_member(signature, bytes_of_text(arena_print(c->memory, "pk%d", i)), &keys[i]))
            return false;
    s->answers = answers, s->public_keys = keys, s->members = (size_t)count;
    return true;
}

static bool read_signature(contract_call *c, ring_sig *s)
{
    bytes signature_text = abi_read_bytes(&c->arguments);
    s->message = abi_read_bytes(&c->arguments);
    const json_view *signature = read_object(c, signature_text), *parameters = read_object(c, abi_read_bytes(&c->arguments));
    return signature && parameters && read_member(parameters, BYTES_OF_LITERAL("p"), &s->p) &&
           read_member(parameters, BYTES_OF_LITERAL("q"), &s->q) && read_member(parameters, BYTES_OF_LITERAL("g"), &s->g) &&
           read_member(signature, BYTES_OF_LITERAL("Y"), &s->key_image) &&
           read_member(signature, BYTES_OF_LITERAL("C"), &s->challenge) && read_members(c, signature, s);
}

static contract_outcome verify(contract_call *c)
{
    ring_sig s = {0};
    if (!read_signature(c, &s))
        return contract_answer_code(c, CODE_VERIFY_RING_SIG_FAILED);
    ring_sig_result result = ring_sig_verify(&s);
    if (result == RING_SIG_BAD_NUMBERS)
        return CONTRACT_EXCEPTION;
    contract_charge(c, OPERATION_RING_SIG, 1);
    return contract_answer_i64(c, result == RING_SIG_TRUE);
}

static const contract_method methods[] = {
    {"ringSigVerify(string,string,string)", 0, false, verify},
};

const contract contract_ring_sig = {.address = 0x5005, .name = "RingSig", .memory_of_call_data = true, .unknown = UNKNOWN_CODE,
                                    .unknown_code = CODE_UNKNOW_FUNCTION_CALL, .methods = methods, .method_count = COUNT(methods)};
