import SystemPackage

/// Makes a call once more whose refusal would be taken for something that the kernel lacks: one call that fails, of a driver
/// or in front of a filter, does not prove that.
///
/// - Parameter answers: what would be taken so.
/// - Throws: the second answer, or the first where it is none of these.
public func tryTwice<Value: ~Copyable>(
  after answers: Set<Errno>, _ call: () throws(SystemCallError) -> Value
) throws(SystemCallError) -> Value {
  do throws(SystemCallError) {
    return try call()
  } catch {
    guard answers.contains(error.errno) else { throw error }
    return try call()
  }
}
