#include "executor/signature.h"

#include "codec/abi.h"

static bytes trim(bytes text)
{
    while (text.size && text.data[0] == ' ')
        text = bytes_from(text, 1);
    while (text.size && text.data[text.size - 1] == ' ')
        text.size--;
    return text;
}

static bool is_key_kind(bytes type, key_kind *out)
{
    static const struct {
        const char *name;
        key_kind kind;
    } names[] = {{"int", KEY_SIGNED},    {"int256", KEY_SIGNED},   {"uint", KEY_UNSIGNED},
                 {"uint256", KEY_UNSIGNED}, {"address", KEY_ADDRESS}, {"string", KEY_STRING}};
    for (size_t i = 0; i < COUNT(names); i++)
        if (bytes_equal_text(type, names[i].name)) {
            *out = names[i].kind;
            return true;
        }
    return false;
}

/* bool, address, string, bytes, intN, uintN, bytesN and arrays of them. */
static bool is_type(arena *a, bytes text)
{
    abi_type type;
    return !bytes_start_with(text, BYTES_OF_LITERAL("function")) && abi_type_parse(a, text, &type, NULL);
}

static const uint8_t *find(bytes text, char c)
{
    return text.size ? memchr(text.data, c, text.size) : NULL;
}

bool signature_read_keys(bytes signature, uint64_t count, arena *a, key_kind **kinds)
{
    const uint8_t *open = find(signature, '(');
    if (open == NULL)
        return false;
    bytes list = bytes_from(signature, (size_t)(open - signature.data) + 1);
    const uint8_t *end = find(list, ')');
    if (end == NULL)
        return false;
    list.size = (size_t)(end - list.data);
    size_t pieces = 1;
    for (size_t i = 0; i < list.size; i++)
        pieces += list.data[i] == ',';
    *kinds = arena_take_array(a, pieces, sizeof **kinds);
    uint64_t parameters = 0;
    for (; pieces > 0; pieces--) {
        const uint8_t *comma = find(list, ',');
        size_t size = comma ? (size_t)(comma - list.data) : list.size;
        bytes type = trim(bytes_of(list.data, size));
        list = bytes_from(list, size + (comma != NULL));
        if (type.size == 0)
            continue;
        if (!is_type(a, type) || (parameters < count && !is_key_kind(type, &(*kinds)[parameters])))
            return false;
        parameters++;
    }
    return parameters >= count;
}
