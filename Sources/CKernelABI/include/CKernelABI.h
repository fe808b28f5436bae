// Kernel ABI that Debian 12's headers (6.1) do not have. Names are the kernel's own with a `zb_` prefix, so that a build
// against newer headers does not clash.
#pragma once
#include <stdint.h>
