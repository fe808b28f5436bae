import Metering
import NetworkInterface
import SystemPackage
import Testing

@testable import Benchmark
@testable import Uring

/// Refusals of constructed machines, after io_uring/zcrx.c and net/core/netdev_rx_queue.c of Linux 7.3.
private enum Constructed {
  static func support(
    builtIn: Capability = .present("there"), nodev: Capability = .present("there"),
    events: Capability = .present("there"), mixed: Capability = .present("there"),
    dmabuf: Capability = .present("there")
  ) -> ZeroCopySupport {
    let there = Capability.present("there")
    return ZeroCopySupport(
      kernelRelease: "x.y", isBuiltIn: builtIn, permission: there, severalQueues: there, dmabufAreas: dmabuf,
      controls: there, nodev: nodev, flush: there, rxBufLen: there, events: events, addArea: there, mixedCQE: mixed)
  }

  static let root = Privileges(
    isInInitialUserNamespace: true, hasNetworkAdministration: true, hasMemoryLocking: true, lockedMemoryLimit: 8 << 20)
  static let memory = MemoryFacts(
    available: 8 << 30, hugePages: 10, freeHugePages: 4, hasDMABufferDevice: true, largestDMABuffer: 64 << 20)

  static func options(
    device: Bool = true, kind: ZeroCopyArea.Kind = .pages, size: Int = 128 << 20, length: UInt32 = 0
  ) -> ZeroCopyQueueOptions {
    ZeroCopyQueueOptions(
      source: device ? .device(interfaceIndex: 2, queue: 1) : .noDevice, areaKind: kind, areaSize: size,
      bufferLength: length)
  }

  static func evidence(
    _ errno: Errno, step: ZeroCopyRegistrationError.Step = .registration, _ options: ZeroCopyQueueOptions = options(),
    support: ZeroCopySupport = support(), findings: [ReceiveFinding] = []
  ) -> RefusalEvidence {
    let error = ZeroCopyRegistrationError(step: step, call: "call", errno: errno, options: options)
    var evidence = RefusalEvidence(
      error, place: "queue 1 of eth0", support: support, memory: memory, privileges: root)
    if options.source != .noDevice { evidence.interface = "eth0" }
    evidence.findings = findings
    return evidence
  }
}

@Suite("Refusals of zero-copy receive")
struct ZeroCopyRefusalTests {
  private typealias Machine = Constructed

  private static let split = ReceiveFinding(
    .tcpDataSplit, .refusal, what: "the split is off", check: "asked", fix: "switch it on", answers: [.invalidArgument])
  private static let driver = ReceiveFinding(
    .driver, .refusal, what: "the driver cannot", check: "table", answers: [.notSupported])
  private static let unknownDriver = ReceiveFinding(
    .driver, .unchecked, what: "the driver is unknown", check: "table", answers: [.notSupported])

