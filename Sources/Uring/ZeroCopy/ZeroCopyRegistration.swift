import CKernelABI
import CLinux
import Glibc
import Linux
import SystemPackage

/// One IORING_REGISTER_ZCRX_IFQ and what the kernel wrote back.
struct ZeroCopyRegistration {
  /// As the kernel left it.
  var queue = zb_zcrx_ifq_reg()
  var areaToken: UInt64 = 0
  /// Where the kernel's own region is to be mapped.
  private(set) var regionOffset: UInt64 = 0

  /// - Parameter region: our memory, all zeros; nil for the kernel's.
  /// - Returns: the refusal; nil when the queue is the ring's now.
  mutating func register(
    on ring: Int32, _ options: ZeroCopyQueueOptions, _ attempt: RegistrationLadder.Attempt,
    area: borrowing ZeroCopyArea, region: UnsafeMutableRawPointer?, regionSize: Int
  ) -> Errno? {
    var areaPart = zb_zcrx_area_reg()
    areaPart.len = UInt64(area.size)
    if let descriptor = area.descriptor {
      areaPart.flags = ZB_IORING_ZCRX_AREA_DMABUF
      areaPart.dmabuf_fd = UInt32(bitPattern: descriptor.number)
    } else {
      areaPart.addr = UInt64(UInt(bitPattern: area.start))
    }
    var regionPart = zb_region_desc()
    regionPart.size = UInt64(regionSize)
    if let region {
      regionPart.user_addr = UInt64(UInt(bitPattern: region))
      regionPart.flags = ZB_IORING_MEM_REGION_TYPE_USER
    }
    var events = zb_zcrx_event_desc()
    events.user_data = options.eventUserData ?? 0
    events.type_mask = ZeroCopyEvents.all.rawValue
    events.flags = ZB_ZCRX_EVENT_DESC_FLAG_STATS
    events.stats_offset = UInt64(RefillRegion.statisticsOffset(size: regionSize))
    var queue = zb_zcrx_ifq_reg()
    queue.rq_entries = options.refillEntries
    queue.rx_buf_len = attempt.bufferLength
    switch options.source {
    case .device(let index, let number):
      queue.if_idx = index
      queue.if_rxq = number
    case .noDevice:
      queue.flags = ZB_ZCRX_REG_NODEV
    }
    let result = withUnsafeMutablePointer(to: &areaPart) { area in
      withUnsafeMutablePointer(to: &regionPart) { region in
        withUnsafeMutablePointer(to: &events) { events in
          queue.area_ptr = UInt64(UInt(bitPattern: area))
          queue.region_ptr = UInt64(UInt(bitPattern: region))
          queue.event_desc = attempt.events ? UInt64(UInt(bitPattern: events)) : 0
          return zb_ring_register(ring, ZB_IORING_REGISTER_ZCRX_IFQ, &queue, 1)
        }
      }
    }
    guard result >= 0 else { return Errno(rawValue: -result) }
    self.queue = queue
    areaToken = areaPart.rq_area_token
    regionOffset = regionPart.mmap_offset
    return nil
  }
}
