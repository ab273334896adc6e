#include "support_recording.h"

#include "codec/hex.h"
#include "tool/tool.h"

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

void recording_open(recording *r, const char *pack)
{
    arena a = {0};
    error_text why = {""};
    *r = (recording){.folder = "/tmp/hanse-recording-XXXXXX", .out = buffer_init(1 << 20), .err = buffer_init(1 << 20)};
    assert_non_null(mkdtemp(r->folder));
    if (!dataset_open(&r->d, arena_print(&a, GOLDEN("%s.pack"), pack), &why))
        fail_msg("%s", why.text);
    arena_reset(&a);
}

void recording_write_file(const recording *r, const char *name, bytes content)
{
    arena a = {0};
    char *path = arena_print(&a, "%s/%s", r->folder, name);
    for (char *slash = strchr(path + strlen(r->folder) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0700);
        *slash = '/';
    }
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(content.data, 1, content.size, file), content.size);
    assert_int_equal(fclose(file), 0);
    arena_reset(&a);
}

json_t *recording_load(const recording *r, const char *name)
{
    arena a = {0};
    json_t *content = json_load_file(arena_print(&a, "%s/%s", r->folder, name), JSON_ALLOW_NUL, NULL);
    assert_non_null(content);
    arena_reset(&a);
    return content;
}

void recording_store(const recording *r, const char *name, json_t *content)
{
    char *text = json_dumps(content, 0);
    assert_non_null(text);
    recording_write_file(r, name, bytes_of_text(text));
    free(text);
    json_decref(content);
}

static void write_settings(recording *r)
{
    static const char *const names[] = {"node0/config.ini", "node0/conf/group.1.genesis", "node0/conf/group.1.ini"};
    rlp_reader records = rlp_reader_of(buffer_bytes(&r->d.unpacked));
    arena a = {0};
    pack_record one;
    while (pack_next(&records, &one)) {
        if (!pack_is(&one, "file"))
            continue;
        bytes name = rlp_read_string(&one.fields);
        for (size_t i = 0; i < COUNT(names); i++)
            if (bytes_equal_text(name, names[i]))
                recording_write_file(r, arena_print(&a, "nodes/%s", names[i]), rlp_read_string(&one.fields));
    }
    arena_reset(&a);
}

static void write_blocks(recording *r)
{
    arena a = {0};
    buffer lines = buffer_init(BUFFER_NO_LIMIT);
    for (size_t i = 0; i < r->d.block_count; i++) {
        const dataset_block *b = &r->d.blocks[i];
        json_t *answers;
        buffer_print(&lines, "%zu %s %s\n", i, hex_text(&a, BYTES_OF_VALUE(b->hash)), hex_text(&a, b->raw));
        assert_true(dataset_answers(&r->d, i, &answers, NULL));
        recording_store(r, arena_print(&a, "blocks/%05zu.json", i), answers);
    }
    recording_write_file(r, "raw_blocks.txt", buffer_bytes(&lines));
    buffer_free(&lines);
    arena_reset(&a);
}

static const char *stored_text(arena *a, bytes value)
{
    for (size_t i = 0; i < value.size; i++)
        if (value.data[i] < 0x20 || value.data[i] > 0x7e)
            return arena_print(a, "hex:%s", hex_text(a, value));
    return arena_copy_text(a, value);
}

static void write_database(recording *r)
{
    arena a = {0};
    dataset_row *rows;
    size_t count;
    assert_true(dataset_rows(&r->d, &a, &rows, &count, NULL));
    json_t *table = NULL;
    for (size_t i = 0; i < count; i++) {
        const char *key = stored_text(&a, rows[i].key);
        if (table == NULL)
            table = json_object();
        if (json_object_get(table, key) == NULL)
            json_object_set_new(table, key, json_array());
        json_t *columns = json_object();
        for (size_t k = 0; k < rows[i].column_count; k++)
            json_object_set_new(columns, arena_copy_text(&a, rows[i].columns[k].name), json_string(stored_text(&a, rows[i].columns[k].value)));
        json_array_append_new(json_object_get(table, key), columns);
        if (i + 1 < count && bytes_equal(rows[i + 1].table, rows[i].table))
            continue;
        recording_store(r, arena_print(&a, "db/%s.json", arena_copy_text(&a, rows[i].table)), table);
        table = NULL;
    }
    arena_reset(&a);
}

