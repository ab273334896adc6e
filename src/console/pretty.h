/* pretty.h: how nearly all structured output is laid out, JSON and model texts alike (spec/interfaces.md 15.1): outside double quotes a
   new line, four blanks a level, after { [ and , and before } ]; a blank behind a comma is dropped, and so are line ends. */
#ifndef HANSE_CONSOLE_PRETTY_H
#define HANSE_CONSOLE_PRETTY_H

#include "base/buffer.h"

enum { PRETTY_DEPTH_MAX = 256 }; /* deeper levels are not indented further */

/* with_colours: escape sequences for terminals around values. */
void pretty_print(bytes text, bool with_colours, buffer *out);

#endif
