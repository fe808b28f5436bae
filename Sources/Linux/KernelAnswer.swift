import Glibc
import SystemPackage

/// Turns C's "-1 and errno" into a value or a typed error that carries the attempt.
@discardableResult
public func checked<Result: SignedInteger>(
  _ call: String, to attempt: @autoclosure () -> String, advice: @autoclosure () -> String? = nil, _ body: () -> Result
) throws(SystemCallError) -> Result {
  while true {
    let result = body()
    if result >= 0 { return result }
    let error = Errno(rawValue: Glibc.errno)
    if error == .interrupted { continue }
    throw SystemCallError(attempt: attempt(), call: call, errno: error, advice: advice())
  }
}

/// The same for functions of CLinux, which return "-errno".
@discardableResult
public func checkedAnswer(
  _ call: String, to attempt: @autoclosure () -> String, advice: @autoclosure () -> String? = nil, _ body: () -> Int32
) throws(SystemCallError) -> Int32 {
  let result = body()
  guard result < 0 else { return result }
  throw SystemCallError(attempt: attempt(), call: call, errno: Errno(rawValue: -result), advice: advice())
}
