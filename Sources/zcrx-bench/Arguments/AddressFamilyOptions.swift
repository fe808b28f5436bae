import ArgumentParser
import Linux

struct AddressFamilyOptions: ParsableArguments {
  @Flag(name: .customShort("4"), help: "Only IPv4.")
  var onlyIPv4 = false

  @Flag(name: .customShort("6"), help: "Only IPv6.")
  var onlyIPv6 = false

  func validate() throws {
    if onlyIPv4, onlyIPv6 { throw ValidationError("-4 and -6 exclude each other") }
  }

  var family: SocketAddress.Family? { onlyIPv4 ? .ipv4 : onlyIPv6 ? .ipv6 : nil }
}
