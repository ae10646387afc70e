/* SPDX-License-Identifier: MIT */
#include "base/cidr.h"

#include <string.h>

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

bool
cidr_is_loopback(const uint8_t address[16])
{
    static const uint8_t one[16] = {[15] = 1};

    return memcmp(address, one, sizeof one) == 0
        || (memcmp(address, mapped, sizeof mapped) == 0
            && address[12] == 127);
}
