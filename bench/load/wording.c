/* SPDX-License-Identifier: MIT */
#include "load/wording.h"

#include <string.h>

const struct wording *const wordings[] = {
    &wording_line, &wording_native, &wording_irc, &wording_websocket,
    &wording_socketio, &wording_mqtt, &wording_nats, &wording_resp, NULL,
};

const struct wording *
wording_find(const char *name)
{
    for (int i = 0; wordings[i] != NULL; i++)
        if (strcmp(wordings[i]->name, name) == 0)
            return wordings[i];
    return NULL;
}
