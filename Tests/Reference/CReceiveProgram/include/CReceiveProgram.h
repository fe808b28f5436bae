// A whole program around the loop of CReceiveLoop, as small as one can be: registers a queue, accepts streams, receives
// them until they end. The measure of what the server does for a wait. Never linked into the product.
#pragma once
#include <CLinux.h>
#include <CReceiveLoop.h>
#include <stdbool.h>
#include <stdint.h>

struct reference_plan {
  /// Index; 0 for no device, where the kernel copies.
  uint32_t interface;
  uint32_t queue;
  uint16_t port;
  uint32_t streams;
  uint64_t area_bytes;
  /// 0 for the kernel's choice.
  uint32_t buffer_bytes;
  uint32_t refill_entries;
  uint32_t completion_entries;
  /// Of each wait, nanoseconds.
  int64_t timeout;
};

struct reference_program {
  struct reference_plan plan;
  struct zb_ring ring;
  uint32_t identifier;
  uint32_t buffer_bytes;
  struct reference_refill refill;
  struct reference_intake intake;
  struct reference_flow *flows;
  /// By stream.
  int *sockets;
  int listener;
  /// Waits that completions, or none, came out of.
  uint64_t waits;
  /// Receives armed again after the kernel ended them for want of room.
  uint64_t rearms;
};

/// Registers the queue, then listens. Returns 0, or -errno with the step that failed in `step`.
int reference_open(struct reference_program *program, const struct reference_plan *plan, const char **step);

/// Accepts the streams and receives them to their ends. Returns as `reference_open`.
int reference_run(struct reference_program *program, const char **step);
