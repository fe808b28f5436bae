import Glibc
import Linux
import SystemPackage
import Testing

@testable import Benchmark

@Suite("Choice of the send path")
struct SendChoiceTests {
  private func refusing(_ methods: Set<SendMethod>, _ errno: Errno = .notPermitted) -> (SendMethod) -> SystemCallError?
  {
    {
      methods.contains($0) ? SystemCallError(attempt: "try \($0.rawValue)", call: "io_uring_setup", errno: errno) : nil
    }
  }

  @Test("Over loopback and veth it is splice, with the reason, and nothing is probed")
  func virtual() {
    for way in [SendChoice.Way.loopback, .veth("veth0")] {
      let choice = SendChoice(default: way, refusal: refusing([]))
      #expect(choice.method == .splice)
      #expect(choice.isProbing == false)
      #expect(choice.reason?.isEmpty == false)
    }
  }

  @Test("Through a NIC it is zero-copy for as long as the kernel does not copy")
  func device() {
    let choice = SendChoice(default: .device("eth0", "mlx5_core"), refusal: refusing([]))
    #expect(choice.method == .uringZeroCopy)
    #expect(choice.isProbing == true)
    #expect(choice.reason?.contains("eth0 (mlx5_core)") == true)
  }

  @Test("What the kernel refuses is passed over, and the reason names it; at the end there is always write")
  func refusals() {
    let noRings = SendChoice(default: .device("eth0", "x"), refusal: refusing([.uringZeroCopy]))
    #expect(noRings.method == .msgZeroCopy)
    #expect(noRings.isProbing == true)
    #expect(
      noRings.reason?.contains("not uring-zc: cannot try uring-zc: io_uring_setup: Operation not permitted") == true)
    let nothing = SendChoice(default: .device("eth0", "x"), refusal: refusing([.uringZeroCopy, .msgZeroCopy]))
    #expect(nothing.method == .write)
    #expect(nothing.isProbing == false)
    #expect(nothing.reason?.contains("msg-zerocopy") == true)
    let noSplice = SendChoice(default: .loopback, refusal: refusing([.splice], .notSupported))
    #expect(noSplice.method == .sendfile)
    #expect(SendChoice(default: .loopback, refusal: refusing([.splice, .sendfile])).method == .write)
  }

  @Test("Where the way is not known it is write, and why stands there")
  func unknown() {
    let choice = SendChoice(default: .unknown("no route"), refusal: refusing([]))
    #expect(choice == SendChoice(default: .unknown("no route"), refusal: refusing(Set(SendMethod.allCases))))
    #expect(choice.method == .write)
    #expect(choice.reason == "no route")
  }

  @Test("The way to an address of this machine is loopback, in both families")
  func ownAddresses() throws {
    for (text, family) in [("127.0.0.1", SocketAddress.Family.ipv4), ("::1", .ipv6)] {
      let address = try #require(try SocketAddress.resolve(text, port: 9, family: family, passive: false).first)
      #expect(SendChoice.Way(to: address) == .loopback)
    }
    #expect(SendChoice.Way(to: nil) == .unknown("the connection's address could not be read"))
  }

  @Test("At a low rate a call sends less, whatever the method would like; a length that was asked for stays")
  func lengths() {
    var configuration = ClientConfiguration(host: "", toolVersion: "0")
    for method in SendMethod.allCases {
      #expect(configuration.length(with: method) == method.defaultLength)
      #expect(method.defaultLength <= Pattern.longestPiece)
    }
    configuration.bitsPerSecond = 8_000_000
    #expect(configuration.length(with: .splice) == 100_000)
    configuration.bitsPerSecond = 8000
    #expect(configuration.length(with: .splice) == 1024)
    configuration.length = 77
    #expect(configuration.length(with: .splice) == 77)
  }
}