static void write_codes(recording *r)
{
    arena a = {0};
    json_t *codes = json_object();
    for (size_t i = 0; i < r->d.code_count; i++)
        json_object_set_new(codes, arena_print(&a, "0x%s", hex_text(&a, BYTES_OF_VALUE(r->d.codes[i].contract))),
                            json_string(arena_print(&a, "0x%s", hex_text(&a, r->d.codes[i].code))));
    recording_store(r, "code.json", codes);
    arena_reset(&a);
}

void recording_write(recording *r)
{
    write_settings(r);
    write_blocks(r);
    write_database(r);
    write_codes(r);
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status, (void)kind, (void)where;
    return remove(path);
}

void recording_close(recording *r)
{
    nftw(r->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    dataset_free(&r->d);
    buffer_free(&r->out);
    buffer_free(&r->err);
}

void recording_change_block(recording *r, size_t number, void (*change)(block *b))
{
    error_text why = {""};
    buffer encoded = buffer_init(BUFFER_NO_LIMIT);
    block *b = block_decode(&r->d.rules, r->d.blocks[number].raw, (block_decode_options){TX_CHECK_NOTHING, true}, &why);
    assert_non_null(b);
    change(b);
    block_encode(&r->d.rules, b, BLOCK_FULL, &encoded);
    r->d.blocks[number].raw = arena_copy(&r->d.memory, buffer_bytes(&encoded));
    buffer_free(&encoded);
    block_drop(b);
}

void recording_flip(recording *r, size_t number, bytes where)
{
    bytes raw = arena_copy(&r->d.memory, r->d.blocks[number].raw);
    uint8_t *found = memmem(raw.data, raw.size, where.data, where.size);
    assert_non_null(found);
    found[where.size / 2] ^= 1;
    r->d.blocks[number].raw = raw;
}

static int redirect(int stream, FILE *to)
{
    int saved = dup(stream);
    assert_true(saved >= 0);
    assert_true(dup2(fileno(to), stream) >= 0);
    return saved;
}

static void restore(int stream, int saved, FILE *from, buffer *text)
{
    assert_true(dup2(saved, stream) >= 0);
    close(saved);
    rewind(from);
    buffer_clear(text);
    for (int c; (c = fgetc(from)) != EOF;)
        buffer_append_byte(text, (uint8_t)c);
    buffer_append_byte(text, 0);
    fclose(from);
}

int recording_replay(recording *r, const char *path, const char *const *options)
{
    char *arguments[16] = {(char *)(uintptr_t)"replay"};
    int count = 1;
    for (; options && *options; options++)
        arguments[count++] = (char *)(uintptr_t)*options;
    arguments[count++] = (char *)(uintptr_t)path;
    FILE *out = tmpfile(), *err = tmpfile();
    assert_true(out && err && count < (int)COUNT(arguments));
    fflush(NULL);
    int saved_out = redirect(STDOUT_FILENO, out), saved_err = redirect(STDERR_FILENO, err);
    int status = tool_replay.run(count, arguments);
    fflush(NULL);
    restore(STDOUT_FILENO, saved_out, out, &r->out);
    restore(STDERR_FILENO, saved_err, err, &r->err);
    return status;
}

const char *recording_last_line(recording *r)
{
    char *text = (char *)r->out.data;
    size_t size = strlen(text);
    if (size && text[size - 1] == '\n')
        text[--size] = '\0';
    char *line = strrchr(text, '\n');
    return line ? line + 1 : text;
}
