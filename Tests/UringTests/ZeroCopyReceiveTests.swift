import CKernelABI
import Glibc
import SystemPackage
import Testing

@testable import Uring

@Suite("Receiving into a zero-copy queue")
struct ZeroCopyReceiveTests {
  @Test("The submission has the fields of RECV_ZC, and zeros in all others")
  func submission() {
    var submission = zb_sqe()
    ZeroCopyReceive(descriptor: 5, queue: 3, limit: 1000, userData: 0xABCD).fill(&submission)
    var expected = [UInt8](repeating: 0, count: 64)
    expected[0] = 58
    expected[2] = 2
    expected[4] = 5
    expected[24] = 0xE8
    expected[25] = 0x03
    expected[32] = 0xCD
    expected[33] = 0xAB
    expected[44] = 3
    #expect(withUnsafeBytes(of: submission) { Array($0) } == expected)
  }

  @Test("Each result says what it is")
  func outcomes() {
    func outcome(_ result: Int32) -> ZeroCopyReceive.Outcome {
      ZeroCopyReceive.outcome(of: Completion(zb_cqe(user_data: 1, res: result, flags: 0)))
    }
    #expect(outcome(4096) == .bytes(4096))
    #expect(outcome(0) == .end)
    #expect(outcome(-ENOSPC) == .completionsFull)
    #expect(outcome(-ENOMEM) == .buffersExhausted)
    #expect(outcome(-ECANCELED) == .cancelled)
    #expect(outcome(-EFAULT) == .failed(.badAddress))
    #expect(outcome(-ECONNRESET) == .failed(.connectionReset))
  }

  @Test("More to come is the flag's word, not the result's")
  func more() {
    #expect(Completion(zb_cqe(user_data: 1, res: 1, flags: ZB_IORING_CQE_F_MORE)).isMoreToCome)
    #expect(!Completion(zb_cqe(user_data: 1, res: 1, flags: ZB_IORING_CQE_F_32)).isMoreToCome)
  }

  @Test("Events are sets of the kernel's bits")
  func events() {
    #expect(ZeroCopyEvents.all.rawValue == 1 << ZB_ZCRX_EVENT_ALLOC_FAIL | 1 << ZB_ZCRX_EVENT_COPY)
    #expect(ZeroCopyEvents(.copied) == .copied)
    #expect(ZeroCopyEvent(rawValue: 2) == nil)
  }
}
