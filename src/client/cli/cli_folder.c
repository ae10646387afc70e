/* SPDX-License-Identifier: MIT */
#include "client/cli/cli_folder.h"

#include <errno.h>
#include <sys/stat.h>

bool
cli_folder_make(char *path)
{
    for (char *at = path + 1; *at != '\0'; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        if (mkdir(path, 0700) < 0 && errno != EEXIST)
            return false;
        *at = '/';
    }
    return true;
}
