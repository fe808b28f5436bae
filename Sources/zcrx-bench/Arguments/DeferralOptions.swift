import ArgumentParser
import NetworkInterface

/// What NAPI of the zero-copy queues is to defer, by the kernel's names for it.
struct DeferralOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Empty polls before the queues' interrupts are unmasked (defer-hard-irqs); needs a gro-flush-timeout.",
      valueName: "count"))
  var napiDefer: UInt32?

  @Option(help: ArgumentHelp("Time between such polls (gro-flush-timeout).", valueName: "nanoseconds"))
  var groFlushTimeout: UInt64?

  func validate() throws {
    if let napiDefer, napiDefer > Int32.max {
      throw ValidationError("--napi-defer takes 0 to \(Int32.max), not \(napiDefer)")
    }
    if napiDefer ?? 0 > 0, groFlushTimeout == 0 {
      throw ValidationError("--napi-defer defers nothing with --gro-flush-timeout 0")
    }
  }

  var deferral: NAPIDeferral { NAPIDeferral(deferHardIRQs: napiDefer, groFlushTimeout: groFlushTimeout) }
}
