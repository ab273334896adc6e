/* builtin.h: calls to the built-in contracts (spec/precompiled.md 7) and what they return, as the console shows it. */
#ifndef HANSE_CONSOLE_BUILTIN_H
#define HANSE_CONSOLE_BUILTIN_H

#include "console/command.h"

#define BUILTIN_SYSTEM_CONFIG "0x0000000000000000000000000000000000001000"
#define BUILTIN_TABLE_FACTORY "0x0000000000000000000000000000000000001001"
#define BUILTIN_CRUD "0x0000000000000000000000000000000000001002"
#define BUILTIN_CONSENSUS "0x0000000000000000000000000000000000001003"
#define BUILTIN_CNS "0x0000000000000000000000000000000000001004"
#define BUILTIN_PERMISSION "0x0000000000000000000000000000000000001005"
#define BUILTIN_LIFE_CYCLE "0x0000000000000000000000000000000000001007"
#define BUILTIN_GOVERNANCE "0x0000000000000000000000000000000000001008"
#define BUILTIN_GAS_CHARGE "0x0000000000000000000000000000000000001009"

/* The text of a return code (spec/interfaces.md 15.5); 0 and positive ones: "Success". */
const char *builtin_message(long code);

/* The account that signs; loaded or made when there is none yet. NULL: it is said why. */
const hanse_account *builtin_signer(session *s);

/* A transaction to a built-in contract: signature "insert(string,string)(int256)". Its return values as a JSON array; NULL: it is said
   why. *hash (may be NULL): of the transaction, command memory. */
json_t *builtin_send(session *s, const char *contract, const char *signature, const char *const *arguments, size_t count,
                     const char **hash) MUST_USE;
/* The same as a call without a transaction. */
json_t *builtin_call(session *s, const char *contract, const char *signature, const char *const *arguments, size_t count) MUST_USE;

/* A number among return values: JSON number or decimal text. */
long builtin_number(const json_t *values, size_t index);
const char *builtin_text(const json_t *values, size_t index); /* "" when it is none */
/* TransactionHash and the code with its message; whether it is a success. */
bool builtin_show_code(session *s, const char *hash, long code);

/* Sends, and shows the code that comes back. */
bool builtin_send_and_show(session *s, const char *contract, const char *signature, const char *const *arguments, size_t count);

/* A command whose arguments are those of a built-in contract's function: the row's data. */
typedef struct {
    const char *contract, *signature;
    const char *first; /* a fixed first argument, or NULL */
} builtin_function;
bool builtin_run(session *s, const command *c, int argc, char **argv);      /* sends, shows the code */
bool builtin_run_text(session *s, const command *c, int argc, char **argv); /* calls, shows the last value that comes back */
bool builtin_run_table(session *s, const command *c, int argc, char **argv); /* calls, shows a table of permissions */

/* A JSON text of {address, enable_num, ...} objects as the table of permissions. */
bool builtin_show_permissions(session *s, const char *json);

#endif
