import Linux
import NetworkInterface
import SystemPackage
import Uring

extension RefusalEvidence {
  /// What explains the refusal here, most likely first: what was found on the interface and answers with this errno,
  /// what was found in memory and kernel, what else the errno may mean, what else is in the way.
  var causes: [RefusalCause] {
    guard error.step == .registration else {
      return memoryCauses + [advice].compactMap { $0 } + findings.filter { $0.weight == .refusal }.map(cause)
    }
    if error.errno == .notPermitted { return [permission] }
    if case .absent(let reason) = support.isBuiltIn { return [RefusalCause(reason, isFinal: true)] }
    let explaining = findings.filter { $0.answers.contains(error.errno) }
    // mlx5_core splits nothing before rx-gro-hw is on, and refuses to be told to.
    let certain = (explaining.filter { $0.subject == .hardwareGRO } + explaining.filter { $0.subject != .hardwareGRO })
      .filter { $0.weight == .refusal }.map(cause)
    let others = findings.filter { !$0.answers.contains(error.errno) && $0.weight == .refusal }.map(cause)
    let known = certain + memoryCauses
    let risks = explaining.filter { $0.weight == .risk }.map(cause)
    // What holds everywhere is said only where nothing is known to be the matter here.
    let possible = known.isEmpty ? explaining.filter { $0.weight == .unchecked }.map(cause) + [meaning] : []
    return known + risks + possible + others
  }

  private func cause(_ finding: ReceiveFinding) -> RefusalCause {
    let isFinal = finding.subject == .driver && finding.weight == .refusal
    return RefusalCause(finding.what, fix: finding.fix, isFinal: isFinal)
  }

  /// What the step itself advises.
  private var advice: RefusalCause? {
    guard memoryCauses.isEmpty else { return nil }
    if error.step == .ring, completions == .mixed, !support.mixedCQE.isPresent, error.errno == .invalidArgument {
      return RefusalCause(support.mixedCQE.reason, fix: "leave --cqe mixed out", isFinal: true)
    }
    return error.advice.map { RefusalCause($0) }
  }

  private var permission: RefusalCause {
    if let finding = findings.first(where: { $0.subject == .privileges && $0.weight == .refusal }) {
      return cause(finding)
    }
    guard let privileges, privileges.hasNetworkAdministration else {
      return RefusalCause("this process has no CAP_NET_ADMIN", fix: "run as root")
    }
    return privileges.isInInitialUserNamespace
      ? RefusalCause(
        "a seccomp filter or a security module forbids it", fix: "allow io_uring in the container's profile")
      : RefusalCause(
        "this process has CAP_NET_ADMIN only in a user namespace of its own, as in a rootless container",
        fix: "run as root outside the container")
  }

  // MARK: Memory

  /// What is short, as far as it was found.
  private var memoryCauses: [RefusalCause] {
    switch (error.step, error.errno, options.areaKind) {
    case (.area, .noMemory, .hugePages), (.area, .invalidArgument, .hugePages): return [hugePages]
    case (.area, _, .dmabuf): return [dmabufDevice].compactMap { $0 }
    case (.registration, .noMemory, _), (.area, .noMemory, _): return [lockedMemory, availableMemory].compactMap { $0 }
    case (.registration, .badAddress, _), (.registration, .invalidArgument, _): return [largeArea].compactMap { $0 }
    default: return []
    }
  }

  private var hugePages: RefusalCause {
    let wanted = (options.areaSize + (1 << 21) - 1) >> 21
    guard let free = memory.freeHugePages, let all = memory.hugePages else {
      return RefusalCause("this kernel has no huge pages of 2 MiB", fix: "leave --hugepages out", isFinal: true)
    }
    return RefusalCause(
      "\(wanted) huge pages are needed, and \(free) of \(all) are free"
        + (waitedForMemory > 0 ? ", \(Int(waitedForMemory)) s later too" : ""),
      fix: "sysctl vm.nr_hugepages=\(all - min(free, all) + UInt64(wanted)), or a smaller --area-size")
  }

  private var dmabufDevice: RefusalCause? {
    if !memory.hasDMABufferDevice, let number = memory.dmaBufferDeviceNumber {
      return RefusalCause(
        "this kernel has udmabuf, and /dev has no node for it",
        fix: "mknod -m 600 /dev/udmabuf c \(number), or mount devtmpfs at /dev", isFinal: true)
    }
    guard memory.hasDMABufferDevice else {
      return RefusalCause(
        "there is no /dev/udmabuf, which makes a dma-buf of memory",
        fix: "modprobe udmabuf, where the kernel has it as a module, or another --area", isFinal: true)
    }
    if let largest = memory.largestDMABuffer, UInt64(clamping: options.areaSize) > largest {
      let megabytes = (options.areaSize + (1 << 20) - 1) >> 20
      return RefusalCause(
        "a dma-buf has at most \(Self.bytes(Int(clamping: largest))) here (udmabuf.size_limit_mb)",
        fix: "echo \(megabytes) > /sys/module/udmabuf/parameters/size_limit_mb, or a smaller --area-size")
    }
    return error.errno == .notPermitted || error.errno == .permissionDenied
      ? RefusalCause("this process may not open /dev/udmabuf", fix: "run as root") : nil
  }

