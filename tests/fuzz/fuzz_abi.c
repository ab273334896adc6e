/* A type as text, a zero byte, then data of that type; and everything as a JSON ABI. */
#include <assert.h>
#include <stdlib.h>

#include "codec/abi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_data(arena *a, const abi_type *type, bytes in)
{
    abi_value value, back;
    error_text why = {""};
    if (!abi_decode(a, type, in, &value, &why)) {
        assert(why.text[0]);
        return;
    }
    buffer once = buffer_init(64 << 20), twice = buffer_init(64 << 20), text = buffer_init(64 << 20);
    abi_encode(&value, &once);
    if (!once.overflowed && abi_decode(a, type, buffer_bytes(&once), &back, &why)) {
        abi_encode(&back, &twice);
        assert(bytes_equal(buffer_bytes(&once), buffer_bytes(&twice)));
    }
    json_writer w = json_write_to(&text);
    abi_value_write_json(&w, &value);
    buffer_free(&once);
    buffer_free(&twice);
    buffer_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena a = {0};
    abi_type type;
    abi_entry function;
    abi_contract contract;
    abi_value value;
    error_text why = {""};
    const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
    size_t text_size = zero ? (size_t)(zero - data) : size;
    bytes text = bytes_of(data, text_size), rest = zero ? bytes_of(zero + 1, size - text_size - 1) : BYTES_EMPTY;
    if (abi_type_parse(&a, text, &type, &why)) {
        buffer printed = buffer_init(1 << 20);
        abi_type_print(&type, &printed);
        abi_type again;
        assert(printed.overflowed || abi_type_parse(&a, buffer_bytes(&printed), &again, &why));
        buffer_free(&printed);
        if (type.kind == ABI_TUPLE)
            try_data(&a, &type, rest);
        if (abi_value_from_text(&a, &type, rest, &value, &why) && type.kind == ABI_TUPLE) {
            buffer encoded = buffer_init(64 << 20);
            abi_encode(&value, &encoded);
            buffer_free(&encoded);
        }
    }
    if (abi_function_parse(&a, text, &function, &why))
        assert(function.inputs.kind == ABI_TUPLE);
    if (abi_contract_parse(&a, bytes_of(data, size), &contract, &why))
        abi_contract_find(&contract, ABI_FUNCTION, text, &why);
    arena_reset(&a);
    return 0;
}
