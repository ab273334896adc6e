/* error_text.h: why something failed, for a person: the place, the value, what was expected. Filled by the function that
   returns the failure; untouched on success. */
#ifndef HANSE_BASE_ERROR_TEXT_H
#define HANSE_BASE_ERROR_TEXT_H

#include "base/bytes.h"

enum { ERROR_TEXT_BYTES = 512 };

typedef struct {
    char text[ERROR_TEXT_BYTES];
} error_text;

/* Both accept a NULL why. error_set always returns false, so that a check can end in `return error_set(...)`. */
bool error_set(error_text *why, const char *format, ...) PRINTF_LIKE(2, 3);
void error_prefix(error_text *why, const char *format, ...) PRINTF_LIKE(2, 3); /* "prefix: old text" */

#endif
