import ArgumentParser

/// Drives the zero-copy queue on its own, for the tests of the kernel rig. Every line of output is a JSON object.
@main
struct RigProbe: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rig-probe",
    abstract: "Binds zero-copy queues, receives through them and tells what happened, one JSON object a line.",
    discussion: "Exit status: 0 done, 1 failed or not as expected, 77 not supported on this machine.",
    subcommands: [
      CapabilityCommand.self, BindCommand.self, ReceiveCommand.self, SendCommand.self, ReferenceCommand.self,
      CountCommand.self,
    ])
}

extension ExitCode {
  static let notSupported = ExitCode(77)
}
