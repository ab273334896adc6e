/* query.h: commands that are one JSON-RPC call: the call's parameters are those of the command, in their order, and
   the answer is shown in one of a few shapes. The rows of such commands point to a `query`. */
#ifndef HANSE_CONSOLE_QUERY_H
#define HANSE_CONSOLE_QUERY_H

#include "console/command.h"
#include "console/model.h"

typedef enum {
    SHOW_NUMBER,     /* decimal */
    SHOW_TEXT,       /* as it is */
    SHOW_LIST,       /* [..., ...], pretty; nothing: [] */
    SHOW_SHORT_LIST, /* [1, 2] */
    SHOW_MODEL,
    SHOW_MODELS,
    SHOW_CONSENSUS
} query_shape;

typedef struct {
    const char *method;
    query_shape shape;
    const model *model;
    const char *absent;    /* said when the answer is null */
    bool has_no_group;     /* the method's first parameter is not the group */
    bool takes_endpoint;   /* the command's parameter is the node that is asked, none of the method's */
    const char *defaults[COMMAND_PARAMETERS_MAX]; /* of optional parameters that are passed on; NULL: not passed on */
} query;

/* `run` of such a command; its data is the query. */
bool query_run(session *s, const command *c, int argc, char **argv);
/* Shows an answer. */
void query_show_model(session *s, const model *m, const json_t *answer);
void query_show_list(session *s, const json_t *answer);

#endif
