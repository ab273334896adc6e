/* hanse console: the interactive console. */
#include "console/console.h"
#include "tool/tool.h"

const tool tool_console = {
    .name = "console",
    .summary = "the console: commands, contracts, SQL and administration of a chain",
    .usage = console_usage,
    .has_commands = true,
    .run = console_run,
};
