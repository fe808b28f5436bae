import Glibc
import Linux
import SystemPackage
import Testing

@testable import Uring

/// What this kernel says to registrations that no device can satisfy. Successful ones are tested in the kernel rig.
@Suite(
  "Registrations refused by the running kernel",
  .enabled(
    if: ZeroCopySupport.discover().isBuiltIn.isPresent && ZeroCopySupport.discover().permission.isPresent,
    "zero-copy receive is not available to this process"))
struct ZeroCopyQueueTests {
  private func refusal(
    _ options: ZeroCopyQueueOptions, ringOptions: RingOptions = .zeroCopyReceive
  ) -> ZeroCopyRegistrationError? {
    do throws(ZeroCopyRegistrationError) {
      let ring = try ZeroCopyRing(options, submissionEntries: 4, completionEntries: 8, ringOptions: ringOptions)
      ring.close()
      return nil
    } catch {
      return error
    }
  }

  private func onNoInterface(_ change: (inout ZeroCopyQueueOptions) -> Void = { _ in }) -> ZeroCopyQueueOptions {
    var options = ZeroCopyQueueOptions(
      source: .device(interfaceIndex: 0, queue: 1), refillEntries: 100, areaSize: 1 << 16)
    change(&options)
    return options
  }

  @Test("An interface that is not there is ENODEV, whatever else is asked for")
  func noInterface() throws {
    for region in ZeroCopyQueueOptions.Region.allCases {
      for length in [0, 4096] as [UInt32] {
        for userData in [nil, 7] as [UInt64?] {
          let options = onNoInterface {
            $0.region = region
            $0.bufferLength = length
            $0.eventUserData = userData
          }
          let error = try #require(refusal(options))
          #expect(error.step == .registration)
          #expect(error.errno == .operationNotSupportedByDevice, "\(error)")
          #expect(error.options == options)
          #expect(error.description.contains("queue 1 of interface 0"))
        }
      }
    }
  }

  @Test("Mixed completions do as well", .enabled(if: ZeroCopySupport.discover().mixedCQE.isPresent))
  func mixed() {
    #expect(
      refusal(onNoInterface(), ringOptions: .zeroCopyReceiveMixed)?.errno == .operationNotSupportedByDevice)
  }

  @Test("A ring that is no good for it is refused as such")
  func wrongRing() {
    #expect(refusal(onNoInterface(), ringOptions: [.submitAll])?.errno == .invalidArgument)
    // A ring of mixed and wide completions cannot be.
    let both: RingOptions = [.zeroCopyReceive, .mixedCompletions]
    #expect(refusal(onNoInterface(), ringOptions: both)?.step == .ring)
  }

  @Test("Refused arguments are the registration's, a refused area is the area's")
  func arguments() {
    #expect(refusal(onNoInterface { $0.refillEntries = 0 })?.errno == .invalidArgument)
    #expect(refusal(onNoInterface { $0.refillEntries = 1 << 20 })?.errno == .invalidArgument)
    #expect(refusal(onNoInterface { $0.areaSize = 0 })?.step == .area)
  }

  @Test("What an older kernel does not know is said to have been left out")
  func dropped() throws {
    let support = ZeroCopySupport.discover()
    let error = try #require(
      refusal(
        onNoInterface {
          $0.eventUserData = 1
          $0.bufferLength = 4096
        }))
    #expect(error.dropped.contains { $0.field == .events } == !support.events.isPresent)
    #expect(error.dropped.contains { $0.field == .bufferLength } == !support.rxBufLen.isPresent)
  }
}
