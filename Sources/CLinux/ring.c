#include "ring.h"

#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>

int zb_ring_create(uint32_t entries, uint32_t cq_entries, uint32_t flags, struct zb_ring *ring) {
  struct io_uring *library = calloc(1, sizeof *library);
  if (library == NULL) return -ENOMEM;
  struct io_uring_params parameters;
  memset(&parameters, 0, sizeof parameters);
  parameters.flags = flags;
  if (flags & IORING_SETUP_CQSIZE) parameters.cq_entries = cq_entries;
  int result = io_uring_queue_init_params(entries, library, &parameters);
  if (result < 0) {
    free(library);
    return result;
  }
  result = io_uring_ring_dontfork(library);
  if (result < 0) {
    io_uring_queue_exit(library);
    free(library);
    return result;
  }
  *ring = (struct zb_ring){
      .fd = library->ring_fd,
      .flags = parameters.flags,
      .features = parameters.features,
      .sq_head = library->sq.khead,
      .sq_tail = library->sq.ktail,
      .sq_flags = library->sq.kflags,
      .sq_array = library->sq.array,
      .sqes = (struct zb_sqe *)library->sq.sqes,
      .sq_mask = parameters.sq_entries - 1,
      .sq_entries = parameters.sq_entries,
      .cq_head = library->cq.khead,
      .cq_tail = library->cq.ktail,
      .cqes = (struct zb_cqe *)library->cq.cqes,
      .cq_mask = parameters.cq_entries - 1,
      .cq_entries = parameters.cq_entries,
      .library = library,
  };
  return 0;
}

void zb_ring_destroy(struct zb_ring *ring) {
  if (ring->library == NULL) return;
  io_uring_queue_exit(ring->library);
  free(ring->library);
  memset(ring, 0, sizeof *ring);
  ring->fd = -1;
}

int zb_ring_register(int fd, uint32_t opcode, void *argument, uint32_t count) {
  return io_uring_register((unsigned)fd, opcode, argument, count);
}

int zb_ring_enter(
    int fd, uint32_t submit, uint32_t complete, int64_t timeout_nanoseconds, uint32_t minimum_microseconds) {
  // GETEVENTS also when nothing is waited for: with DEFER_TASKRUN it is what makes the kernel post completions.
  unsigned flags = IORING_ENTER_GETEVENTS;
  if (timeout_nanoseconds < 0 && minimum_microseconds == 0) {
    return io_uring_enter2((unsigned)fd, submit, complete, flags, NULL, 0);
  }
  struct __kernel_timespec time = {
      .tv_sec = timeout_nanoseconds / 1000000000,
      .tv_nsec = timeout_nanoseconds % 1000000000,
  };
  struct zb_getevents_arg limit = {
      .min_wait_usec = minimum_microseconds,
      .ts = timeout_nanoseconds < 0 ? 0 : (uint64_t)(uintptr_t)&time,
  };
  return io_uring_enter2(
      (unsigned)fd, submit, complete, flags | IORING_ENTER_EXT_ARG, (sigset_t *)(void *)&limit, sizeof limit);
}