  @Test("Attempt, answer, cause and fix stand in one line, and what else is in the way below it")
  func sentence() {
    let link = ReceiveFinding(.link, .refusal, what: "it is down", check: "asked", answers: [.networkDown])
    let refusal = ZeroCopyRefusal(Machine.evidence(.invalidArgument, findings: [link, Self.split]))
    #expect(
      refusal.sentence
        == "cannot bind queue 1 of eth0 with an area of 128 MiB: call answered EINVAL (Invalid argument): "
        + "the split is off — switch it on")
    #expect(refusal.details == ["it is down"])
    #expect(!refusal.isUnsupported)
  }

  @Test("What was found goes before what may be, and what was not checked comes only where nothing was found")
  func order() {
    let found = Machine.evidence(.notSupported, findings: [Self.unknownDriver]).causes
    #expect(found.first?.what == "the driver is unknown")
    #expect(found.last?.isFinal == true)
    let known = Machine.evidence(.notSupported, findings: [Self.unknownDriver, Self.driver]).causes
    #expect(known.map(\.what) == ["the driver cannot"])
  }

  @Test("A risk that answers with this errno comes after what is certain")
  func risk() {
    let risk = ReceiveFinding(.link, .risk, what: "it may be", check: "asked", answers: [.invalidArgument])
    #expect(
      Machine.evidence(.invalidArgument, findings: [risk, Self.split]).causes.map(\.what) == [
        "the split is off", "it may be",
      ])
    #expect(Machine.evidence(.invalidArgument, findings: [risk]).causes.map(\.what).first == "it may be")
  }

  @Test("What has to be mended first comes first")
  func prerequisite() {
    let gro = ReceiveFinding(.hardwareGRO, .refusal, what: "it is off", check: "asked", answers: [.invalidArgument])
    let causes = Machine.evidence(.invalidArgument, findings: [Self.split, gro]).causes
    #expect(causes.map(\.what) == ["it is off", "the split is off"])
  }

  /// The rows of the kernel's table: errno, a word of the cause, a word of the fix.
  @Test(
    "Every errno has a cause and, where there is one, a fix",
    arguments: [
      (Errno.invalidArgument, "not split", "tcp-data-split on"),
      (.badFileDescriptor, "dma-buf", "--area"),
      (.badAddress, "pinned", "--area-size"),
      (.noMemory, "memory is short", "--area-size"),
      (.operationNotSupportedByDevice, "gone", "link set dev eth0 up"),
      (.outOfRange, "cannot be bound", "-q"),
      (.fileExists, "another ring", "-q"),
      (.resourceBusy, "AF_XDP", "-q"),
      (.noData, "this kernel's driver does not take a memory provider", "a kernel whose driver does"),
      (.networkDown, "down", "link set dev eth0 up"),
      (.resourceTemporarilyUnavailable, "down", "link set dev eth0 up"),
      (Errno(rawValue: 75), "beyond", "--area-size"),
      (Errno(rawValue: 7), "beyond", "--area-size"),
      (.ioError, "no cause is known", "dmesg"),
    ])
  func meaning(errno: Errno, what: String, fix: String) throws {
    let cause = try #require(Machine.evidence(errno).causes.first)
    #expect(cause.what.contains(what))
    #expect(cause.fix?.contains(fix) == true)
    #expect(cause.isFinal == (errno == .noData))
  }

  @Test("A driver without zero-copy receive is no matter of settings")
  func driverCannot() {
    #expect(ZeroCopyRefusal(Machine.evidence(.notSupported, findings: [Self.driver])).isUnsupported)
    #expect(ZeroCopyRefusal(Machine.evidence(.notSupported)).isUnsupported)
    // Whatever else has to be mended first.
    #expect(ZeroCopyRefusal(Machine.evidence(.invalidArgument, findings: [Self.split, Self.driver])).isUnsupported)
  }

  @Test("A kernel without it explains itself")
  func kernel() {
    let old = Machine.support(builtIn: .absent("too old"))
    let refusal = ZeroCopyRefusal(Machine.evidence(.invalidArgument, support: old, findings: [Self.split]))
    #expect(refusal.sentence.hasSuffix(": too old"))
    #expect(refusal.isUnsupported)
    let without = Machine.support(nodev: .absent("came with 7.1"))
    let nodev = ZeroCopyRefusal(
      Machine.evidence(.invalidArgument, Machine.options(device: false), support: without))
    #expect(nodev.sentence.contains("came with 7.1"))
    #expect(nodev.isUnsupported)
  }

  @Test("Without a device a dma-buf is no memory to copy into")
  func dmabufWithoutDevice() {
    let refusal = ZeroCopyRefusal(
      Machine.evidence(.invalidArgument, Machine.options(device: false, kind: .dmabuf)))
    #expect(refusal.sentence.contains("nothing can be copied into a dma-buf"))
    #expect(!refusal.isUnsupported)
    let old = Machine.support(dmabuf: .absent("no such area"))
    #expect(
      ZeroCopyRefusal(Machine.evidence(.invalidArgument, Machine.options(kind: .dmabuf), support: old)).isUnsupported)
  }

  @Test("Mixed completions that a kernel has not are a matter of the ring")
  func mixed() {
    var evidence = Machine.evidence(
      .invalidArgument, step: .ring, support: Machine.support(mixed: .absent("no mixed completions")))
    #expect(!ZeroCopyRefusal(evidence).isUnsupported)
    evidence.completions = .mixed
    #expect(ZeroCopyRefusal(evidence).sentence.hasSuffix("no mixed completions — leave --cqe mixed out"))
  }

  @Test("Privileges: none, those of another user namespace, and a filter")
  func permission() {
    func sentence(_ privileges: Privileges?) -> String {
      var evidence = Machine.evidence(.notPermitted, Machine.options(device: false))
      evidence.privileges = privileges
      return ZeroCopyRefusal(evidence).sentence
    }
    func privileges(initial: Bool, capable: Bool) -> Privileges {
      Privileges(
        isInInitialUserNamespace: initial, hasNetworkAdministration: capable, hasMemoryLocking: false,
        lockedMemoryLimit: nil)
    }
    #expect(sentence(privileges(initial: true, capable: false)).hasSuffix("no CAP_NET_ADMIN — run as root"))
    #expect(sentence(privileges(initial: false, capable: true)).contains("user namespace of its own"))
    #expect(sentence(privileges(initial: true, capable: true)).contains("seccomp"))
    #expect(sentence(nil).contains("CAP_NET_ADMIN"))
  }

  @Test("Memory that is short is counted")
  func memory() {
    let huge = ZeroCopyRefusal(Machine.evidence(.noMemory, step: .area, Machine.options(kind: .hugePages)))
    #expect(huge.sentence.contains("64 huge pages are needed, and 4 of 10 are free — sysctl vm.nr_hugepages=70"))
    let dmabuf = ZeroCopyRefusal(Machine.evidence(.invalidArgument, step: .area, Machine.options(kind: .dmabuf)))
    #expect(dmabuf.sentence.contains("at most 64 MiB here (udmabuf.size_limit_mb) — echo 128 > "))
    var missing = Machine.evidence(.noSuchFileOrDirectory, step: .area, Machine.options(kind: .dmabuf))
    missing.memory = MemoryFacts()
    #expect(ZeroCopyRefusal(missing).sentence.contains("no /dev/udmabuf"))
    missing.memory.dmaBufferDeviceNumber = "10 125"
    #expect(
      ZeroCopyRefusal(missing).sentence.contains(
        "this kernel has udmabuf, and /dev has no node for it — mknod -m 600 /dev/udmabuf c 10 125"))
    #expect(ZeroCopyRefusal(missing).isUnsupported)
    var limited = Machine.evidence(.noMemory)
    limited.privileges = Privileges(
      isInInitialUserNamespace: true, hasNetworkAdministration: true, hasMemoryLocking: false,
      lockedMemoryLimit: 65_536)
    #expect(
      ZeroCopyRefusal(limited).sentence.contains("134217728 bytes are to be pinned, and this process may pin 65536"))
  }

  @Test("Areas beyond 1 GiB want the kernel that has events")
  func largeArea() {
    let large = Machine.options(size: 2 << 30)
    let old = Machine.support(events: .absent("came with 7.2"))
    #expect(ZeroCopyRefusal(Machine.evidence(.badAddress, large, support: old)).sentence.contains("at most 1 GiB"))
    #expect(!ZeroCopyRefusal(Machine.evidence(.badAddress, large)).sentence.contains("at most"))
  }

  @Test("Buffers of a length nobody takes")
  func length() {
    let options = Machine.options(length: 65_536)
    #expect(Machine.evidence(.outOfRange, options).attempt.hasSuffix("128 MiB in buffers of 65536 bytes"))
    #expect(Machine.evidence(.outOfRange, options).causes.first?.fix == "--hugepages, or a shorter --rx-buf-len")
    #expect(Machine.evidence(.notSupported, options).causes.first?.fix == "leave --rx-buf-len out")
  }

  @Test("A holder that did not go away within the wait")
  func holder() {
    var evidence = Machine.evidence(.fileExists)
    evidence.waited = 5
    #expect(ZeroCopyRefusal(evidence).sentence.contains("not free within 5 s"))
  }
}

