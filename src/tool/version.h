/* version.h: what this program calls itself. */
#ifndef HANSE_TOOL_VERSION_H
#define HANSE_TOOL_VERSION_H

#include <stdio.h>

#define HANSE_VERSION "0.1.0"
/* The reference release whose protocol this build speaks; the largest supported_version it writes. */
#define HANSE_PROTOCOL_VERSION "2.11.1"

/* Scripts of the reference look for FISCO-BCOS and the first d.d.d on a line with "version" (spec/interfaces.md section 8), so
   the first line names the protocol. */
static inline void print_version(FILE *to)
{
    fprintf(to, "FISCO-BCOS Version : " HANSE_PROTOCOL_VERSION " (protocol; spoken by hanse)\n"
                "hanse Version      : " HANSE_VERSION "\n");
}

#endif
