#include "support_rows.h"

#include "base/u256.h"
#include "codec/hex.h"

static int by_name(const void *a, const void *b)
{
    return bytes_compare(((const row_field *)a)->name, ((const row_field *)b)->name);
}

static int by_id(const void *a, const void *b)
{
    const golden_row *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

static uint64_t number_of(bytes text)
{
    u256 value;
    assert_true(u256_from_decimal(text, &value));
    return value.limb[0];
}

static void read_row(rlp_reader *fields, arena *a, golden_row *out)
{
    out->table = rlp_read_string(fields);
    out->key = rlp_read_string(fields);
    rlp_reader columns = rlp_read_list(fields);
    out->fields = arena_take_array(a, rlp_count_items(&columns) / 2, sizeof *out->fields);
    while (!rlp_at_end(&columns)) {
        row_field field = {.name = rlp_read_string(&columns)};
        field.value = rlp_read_string(&columns);
        if (bytes_equal_text(field.name, "_id_"))
            out->id = number_of(field.value);
        else if (bytes_equal_text(field.name, "_num_"))
            out->num = (uint32_t)number_of(field.value);
        else if (bytes_equal_text(field.name, "_status_"))
            out->status = (uint8_t)number_of(field.value);
        else
            out->fields[out->field_count++] = field;
    }
    assert_int_equal(columns.error, RLP_OK);
    qsort(out->fields, out->field_count, sizeof *out->fields, by_name);
}

golden_row *golden_rows(golden_chain *chain, size_t *count)
{
    rlp_reader records = rlp_reader_of(buffer_bytes(&chain->unpacked));
    golden_row *rows = arena_take_array(&chain->memory, rlp_count_items(&records), sizeof *rows);
    pack_record one;
    *count = 0;
    while (pack_next(&records, &one))
        if (pack_is(&one, "row"))
            read_row(&one.fields, &chain->memory, &rows[(*count)++]);
    assert_int_equal(records.error, RLP_OK);
    qsort(rows, *count, sizeof *rows, by_id);
    return rows;
}

static char *shown(arena *a, bytes value)
{
    for (size_t i = 0; i < value.size; i++)
        if (value.data[i] < 0x20 || value.data[i] > 0x7e)
            return hex_text(a, value);
    return arena_copy_text(a, value);
}

void assert_row_fields(const golden_row *expected, const row *r)
{
    arena a = {0};
    for (size_t i = 0; i < expected->field_count || i < r->field_count; i++) {
        bytes name = i < expected->field_count ? expected->fields[i].name : r->fields[i].name;
        if (i >= expected->field_count || i >= r->field_count || !bytes_equal(name, r->fields[i].name) ||
            !bytes_equal(expected->fields[i].value, r->fields[i].value))
            fail_msg("%s, key %s, field %s: expected %s, found %s", shown(&a, expected->table), shown(&a, expected->key),
                     shown(&a, name), i < expected->field_count ? shown(&a, expected->fields[i].value) : "nothing",
                     i < r->field_count ? shown(&a, r->fields[i].value) : "nothing");
    }
    arena_reset(&a);
}