@Suite("Buffer lengths")
struct BufferLengthSearchTests {
  private func refused(_ errno: Errno, step: ZeroCopyRegistrationError.Step = .registration) -> ZeroCopyTeamError {
    .refused(
      ZeroCopyRegistrationError(step: step, call: "call", errno: errno, options: Constructed.options()), queue: 1)
  }

  /// The length that was accepted, or nil, and those tried.
  private func search(
    _ wish: ZeroCopyWish.BufferLength, _ kernel: (UInt32) -> ZeroCopyTeamError?
  ) -> (accepted: UInt32?, refusals: [BufferLengthSearch.Refusal], tried: [UInt32]) {
    var tried: [UInt32] = []
    var known: [BufferLengthSearch.Refusal] = []
    let accepted = try? BufferLengthSearch(wish).run { (length, refusals) throws(ZeroCopyTeamError) -> UInt32 in
      tried.append(length)
      known = refusals
      if let error = kernel(length) { throw error }
      return length
    }
    return (accepted, known, tried)
  }

  @Test("The longest one that is taken is found", arguments: [8192, 65_536, 1 << 20] as [UInt32])
  func longest(limit: UInt32) {
    let found = search(.longest) { $0 > limit ? refused(.outOfRange) : nil }
    #expect(found.accepted == limit)
    #expect(found.tried.first == 1 << 20)
  }

