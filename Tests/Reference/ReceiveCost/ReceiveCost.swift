/// Receives batches of completions from a synthetic ring and prints what was counted: `receive-cost SIDE FORMAT BATCHES`.
/// Run under callgrind by Tests/Reference/test_cost.py, which counts the instructions of a batch.
@main
struct ReceiveCost {
  static func main() {
    let arguments = CommandLine.arguments
    guard arguments.count == 4, ["wide", "mixed"].contains(arguments[2]), let batches = Int(arguments[3]) else {
      fatalError("usage: receive-cost swift|c|wasteful wide|mixed BATCHES")
    }
    let kernel = SyntheticKernel(isMixed: arguments[2] == "mixed")
    func run(_ receiveBatch: () -> Void) {
      for _ in 0..<batches {
        kernel.showBatch()
        receiveBatch()
        kernel.takeRefill()
      }
    }
    let account: Account
    switch arguments[1] {
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
    case let side: fatalError("no side '\(side)'")
    }
    print("\(account) refill=\(kernel.refillDigest)")
  }
}
