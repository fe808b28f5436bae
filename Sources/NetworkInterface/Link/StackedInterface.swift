import CLibNetlink
import Glibc
import Linux

/// An interface that is put upon others, as a VLAN or a bond is: the queues that packets come in on are those of the devices
/// below it.
public struct StackedInterface: Sendable, Equatable {
  public let name: String
  /// As `ip -d link` names it.
  public let kind: String
  /// The devices at the bottom, by name, the lowest index first; empty where none is in this network namespace.
  public let below: [String]

  /// A link and what it says of others.
  struct Link: Equatable {
    var index: UInt32
    var name: String
    var kind: String?
    /// Index of the one below (IFLA_LINK); nil where there is none, or it is in another namespace (IFLA_LINK_NETNSID).
    var lower: UInt32?
    /// Index of the one it is a port of (IFLA_MASTER).
    var master: UInt32?
  }

  /// Kinds that name the device below them. A veth and a netkit name their peer so, which is not below.
  private static let linked: Set<String> = ["vlan", "macvlan", "macvtap", "ipvlan", "ipvtap", "macsec"]
  /// Kinds whose ports name them.
  private static let masters: Set<String> = ["bond", "bridge", "team", "vrf"]
  /// More than any kernel stacks (MAX_NEST_DEV of netdevice.h is 8).
  private static let deepest = 16

  init(name: String, kind: String, below: [String]) {
    (self.name, self.kind, self.below) = (name, kind, below)
  }

  /// What an interface is put upon; nil where it has queues of its own, or is of no kind that is known.
  static func read(_ identity: InterfaceIdentity) throws(SystemCallError) -> StackedInterface? {
    guard let kind = identity.kind, linked.contains(kind) || masters.contains(kind) else { return nil }
    var routes = try RouteSocket()
    return StackedInterface(identity.index, among: try routes.links())
  }

  /// Nil as for `read`.
  init?(_ index: UInt32, among links: [Link]) {
    guard let link = links.first(where: { $0.index == index }), let kind = link.kind,
      let lower = Self.lower(of: link, among: links)
    else { return nil }
    var bottom: [Link] = []
    var rest = lower
    var depth = 0
    while !rest.isEmpty, depth < Self.deepest {
      let next = rest.map { ($0, Self.lower(of: $0, among: links)) }
      bottom += next.filter { $0.1 == nil }.map(\.0)
      rest = next.flatMap { $0.1 ?? [] }
      depth += 1
    }
    let names = Set(bottom.map(\.index)).sorted().compactMap { index in bottom.first { $0.index == index }?.name }
    self.init(name: link.name, kind: kind, below: names)
  }

  /// The devices right below; nil where the link is put upon none.
  private static func lower(of link: Link, among links: [Link]) -> [Link]? {
    guard let kind = link.kind else { return nil }
    if linked.contains(kind) { return links.filter { $0.index == link.lower && $0.index != link.index } }
    return masters.contains(kind) ? links.filter { $0.master == link.index } : nil
  }

  /// What it is, as a clause.
  public var what: String {
    let kinds = ["vlan": "a VLAN", "ipvlan": "an ipvlan", "ipvtap": "an ipvtap"]
    let kind = kinds[kind] ?? "a \(kind)"
    let devices = below.isEmpty ? "no device of this network namespace" : below.joined(separator: ", ")
    return "\(name) is \(kind) over \(devices) and has no queues of its own"
  }

  /// The choice that mends it; nil where there is none here.
  public var fix: String? {
    below.isEmpty ? nil : below.map { "-i \($0)" }.joined(separator: " or ")
  }
}

extension RouteSocket {
  /// All links, and what they say of others.
  mutating func links() throws(SystemCallError) -> [StackedInterface.Link] {
    try dumpLinks().compactMap { part in
      guard let identity = InterfaceIdentity(link: part) else { return nil }
      let attributes = NetlinkAttributes(part.dropFirst(MemoryLayout<ifinfomsg>.size))
      let isElsewhere = attributes.has(IFLA_LINK_NETNSID)
      return StackedInterface.Link(
        index: identity.index, name: identity.name, kind: identity.kind,
        lower: isElsewhere ? nil : attributes.identifier(IFLA_LINK), master: attributes.identifier(IFLA_MASTER))
    }
  }
}
