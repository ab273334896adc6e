#include "node/build_info.h"

#include <hanse_build.h> /* generated: cmake/build_info.cmake */

const build_info build_info_of_this = {.time = BUILD_TIME, .type = BUILD_TYPE, .branch = BUILD_BRANCH, .commit = BUILD_COMMIT};