  @Test(
    "A driver with one length is asked once more, whatever it was asked for",
    arguments: [Errno.notSupported, .invalidArgument])
  func single(errno: Errno) {
    let found = search(.longest) { $0 == 0 ? nil : refused(errno) }
    #expect(found.tried == [1 << 20, 0])
    #expect(found.refusals == [.init(length: 1 << 20, errno: errno)])
  }

  @Test("What was asked for falls back to the kernel's own, and the standard has nothing to fall back to")
  func fallback() {
    #expect(search(.bytes(65_536)) { $0 == 0 ? nil : refused(.outOfRange) }.tried == [65_536, 0])
    let standard = search(.standard) { _ in refused(.outOfRange) }
    #expect(standard.accepted == nil)
    #expect(standard.tried == [0])
  }

  @Test("Too large an area for long buffers is no reason to give up")
  func memory() {
    let short = search(.longest) { $0 > 16_384 ? .memoryShort(wanted: 2, available: 1) : nil }
    #expect(short.accepted == 16_384)
    let huge = search(.longest) { $0 > 32_768 ? refused(.noMemory, step: .area) : nil }
    #expect(huge.accepted == 32_768)
  }

  @Test("What no length mends ends the search", arguments: [Errno.fileExists, .notPermitted, .networkDown])
  func final(errno: Errno) {
    #expect(search(.longest) { _ in refused(errno) }.tried == [1 << 20])
  }

  @Test("Refusals that followed one another for one reason are one sentence")
  func sentences() {
    let refusals: [BufferLengthSearch.Refusal] = [
      .init(length: 1 << 20, errno: .noMemory), .init(length: 1 << 19, errno: .outOfRange),
      .init(length: 1 << 18, errno: .outOfRange),
    ]
    let sentences = BufferLengthSearch.sentences(refusals, areaKind: .hugePages, used: 131_072)
    #expect(
      sentences == [
        "buffers of 1048576 bytes (ENOMEM: memory for an area of such buffers is short); 131072 instead",
        "buffers of 524288 to 262144 bytes (ERANGE: the driver takes no such length); 131072 instead",
      ])
  }
}
