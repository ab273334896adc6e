/* accounts.h: keys of accounts: which one signs, where they are kept (spec/interfaces.md 12, 15.1): <key
   store>/ecdsa/0x<address>.pem or .p12. */
#ifndef HANSE_CONSOLE_ACCOUNTS_H
#define HANSE_CONSOLE_ACCOUNTS_H

#include "console/session.h"

enum { ACCOUNTS_MAX = 10000 };

/* The account that signs: the one loaded; else that of the options or the configuration; else the newest in the key store. make: else a
   new one, which is saved there. NULL: there is none; it is said why when something went wrong. */
const hanse_account *accounts_current(session *s, bool make);

/* Addresses with a file in the key store, newest first. Command memory. */
size_t accounts_list(session *s, const char ***addresses);

/* Asks for a text without showing it. NULL: no terminal to ask on. The caller wipes and frees it. */
char *accounts_ask_password(const char *prompt);

/* mkdir -p */
bool accounts_make_folder(const char *path);

#endif
