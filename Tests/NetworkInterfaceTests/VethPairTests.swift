import Glibc
import Linux
import SystemPackage
import Testing

@testable import NetworkInterface

/// The network namespace of the calling thread, as the kernel numbers it.
@Sendable private func currentNamespace() -> String {
  var target = [CChar](repeating: 0, count: 64)
  let length = readlink("/proc/thread-self/ns/net", &target, target.count)
  return String(decoding: target.prefix(max(0, length)).map(UInt8.init(bitPattern:)), as: UTF8.self)
}

private func end(_ name: String, _ addresses: String...) throws -> VethPair.End {
  VethPair.End(name: name, addresses: try addresses.map { try #require(InterfaceAddress($0)) })
}

/// What is found of an interface in the namespace of the calling thread.
@Sendable private func find(_ name: String) throws(InterfaceProblem) -> InterfacePreflight {
  try InterfacePreflight.check(interface: name, queues: nil)
}

@Suite("Namespaces and the cable between them", .enabled(if: Privileged.namespacesWork(), "needs CAP_SYS_ADMIN"))
struct VethPairTests {
  @Test("Work runs inside the namespace, and the caller stays where it was")
  func inside() throws {
    let before = currentNamespace()
    let namespace = try NetworkNamespace()
    let first = try namespace.run { currentNamespace() }.get()
    let second = try namespace.run { currentNamespace() }.get()
    #expect(first.hasPrefix("net:["))
    #expect(first == second)
    #expect(first != before)
    #expect(currentNamespace() == before)
    #expect(fcntl(namespace.descriptor, F_GETFD) == FD_CLOEXEC)
    let other = try NetworkNamespace()
    #expect(try other.run { currentNamespace() }.get() != first)
    let names = try namespace.run { () throws(SystemCallError) in
      var socket = try RouteSocket()
      return try socket.interfaceNames()
    }.get()
    // Some kernels put the fallback devices of tunnels into every namespace.
    #expect(names.first == "lo")
    #expect(!names.contains("eth0"))
  }

  @Test("An error of the work reaches the caller unchanged")
  func errors() throws {
    let namespace = try NetworkNamespace()
    let expected = SystemCallError(attempt: "test", call: "none", errno: .ioError, advice: "none")
    #expect(throws: expected) {
      try namespace.run { () throws(SystemCallError) -> Int in throw expected }.get()
    }
  }

  @Test("A process spawned inside lives inside, and the namespace lasts as long as it does")
  func spawning() throws {
    let namespace = try NetworkNamespace()
    let inside = try namespace.run { currentNamespace() }.get()
    var pipe: [Int32] = [0, 0]
    #expect(Glibc.pipe(&pipe) == 0)
    let output = pipe[1]
    let child = try namespace.run { () throws(SystemCallError) -> pid_t in
      var actions = posix_spawn_file_actions_t()
      posix_spawn_file_actions_init(&actions)
      defer { posix_spawn_file_actions_destroy(&actions) }
      posix_spawn_file_actions_adddup2(&actions, output, 1)
      var child = pid_t()
      var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("readlink"), strdup("/proc/self/ns/net"), nil]
      defer { for argument in arguments { free(argument) } }
      let error = posix_spawn(&child, "/usr/bin/readlink", &actions, nil, &arguments, nil)
      guard error == 0 else {
        throw SystemCallError(attempt: "spawn", call: "posix_spawn", errno: Errno(rawValue: error))
      }
      return child
    }.get()
    close(output)
    var text = [UInt8](repeating: 0, count: 64)
    let length = read(pipe[0], &text, text.count)
    close(pipe[0])
    var status: Int32 = 0
    #expect(waitpid(child, &status, 0) == child)
    #expect(String(decoding: text.prefix(max(0, length)), as: UTF8.self) == inside + "\n")
  }

  @Test("Both ends are up with their addresses, and bytes go both ways", arguments: [AF_INET, AF_INET6])
  func reachable(family: Int32) throws {
    let left = try NetworkNamespace()
    let right = try NetworkNamespace()
    try VethPair.create(
      left: left, end("zbleft", "10.77.0.1/24", "fd77::1/64"), right: right,
      end("zbright", "10.77.0.2/24", "fd77::2/64"))

    for found in [try left.run { try find("zbleft") }.get(), try right.run { try find("zbright") }.get()] {
      #expect(found.identity.isUp)
      #expect(found.identity.kind == "veth")
      #expect(found.identity.driver == nil)
      #expect(found.identity.mtu == 1500)
      #expect(found.channels?.receive ?? 0 >= 1)
    }

    let leftAddress = family == AF_INET ? "10.77.0.1" : "fd77::1"
    let rightAddress = family == AF_INET ? "10.77.0.2" : "fd77::2"
    try exchange(family, from: right, to: left, at: leftAddress)
    try exchange(family, from: left, to: right, at: rightAddress)
    // From a namespace without the cable nobody is reached.
    let elsewhere = try NetworkNamespace()
    let outcome = try elsewhere.run { () throws(SystemCallError) in
      try Exchange.connect(family, leftAddress, 9, milliseconds: 300)
    }
    #expect(throws: SystemCallError.self) { try outcome.get() }
  }

  @Test("Loopback is up in both namespaces")
  func loopback() throws {
    let left = try NetworkNamespace()
    let right = try NetworkNamespace()
    #expect(try left.run { try find("lo") }.get().identity.isUp == false)
    try VethPair.create(left: left, end("zbl"), right: right, end("zbr"))
    #expect(try left.run { try find("lo") }.get().identity.isUp)
    #expect(try right.run { try find("lo") }.get().identity.isUp)
    try exchange(AF_INET, from: right, to: right, at: "127.0.0.1")
  }

  @Test("Nothing is seen outside, and one end goes with the other's namespace")
  func nothingLeft() throws {
    let left = try NetworkNamespace()
    do {
      let right = try NetworkNamespace()
      try VethPair.create(left: left, end("zbgone0"), right: right, end("zbgone1"))
      #expect(if_nametoindex("zbgone0") == 0)
      #expect(if_nametoindex("zbgone1") == 0)
      #expect(try left.run { if_nametoindex("zbgone0") }.get() != 0)
    }
    // The kernel clears namespaces away in the background.
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(180)
    var isThere = true
    while isThere, clock.now < deadline {
      isThere = try left.run { if_nametoindex("zbgone0") }.get() != 0
      usleep(10_000)
    }
    #expect(!isThere)
  }

  @Test("A refusal names what was attempted and the kernel's answer")
  func refusals() throws {
    let left = try NetworkNamespace()
    let right = try NetworkNamespace()
    try VethPair.create(left: left, end("zb0", "10.77.0.1/24"), right: right, end("zb1"))
    func refusal(_ leftEnd: VethPair.End, _ rightEnd: VethPair.End) throws -> SystemCallError? {
      do throws(SystemCallError) {
        try VethPair.create(left: left, leftEnd, right: right, rightEnd)
        return nil
      } catch {
        return error
      }
    }
    let taken = try refusal(end("zb0"), end("zb2"))
    #expect(taken?.errno == .fileExists)
    #expect(taken?.attempt == "create the veth pair zb0 and zb2")
    let peerTaken = try refusal(end("zb3"), end("zb1"))
    #expect(peerTaken?.errno == .fileExists)
    let tooLong = try refusal(end("zb-this-name-is-too-long"), end("zb2"))
    #expect(tooLong?.errno == .outOfRange)
    #expect(tooLong?.kernelText != nil, "\(String(describing: tooLong))")
    let twice = try refusal(end("zb4", "10.77.1.1/24", "10.77.1.1/24"), end("zb5"))
    #expect(twice?.errno == .fileExists)
    #expect(twice?.attempt == "give zb4 the address 10.77.1.1/24")
    #expect(twice?.kernelText == "ipv4: Address already assigned", "\(String(describing: twice))")
  }

  @Test("Without privileges the refusal says what to do", .enabled(if: geteuid() == 0))
  func unprivileged() async {
    await #expect(processExitsWith: .success) {
      try #require(setgid(65534) == 0 && setuid(65534) == 0)
      do throws(SystemCallError) {
        _ = try NetworkNamespace()
        Issue.record("made without privileges")
      } catch {
        #expect(error.errno == .notPermitted)
        #expect(error.advice == "run as root")
      }
      // Looking is free.
      let found = try InterfacePreflight.check(interface: "lo", queues: nil)
      #expect(found.queues == [0])
    }
  }

  /// Connects one namespace to the other over TCP and sends some bytes.
  private func exchange(
    _ family: Int32, from client: borrowing NetworkNamespace, to server: borrowing NetworkNamespace, at host: String
  ) throws {
    let listener = try server.run { try Exchange.listen(family, host) }.get()
    defer { close(listener.descriptor) }
    let sending = try client.run { try Exchange.connect(family, host, listener.port) }.get()
    defer { close(sending) }
    let receiving = accept(listener.descriptor, nil, nil)
    #expect(receiving >= 0)
    defer { close(receiving) }
    #expect(send(sending, "hello", 5, 0) == 5)
    var received = [UInt8](repeating: 0, count: 16)
    #expect(recv(receiving, &received, received.count, 0) == 5)
    #expect(received.prefix(5) == ArraySlice("hello".utf8))
  }
}

@Suite("Addresses of interfaces")
struct InterfaceAddressTests {
  @Test("Addresses of both families are read")
  func accepted() throws {
    let four = try #require(InterfaceAddress("10.0.0.1/24"))
    #expect(four.bytes == [10, 0, 0, 1] && four.prefixLength == 24 && four.family == AF_INET)
    let six = try #require(InterfaceAddress("fd00::1/128"))
    #expect(six.bytes == [0xFD] + [UInt8](repeating: 0, count: 14) + [1] && six.prefixLength == 128)
    #expect(six.description == "fd00::1/128")
  }

  @Test(
    "What is no address with a prefix is refused",
    arguments: [
      "", "/", "10.0.0.1", "10.0.0.1/33", "fd00::1/129", "10.0.0.1/-1", "10.0.0.1/+1", "10.0.0/24", "x/1", "1/2/3",
    ])
  func refused(text: String) {
    #expect(InterfaceAddress(text) == nil)
  }
}
