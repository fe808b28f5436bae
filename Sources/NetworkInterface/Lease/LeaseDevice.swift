import Linux

/// What a lease asks of an interface: read everything, make one change, add and remove rules and contexts. The kernel's interfaces in
/// use, a constructed one in tests.
protocol LeaseDevice: AnyObject {
  /// - Throws: ENODEV once the interface is not there any more.
  func read() throws(SystemCallError) -> InterfaceState

  /// Makes a change; whether it took effect is told by reading.
  /// - Returns: what the kernel had to say nevertheless.
  func apply(_ change: LeaseChange) throws(SystemCallError) -> String?

  /// Inserts a rule; where it went.
  func insert(_ rule: FlowRule) throws(SystemCallError) -> UInt32
  /// The rule there; nil where there is none.
  func rule(at location: UInt32) throws(SystemCallError) -> FlowRule?
  func deleteRule(at location: UInt32) throws(SystemCallError)

  /// Makes a further RSS context with this table; its number.
  func makeContext(_ table: [UInt32]) throws(SystemCallError) -> UInt32
  /// A context; nil where there is none of that number.
  func context(_ number: UInt32) throws(SystemCallError) -> ReceiveSideScaling?
  func deleteContext(_ number: UInt32) throws(SystemCallError)

  /// Waits until nobody provides these queues' memory any more.
  /// - Returns: who still does after `seconds`; nil where nobody does.
  func waitUntilFree(_ queues: [Int], seconds: Double) throws(SystemCallError) -> String?
}
