/* version.h: how the tools print what this program is. */
#ifndef HANSE_TOOL_VERSION_H
#define HANSE_TOOL_VERSION_H

#include "node/build_info.h"

#include <stdio.h>

/* Scripts of the reference look for FISCO-BCOS and the first d.d.d on a line with "version" (spec/interfaces.md section 8), so
   the first line names the protocol. */
static inline void print_version(FILE *to)
{
    fprintf(to, "FISCO-BCOS Version : " HANSE_PROTOCOL_VERSION " (protocol; spoken by hanse)\n"
                "hanse Version      : " HANSE_VERSION "\n");
}

#endif
