import CKernelABI
import CLinux
import Glibc
import Linux
import SystemPackage

/// A receive queue whose packets land in our memory: the area, the ring that gives buffers back, and the registration that
/// ties both to an io_uring. The kernel has no call that undoes a registration: the queue is the ring's until the ring is
/// closed, and a moment longer, since the kernel unbinds it in the background.
///
/// It belongs to its ring's thread.
public struct ZeroCopyQueue: ~Copyable {
  // Declared, and therefore ended, in this order; the area last.
  /// Buffers on their way back to the kernel.
  public var refill: RefillRing
  private let region: RefillRegion
  private let area: ZeroCopyArea
  private let ringDescriptor: Int32
  /// The kernel's two counters in the region.
  @usableFromInline let statisticsWords: UnsafePointer<UInt64>?
  private let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))
  private var flushRefusal: Errno?

  /// What the kernel calls the queue within its ring (zcrx_id); 0 on 6.15.
  public let identifier: UInt32
  /// What every offset in the area has in its upper 16 bits.
  public let areaToken: UInt64
  /// Bytes of one buffer.
  public let bufferLength: UInt32
  /// What the queue was asked to be.
  public let options: ZeroCopyQueueOptions
  /// What of that it is not, because this kernel or driver refused it.
  public let dropped: [DroppedField]
  /// The events that will be told.
  public private(set) var armedEvents: ZeroCopyEvents
  /// How often the refill ring was flushed.
  public private(set) var flushes: UInt64 = 0

  /// Registers a queue on a ring of this thread, created with `RingOptions.zeroCopyReceive` or `zeroCopyReceiveMixed`.
  ///
  /// Where the kernel refuses events or a buffer length, it is tried without them: see `dropped`.
  ///
  /// - Throws: the step that was refused and its bare errno. EEXIST: another ring has the queue, or had it until just now.
  ///   EPERM: no CAP_NET_ADMIN in the initial user namespace. EINVAL: many things; for a device first of all header
  ///   splitting that is not enabled explicitly.
  public init(_ options: ZeroCopyQueueOptions, on ring: borrowing Ring) throws(ZeroCopyRegistrationError) {
    let area: ZeroCopyArea
    do throws(SystemCallError) {
      area = try ZeroCopyArea(options.areaKind, size: options.areaSize)
    } catch {
      throw ZeroCopyRegistrationError(step: .area, error, options: options)
    }
    let regionSize = RefillRegion.size(entries: options.refillEntries)
    let ringDescriptor = ring.descriptor
    var registration = ZeroCopyRegistration()
    let ladder = RegistrationLadder(
      wanted: .init(events: options.eventUserData != nil, bufferLength: options.bufferLength),
      isLengthRequired: options.isBufferLengthRequired)

    func register(into memory: UnsafeMutableRawPointer?, _ area: borrowing ZeroCopyArea)
      throws(ZeroCopyRegistrationError) -> (RegistrationLadder.Attempt, [DroppedField])
    {
      let result = ladder.climb(isListed: Self.isListed) { attempt in
        registration.register(
          on: ringDescriptor, options, attempt, area: area, region: memory, regionSize: regionSize)
      }
      switch result {
      case .accepted(let attempt, let dropped): return (attempt, dropped)
      case .refused(let errno, let dropped):
        throw ZeroCopyRegistrationError(
          step: .registration, call: "IORING_REGISTER_ZCRX_IFQ", errno: errno, options: options, dropped: dropped)
      }
    }

    let region: RefillRegion
    let accepted: (attempt: RegistrationLadder.Attempt, dropped: [DroppedField])
    switch options.region {
    case .user:
      do throws(SystemCallError) {
        region = RefillRegion(memory: try .anonymous(size: regionSize))
      } catch {
        throw ZeroCopyRegistrationError(step: .region, error, options: options)
      }
      accepted = try register(into: region.memory.start, area)
    case .kernel:
      accepted = try register(into: nil, area)
      do throws(SystemCallError) {
        region = RefillRegion(
          memory: try .file(
            ringDescriptor, offset: registration.regionOffset, size: regionSize, isWritable: true,
            to: "map the refill ring"))
      } catch {
        throw ZeroCopyRegistrationError(step: .regionMapping, error, options: options, dropped: accepted.dropped)
      }
    }

    self.init(
      options, area: area, region: region, regionSize: regionSize, registration, accepted.attempt, accepted.dropped,
      ringDescriptor: ringDescriptor)
  }

  private static func isListed(_ field: DroppedField.Field) -> Bool {
    let support = ZeroCopySupport.discover()
    return switch field {
    case .events: support.events.isPresent
    case .bufferLength: support.rxBufLen.isPresent
    }
  }

  /// What has been registered.
  init(
    _ options: ZeroCopyQueueOptions, area: consuming ZeroCopyArea, region: consuming RefillRegion, regionSize: Int,
    _ registration: ZeroCopyRegistration, _ attempt: RegistrationLadder.Attempt, _ dropped: [DroppedField],
    ringDescriptor: Int32
  ) {
    // Kernels before 7.0 have no such field and leave the zero.
    let bufferLength = registration.queue.rx_buf_len
    self.bufferLength = bufferLength == 0 ? UInt32(sysconf(Int32(_SC_PAGESIZE))) : bufferLength
    refill = region.ring(
      registration.queue, area: area, areaToken: registration.areaToken, bufferLength: self.bufferLength)
    statisticsWords =
      attempt.events
      ? UnsafePointer(
        (region.memory.start + RefillRegion.statisticsOffset(size: regionSize)).assumingMemoryBound(to: UInt64.self))
      : nil
    self.region = region
    self.area = area
    self.ringDescriptor = ringDescriptor
    self.options = options
    identifier = registration.queue.zcrx_id
    areaToken = registration.areaToken
    self.dropped = dropped
    armedEvents = attempt.events ? .all : []
  }

  /// Bytes of the area.
  public var areaSize: Int { area.size }
  /// The area as the program reads it.
  public var areaStart: UnsafeRawPointer { area.start }

  /// The bytes of a data completion, readable until its buffer is given back.
  /// - Parameters:
  ///   - offset: the completion's.
  ///   - count: its result.
  public func bytes(at offset: UInt64, count: Int) -> UnsafeRawBufferPointer {
    let place = Int(truncatingIfNeeded: offset & ZeroCopyOffset.mask)
    precondition(count >= 0 && place <= area.size - count, "the kernel named bytes beyond the area")
    return UnsafeRawBufferPointer(start: area.start + place, count: count)
  }

  /// Whether a completion's shape alone proves that its bytes were not copied: a copy begins where a buffer begins and is
  /// at most a page long. False says nothing.
  @inline(__always)
  public func isProvenZeroCopy(offset: UInt64, count: Int) -> Bool {
    offset & UInt64(bufferLength &- 1) != 0 || count > pageSize
  }

  /// The kernel's count of copies, as of now; nil where it keeps none (before 7.2, or without events).
  @inlinable
  public var statistics: ZeroCopyStatistics? {
    guard let words = statisticsWords else { return nil }
    return ZeroCopyStatistics(copyCount: zb_load_relaxed_64(words), copyBytes: zb_load_relaxed_64(words + 1))
  }

  // MARK: Giving buffers back

  /// Gives back the buffer of one data completion; the kernel sees it after `publish`.
  /// - Parameter offset: the completion's, unchanged.
  @inline(__always)
  public mutating func giveBack(_ offset: UInt64) {
    refill.giveBack(offset)
  }

  /// Shows the kernel what was given back. While the ring is too small for it, the kernel is asked to empty it; where it
  /// cannot be asked, the rest waits for the next time.
  /// - Throws: as `flush`.
  public mutating func publish(on ring: borrowing Ring) throws(SystemCallError) {
    refill.publish()
    if refill.waiting > 0 { try makeRoom(on: ring) }
  }

  /// Has the kernel empty the refill ring for what waits.
  @usableFromInline
  mutating func makeRoom(on ring: borrowing Ring) throws(SystemCallError) {
    while refill.waiting > 0 {
      let before = refill.waiting
      guard try flush(on: ring) else { return }
      refill.publish()
      if refill.waiting == before { return }
    }
  }

  /// Has the kernel take the entries of the refill ring now (ZCRX_CTRL_FLUSH_RQ) and not when its driver wants buffers,
  /// which without a device is never.
  /// - Returns: false, from the first refusal on, where the kernel knows no flush (before 6.19).
  /// - Throws: what else it refuses.
  @discardableResult
  public mutating func flush(on ring: borrowing Ring) throws(SystemCallError) -> Bool {
    guard flushRefusal == nil else { return false }
    var control = zb_zcrx_ctrl()
    control.op = ZB_ZCRX_CTRL_FLUSH_RQ
    switch self.control(&control, on: ring) {
    case nil:
      flushes &+= 1
      return true
    case .invalidArgument?, .notSupported?:
      flushRefusal = .invalidArgument
      return false
    case let errno?:
      throw SystemCallError(attempt: "flush the refill ring", call: "ZCRX_CTRL_FLUSH_RQ", errno: errno)
    }
  }

  // MARK: Events

  /// Takes note of an event's completion, the one with `ZeroCopyQueueOptions.eventUserData`: it will not be told again
  /// until it is armed. Nil for an event of a newer kernel.
  public mutating func take(event completion: Completion) -> ZeroCopyEvent? {
    guard let event = ZeroCopyEvent(rawValue: UInt32(bitPattern: completion.result)) else { return nil }
    armedEvents.remove(ZeroCopyEvents(event))
    return event
  }

  /// Has an event told once more (ZCRX_CTRL_ARM_EVENT, Linux 7.2).
  /// - Throws: EINVAL for an event that is armed still.
  public mutating func armEvent(_ event: ZeroCopyEvent, on ring: borrowing Ring) throws(SystemCallError) {
    var control = zb_zcrx_ctrl()
    control.op = ZB_ZCRX_CTRL_ARM_EVENT
    control.event_type = event.rawValue
    if let errno = self.control(&control, on: ring) {
      throw SystemCallError(attempt: "arm event '\(event)'", call: "ZCRX_CTRL_ARM_EVENT", errno: errno)
    }
    armedEvents.insert(ZeroCopyEvents(event))
  }

  /// The ring is passed in, not remembered, so that a closed one cannot be asked: its descriptor may be another file by
  /// then.
  private func control(_ control: inout zb_zcrx_ctrl, on ring: borrowing Ring) -> Errno? {
    precondition(ring.descriptor == ringDescriptor, "a zero-copy queue belongs to the ring it was registered on")
    control.zcrx_id = identifier
    let result = zb_ring_register(ring.descriptor, ZB_IORING_REGISTER_ZCRX_CTRL, &control, 0)
    return result < 0 ? Errno(rawValue: -result) : nil
  }
}
