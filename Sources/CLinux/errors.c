#define _GNU_SOURCE
#include "errors.h"

#include <string.h>

const char *zb_error_name(int error) { return strerrorname_np(error); }
