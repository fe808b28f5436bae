#pragma once

/// The name of an errno ("EINVAL"), or NULL for a number that is none.
const char *zb_error_name(int error);
