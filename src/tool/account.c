/* hanse account: keys of those who send transactions. */
#include "base/bytes.h"
#include "hanse/client.h"
#include "tool/tool.h"

#include <getopt.h>
#include <stdio.h>

static int run_account(int argc, char **argv)
{
    const char *folder = "accounts", *command = argc > 1 ? argv[1] : "";
    bool is_national = false;
    optind = 2;
    for (int option; (option = getopt(argc, argv, "o:g")) != -1;) {
        if (option == '?')
            return tool_misused(&tool_account, "unknown option");
        if (option == 'g')
            is_national = true;
        else
            folder = optarg;
    }
    hanse_error error = {0};
    hanse_account *account = NULL;
    char *made = NULL;
    const char *path;
    if (strcmp(command, "new") == 0 && optind == argc) {
        account = is_national ? hanse_account_new_national(&error) : hanse_account_new(&error);
        path = made = account ? hanse_account_write_pem(account, folder, &error) : NULL;
    } else if (strcmp(command, "show") == 0 && optind == argc - 1) {
        path = argv[optind];
        account = hanse_account_read_pem(path, &error);
    } else {
        return tool_misused(&tool_account, "expected new, or show FILE");
    }
    bool ok = account && path;
    if (ok)
        printf("address     %s\nprivate key %s\n", hanse_account_address(account), path);
    hanse_free(made);
    hanse_account_free(account);
    return ok ? 0 : tool_fail("account", "%s", error.text);
}

const tool tool_account = {
    .name = "account",
    .summary = "make an account's key, or show whose it is",
    .usage = "usage: hanse account new [-g] [-o DIR]    a new key: DIR/0x<address>.pem (PKCS#8, mode 0600), default accounts/\n"
             "       hanse account show FILE            the address of a key\n\n"
             "  -g   on the curve SM2, for chains with national algorithms; else on secp256k1\n\n"
             "The files are those of the reference's get_account.sh: consoles and SDKs read them.\n",
    .run = run_account,
};
