/* support_recording.h: recordings as folders, and `hanse replay` run on them. */
#ifndef HANSE_TESTS_SUPPORT_RECORDING_H
#define HANSE_TESTS_SUPPORT_RECORDING_H

#include "test.h"

#include "tool/dataset.h"

/* A pack of tests/golden as a folder: everything that dataset.h lists but submissions. Change d first to damage it. */
typedef struct {
    dataset d;
    char folder[32];
    buffer out, err; /* of the last run, with a terminating zero */
} recording;

void recording_open(recording *r, const char *pack);
void recording_write(recording *r);
void recording_write_file(const recording *r, const char *name, bytes content);
void recording_close(recording *r); /* with its folder */

/* A file of the folder, for changes: the caller gives it back with json_decref. */
json_t *recording_load(const recording *r, const char *name);
void recording_store(const recording *r, const char *name, json_t *content);

/* The block with what `change` did to it, encoded again in place of the recorded one. The hash stays. */
void recording_change_block(recording *r, size_t number, void (*change)(block *b));
/* Flips a bit of the first occurrence of `where` in the encoded block. */
void recording_flip(recording *r, size_t number, bytes where);

/* Runs the subcommand; options end with NULL. Returns its exit status. */
int recording_replay(recording *r, const char *path, const char *const *options);
const char *recording_last_line(recording *r);

#endif
