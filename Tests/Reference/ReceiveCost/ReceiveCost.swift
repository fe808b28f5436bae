/// Receives batches of completions from a synthetic ring and prints what was counted: `receive-cost SIDE FORMAT BATCHES`.
/// Run under callgrind by Tests/Reference/test_cost.py, which counts the instructions of a batch.
@main
struct ReceiveCost {
  static func main() {
    let arguments = CommandLine.arguments
    guard arguments.count == 4, let batches = Int(arguments[3]) else { usage() }
    switch arguments[2] {
    case "wide", "mixed": zeroCopy(arguments[1], SyntheticKernel(isMixed: arguments[2] == "mixed"), batches)
    case "uring": uring(arguments[1], SyntheticUring(), batches)
    default: usage()
    }
  }

  private static func usage() -> Never {
    fatalError("usage: receive-cost swift|c|wasteful wide|mixed|uring BATCHES")
  }

  private static func zeroCopy(_ side: String, _ kernel: SyntheticKernel, _ batches: Int) {
    func run(_ receiveBatch: () -> Void) {
      for _ in 0..<batches {
        kernel.showBatch()
        receiveBatch()
        kernel.takeRefill()
      }
    }
    let account: Account
    switch side {
    case "swift":
      var side = SwiftSide(kernel)
      run { side.measuredBatch() }
      account = side.account
    case "wasteful":
      var side = SwiftSide(kernel)
      run { side.measuredWastefulBatch() }
      account = side.account
    case "c":
      var side = ReferenceSide(kernel)
      run { side.measuredBatch() }
      account = side.account
    default: usage()
    }
    print("\(account) refill=\(kernel.refillDigest)")
  }

  private static func uring(_ side: String, _ kernel: SyntheticUring, _ batches: Int) {
    func run(_ receiveBatch: () -> Void) {
      for _ in 0..<batches {
        kernel.showBatch()
        receiveBatch()
      }
    }
    switch side {
    case "swift":
      var side = UringSwiftSide(kernel)
      run { side.measuredBatch() }
      print(side.account)
    case "wasteful":
      var side = UringSwiftSide(kernel)
      run { side.measuredWastefulBatch() }
      print(side.account)
    case "c":
      var side = UringReferenceSide(kernel)
      run { side.measuredBatch() }
      print(side.account)
    default: usage()
    }
  }
}
