import Testing
@testable import Uring
