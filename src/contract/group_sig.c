/* GroupSig, 0x5004. Source: spec/precompiled.md 8.3. */
#include "crypto/group_sig.h"

#include "contract/base64.h"
#include "contract/contract.h"
#include "contract/json_view.h"

enum { PIECES_MIN = 4, PIECES_MAX = 5 };

/* QUIRK: the four arguments are joined with '*' and cut at '*' again; empty pieces vanish, and what stands behind a NUL. */
static bool cut_pieces(contract_call *c, bytes pieces[PIECES_MAX])
{
    buffer joined = buffer_init(BUFFER_NO_LIMIT);
    for (int i = 0; i < PIECES_MIN; i++) {
        if (i)
            buffer_append_byte(&joined, '*');
        buffer_append(&joined, abi_read_bytes(&c->arguments));
    }
    bytes text = arena_copy(c->memory, buffer_bytes(&joined));
    buffer_free(&joined);
    const uint8_t *nul = text.size ? memchr(text.data, 0, text.size) : NULL;
    if (nul)
        text.size = (size_t)(nul - text.data);
    size_t count = 0, start = 0;
    for (size_t i = 0; i <= text.size; i++)
        if (i == text.size || text.data[i] == '*') {
            if (i > start && count++ < PIECES_MAX)
                pieces[count - 1] = bytes_part(text, start, i - start);
            start = i + 1;
        }
    return count == PIECES_MIN || count == PIECES_MAX;
}

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static bytes next_word(bytes *text)
{
    while (text->size && is_blank(text->data[0]))
        *text = bytes_from(*text, 1);
    bytes word = {text->data, 0};
    while (word.size < text->size && !is_blank(text->data[word.size]))
        word.size++;
    *text = bytes_from(*text, word.size);
    return word;
}

/* "type a q ... h ... r ...": pairs of words. */
static bool read_parameters(bytes text, group_sig *s)
{
    enum { SIZES = 4 };
    static const char *const sizes[SIZES] = {"exp2", "exp1", "sign1", "sign0"};
    unsigned seen = 0;
    if (!bytes_equal_text(next_word(&text), "type") || !bytes_equal_text(next_word(&text), "a"))
        return false;
    for (bytes name; (name = next_word(&text)).size;) {
        bytes value = next_word(&text);
        if (bytes_equal_text(name, "q"))
            s->q = value;
        else if (bytes_equal_text(name, "h"))
            s->h = value;
        else if (bytes_equal_text(name, "r"))
            s->r = value;
        for (unsigned i = 0; i < SIZES; i++)
            if (bytes_equal_text(name, sizes[i]) && value.size)
                seen |= 1u << i;
    }
    return s->q.size && s->h.size && s->r.size && seen == (1u << SIZES) - 1;
}

static const json_view *read_object(contract_call *c, bytes base64, bool *decoded)
{
    bytes text;
    *decoded = base64_read_until_padding(c->memory, base64, &text);
    const json_view *root = *decoded ? json_view_read(c->memory, text) : NULL;
    return root && root->kind == JSON_VIEW_OBJECT ? root : NULL;
}

static bool read_values(const json_view *object, const char *const *names, bytes *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const json_view *value = object ? json_view_find(object, bytes_of_text(names[i])) : NULL;
        if (value == NULL || value->kind != JSON_VIEW_SCALAR)
            return false;
        values[i] = value->text;
    }
    return true;
}

/* false: an error. *complete: the signature has all its values; without them it does not verify. */
static bool read_signature(contract_call *c, group_sig *s, bool *complete)
{
    bytes pieces[PIECES_MAX], parameters;
    bool signature_decoded, key_decoded;
    if (!cut_pieces(c, pieces))
        return false;
    const json_view *signature = read_object(c, pieces[0], &signature_decoded), *key = read_object(c, pieces[2], &key_decoded);
    s->message = pieces[1];
    if (!signature_decoded || !key_decoded || !base64_read_until_padding(c->memory, pieces[3], &parameters) ||
        !read_parameters(parameters, s) || !read_values(key, group_sig_key_points, s->key_points, GROUP_SIG_KEY_POINTS) ||
        !read_values(key, group_sig_key_pairings, s->key_pairings, GROUP_SIG_KEY_PAIRINGS))
        return false;
    *complete = read_values(signature, group_sig_points, s->points, GROUP_SIG_POINTS) &&
                read_values(signature, group_sig_numbers, s->numbers, GROUP_SIG_NUMBERS);
    return true;
}

static contract_outcome verify(contract_call *c)
{
    group_sig s = {0};
    bool complete;
    if (!read_signature(c, &s, &complete))
        return contract_answer_code(c, CODE_VERIFY_GROUP_SIG_FAILED);
    group_sig_result result = complete ? group_sig_verify(&s) : GROUP_SIG_FALSE;
    if (result == GROUP_SIG_BAD_PARAMETERS)
        return contract_answer_code(c, CODE_VERIFY_GROUP_SIG_FAILED);
    contract_charge(c, OPERATION_GROUP_SIG, 1);
    return contract_answer_i64(c, result == GROUP_SIG_TRUE);
}

static const contract_method methods[] = {
    {"groupSigVerify(string,string,string,string)", 0, false, verify},
};

const contract contract_group_sig = {.address = 0x5004, .name = "GroupSig", .memory_of_call_data = true, .unknown = UNKNOWN_CODE,
                                     .unknown_code = CODE_UNKNOW_FUNCTION_CALL, .methods = methods, .method_count = COUNT(methods)};