  private var lockedMemory: RefusalCause? {
    // On an interface ReceivePreflight has looked already.
    guard findings.allSatisfy({ $0.subject != .lockedMemory }), let privileges,
      let limit = privileges.lockedMemoryLimit, UInt64(clamping: options.areaSize) > limit,
      !(privileges.hasMemoryLocking && privileges.isInInitialUserNamespace)
    else { return nil }
    return RefusalCause(
      "\(options.areaSize) bytes are to be pinned, and this process may pin \(limit)",
      fix: "ulimit -l unlimited, or a smaller --area-size")
  }

  private var availableMemory: RefusalCause? {
    guard options.areaKind != .hugePages, let available = memory.available,
      UInt64(clamping: options.areaSize) > available
    else { return nil }
    return RefusalCause(
      "\(Self.bytes(options.areaSize)) are to be pinned, and the machine has \(available >> 20) MiB left",
      fix: "a smaller --area-size")
  }

  private var largeArea: RefusalCause? {
    // Larger areas came with the release that brought events (Linux 7.2).
    let limit = support.events.isPresent ? 1 << 40 : 1 << 30
    guard options.areaSize > limit else { return nil }
    return RefusalCause(
      "this kernel takes areas of at most \(Self.bytes(limit))", fix: "--area-size \(limit >> 30)G")
  }

  // MARK: What an errno means anywhere

  /// The table of docs/zero-copy.md, for what was not found by looking (Linux 7.3, io_uring/zcrx.c and
  /// net/core/netdev_rx_queue.c, unless said otherwise).
  private var meaning: RefusalCause {
    switch error.errno {
    case .invalidArgument: return invalidArgument
    case .badFileDescriptor: return RefusalCause("the kernel does not take the dma-buf", fix: "another --area")
    case .badAddress:
      return RefusalCause("the memory could not be pinned", fix: "another --area or a smaller --area-size")
    case .noMemory where isWithoutDevice: return RefusalCause("memory is short", fix: "a smaller --area-size")
    case .noMemory:
      return RefusalCause("memory is short, or the driver could not make a pool of it", fix: "a smaller --area-size")
    case .operationNotSupportedByDevice:
      return RefusalCause(
        "the interface is gone, or has no open queue", fix: interface.map { "ip link set dev \($0) up" })
    case .notSupported: return notSupported
    case .outOfRange: return outOfRange
    case .fileExists: return fileExists
    case .resourceBusy:
      return RefusalCause(
        "an AF_XDP socket has the queue, or it is lent to a virtual interface", fix: "choose another queue with -q")
    case .noData:
      return RefusalCause(
        "this kernel's driver does not take a memory provider: it made the queue's page pool without the area",
        fix: "a kernel whose driver does", isFinal: true)
    case .networkDown, .resourceTemporarilyUnavailable:
      return RefusalCause("the interface is down", fix: interface.map { "ip link set dev \($0) up" })
    case Errno(rawValue: 7), Errno(rawValue: 75):
      return RefusalCause("a size is beyond what the kernel counts with", fix: "a smaller --area-size or --rq-entries")
    default:
      return RefusalCause("no cause is known for that; the driver or its firmware may have said more", fix: "see dmesg")
    }
  }

  private var invalidArgument: RefusalCause {
    if isWithoutDevice {
      guard support.nodev.isPresent else {
        return RefusalCause(
          "this kernel cannot receive without a device: \(support.nodev.reason)",
          isFinal: true)
      }
      return options.areaKind == .dmabuf
        ? RefusalCause("nothing can be copied into a dma-buf, and without a device all is", fix: "another --area")
        : RefusalCause("the kernel takes no queue of these sizes", fix: "other sizes, or none")
    }
    if options.areaKind == .dmabuf, !support.dmabufAreas.isPresent {
      return RefusalCause(support.dmabufAreas.reason, fix: "another --area", isFinal: true)
    }
    return RefusalCause(
      "nothing was found to be the matter; most often headers and payload are not split because nobody asked for it",
      fix: interface.map { "ethtool -G \($0) tcp-data-split on hds-thresh 0" })
  }

  private var notSupported: RefusalCause {
    if isWithoutDevice { return RefusalCause("the kernel has no such queue without a device", isFinal: true) }
    if options.bufferLength != 0 {
      return RefusalCause("the driver knows one buffer length only", fix: "leave --rx-buf-len out")
    }
    return RefusalCause(
      "the driver has no zero-copy receive, or not for this queue or in this configuration (VF, old firmware, XDP, PTP)",
      isFinal: true)
  }

  private var outOfRange: RefusalCause {
    if options.bufferLength != 0 {
      return RefusalCause(
        "buffers of \(options.bufferLength) bytes do not fit the area's contiguous pieces or the driver",
        fix: "--hugepages, or a shorter --rx-buf-len")
    }
    return RefusalCause("the queue cannot be bound", fix: "choose another queue with -q")
  }

  private var fileExists: RefusalCause {
    let waiting = waited > 0 ? ", and was not free within \(Int(waited)) s" : ""
    return RefusalCause(
      "another ring has the queue\(waiting)", fix: "choose another queue with -q, or end the program that has it")
  }
}
