/* arguments.h: values as users of the Java console write and read them (spec/interfaces.md 15.3), between that and
   the texts of the client library: bytes are hex://0x..., base64://... or plain text; lists are [1,2] or ["a","b"].
   */
#ifndef HANSE_CONSOLE_ARGUMENTS_H
#define HANSE_CONSOLE_ARGUMENTS_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error_text.h"

#include <jansson.h>

/* One argument of Solidity type `type` ("bytes32[]") as the client library takes it. In a; NULL: why. */
const char *argument_convert(arena *a, const char *type, const char *text, error_text *why);

/* "STRING", "[INT] ": how the Java console names a type. */
void argument_print_type(arena *a, const char *type, buffer *out);
/* A decoded value: texts bare, bytes as hex://0x..., lists as [a, b] and a blank. */
void argument_print_value(arena *a, const char *type, const json_t *value, buffer *out);

#endif
