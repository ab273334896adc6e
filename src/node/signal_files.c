#include "node/signal_files.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static void obey(const char *path, signal_file *file, void *context)
{
    error_text why = {""};
    if (unlink(path) != 0) { /* it would be obeyed for ever */
        if (!file->is_stuck)
            fprintf(stderr, "FISCO BCOS file signal error: file: %s what: %s\n", path, "it cannot be deleted");
        file->is_stuck = true;
        return;
    }
    printf("%s\n", file->notice);
    fflush(stdout);
    if (!file->run(context, &why))
        fprintf(stderr, "FISCO BCOS file signal error: file: %s what: %s\n", path, why.text);
    unlink(path);
}

void signal_files_look(const char *config_path, signal_file *files, size_t count, void *context)
{
    char path[PATH_MAX];
    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s%s", config_path, files[i].suffix);
        if (access(path, F_OK) == 0)
            obey(path, &files[i], context);
        else
            files[i].is_stuck = false;
    }
}
