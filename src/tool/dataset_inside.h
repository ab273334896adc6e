/* dataset_inside.h: what the two forms of a recording give to dataset.c. */
#ifndef HANSE_TOOL_DATASET_INSIDE_H
#define HANSE_TOOL_DATASET_INSIDE_H

#include "tool/dataset.h"

/* The texts that fix the chain's bytes, with names for messages. */
typedef struct {
    const char *config_name, *group_name, *genesis_name;
    bytes config, group, genesis; /* group: empty when there is none */
    bool has_national_key;
} dataset_settings;

bool dataset_read_settings(dataset *d, const dataset_settings *s, error_text *why);
bool dataset_add_block(dataset *d, dataset_block b, error_text *why);
/* conf/group.M.genesis: whether name is one, and the name of the settings beside it. In d->memory. */
bool dataset_is_genesis(dataset *d, const char *name, const char **group_name);

bool dataset_pack_open(dataset *d, const char *path, error_text *why);
void dataset_pack_free(dataset *d);
bool dataset_pack_answers(dataset *d, uint64_t number, json_t **out, error_text *why);
bool dataset_pack_rows(dataset *d, arena *a, dataset_row **out, size_t *count, error_text *why);

bool dataset_folder_open(dataset *d, const char *path, error_text *why);
bool dataset_folder_answers(dataset *d, uint64_t number, json_t **out, error_text *why);
bool dataset_folder_rows(dataset *d, arena *a, dataset_row **out, size_t *count, error_text *why);

#endif
