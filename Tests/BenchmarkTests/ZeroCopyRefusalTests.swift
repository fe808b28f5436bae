import NetworkInterface
import SystemPackage
import Testing

@testable import Benchmark
@testable import Uring

@Suite("Refusals of zero-copy receive")
struct ZeroCopyRefusalTests {
  private func support(
    isBuiltIn: Capability = .present(""), permission: Capability = .present(""), nodev: Capability = .present("")
  ) -> ZeroCopySupport {
    ZeroCopySupport(
      kernelRelease: "7.2.0", isBuiltIn: isBuiltIn, permission: permission, nodev: nodev, flush: .present(""),
      rxBufLen: .present(""), events: .present(""), addArea: .present(""), mixedCQE: .present(""))
  }

  private func refusal(
    _ errno: Errno, _ findings: [ReceiveFinding] = [], source: ZeroCopyQueueOptions.Source? = nil,
    support: ZeroCopySupport? = nil
  ) -> ZeroCopyRefusal {
    let options = ZeroCopyQueueOptions(source: source ?? .device(interfaceIndex: 2, queue: 1))
    return ZeroCopyRefusal(
      of: ZeroCopyRegistrationError(
        step: .registration, call: "IORING_REGISTER_ZCRX_IFQ", errno: errno, options: options),
      place: "queue 1 of eth0", findings: findings, support: support ?? self.support())
  }

  private let split = ReceiveFinding(
    .tcpDataSplit, .refusal, what: "header/data split is off", check: "ethtool",
    fix: "ethtool -G eth0 tcp-data-split on", answers: [.invalidArgument])
  private let holder = ReceiveFinding(
    .queueHolder, .refusal, what: "io_uring holds the queue", check: "queue-get", answers: [.fileExists])
  private let risk = ReceiveFinding(
    .link, .risk, what: "the link is down", check: "link-get", fix: "ip link set eth0 up", answers: [.invalidArgument])

  @Test("It says what was attempted, what the kernel answered, the cause found here and its fix")
  func sentence() {
    let refusal = refusal(.invalidArgument, [split])
    for words in [
      "queue 1 of eth0", "IORING_REGISTER_ZCRX_IFQ", "EINVAL", split.what, "ethtool -G eth0 tcp-data-split on",
    ] {
      #expect(refusal.sentence.contains(words), "\(words)")
    }
    #expect(!refusal.isUnsupported)
  }

  @Test("A finding that answers with this errno comes before others, a certain one before a risk")
  func order() throws {
    let refusal = refusal(.invalidArgument, [holder, risk, split])
    #expect(refusal.sentence.contains(split.what))
    try #require(refusal.details.count == 2)
    #expect(refusal.details[0].hasPrefix(risk.what))
    #expect(refusal.details[1].hasPrefix(holder.what))
  }

  @Test("What could not be checked explains only what it would answer with")
  func unchecked() {
    var unchecked = holder
    unchecked.weight = .unchecked
    #expect(!refusal(.invalidArgument, [unchecked]).sentence.contains(holder.what))
    #expect(refusal(.fileExists, [unchecked]).sentence.contains(holder.what))
  }

  @Test(
    "Without findings an errno has its general meaning",
    arguments: [
      (.fileExists, "held"), (.noMemory, "ulimit -l"), (.badAddress, "1 GiB"), (.networkDown, "down"),
    ] as [(Errno, String)])
  func general(errno: Errno, words: String) {
    #expect(refusal(errno).sentence.contains(words))
  }

  @Test("Only what this machine cannot do at all is unsupported")
  func unsupported() {
    #expect(refusal(.notSupported).isUnsupported)
    #expect(!refusal(.fileExists).isUnsupported)
    #expect(refusal(.invalidArgument, support: support(isBuiltIn: .absent("not built in"))).isUnsupported)
    let noDevice = refusal(.invalidArgument, source: .noDevice, support: support(nodev: .absent("7.1 has it")))
    #expect(noDevice.isUnsupported)
    #expect(noDevice.sentence.contains("7.1 has it"))
    #expect(!refusal(.notPermitted, support: support(permission: .absent("no CAP_NET_ADMIN"))).isUnsupported)
  }
}
