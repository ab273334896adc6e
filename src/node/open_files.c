#include "node/open_files.h"
#include "channel/door.h"
#include "rpc/http_door.h"

#include <sys/resource.h>

enum {
    HTTP_DOORS = 2,
    OPEN_FILES_OWN = 4096 /* peers, data files, logs */
};

void open_files_raise(logger *l)
{
    const rlim_t wanted = HTTP_DOORS * (HTTP_CONNECTIONS_MAX + HTTP_SESSIONS_MAX) + CHANNEL_SESSIONS_MAX + OPEN_FILES_OWN;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    rlim_t reachable = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    if (limit.rlim_cur < reachable) {
        limit.rlim_cur = reachable;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
            getrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur < wanted)
        log_write(l, LOG_WARNING, 0, "[NODE]the limit of open files is %llu; %llu are needed when every door is full (ulimit -Hn)",
                  (unsigned long long)limit.rlim_cur, (unsigned long long)wanted);
}
