/* build_info.h: what this build is. */
#ifndef HANSE_NODE_BUILD_INFO_H
#define HANSE_NODE_BUILD_INFO_H

#include "base/version.h"

/* The reference release whose protocol this build speaks; the largest supported_version it writes. */
#define HANSE_PROTOCOL_VERSION "2.11.1"

typedef struct {
    const char *time;   /* of the commit that was built, "YYYYMMDD HH:MM:SS" in UTC */
    const char *type;   /* "<system>/<compiler>/<build type>" */
    const char *branch;
    const char *commit; /* 40 hex digits; this, branch and time: "unknown" when built without git */
} build_info;

extern const build_info build_info_of_this;

#endif
