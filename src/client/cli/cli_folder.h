/* SPDX-License-Identifier: MIT
 *
 * Folders for what this program remembers. */
#ifndef CLIENT_CLI_CLI_FOLDER_H
#define CLIENT_CLI_CLI_FOLDER_H

#include <stdbool.h>

/* Makes the folders that the file `path` is to lie in, for this user alone;
 * path is changed for the moment. False: errno says why. */
bool cli_folder_make(char *path);

#endif
