/* hanse account: keys of those who send transactions. */
#include "codec/hex.h"
#include "tool/key_file.h"
#include "tool/tool.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>

static void print_account(const account_key *key, const char *path)
{
    char name[41] = "";
    hex_write(BYTES_OF_VALUE(key->account), name);
    printf("address     0x%s\nprivate key %s\n", name, path);
}

static int run_account(int argc, char **argv)
{
    const char *folder = "accounts";
    const char *command = argc > 1 ? argv[1] : "";
    optind = 2;
    for (int option; (option = getopt(argc, argv, "o:")) != -1;) {
        if (option != 'o')
            return tool_misused(&tool_account, "unknown option");
        folder = optarg;
    }
    account_key key;
    error_text why;
    char path[PATH_MAX];
    bool ok;
    if (strcmp(command, "new") == 0 && optind == argc) {
        ok = key_file_create(folder, &key, path, &why);
    } else if (strcmp(command, "show") == 0 && optind == argc - 1) {
        snprintf(path, sizeof path, "%s", argv[optind]);
        ok = key_file_read(path, &key, &why);
    } else {
        return tool_misused(&tool_account, "expected new, or show FILE");
    }
    if (!ok)
        return tool_fail("account", "%s", why.text);
    print_account(&key, path);
    secret_key_wipe(&key.secret);
    return 0;
}

const tool tool_account = {
    .name = "account",
    .summary = "make an account's key, or show whose it is",
    .usage = "usage: hanse account new [-o DIR]    a new secp256k1 key: DIR/0x<address>.pem (PKCS#8, mode 0600), default accounts/\n"
             "       hanse account show FILE       the address of a key\n\n"
             "The files are those of the reference's get_account.sh: consoles and SDKs read them.\n",
    .run = run_account,
};
