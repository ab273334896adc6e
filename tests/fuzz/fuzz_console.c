/* What a person types: words, commands of a script, SQL, TOML, arguments, the pretty printer. */
#include "console/arguments.h"
#include "console/pretty.h"
#include "console/sql.h"
#include "console/tokens.h"
#include "console/toml.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void split(arena *a, const char *line)
{
    tokens words = tokens_split(a, line), commands = tokens_split_commands(a, line);
    assert(words.texts[words.count] == NULL);
    assert(tokens_last_start(line) <= strlen(line));
    for (size_t i = 0; i < commands.count; i++)
        tokens_split(a, commands.texts[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const types[] = {"bytes", "bytes4[]", "uint256[][2]", "(string,bytes)[]", "string"};
    if (size == 0 || size > 65536)
        return 0;
    arena a = {0};
    bytes input = bytes_from(bytes_of(data, size), 1);
    char *text = arena_copy_text(&a, input);
    sql_statement statement;
    toml file;
    error_text why;
    buffer out = buffer_init(BUFFER_NO_LIMIT);
    switch (data[0] % 5) {
    case 0:
        split(&a, text);
        break;
    case 1:
        if (sql_parse(&a, text, &statement, &why))
            assert(statement.table);
        break;
    case 2:
        if (toml_parse(&a, "f", input, &file, &why))
            assert(file.count <= size);
        break;
    case 3:
        pretty_print(input, false, &out);
        break;
    default:
        for (size_t i = 0; i < COUNT(types); i++)
            argument_convert(&a, types[i], text, &why);
    }
    buffer_free(&out);
    arena_reset(&a);
    return 0;
}
