import CKernelABI
import Linux
import SystemPackage

extension ZeroCopySupport {
  /// Concludes from what the kernel answered.
  init(_ evidence: ZeroCopyEvidence) {
    let builtIn = Self.builtIn(evidence)

    /// A capability of zero-copy receive that the kernel's answer to the zero-copy question tells.
    func capability(_ name: String, since release: String, _ isThere: (zb_query_zcrx) -> Bool) -> Capability {
      if case .absent(let reason) = builtIn { return .absent(reason) }
      switch evidence.zeroCopy {
      case .answered(let answer):
        return isThere(answer)
          ? .present("the kernel lists \(name)") : .absent("the kernel does not list \(name); Linux \(release) does")
      case .refused(.invalidArgument), .refused(.notSupported):
        return .absent("it came with Linux \(release); this kernel answers no question about it, as 6.19 does")
      case .refused(let errno):
        return .unknown("io_uring_register refused the question: \(errno)")
      }
    }

    self.init(
      kernelRelease: evidence.kernelRelease,
      isBuiltIn: builtIn,
      permission: Self.permission(evidence),
      severalQueues: Self.severalQueues(evidence, builtIn),
      dmabufAreas: Self.dmabufAreas(evidence, builtIn),
      controls: capability("control operations", since: "6.19") { $0.nr_ctrl_opcodes > 0 },
      nodev: capability("receiving without a device", since: "7.1") {
        $0.register_flags & UInt64(ZB_ZCRX_REG_NODEV) != 0
      },
      flush: capability("flushing the refill ring", since: "6.19") { $0.nr_ctrl_opcodes > ZB_ZCRX_CTRL_FLUSH_RQ },
      rxBufLen: capability("buffers larger than a page", since: "7.0") {
        $0.features & ZB_ZCRX_FEATURE_RX_PAGE_SIZE != 0
      },
      events: capability("events and statistics", since: "7.2") { $0.features & ZB_ZCRX_FEATURE_EVENT != 0 },
      addArea: capability("adding memory at run time", since: "7.3") {
        $0.nr_ctrl_opcodes > ZB_ZCRX_CTRL_ADD_AREA
      },
      mixedCQE: Self.mixedCQE(evidence))
  }

  private static func builtIn(_ evidence: ZeroCopyEvidence) -> Capability {
    switch evidence.probe {
    case .accepted, .refused(.operationNotSupportedByDevice):
      return .present("the kernel went looking for the interface it was asked to use")
    case .refused(.notPermitted) where isFiltered(evidence):
      return .unknown("a seccomp filter forbids io_uring_register")
    case .refused(.notPermitted):
      // A kernel built without it answers EOPNOTSUPP before it looks at privileges (the stub in io_uring/zcrx.h).
      return .present("the kernel asked for CAP_NET_ADMIN before anything else")
    case .refused(.notSupported):
      return .absent("this kernel was built without it (CONFIG_IO_URING_ZCRX)")
    case .refused(.invalidArgument):
      if case .answered(let answer) = evidence.opcodes, answer.nr_register_opcodes > ZB_IORING_REGISTER_ZCRX_IFQ {
        return .unknown("it knows the registration but refused the probe's arguments (EINVAL)")
      }
      return .absent("this kernel is older than 6.15")
    case .refused(.noMemory):
      return .unknown("the probe could not lock two pages of memory; raise the limit of locked memory (ulimit -l)")
    case .refused(let errno):
      return .unknown("the kernel answered the probe with an unexpected error: \(errno)")
    case .noRing(let error) where error.errno == .invalidArgument:
      return .absent("this kernel is older than 6.1, and zero-copy receive came with 6.15")
    // As every way to receive that needs a ring takes it: this kernel, or the sandbox before it, has no io_uring.
    case .noRing(let error) where error.errno == .noFunction:
      return .absent(error.description)
    case .refused(.noFunction):
      return .absent("a sandbox hides io_uring_register")
    case .noRing(let error):
      return .unknown(error.description)
    }
  }

  /// No bit tells it. It is older than every question a kernel answers, and what asking leaves open only a second queue
  /// could tell.
  private static func severalQueues(_ evidence: ZeroCopyEvidence, _ builtIn: Capability) -> Capability {
    if case .absent(let reason) = builtIn { return .absent(reason) }
    switch (evidence.opcodes, evidence.zeroCopy) {
    case (.answered, _), (_, .answered):
      return .present("the kernel answers questions about io_uring, which came after several queues")
    case (.refused(.invalidArgument), _):
      return .unknown(
        "the kernel answers no questions about io_uring; Linux 6.15 has one queue a ring, 6.16 has several")
    case (.refused(let errno), _):
      return .unknown("io_uring_register refused the question: \(errno)")
    }
  }

  private static func dmabufAreas(_ evidence: ZeroCopyEvidence, _ builtIn: Capability) -> Capability {
    if case .absent(let reason) = builtIn { return .absent(reason) }
    switch evidence.zeroCopy {
    case .answered(let answer):
      return answer.area_flags & UInt64(ZB_IORING_ZCRX_AREA_DMABUF) != 0
        ? .present("the kernel lists dma-buf areas") : .absent("the kernel does not list dma-buf areas")
    case .refused(.invalidArgument), .refused(.notSupported):
      return .unknown("the kernel does not list its kinds of areas; Linux 6.16 has dma-buf areas and 6.19 lists them")
    case .refused(let errno):
      return .unknown("io_uring_register refused the question: \(errno)")
    }
  }

  private static func permission(_ evidence: ZeroCopyEvidence) -> Capability {
    switch evidence.probe {
    case .accepted, .refused(.operationNotSupportedByDevice):
      .present("the kernel did not ask for CAP_NET_ADMIN")
    case .refused(.notPermitted) where isFiltered(evidence):
      .unknown("a seccomp filter forbids io_uring_register")
    case .refused(.notPermitted):
      .absent("using it takes CAP_NET_ADMIN outside of any container's user namespace: run as root")
    case .refused(let errno):
      .unknown("the kernel answered \(errno) before it looked at privileges")
    case .noRing(let error):
      .unknown(error.description)
    }
  }

  /// No kernel refuses the question itself with EPERM: a filter in front of it does.
  private static func isFiltered(_ evidence: ZeroCopyEvidence) -> Bool {
    if case .refused(.notPermitted) = evidence.opcodes { true } else { false }
  }

  private static func mixedCQE(_ evidence: ZeroCopyEvidence) -> Capability {
    switch evidence.opcodes {
    case .answered(let answer):
      answer.ring_setup_flags & UInt64(ZB_IORING_SETUP_CQE_MIXED) != 0
        ? .present("the kernel lists mixed completions") : .absent("the kernel does not list mixed completions")
    case .refused(.invalidArgument):
      .absent("the kernel does not answer questions about io_uring; Linux 6.18, which has mixed completions, does")
    case .refused(let errno):
      .unknown("io_uring_register refused the question: \(errno)")
    }
  }
}
