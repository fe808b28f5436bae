#define _GNU_SOURCE
#include "CReceiveProgram.h"

#include <CKernelABI.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static void *memory(size_t size) {
  void *start = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return start == MAP_FAILED ? NULL : start;
}

static int register_queue(struct reference_program *program) {
  const struct reference_plan *plan = &program->plan;
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  // A page for the header, wherever in it the kernel puts head and tail.
  const size_t size = page + plan->refill_entries * sizeof(struct zb_zcrx_rqe);
  char *region = memory(size);
  void *area = memory(plan->area_bytes);
  if (region == NULL || area == NULL) return -ENOMEM;
  struct zb_zcrx_area_reg area_part = {.addr = (uintptr_t)area, .len = plan->area_bytes};
  struct zb_region_desc region_part = {
      .user_addr = (uintptr_t)region, .size = size, .flags = ZB_IORING_MEM_REGION_TYPE_USER};
  struct zb_zcrx_ifq_reg queue = {
      .if_idx = plan->interface,
      .if_rxq = plan->queue,
      .rq_entries = plan->refill_entries,
      .flags = plan->interface ? 0 : ZB_ZCRX_REG_NODEV,
      .area_ptr = (uintptr_t)&area_part,
      .region_ptr = (uintptr_t)&region_part,
      .rx_buf_len = plan->buffer_bytes,
  };
  int result = zb_ring_register(program->ring.fd, ZB_IORING_REGISTER_ZCRX_IFQ, &queue, 1);
  if (result < 0) return result;
  program->identifier = queue.zcrx_id;
  program->buffer_bytes = queue.rx_buf_len ? queue.rx_buf_len : (uint32_t)page;
  program->refill = (struct reference_refill){
      .kernel_head = (uint32_t *)(void *)(region + queue.offsets.head),
      .kernel_tail = (uint32_t *)(void *)(region + queue.offsets.tail),
      .entries = (struct zb_zcrx_rqe *)(void *)(region + queue.offsets.rqes),
      .mask = queue.rq_entries - 1,
      .buffer_shift = (uint32_t)__builtin_ctz(program->buffer_bytes),
      .waiting_by_buffer = calloc(plan->area_bytes / program->buffer_bytes, sizeof(uint32_t)),
  };
  program->intake = (struct reference_intake){
      .sizes = calloc(REFERENCE_LARGEST_SIZE + 1, sizeof(uint64_t)),
      .inside_buffer = program->buffer_bytes - 1,
      .page = page,
  };
  program->flows = calloc(plan->streams, sizeof *program->flows);
  program->sockets = calloc(plan->streams, sizeof *program->sockets);
  bool has_memory = program->refill.waiting_by_buffer && program->intake.sizes && program->flows && program->sockets;
  return has_memory ? 0 : -ENOMEM;
}

static int listen_on(uint16_t port) {
  const int yes = 1;
  const struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0 ||
      bind(listener, (const struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 128) < 0) {
    return -errno;
  }
  return listener;
}

int reference_open(struct reference_program *program, const struct reference_plan *plan, const char **step) {
  *program = (struct reference_program){.plan = *plan};
  *step = "ring";
  int result = zb_ring_create(
      64, plan->completion_entries,
      ZB_IORING_SETUP_SUBMIT_ALL | ZB_IORING_SETUP_CQE32 | ZB_IORING_SETUP_SINGLE_ISSUER |
          ZB_IORING_SETUP_DEFER_TASKRUN | ZB_IORING_SETUP_CQSIZE,
      &program->ring);
  if (result < 0) return result;
  *step = "registration";
  result = register_queue(program);
  if (result < 0) return result;
  *step = "listening";
  program->listener = listen_on(plan->port);
  return program->listener < 0 ? program->listener : 0;
}

/// Prepares the receive of a stream. There is always room: each is armed at most once.
static void arm(struct reference_program *program, uint32_t stream) {
  struct zb_ring *ring = &program->ring;
  const uint32_t tail = *ring->sq_tail, slot = tail & ring->sq_mask;
  ring->sqes[slot] = (struct zb_sqe){
      .opcode = ZB_IORING_OP_RECV_ZC,
      .ioprio = ZB_IORING_RECV_MULTISHOT,
      .fd = program->sockets[stream],
      .zcrx_ifq_idx = program->identifier,
      .user_data = stream,
  };
  ring->sq_array[slot] = slot;
  zb_store_release(ring->sq_tail, tail + 1);
}

static int flush(struct reference_program *program) {
  struct zb_zcrx_ctrl control = {.zcrx_id = program->identifier, .op = ZB_ZCRX_CTRL_FLUSH_RQ};
  return zb_ring_register(program->ring.fd, ZB_IORING_REGISTER_ZCRX_CTRL, &control, 0);
}

/// One wait and everything it brought. Returns how many streams ended, or -errno.
__attribute__((noinline)) static int turn(struct reference_program *program) {
  struct zb_ring *ring = &program->ring;
  const uint32_t prepared = *ring->sq_tail - zb_load_acquire(ring->sq_head);
  int ended = 0;
  int result = zb_ring_enter(ring->fd, prepared, 1, program->plan.timeout, 0);
  if (result < 0 && result != -ETIME && result != -EINTR && result != -EBUSY && result != -EAGAIN) return result;
  program->waits++;
  struct reference_batch batch = {
      .entries = ring->cqes, .mask = ring->cq_mask, .head = *ring->cq_head, .tail = zb_load_acquire(ring->cq_tail)};
  struct zb_cqe other;
  while (reference_receive(
      &program->intake, &batch, program->flows, program->plan.streams, &program->refill, &other)) {
    // Taken by now: the loop stops behind what it does not know.
    if (other.res == 0) {
      ended++;
    } else if (other.res == -ENOSPC || other.res == -ENOMEM) {
      program->rearms++;
      arm(program, (uint32_t)other.user_data);
    } else {
      return other.res < 0 ? other.res : -EPROTO;
    }
  }
  zb_store_release(ring->cq_head, batch.head);
  reference_publish(&program->refill);
  return ended;
}

int reference_run(struct reference_program *program, const char **step) {
  *step = "accept";
  for (uint32_t stream = 0; stream < program->plan.streams; stream++) {
    program->sockets[stream] = accept4(program->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (program->sockets[stream] < 0) return -errno;
    program->flows[stream].counters = aligned_alloc(128, 128);
    if (program->flows[stream].counters == NULL) return -ENOMEM;
    *program->flows[stream].counters = (struct reference_counters){0};
    arm(program, stream);
  }
  *step = "receiving";
  // Without a device nothing but a flush takes the refill ring in.
  const uint64_t flush_after =
      program->plan.interface ? UINT64_MAX : program->plan.area_bytes / program->buffer_bytes / 4;
  uint64_t flushed = 0;
  for (uint32_t ended = 0; ended < program->plan.streams;) {
    int result = turn(program);
    if (result < 0) return result;
    // Nothing here empties what waits for room: a refill ring of as many entries as buffers always has some.
    if (program->refill.waiting > 0) return -ENOBUFS;
    ended += (uint32_t)result;
    if (program->refill.written - flushed >= flush_after) {
      flushed = program->refill.written;
      result = flush(program);
      if (result < 0) return result;
    }
  }
  for (uint32_t stream = 0; stream < program->plan.streams; stream++) close(program->sockets[stream]);
  zb_ring_destroy(&program->ring);
  return 0;
}
