/* json_style.h: JSON laid out for reading, as jsoncpp's StyledWriter does it: one member a line, three blanks a level, a line end
   after the document. Short arrays of scalars stay on one line. */
#ifndef HANSE_CODEC_JSON_STYLE_H
#define HANSE_CODEC_JSON_STYLE_H

#include "base/buffer.h"

/* compact: one whole value as json_write.h makes it (no blanks between tokens, at most JSON_DEPTH_MAX levels); that is an
   invariant, not a check of outside input. */
void json_style(bytes compact, buffer *out);

#endif
